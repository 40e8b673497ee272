package dbtest

import (
	"errors"
	"strconv"
	"time"
)

// awaitTimeout is how long a node may take to become what a test waits for.
const awaitTimeout = time.Minute

// Status is what a node says of itself.
type Status struct {
	Ready   string // ON where it takes statements
	Cluster string // Primary where it belongs to the majority
	State   string // Synced, Donor/Desynced, Joining …
	Size    string // how many nodes it sees
}

func (s Status) synced(size int) bool {
	return s == Status{Ready: "ON", Cluster: "Primary", State: "Synced", Size: strconv.Itoa(size)}
}

// poll polls, and tells what was waited for when the time is over.
func poll(failure string, done func() bool) error {
	for end := time.Now().Add(awaitTimeout); !done(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			return errors.New(failure)
		}
	}
	return nil
}
