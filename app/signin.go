package app

import (
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"time"
	"unicode/utf8"
)

// SignInStore keeps sessions and finds who may have one. Each method is one transaction.
type SignInStore interface {
	// IdentityByEmail gives the identity of a canonical address, or NotFound.
	IdentityByEmail(ctx context.Context, emailKey string) (*Identity, error)
	// StartSession stores a session, notes the sign-in on its identity and ends the session of the old hash, if
	// any. Conflict where the identity's password hash is not the proven one any more, the identity was
	// suspended meanwhile, or it has a second factor and the session is proven by the password alone. Where the
	// membership of its account was closed meanwhile, the session begins in none.
	StartSession(ctx context.Context, session Session, proven string, old []byte) error
	// StartSignInStep stores a step of a sign-in and forgets those of its identity that are over.
	StartSignInStep(ctx context.Context, step SignInStep) error
	// SessionActor gives a session with Identity and Account, and the identity's membership in that account, in one
	// statement; or NotFound. The membership is nil where there is none.
	SessionActor(ctx context.Context, hash []byte) (*Session, *Membership, error)
	// TouchSession notes that the session was used.
	TouchSession(ctx context.Context, hash []byte, at time.Time) error
	// EndSession forgets a session.
	EndSession(ctx context.Context, hash []byte) error
	// Sessions gives the identity's sessions, the last used first.
	Sessions(ctx context.Context, identityID string) ([]Session, error)
	// EndOtherSessions forgets the identity's sessions but for one.
	EndOtherSessions(ctx context.Context, identityID string, keep []byte) error
	// SwitchAccount makes another account the session's current one.
	SwitchAccount(ctx context.Context, hash []byte, accountID string) error
	// Memberships gives the identity's memberships with Account, in the order of the accounts' names.
	Memberships(ctx context.Context, identityID string) ([]Membership, error)
	// RehashPassword stores a new hash of the same password, unless the password was changed meanwhile.
	RehashPassword(ctx context.Context, identityID, old, hash string) error
	// ChangePassword stores the password and what is said of it, lets the session go on under its new hash, and
	// ends the identity's other sessions and its open resets; no passkey opens alone before it was used behind
	// the new one. Conflict where the password is not the old one any more or the identity was suspended,
	// Unauthenticated where the session has ended.
	ChangePassword(ctx context.Context, p PasswordChange) error
}

// SignIns are the rules of signing in and out.
type SignIns struct {
	Store  SignInStore
	Hasher *PasswordHasher
	Clock  Clock
}

// Credentials are what the sign-in form sends.
type Credentials struct {
	Email      string
	Password   string
	OldSession string // the token of the session that this browser had, if any
}

// SignInResult is how far a sign-in came.
type SignInResult struct {
	Token             string // of a session; of a step where a second factor has to follow
	NeedsSecondFactor bool
}

// SignIn checks email and password and starts a session, or the step in which a second factor is asked for.
// The old token, if the browser sent one, is ended by the session: none outlives a sign-in. A wrong password,
// an unknown address and a login without a password are one refusal that takes the same time; what else
// stands in the way is told only to who knows the password.
func (s SignIns) SignIn(ctx context.Context, with Credentials, by Client) (SignInResult, error) {
	entry, err := s.signInOnce(ctx, with, by)
	// another password, or another hash of the same: look again, for a session must not outlive its password
	if errors.Is(err, Conflict) {
		return s.signInOnce(ctx, with, by)
	}
	return entry, err
}

func (s SignIns) signInOnce(ctx context.Context, with Credentials, by Client) (SignInResult, error) {
	person, err := s.authenticate(ctx, with.Email, with.Password)
	if err != nil {
		return SignInResult{}, err
	}
	if person.SuspendedAt != nil {
		return SignInResult{}, Problem("", "sign_in_suspended")
	}
	if person.ConfirmedAt == nil {
		return SignInResult{}, Problem("", "sign_in_unconfirmed")
	}
	if person.Factors > 0 {
		return s.startStep(ctx, *person)
	}
	token, session, err := s.sessionFor(ctx, *person, by)
	if err != nil {
		return SignInResult{}, err
	}
	session.Assurance = WithPassword
	old, _ := HashToken(SessionToken, with.OldSession)
	return SignInResult{Token: token}, s.Store.StartSession(ctx, session, person.PasswordHash, old)
}

