package trial

import (
	"testing"
	"time"
)

// line is what a client writes down, so many seconds after the beginning.
func line(second int, act Act, form string, outcome Outcome) Entry {
	return Entry{At: time.Unix(int64(second), 0), Act: act, Submission: form, Outcome: outcome, Answer: outcome != ""}
}

func TestStall(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		entries []Entry
		want    time.Duration
	}{
		"nothing":  {nil, 0},
		"one form": {[]Entry{line(1, Register, "a", ""), line(3, Register, "a", Stored)}, 2 * time.Second},
		"a page that is read is no news of a form": {[]Entry{
			line(0, Register, "a", ""), line(1, Register, "a", Stored), line(1, Register, "b", ""), line(2, Look, "", Stored),
			line(4, Look, "", Stored), line(6, Disable, "", Stored), line(7, Regenerate, "", Stored),
			line(9, Register, "b", Stored),
		}, 8 * time.Second},
		"nor is a page that says to try again": {[]Entry{
			line(0, Register, "a", ""), line(1, Register, "a", Away), line(2, Register, "a", ""), line(3, Register, "a", Silent),
			line(4, Register, "a", ""), line(5, Register, "a", Denied),
		}, 5 * time.Second},
		"somebody else is told": {[]Entry{
			line(0, Register, "a", ""), line(3, Register, "b", ""), line(4, Register, "b", Stored),
			line(6, Register, "a", Stored),
		}, 4 * time.Second},
		"while nobody waits nothing stalls": {[]Entry{
			line(0, Register, "a", ""), line(1, Register, "a", Stored), line(50, Register, "b", ""),
			line(52, Register, "b", Stored),
		}, 2 * time.Second},
		"nor for somebody who has given up": {[]Entry{
			line(0, Register, "a", ""), line(3, Register, "a", Silent), line(50, Register, "b", ""),
			line(52, Register, "b", Stored),
		}, 3 * time.Second},
		"clients' lines are not in order": {[]Entry{
			line(1, Register, "a", ""), line(9, Register, "a", Stored), line(2, Register, "b", ""),
			line(5, Register, "b", Stored),
		}, 4 * time.Second},
	} {
		c := check{entries: test.entries}
		c.stall()
		if c.Stall != test.want {
			t.Errorf("%s: a stall of %v, want %v", name, c.Stall, test.want)
		}
	}
}
