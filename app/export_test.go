package app

// Len is how many counts a fence keeps.
func (f *MemoryLimiter) Len() int { return len(f.counts) }

// MaxWaiting is how many wait for a password hash at most, of each sort.
const MaxWaiting = maxWaiting
