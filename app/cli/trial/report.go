package trial

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"time"
)

// tableFileEnv names a file that collects the tables of several packages. The command that sets it prints the file in
// the end.
const tableFileEnv = "TRIAL_TABLE"

// Row is what Main prints of a run.
type Row struct {
	Run   string // what was done, and to what
	Times int    // how often
	Seed  string // of what was chosen at random; empty: nothing was
	Verdict
}

// report collects the rows of a process.
type report struct {
	mutex sync.Mutex
	rows  []Row
}

var reported = sync.OnceValue(func() *report { return &report{} })

// Report keeps a row for the end of the run.
func Report(row Row) {
	r := reported()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.rows = append(r.rows, row)
}

// table lays out every row that was reported. Without rows it is empty.
func table() string {
	r := reported()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.rows) == 0 {
		return ""
	}
	slices.SortStableFunc(r.rows, func(a, b Row) int { return strings.Compare(a.Run, b.Run) })
	cells := [][]string{{"what was done", "times", "acknowledged", "lost", "mails", "twice", "worst stall", "seed"}}
	for _, row := range r.rows {
		cells = append(cells, []string{
			row.Run, fmt.Sprint(row.Times), fmt.Sprint(row.Acknowledged), fmt.Sprint(row.Lost), fmt.Sprint(row.Mails),
			fmt.Sprint(row.Duplicates), row.stallCell(), row.Seed,
		})
	}
	return "\n" + markdownTable(cells) + "\n"
}

// addToTableFile adds every row that was reported to the table in a file. Packages that share a file are tested one
// after the other.
func addToTableFile(name string) error {
	r := reported()
	r.mutex.Lock()
	defer r.mutex.Unlock()
	if len(r.rows) == 0 {
		return nil
	}
	before, err := os.ReadFile(name) //nolint:gosec // named by the command that runs the tests
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.WriteFile(name, []byte(addToTable(string(before), r.rows)), 0o600) //nolint:gosec // as above
}

// addToTable adds rows to a table, which may be empty. It has the columns of README, "On a cluster".
func addToTable(before string, rows []Row) string {
	cells := [][]string{{"what was done", "times", "acknowledged", "lost", "twice", "worst stall"}}
	lines := strings.Split(strings.TrimSpace(before), "\n")
	for _, line := range lines[min(2, len(lines)):] { // after the head and the line below it
		cells = append(cells, splitRow(line))
	}
	for _, row := range rows {
		cells = append(cells, row.clusterCells())
	}
	return markdownTable(cells)
}

func splitRow(line string) []string {
	cells := strings.Split(strings.Trim(line, "|"), "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

// clusterCells leaves empty what a run does not count: one without registrations acknowledges nothing, and one
// without a Load measures neither mails nor a stall.
func (r Row) clusterCells() []string {
	acknowledged, duplicates := "", ""
	if r.Acknowledged > 0 {
		acknowledged = fmt.Sprint(r.Acknowledged)
	}
	if r.Mails > 0 {
		duplicates = fmt.Sprint(r.Duplicates)
	}
	return []string{r.Run, fmt.Sprint(r.Times), acknowledged, fmt.Sprint(r.Lost), duplicates, r.stallCell()}
}

func (r Row) stallCell() string {
	if r.WorstStall == 0 {
		return ""
	}
	return r.WorstStall.Round(100 * time.Millisecond).String()
}

// markdownTable lays cells out as a table; the first row is its head.
func markdownTable(cells [][]string) string {
	widths := make([]int, len(cells[0]))
	for _, row := range cells {
		for i, cell := range row {
			widths[i] = max(widths[i], len([]rune(cell)))
		}
	}
	var out strings.Builder
	for n, row := range cells {
		for i, cell := range row {
			fmt.Fprintf(&out, "| %-*s ", widths[i], cell)
		}
		out.WriteString("|\n")
		if n > 0 {
			continue
		}
		for _, width := range widths {
			fmt.Fprintf(&out, "|%s", strings.Repeat("-", width+2))
		}
		out.WriteString("|\n")
	}
	return out.String()
}
