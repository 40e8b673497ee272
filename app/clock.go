package app

import (
	"crypto/rand"
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

// NewID makes the id of a stored thing: 26 characters of A-Z and 2-7 with 130 random bits. Ids are not secrets, but nobody
// can count or guess them.
func NewID() string { return rand.Text() }
