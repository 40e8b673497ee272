package trial

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Row is what Main prints of a run.
type Row struct {
	Run   string // what was done, and to what
	Times int    // how often
	Seed  string // of what was done at random; empty: nothing
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

// table is every row that was reported, or nothing.
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
			fmt.Sprint(row.Twice), row.stall(), row.Seed,
		})
	}
	return "\n" + markdown(cells) + "\n"
}

func (r Row) stall() string {
	if r.Stall == 0 {
		return ""
	}
	return r.Stall.Round(100 * time.Millisecond).String()
}

// markdown lays cells out as a table; the first row is its head.
func markdown(cells [][]string) string {
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

// And is what two runs on one site have shown, the later after the earlier: a site's mails are counted from
// its beginning.
func (v Verdict) And(later Verdict) Verdict {
	later.Acknowledged += v.Acknowledged
	later.Unanswered += v.Unanswered
	later.Lost += v.Lost
	later.Stall = max(v.Stall, later.Stall)
	later.Wrong = append(v.Wrong, later.Wrong...)
	return later
}
