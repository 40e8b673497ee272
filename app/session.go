package app

import (
	"crypto/sha256"
	"encoding/hex"
	"time"
)

// How long a session lasts: without a request, and in all.
const (
	SessionIdle = 30 * time.Minute
	SessionMax  = 12 * time.Hour
)

// MaxSessions is how many sessions a person may have at once, and how many right passwords that wait for
// their second factor. With another, the oldest ends.
const MaxSessions = 50

// touchInterval is how exactly a session's last use is kept: a write for every request would cost more than it tells.
const touchInterval = time.Minute

// Session is a signed-in browser. The cookie holds the token, the database its hash only.
type Session struct {
	TokenHash  []byte `bun:",pk"`
	IdentityID string
	AccountID  string `bun:",nullzero"` // the current account; empty where the identity is in none
	CreatedAt  time.Time
	SeenAt     time.Time
	Address    string
	UserAgent  string    // what the browser said that it is, at most maxUserAgent characters
	SSO        bool      `bun:"sso"` // begun through the provider of single sign-on, not by a password
	Assurance  Assurance `bun:"proven"`

	Identity *Identity `bun:"rel:belongs-to,join:identity_id=id"`
	Account  *Account  `bun:"rel:belongs-to,join:account_id=id"`
}

// newSession makes a session in no account, as yet unproven, and its token.
func newSession(identityID string, by Client, at time.Time) (string, Session) {
	token, hash := newSecret(SessionToken)
	return token, Session{
		TokenHash: hash, IdentityID: identityID, CreatedAt: at, SeenAt: at, Address: by.Address,
		UserAgent: cleanUserAgent(by.UserAgent),
	}
}

// ID names the session in pages and addresses. It is made of the stored hash and opens nothing.
func (s Session) ID() string {
	sum := sha256.Sum256(s.TokenHash)
	return hex.EncodeToString(sum[:16])
}

// IsCurrentOf tells whether it is the session in which the actor acts.
func (s Session) IsCurrentOf(by Actor) bool { return hex.EncodeToString(s.TokenHash) == by.SessionID }

func (s Session) expired(at time.Time) bool {
	return at.Sub(s.CreatedAt) > SessionMax || at.Sub(s.SeenAt) > SessionIdle
}

// Assurance is how the person behind a session was proven when it began. The zero value proves nothing.
type Assurance string

// The ways.
const (
	WithPassword   Assurance = "password"    // the password alone
	WithTwoFactors Assurance = "two_factors" // the password and a second factor
	WithProvider   Assurance = "provider"    // single sign-on: what its person had to prove is the provider's choice
)

// beyondPassword tells whether somebody who knows the password could not have begun the session with that alone.
func (p Assurance) beyondPassword() bool { return p == WithTwoFactors || p == WithProvider }

// assurance is the one place that says what a session counts as.
func (s Session) assurance() Assurance {
	if s.SSO {
		return WithProvider
	}
	return s.Assurance
}

// Browser guesses from the User-Agent the names of browser and system, so that people recognise their own
// sessions; empty where it is none of the usual ones. Browsers lie about this freely: nothing may depend on
// it.
func (s Session) Browser() (string, string) {
	return firstMatch(browserMarks(), s.UserAgent), firstMatch(systemMarks(), s.UserAgent)
}
