package app

import (
	"context"
	"encoding/hex"
	"errors"
	"time"
)

// How long a session lasts: without a request, and in all.
const (
	SessionIdle = 30 * time.Minute
	SessionMax  = 12 * time.Hour
)

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

	Identity *Identity `bun:"rel:belongs-to,join:identity_id=id"`
	Account  *Account  `bun:"rel:belongs-to,join:account_id=id"`
}

func (s Session) over(at time.Time) bool {
	return at.Sub(s.CreatedAt) > SessionMax || at.Sub(s.SeenAt) > SessionIdle
}

// Actor gives who is behind a session token, or Unauthenticated. A membership that does not open its account any more leaves
// the actor without one. It costs one statement, and a second at most once a minute.
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
	actor := Actor{Identity: *session.Identity, SessionID: hex.EncodeToString(hash)}
	if membership != nil && membership.Opens(at) {
		actor.Membership, actor.Account = *membership, *session.Account
	}
	if at.Sub(session.SeenAt) < seenEvery {
		return actor, nil
	}
	return actor, s.Store.TouchSession(ctx, hash, at)
}
