package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"time"
)

// How long a session lasts: without a request, and in all.
const (
	SessionIdle = 30 * time.Minute
	SessionMax  = 12 * time.Hour
)

// MaxSessions is how many sessions a person may have at once, and how many right passwords that wait for their second factor. With
// another, the oldest ends.
const MaxSessions = 50

// seenEvery is how exactly a session's last use is kept: a write for every request would cost more than it tells.
const seenEvery = time.Minute

// Session is a signed-in browser. The cookie holds the token, the database its hash only.
type Session struct {
	TokenHash  []byte `bun:",pk"`
	IdentityID string
	AccountID  string `bun:",nullzero"` // the current account; empty where the identity is in none
	CreatedAt  time.Time
	SeenAt     time.Time
	Address    string
	UserAgent  string // what the browser said that it is, at most maxAgent characters
	SSO        bool   `bun:"sso"` // begun through the provider of single sign-on, not by a password
	Proven     Proven

	Identity *Identity `bun:"rel:belongs-to,join:identity_id=id"`
	Account  *Account  `bun:"rel:belongs-to,join:account_id=id"`
}

// freshSession makes a session in no account, as yet unproven, and its token.
func freshSession(identityID string, by Client, at time.Time) (string, Session) {
	token := NewToken(SessionToken)
	hash, _ := HashToken(SessionToken, token)
	return token, Session{
		TokenHash: hash, IdentityID: identityID, CreatedAt: at, SeenAt: at, Address: by.Address, UserAgent: agentText(by.Agent),
	}
}

// ID names the session in pages and addresses. It is made of the stored hash and opens nothing.
func (s Session) ID() string {
	sum := sha256.Sum256(s.TokenHash)
	return hex.EncodeToString(sum[:16])
}

// Carries tells whether it is the session in which the actor acts.
func (s Session) Carries(by Actor) bool { return hex.EncodeToString(s.TokenHash) == by.SessionID }

func (s Session) over(at time.Time) bool {
	return at.Sub(s.CreatedAt) > SessionMax || at.Sub(s.SeenAt) > SessionIdle
}

// Actor gives who is behind a session token, or Unauthenticated. A membership that does not open its account any more, or
// an account that wants another way of signing in, leaves the actor without one. It costs one statement, and a second at most once a minute.
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
	if session.over(at) || session.Identity.SuspendedAt != nil {
		return Actor{}, Refuse(Unauthenticated, "signed_out")
	}
	actor := Actor{Identity: *session.Identity, SessionID: hex.EncodeToString(hash), SSO: session.SSO, Proven: session.proven()}
	switch {
	case membership == nil || !membership.Opens(at):
	case session.Account.SignIn.Admits(session.SSO):
		actor.Membership, actor.Account = *membership, *session.Account
	default:
		actor.Barred = *session.Account
	}
	if at.Sub(session.SeenAt) < seenEvery {
		return actor, nil
	}
	return actor, s.Store.TouchSession(ctx, hash, at)
}

// Sessions gives the sessions in which the actor is signed in now, the last used first.
func (s SignIns) Sessions(ctx context.Context, by Actor) ([]Session, error) {
	all, err := s.Store.Sessions(ctx, by.Identity.ID)
	if err != nil {
		return nil, err
	}
	at := s.Clock.Now()
	return slices.DeleteFunc(all, func(session Session) bool { return session.over(at) }), nil
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
