package app

import (
	"time"
)

// Clock tells the time. Tests put their own in its place; everything in the product that needs the time asks one.
type Clock func() time.Time

// Now is the present in UTC, cut to microseconds: the precision that both databases keep (references, "time written").
func (c Clock) Now() time.Time {
	if c == nil {
		return time.Now().UTC().Truncate(time.Microsecond)
	}
	return c().UTC().Truncate(time.Microsecond)
}
