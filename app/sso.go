package app

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"encoding/json"
	"errors"
	"time"
)

// SSO is the provider of single sign-on, which speaks OpenID Connect. There is one, or none.
type SSO interface {
	// Name is what people know it by, as on the button of the sign-in page.
	Name() string
	// Begin gives the address at which the provider asks who somebody is. Unavailable where it cannot be reached.
	Begin(ctx context.Context, a SSOAttempt) (string, error)
	// Redeem trades the code that the provider gave for what it says about the person: signed by it, for this
	// portal, for this attempt, and not expired. Forbidden where it does not say all that, Unavailable where it
	// cannot be reached.
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

// spentAttempt is what is kept of an attempt that led to a session, so that it leads to no other.
func (a SSOAttempt) spentAttempt(at time.Time) SpentAttempt {
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

// SSOLogin is a person's name at a provider. It is kept at the first sign-in and recognises the person from
// then on, whatever address either of them has later (ASVS 6.8.1).
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

// valid tells whether the claim names a person at all.
func (c SSOClaim) valid() bool {
	for _, name := range []string{c.Issuer, c.Subject} {
		if name == "" || len(name) > MaxSSOName || !isPrintableASCII(name) {
			return false
		}
	}
	return true
}

func isPrintableASCII(s string) bool {
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

// Open gives the attempt of a cookie for the state that came back, or Gone: it was begun in another browser,
// or too long ago.
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

// SSOStore keeps who is who at the provider, and begins sessions. Each method is one transaction.
type SSOStore interface {
	// IdentityBySSO gives the identity of an SSOLogin, or NotFound.
	IdentityBySSO(ctx context.Context, keyHash []byte) (*Identity, error)
	// IdentityByEmail gives the identity of a canonical address, or NotFound.
	IdentityByEmail(ctx context.Context, emailKey string) (*Identity, error)
	// HasConsented tells whether the identity has accepted a licence agreement.
	HasConsented(ctx context.Context, identityID string) (bool, error)
	// Memberships gives the identity's memberships with Account, in the order of the accounts' names.
	Memberships(ctx context.Context, identityID string) ([]Membership, error)
	// SessionActor gives a session with Identity and Account, and the identity's membership in that account, or NotFound.
	SessionActor(ctx context.Context, hash []byte) (*Session, *Membership, error)
	// SignInBySSO spends the attempt, stores the login unless it is known, confirms the address of an identity
	// that never was, and starts the session in the place of the old one. It stores what its person is told,
	// where there is something, and gives what happened. Gone: the attempt was used before, or its login was
	// known and is forgotten. Forbidden: the identity has another login at that provider, or that login is
	// another's. Conflict: the identity was suspended meanwhile.
	SignInBySSO(ctx context.Context, entry SSOSignIn) (SSOOutcome, error)
	// ReplaceConfirmation stores a confirmation in the place of those that its identity has open.
	ReplaceConfirmation(ctx context.Context, c Confirmation) error
}

// SSOSignIn is everything that a sign-in through the provider stores, in one transaction.
type SSOSignIn struct {
	Attempt        SpentAttempt
	Login          SSOLogin
	Known          bool // the person was known by the login, and not by the address
	Session        Session
	OldSessionHash []byte // the hash of the session that this browser had, if any
}

// SSOOutcome is what a sign-in through the provider changed besides the session.
type SSOOutcome struct {
	Linked          bool // it was the first: the login at the provider opens this one from now on
	PasswordCleared bool // a password that was chosen before the address was proven does not count any more (T-25)
}

// CredentialNotice is what the person is told of the outcome, or nil.
func (e SSOSignIn) CredentialNotice(o SSOOutcome) *CredentialNotice {
	way := SSOLinked
	switch {
	case o.PasswordCleared:
		way = SSOLinkedPasswordCleared
	case !o.Linked:
		return nil
	}
	told := newCredentialNotice(way, e.Login.IdentityID, e.Session.Address, e.Session.CreatedAt)
	return &told
}

// SSOSignInResult is what a sign-in through the provider leads to: a session, or the activation that has to come first.
type SSOSignInResult struct {
	Session string // the session's token
	// the token of an activation, for somebody who has not accepted the licence agreement yet; Session is empty then
	Activation string
	Outcome    SSOOutcome
}

// SignIn ends an attempt with the code that the provider gave. The person is known by the name at the
// provider; the first time by the address, where the provider has made sure of it. Forbidden, in words of its
// own each: nobody of that address has a login, the address is not verified, or its login is known to be
// somebody else's at the provider. What Redeem and SignInBySSO refuse, too.
func (s SSOSignIns) SignIn(ctx context.Context, a SSOAttempt, code, oldSession string, by Client) (SSOSignInResult,
	error,
) {
	claim, err := s.Provider.Redeem(ctx, a, code)
	if err != nil {
		return SSOSignInResult{}, err
	}
	person, known, err := s.person(ctx, claim)
	if err != nil {
		return SSOSignInResult{}, err
	}
	if person.SuspendedAt != nil {
		return SSOSignInResult{}, Refuse(Forbidden, "sign_in_suspended")
	}
	consented, err := s.Store.HasConsented(ctx, person.ID)
	if err != nil {
		return SSOSignInResult{}, err
	}
	if !consented && person.PasswordHash == "" {
		return s.activate(ctx, *person)
	}
	at := s.Clock.Now()
	return s.startSession(ctx, SSOSignIn{Attempt: a.spentAttempt(at), Login: claim.login(person.ID, at), Known: known},
		oldSession, by)
}

// person recognises whom the provider names, and tells whether by the login there.
func (s SSOSignIns) person(ctx context.Context, claim SSOClaim) (*Identity, bool, error) {
	if !claim.valid() {
		return nil, false, Refuse(Forbidden, "sso_failed")
	}
	person, err := s.Store.IdentityBySSO(ctx, claim.key())
	if !errors.Is(err, NotFound) {
		return person, true, err
	}
	person, err = s.personByEmail(ctx, claim)
	return person, false, err
}

// personByEmail finds by the address who signs in through the provider for the first time.
func (s SSOSignIns) personByEmail(ctx context.Context, claim SSOClaim) (*Identity, error) {
	key, m := EmailKey(tidyEmail(claim.Email))
	if claim.Email == "" || !m.None() {
		return nil, Refuse(Forbidden, "sso_no_email")
	}
	if !claim.Verified {
		return nil, Refuse(Forbidden, "sso_unverified")
	}
	person, err := s.Store.IdentityByEmail(ctx, key)
	if errors.Is(err, NotFound) {
		return nil, Refuse(Forbidden, "sso_unknown", "Email", claim.Email)
	}
	return person, err
}

// activate gives somebody who never was here the page by which a login begins: the provider has proven the
// address, as a mail would.
func (s SSOSignIns) activate(ctx context.Context, person Identity) (SSOSignInResult, error) {
	next := issueConfirmation(s.Sealer, person, s.Clock.Now())
	return SSOSignInResult{Activation: next.Token}, s.Store.ReplaceConfirmation(ctx, next.Confirmation)
}

func (s SSOSignIns) startSession(ctx context.Context, entry SSOSignIn, oldSession string, by Client) (SSOSignInResult,
	error,
) {
	token, session := newSession(entry.Login.IdentityID, by, entry.Attempt.SpentAt)
	session.SSO = true
	entry.Session = session
	entry.OldSessionHash, _ = HashToken(SessionToken, oldSession)
	var err error
	if entry.Session.AccountID, err = s.sessionAccount(ctx, entry); err != nil {
		return SSOSignInResult{}, err
	}
	outcome, err := s.Store.SignInBySSO(ctx, entry)
	if err != nil {
		return SSOSignInResult{}, err
	}
	return SSOSignInResult{Session: token, Outcome: outcome}, nil
}

// sessionAccount gives the account that the session starts in: the one of the session before, which wanted
// another way of signing in perhaps.
func (s SSOSignIns) sessionAccount(ctx context.Context, entry SSOSignIn) (string, error) {
	if len(entry.OldSessionHash) > 0 {
		before, _, err := s.Store.SessionActor(ctx, entry.OldSessionHash)
		if ignoreNotFound(err) != nil {
			return "", err
		}
		if err == nil {
			entry.Session.AccountID = before.AccountID
		}
	}
	return initialAccount(ctx, s.Store, entry.Session)
}
