package trial

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
)

// tableFile names a file that the tables of several packages are gathered in, which whoever set it prints at the end.
const tableFile = "TRIAL_TABLE"

// addTo adds every row that was reported to the table in a file. Packages that share a file are tested one
// after the other.
func addTo(file string) error {
	r := reported()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.rows) == 0 {
		return nil
	}
	before, err := os.ReadFile(file) //nolint:gosec // named by whoever runs the tests
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(file, []byte(gathered(string(before), r.rows)), 0o600) //nolint:gosec // as above
}

// gathered is a table, which may be empty, with more rows: in the columns of README, "On a cluster".
func gathered(before string, rows []Row) string {
	cells := [][]string{{"what was done", "times", "acknowledged", "lost", "twice", "worst stall"}}
	lines := strings.Split(strings.TrimSpace(before), "\n")
	for _, line := range lines[min(2, len(lines)):] { // after the head and what is under it
		cells = append(cells, cellsOf(line))
	}
	for _, row := range rows {
		cells = append(cells, row.onCluster())
	}
	return markdown(cells)
}

func cellsOf(line string) []string {
	cells := strings.Split(strings.Trim(line, "|"), "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

// onCluster leaves empty what a run does not count: one without people who register acknowledges nothing, and
// one without a crowd of ours measures no mails and no stall.
func (r Row) onCluster() []string {
	acknowledged, twice := "", ""
	if r.Acknowledged > 0 {
		acknowledged = fmt.Sprint(r.Acknowledged)
	}
	if r.Mails > 0 {
		twice = fmt.Sprint(r.Twice)
	}
	return []string{r.Run, fmt.Sprint(r.Times), acknowledged, fmt.Sprint(r.Lost), twice, r.stall()}
}
