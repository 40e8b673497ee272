package app

import (
	"crypto/sha256"
	"encoding/hex"
	"strings"
	"time"
)

// DigestThreshold is how many registrations of an account within an hour its Super Users are mailed of one by
// one. Of what comes on top they are told together, at the full hour, so that nobody who holds a link floods
// their inboxes (T-54). Each still has its notice.
const DigestThreshold = 10

// DigestWindow is the time in which registrations count as many.
const DigestWindow = time.Hour

// deferToDigest gives the notice as it is sent where so many others of its kind came within DigestWindow.
func (n Notice) deferToDigest(others int) Notice {
	if others < DigestThreshold {
		return n
	}
	at := n.CreatedAt.Truncate(time.Hour).Add(time.Hour)
	n.DigestAt, n.NextTryAt = &at, at
	return n
}

// MessageID is the local part of the mail's Message-ID: the same at every try for the same notices, and
// another for other ones, so that no mail server takes a mail that tells of more people for a copy of the one
// before.
func (n Notice) MessageID() string {
	if len(n.Others) == 0 {
		return n.ID
	}
	ids := []string{n.ID}
	for _, other := range n.Others {
		ids = append(ids, other.ID)
	}
	sum := sha256.Sum256([]byte(strings.Join(ids, " ")))
	return hex.EncodeToString(sum[:])
}
