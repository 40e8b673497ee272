package app

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
)

// Token prefixes tell what a token opens; a token of one kind never passes for another.
const (
	LinkToken         = "rl1_" // a registration link
	ConfirmationToken = "rc1_" // the address in a confirmation or activation mail
	ResetToken        = "rp1_" // the address in a mail to somebody who has forgotten the password
	SessionToken      = "rs1_" // a session cookie
	SetupToken        = "ru1_" // the one-time set-up address of an empty installation
	StepToken         = "rf1_" // a cookie between the password and the second factor
	JoinToken         = "rj1_" // the address in the mail by which somebody asks to be added to an account
)

const tokenBytes = 32 // 256 bits: guessing is hopeless whatever the number of links

// NewToken makes a secret of 256 random bits: the prefix and 43 characters of base64url.
func NewToken(prefix string) string {
	var secret [tokenBytes]byte
	_, _ = rand.Read(secret[:]) // never fails: crypto/rand ends the program instead
	return prefix + base64.RawURLEncoding.EncodeToString(secret[:])
}

// newSecret makes a token of a prefix, and the hash that is stored of it.
func newSecret(prefix string) (string, []byte) {
	token := NewToken(prefix)
	hash, _ := HashToken(prefix, token)
	return token, hash
}

// HashToken gives the SHA-256 of a token, which is what the database keeps, or false where the text cannot be
// a token of that prefix: wrong length, wrong alphabet, or a second spelling of the same bits (strict
// base64).
func HashToken(prefix, token string) ([]byte, bool) {
	body, ok := strings.CutPrefix(token, prefix)
	if !ok || len(body) != base64.RawURLEncoding.EncodedLen(tokenBytes) {
		return nil, false
	}
	// The decoder skips line breaks even when it is strict; the length of what it gives tells.
	if secret, err := base64.RawURLEncoding.Strict().DecodeString(body); err != nil || len(secret) != tokenBytes {
		return nil, false
	}
	sum := sha256.Sum256([]byte(token))
	return sum[:], true
}

// NewID makes the id of a stored thing: 26 characters of A-Z and 2-7 with 130 random bits. Ids are not
// secrets, but nobody can count or guess them.
func NewID() string { return rand.Text() }

// IsID tells whether a text can be an id of something stored. What cannot is not looked for: databases differ
// in what they make of a NUL in a text.
func IsID(s string) bool { return idPattern.MatchString(s) }

// NewSubmissionID makes the hidden id of a form: it tells a form that is sent twice from two forms.
func NewSubmissionID() string { return rand.Text() }
