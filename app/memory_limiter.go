package app

import (
	"context"
	"sync"
	"time"
)

// MemoryLimiter is a LimitStore in the memory of one server: the first that a request meets, which costs the
// database nothing and holds while it is away.
type MemoryLimiter struct {
	mu        sync.Mutex
	counts    map[string]LimitCount
	sweepSize int // how many counts make it look for those that are over
}

// minSweepSize is how many counts a fence keeps before it looks for those that are over.
const minSweepSize = 4096

// ConsumeLimits counts one of each use, or none.
func (f *MemoryLimiter) ConsumeLimits(_ context.Context, uses []LimitUse, at time.Time) ([]string, time.Time, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := Consume(uses, f.counts, at)
	for _, name := range s.Running {
		f.add(name, -1)
	}
	if len(s.Begun) > 0 {
		f.removeExpired(at)
	}
	for _, count := range s.Begun {
		f.counts[count.Name] = count
	}
	return s.Counted(), s.Until, nil
}

// ReturnLimits takes back what was counted.
func (f *MemoryLimiter) ReturnLimits(_ context.Context, taken []string, _ time.Time) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, name := range taken {
		f.add(name, 1)
	}
	return nil
}

func (f *MemoryLimiter) add(name string, n int) {
	if count, ok := f.counts[name]; ok {
		count.Remaining += n
		f.counts[name] = count
	}
}

// removeExpired forgets what is over, once there is twice as much as the last time left.
func (f *MemoryLimiter) removeExpired(at time.Time) {
	if f.counts == nil {
		f.counts = map[string]LimitCount{}
	}
	if len(f.counts) < max(f.sweepSize, minSweepSize) {
		return
	}
	for name, count := range f.counts {
		if !at.Before(count.EndsAt) {
			delete(f.counts, name)
		}
	}
	f.sweepSize = 2 * len(f.counts)
}
