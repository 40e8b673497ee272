package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"time"
)

// StepWithin is how long a right password waits for its second factor.
const StepWithin = 10 * time.Minute

// SignInStep is a sign-in whose password was right and whose second factor is still missing. It opens nothing but the question for
// that. The cookie holds the token, the database its hash only.
type SignInStep struct {
	TokenHash  []byte `bun:",pk"`
	IdentityID string
	Proven     []byte // SHA-256 of the password hash that was proven: with another password the step is over
	ExpiresAt  time.Time

	Identity *Identity `bun:"rel:belongs-to,join:identity_id=id"`
}

// FinishedStep is a step whose second factor was right, and the session that begins with it.
type FinishedStep struct {
	Step    []byte // the hash of its token; nil: there was none, a passkey was enough
	Session Session
	Proven  string // the password hash
	Use     FactorUse
	Old     []byte // the hash of the session that this browser had, if any
	Told    *Told  // what its person is told, for some factors
}

// letter is the one that tells of a change of that way.
func (w Way) letter() Letter {
	switch w {
	case ByReset, ByChange:
		return PasswordWasChanged
	case SSOLinked, SSOReplaced, SSOForgotten:
		return SSOWasChanged
	}
	return FactorWasChanged
}

func digest(passwordHash string) []byte {
	sum := sha256.Sum256([]byte(passwordHash))
	return sum[:]
}

// holds tells whether the step still waits, for the same password and for a person who may sign in.
func (s SignInStep) holds(at time.Time) bool {
	return at.Before(s.ExpiresAt) && bytes.Equal(s.Proven, digest(s.Identity.PasswordHash)) && s.Identity.SuspendedAt == nil
}

// Waiting gives the step of a token with its person, or Unauthenticated where there is none that still waits.
func (s SecondFactors) Waiting(ctx context.Context, token string) (*SignInStep, error) {
	hash, ok := HashToken(StepToken, token)
	if !ok {
		return nil, Refuse(Unauthenticated, "step_over")
	}
	step, err := s.Store.SignInStep(ctx, hash)
	if errors.Is(err, NotFound) || (err == nil && !step.holds(s.Clock.Now())) {
		return nil, Refuse(Unauthenticated, "step_over")
	}
	return step, err
}

// SignIn ends a step by the right answer and starts a session; it gives the session's token. Problems where the answer is wrong or
// was used meanwhile, Unauthenticated where the step is over, TooMany where too many codes were tried.
func (s SecondFactors) SignIn(ctx context.Context, token string, a Answer, by Client) (string, error) {
	step, err := s.Waiting(ctx, token)
	if err != nil {
		return "", err
	}
	use, err := s.check(ctx, *step.Identity, step.purpose(), a)
	if err != nil {
		return "", err
	}
	done := FinishedStep{Step: step.TokenHash, Proven: step.Identity.PasswordHash, Use: *use}
	if use.Factor.Kind == RecoveryCode {
		told := tell(CodeUsed, step.IdentityID, by.Address, use.At)
		done.Told = &told
	}
	fresh, err := s.finish(ctx, done, *step.Identity, a.OldSession, by)
	return fresh, usedMeanwhile(a.field(), err)
}

// finish begins the session of a person who has proven two factors, and gives its token.
func (s SecondFactors) finish(ctx context.Context, done FinishedStep, person Identity, oldSession string, by Client) (string, error) {
	fresh, session, err := s.SignIns.newSession(ctx, person, by)
	if err != nil {
		return "", err
	}
	session.Proven = WithTwoFactors
	done.Session = session
	done.Old, _ = HashToken(SessionToken, oldSession)
	return fresh, s.Store.FinishSignIn(ctx, done)
}

func (s SignInStep) purpose() string { return "passkey-step|" + hex.EncodeToString(s.TokenHash) }
