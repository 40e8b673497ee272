package app

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"time"
)

// SSO is the provider of single sign-on, which speaks OpenID Connect. There is one, or none.
type SSO interface {
	// Name is what people know it by, as on the button of the sign-in page.
	Name() string
	// Begin gives the address at which the provider asks who somebody is. Unavailable where it cannot be reached.
	Begin(ctx context.Context, a SSOAttempt) (string, error)
	// Redeem trades the code that the provider gave for what it says about the person: signed by it, for this portal, for this
	// attempt, and not expired. Forbidden where it does not say all that, Unavailable where it cannot be reached.
	Redeem(ctx context.Context, a SSOAttempt, code string) (SSOClaim, error)
}

// SSOClaim is what the provider says about a person.
type SSOClaim struct {
	Issuer   string // which provider says so
	Subject  string // the person's name there: never given to anybody else
	Email    string // as the provider writes it; empty where it tells none
	Verified bool   // the provider has made sure that the address is the person's
}

// SSOAttempt is one sign-in under way. It is kept by the browser alone, sealed.
type SSOAttempt struct {
	State    string // comes back with the code: whoever has not this attempt cannot end it
	Nonce    string // comes back in what the provider signs
	Verifier string // proves to the provider that the code was meant for this attempt (RFC 7636)
	Next     string // the page to go on to; the web server knows which there are
	BegunAt  time.Time
}

// spent is what is kept of an attempt that led to a session, so that it leads to no other.
func (a SSOAttempt) spent(at time.Time) SpentAttempt {
	sum := sha256.Sum256([]byte(a.State))
	return SpentAttempt{StateHash: sum[:], SpentAt: at}
}

// SpentAttempt is an attempt that was used. It is forgotten when it is too old to be used anyway.
type SpentAttempt struct {
	StateHash []byte `bun:",pk"`
	SpentAt   time.Time
}

// SSOWithin is how long somebody may take at the provider.
const SSOWithin = 10 * time.Minute

const ssoPurpose = "sso attempt"

// SSOLogin is a person's name at a provider. It is kept at the first sign-in and recognises the person from then on, whatever
// address either of them has later (ASVS 6.8.1).
type SSOLogin struct {
	KeyHash    []byte `bun:",pk"` // of issuer and subject, byte by byte
	IdentityID string
	Issuer     string
	Subject    string
	CreatedAt  time.Time
}

// MaxSSOName is how long an issuer or a subject may be (OpenID Connect Core, 2).
const MaxSSOName = 255

func (c SSOClaim) login(identityID string, at time.Time) SSOLogin {
	return SSOLogin{KeyHash: c.key(), IdentityID: identityID, Issuer: c.Issuer, Subject: c.Subject, CreatedAt: at}
}

func (c SSOClaim) key() []byte {
	sum := sha256.Sum256([]byte(c.Issuer + "\x00" + c.Subject))
	return sum[:]
}

// named tells whether the claim names a person at all.
func (c SSOClaim) named() bool {
	for _, name := range []string{c.Issuer, c.Subject} {
		if name == "" || len(name) > MaxSSOName || !printableASCII(name) {
			return false
		}
	}
	return true
}

func printableASCII(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

// SSOSignIns are the rules of signing in through the provider.
type SSOSignIns struct {
	Store    SSOStore
	Provider SSO // nil: there is none
	Sealer   *Sealer
	Clock    Clock
}

// Begin gives the provider's address for a new attempt, and the attempt sealed, for the cookie. It stores nothing.
func (s SSOSignIns) Begin(ctx context.Context, next string) (string, string, error) {
	a := SSOAttempt{
		State: NewToken(""), Nonce: NewToken(""), Verifier: NewToken(""), Next: next, BegunAt: s.Clock.Now(),
	}
	address, err := s.Provider.Begin(ctx, a)
	if err != nil {
		return "", "", err
	}
	text, err := json.Marshal(a)
	return address, base64.RawURLEncoding.EncodeToString(s.Sealer.Seal(ssoPurpose, string(text))), err
}

// Open gives the attempt of a cookie for the state that came back, or Gone: it was begun in another browser, or too long ago.
func (s SSOSignIns) Open(sealed, state string) (SSOAttempt, error) {
	var a SSOAttempt
	box, err := base64.RawURLEncoding.Strict().DecodeString(sealed)
	if err != nil {
		return a, Refuse(Gone, "sso_over")
	}
	text, err := s.Sealer.Open(ssoPurpose, box)
	if err != nil || json.Unmarshal([]byte(text), &a) != nil {
		return SSOAttempt{}, Refuse(Gone, "sso_over")
	}
	age := s.Clock.Now().Sub(a.BegunAt)
	if subtle.ConstantTimeCompare([]byte(a.State), []byte(state)) != 1 || age > SSOWithin || age < -time.Minute {
		return SSOAttempt{}, Refuse(Gone, "sso_over")
	}
	return a, nil
}
