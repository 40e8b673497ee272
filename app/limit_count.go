package app

import (
	"context"
	"slices"
	"sync"
	"time"
)

// LimitCount is what is left of a limit for one subject.
type LimitCount struct {
	Name      string `bun:",pk"` // an HMAC of rule and subject: no address or email can be read from it
	Remaining int
	EndsAt    time.Time // the first moment at which it no longer counts
}

// LimitUse is one use of a limit by somebody: what is counted, how often that may be, and until when where counting begins now.
type LimitUse struct {
	Name   string
	Max    int
	EndsAt time.Time
	Spare  int  // see Rule
	Look   bool // only looked at: it refuses where it is used up, and is not counted
}

// LimitStore keeps the counts.
type LimitStore interface {
	// TakeLimits counts one of each use, or none where one is used up: then it gives until when. Of many who come at
	// once, no more are let in than the limit has. It gives the names that it counted.
	TakeLimits(ctx context.Context, uses []LimitUse, at time.Time) (taken []string, until time.Time, err error)
	// ReturnLimits takes back what was counted.
	ReturnLimits(ctx context.Context, taken []string, at time.Time) error
}

// Spending is what uses change: counts that run get one less, and others begin anew.
type Spending struct {
	Running []string
	Begun   []LimitCount
	Until   time.Time // not zero: one is used up until then, and nothing changes
}

// Taken gives the names that are counted.
func (s Spending) Taken() []string {
	names := slices.Clone(s.Running)
	for _, c := range s.Begun {
		names = append(names, c.Name)
	}
	return names
}

// Spend decides what uses do to the counts that are known. It is the one rule of counting, in memory and in the database.
func Spend(uses []LimitUse, known map[string]LimitCount, at time.Time) Spending {
	var s Spending
	own := 0 // what the use before this one has counted so far
	for _, use := range uses {
		count := known[use.Name]
		runs := at.Before(count.EndsAt)
		if !runs {
			count = LimitCount{Name: use.Name, Remaining: use.Max, EndsAt: use.EndsAt}
		}
		switch {
		case count.Remaining <= 0 && own < use.Spare: // others have filled it
		case count.Remaining <= 0:
			s.Until = later(s.Until, count.EndsAt)
		case use.Look:
		case runs:
			s.Running = append(s.Running, use.Name)
		default:
			s.Begun = append(s.Begun, LimitCount{Name: use.Name, Remaining: use.Max - 1, EndsAt: use.EndsAt})
		}
		own = use.Max - count.Remaining
	}
	if !s.Until.IsZero() {
		return Spending{Until: s.Until}
	}
	return s
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

// Fence is a LimitStore in the memory of one server: the first that a request meets, which costs the database nothing and holds
// while it is away.
type Fence struct {
	mu     sync.Mutex
	counts map[string]LimitCount
	full   int // how many counts make it look for those that are over
}

// minFence is how many counts a fence keeps before it looks for those that are over.
const minFence = 4096

// TakeLimits counts one of each use, or none.
func (f *Fence) TakeLimits(_ context.Context, uses []LimitUse, at time.Time) ([]string, time.Time, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := Spend(uses, f.counts, at)
	for _, name := range s.Running {
		f.add(name, -1)
	}
	if len(s.Begun) > 0 {
		f.sweep(at)
	}
	for _, count := range s.Begun {
		f.counts[count.Name] = count
	}
	return s.Taken(), s.Until, nil
}

// ReturnLimits takes back what was counted.
func (f *Fence) ReturnLimits(_ context.Context, taken []string, _ time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range taken {
		f.add(name, 1)
	}
	return nil
}

func (f *Fence) add(name string, n int) {
	if count, ok := f.counts[name]; ok {
		count.Remaining += n
		f.counts[name] = count
	}
}

// sweep forgets what is over, once there is twice as much as the last time left.
func (f *Fence) sweep(at time.Time) {
	if f.counts == nil {
		f.counts = map[string]LimitCount{}
	}
	if len(f.counts) < max(f.full, minFence) {
		return
	}
	for name, count := range f.counts {
		if !at.Before(count.EndsAt) {
			delete(f.counts, name)
		}
	}
	f.full = 2 * len(f.counts)
}