// sessionFor makes a session of the person in the first account that it opens, as yet unproven, and its token.
func (s SignIns) sessionFor(ctx context.Context, person Identity, by Client) (string, Session, error) {
	token, session := newSession(person.ID, by, s.Clock.Now())
	account, err := initialAccount(ctx, s.Store, session)
	session.AccountID = account
	return token, session, err
}

func (s SignIns) authenticate(ctx context.Context, email, password string) (*Identity, error) {
	key, m := EmailKey(tidyEmail(email))
	person := &Identity{}
	if m.None() {
		found, err := s.Store.IdentityByEmail(ctx, key)
		if err != nil && !errors.Is(err, NotFound) {
			return nil, err
		}
		if found != nil {
			person = found
		}
	}
	ok, stale, err := s.verify(ctx, *person, password)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, Problem("", "sign_in_failed")
	}
	if stale {
		return s.rehash(ctx, *person, password)
	}
	return person, nil
}

// verify tells whether the password is the person's, and whether its hash should be made anew.
func (s SignIns) verify(ctx context.Context, person Identity, password string) (bool, bool, error) {
	if len(password) > utf8.UTFMax*MaxPassword { // nobody's: no reason to hash a novel
		password = ""
	}
	return s.Hasher.Verify(ctx, person.PasswordHash, password)
}

func (s SignIns) rehash(ctx context.Context, person Identity, password string) (*Identity, error) {
	hash, err := s.Hasher.Hash(ctx, password)
	if err != nil {
		return nil, err
	}
	old := person.PasswordHash
	person.PasswordHash = hash
	return &person, s.Store.RehashPassword(ctx, person.ID, old, hash)
}

// SignOut ends the session of a token on the server. A token that is none is signed out already.
func (s SignIns) SignOut(ctx context.Context, token string) error {
	hash, ok := HashToken(SessionToken, token)
	if !ok {
		return nil
	}
	return s.Store.EndSession(ctx, hash)
}

// startStep begins the step that follows a right password.
func (s SignIns) startStep(ctx context.Context, person Identity) (SignInResult, error) {
	token, hash := newSecret(StepToken)
	step := SignInStep{
		TokenHash: hash, IdentityID: person.ID, PasswordDigest: passwordDigest(person.PasswordHash),
		ExpiresAt: s.Clock.Now().Add(StepWithin),
	}
	return SignInResult{Token: token, NeedsSecondFactor: true}, s.Store.StartSignInStep(ctx, step)
}

// Actor gives who is behind a session token, or Unauthenticated. A membership that does not open its account
// any more, or an account that wants another way of signing in, leaves the actor without one. It costs one
// statement, and a second at most once a minute.
func (s SignIns) Actor(ctx context.Context, token string) (Actor, error) {
	hash, ok := HashToken(SessionToken, token)
	if !ok {
		return Actor{}, Refuse(Unauthenticated, "signed_out")
	}
	session, membership, err := s.Store.SessionActor(ctx, hash)
	if errors.Is(err, NotFound) {
		return Actor{}, Refuse(Unauthenticated, "signed_out")
	}
	if err != nil {
		return Actor{}, err
	}
	at := s.Clock.Now()
	if session.expired(at) || session.Identity.SuspendedAt != nil {
		return Actor{}, Refuse(Unauthenticated, "signed_out")
	}
	actor := Actor{
		Identity: *session.Identity, SessionID: hex.EncodeToString(hash), SSO: session.SSO,
		Assurance: session.assurance(),
	}
	switch {
	case membership == nil || !membership.GrantsAccess(at):
	case session.Account.SignInMethod.Admits(session.SSO):
		actor.Membership, actor.Account = *membership, *session.Account
	default:
		actor.WrongMethodAccount = *session.Account
	}
	if at.Sub(session.SeenAt) < touchInterval {
		return actor, nil
	}
	return actor, s.Store.TouchSession(ctx, hash, at)
}

