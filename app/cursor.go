package app

import (
	"encoding/base64"
	"strconv"
	"strings"
	"time"
)

// PageSize is how many entries a page of a list shows.
const PageSize = 25

// Page is one page of a list.
type Page[T any] struct {
	Entries []T
	Next    Cursor // of the page after it; zero on the last one
}

// newPage makes a page of what a store found when asked for PageSize+1 entries: the last one only shows that
// another page follows.
func newPage[T interface{ cursor() Cursor }](found []T) Page[T] {
	if len(found) <= PageSize {
		return Page[T]{Entries: found}
	}
	shown := found[:PageSize]
	return Page[T]{Entries: shown, Next: shown[PageSize-1].cursor()}
}

// Cursor is the place in a list, newest first, after one of its entries: paging goes by key, so what is added
// meanwhile shifts nothing.
type Cursor struct {
	At time.Time // when the entry began: a member joined, an activity happened
	ID string
}

// String is the cursor for an address; empty for the zero Cursor.
func (c Cursor) String() string {
	if c.ID == "" {
		return ""
	}
	return base64.RawURLEncoding.EncodeToString([]byte(strconv.FormatInt(c.At.UnixMicro(), 10) + "." + c.ID))
}

// lastMicro ends the year 9999: MySQL has no later time and answers a comparison with one by an error.
const lastMicro = 253_402_300_799_999_999

// ParseCursor reads what String wrote, or answers BadRequest.
func ParseCursor(s string) (Cursor, error) {
	if s == "" {
		return Cursor{}, nil
	}
	raw, err := base64.RawURLEncoding.DecodeString(s)
	at, id, ok := strings.Cut(string(raw), ".")
	micros, numErr := strconv.ParseInt(at, 10, 64)
	if err != nil || !ok || numErr != nil || micros < 0 || micros > lastMicro || !IsID(id) {
		return Cursor{}, Refuse(BadRequest, "cursor_invalid")
	}
	return Cursor{At: time.UnixMicro(micros).UTC(), ID: id}, nil
}
