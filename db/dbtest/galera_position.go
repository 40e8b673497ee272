package dbtest

import (
	"fmt"
	"regexp"
)

// Position is the last write that a node has on disk.
type Position struct {
	Group string // names the cluster's history
	Seqno int64
}

// String is the position as Galera's settings have it.
func (p Position) String() string { return fmt.Sprintf("%s:%d", p.Group, p.Seqno) }

var recoveredAt = regexp.MustCompile(`Recovered position: ([0-9a-f-]{36}):(-?\d+)`)