// Memberships gives the actor's memberships with Account. It costs one statement.
func (s SignIns) Memberships(ctx context.Context, by Actor) (Memberships, error) {
	all, err := s.Store.Memberships(ctx, by.Identity.ID)
	if err != nil {
		return Memberships{}, err
	}
	var in Memberships
	for _, m := range all {
		switch {
		case m.GrantsAccess(s.Clock.Now()):
			in.Open = append(in.Open, m)
		case m.Status == Pending:
			in.Pending = append(in.Pending, m)
		default:
			in.Closed = append(in.Closed, m)
		}
	}
	return in, nil
}

// Switch makes another account the current one and gives it. An account that is not open to the actor does
// not exist: NotFound. One that wants another way of signing in is Forbidden.
func (s SignIns) Switch(ctx context.Context, by Actor, accountID string) (Account, error) {
	in, err := s.Memberships(ctx, by)
	if err != nil {
		return Account{}, err
	}
	for _, m := range in.Open {
		if m.AccountID == accountID && !m.Account.SignInMethod.Admits(by.SSO) {
			return Account{}, m.Account.wrongMethodError()
		}
		if m.AccountID == accountID {
			hash, _ := hex.DecodeString(by.SessionID)
			return *m.Account, s.Store.SwitchAccount(ctx, hash, accountID)
		}
	}
	return Account{}, Refuse(NotFound, "account_unknown")
}

// Sessions gives the sessions in which the actor is signed in now, the last used first.
func (s SignIns) Sessions(ctx context.Context, by Actor) ([]Session, error) {
	all, err := s.Store.Sessions(ctx, by.Identity.ID)
	if err != nil {
		return nil, err
	}
	at := s.Clock.Now()
	return slices.DeleteFunc(all, func(session Session) bool { return session.expired(at) }), nil
}

// EndSession ends one of the actor's own sessions and gives it; NotFound where that is none.
func (s SignIns) EndSession(ctx context.Context, by Actor, id string) (Session, error) {
	all, err := s.Store.Sessions(ctx, by.Identity.ID)
	if err != nil {
		return Session{}, err
	}
	for _, session := range all {
		if session.ID() == id {
			return session, s.Store.EndSession(ctx, session.TokenHash)
		}
	}
	return Session{}, Refuse(NotFound, "session_unknown")
}

// EndOtherSessions ends every session of the actor but the present one.
func (s SignIns) EndOtherSessions(ctx context.Context, by Actor) error {
	keep, _ := hex.DecodeString(by.SessionID)
	return s.Store.EndOtherSessions(ctx, by.Identity.ID, keep)
}

// ChangePassword gives the actor another password, where the form proves the present one. Every other session
// of the actor ends, this one goes on under the token that is given (T-44), open links to reset the password
// die, and the person is mailed. Conflict where the password was changed meanwhile.
func (s SignIns) ChangePassword(ctx context.Context, by Actor, form PasswordForm) (string, error) {
	p := Problems{}
	if form.Current == "" {
		p.Add("current_password", Say("current_password_required"))
	}
	p.Add("password", by.Identity.passwordProblem(form.Password))
	if err := p.Err(); err != nil {
		return "", err
	}
	right, _, err := s.verify(ctx, by.Identity, form.Current)
	if err != nil {
		return "", err
	}
	if !right {
		return "", Problem("current_password", "current_password_wrong")
	}
	hash, err := s.Hasher.HashNew(ctx, form.Password)
	if err != nil {
		return "", err
	}
	token, fresh := newSecret(SessionToken)
	session, _ := hex.DecodeString(by.SessionID)
	change := CredentialChange{IdentityID: by.Identity.ID, Event: PasswordChanged, At: s.Clock.Now(), Address: by.Address}
	return token, s.Store.ChangePassword(ctx, PasswordChange{
		NewPassword: newPassword(hash, change), OldHash: by.Identity.PasswordHash, SessionHash: session,
		NewSessionHash: fresh,
	})
}
