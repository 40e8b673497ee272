package app

// Len is how many counts a fence keeps.
func (f *Fence) Len() int { return len(f.counts) }
