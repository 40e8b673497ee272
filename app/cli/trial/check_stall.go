package trial

import (
	"slices"
	"time"
)

// waiting are the people who want to know what became of their forms.
type waiting struct {
	last   map[string]time.Time // the last that each form's sender wrote down, by submission id
	forms  map[string]bool      // that were sent and not settled
	since  time.Time            // when somebody was told, or began to wait where nobody did
	longer time.Duration        // the longest time in which somebody waited and nobody was told
}

// stall finds the longest time in which somebody waited to be told what became of a form and nobody was.
// Pages that are read, and what Super Users do, do not count: on servers that are well they would hide that
// nobody can register.
func (c *check) stall() {
	forms := c.formLines()
	w := waiting{last: map[string]time.Time{}, forms: map[string]bool{}}
	for _, e := range forms {
		w.last[e.Submission] = e.At
	}
	for _, e := range forms {
		w.meets(e)
	}
	c.Stall = w.longer
}

// formLines are what is written down of forms, by whoever it was, in the order of time.
func (c *check) formLines() []Entry {
	forms := slices.DeleteFunc(slices.Clone(c.entries), func(e Entry) bool { return e.Act != Register })
	slices.SortStableFunc(forms, func(a, b Entry) int { return a.At.Compare(b.At) })
	return forms
}

func (w *waiting) meets(e Entry) {
	if len(w.forms) == 0 {
		w.since = e.At
	}
	w.forms[e.Submission] = true
	w.longer = max(w.longer, e.At.Sub(w.since))
	told := e.Answer && e.Outcome.Settled()
	if told {
		w.since = e.At
	}
	if told || (e.Answer && e.At.Equal(w.last[e.Submission])) { // who asks no more does not wait
		delete(w.forms, e.Submission)
	}
}
