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

// SignInStep is a sign-in whose password was right and whose second factor is still missing. It opens
// nothing but the question for that. The cookie holds the token, the database its hash only.
type SignInStep struct {
	TokenHash  []byte `bun:",pk"`
	IdentityID string
	// SHA-256 of the password hash that was proven: with another password the step is over
	PasswordDigest []byte `bun:"proven"`
	ExpiresAt      time.Time

	Identity *Identity `bun:"rel:belongs-to,join:identity_id=id"`
}

// FinishedStep is a step whose second factor was right, and the session that begins with it.
type FinishedStep struct {
	StepHash       []byte // the hash of its token; nil: there was none, a passkey was enough
	Session        Session
	PasswordHash   string // the password hash
	Use            FactorUse
	OldSessionHash []byte            // the hash of the session that this browser had, if any
	Notice         *CredentialNotice // what its person is told, for some factors
}

// noticeKind is the one that tells of a change of that way.
func (w CredentialEvent) noticeKind() NoticeKind {
	switch w {
	case PasswordReset, PasswordChanged:
		return PasswordWasChanged
	case SSOLinked, SSOLinkedPasswordCleared, SSOUnlinked:
		return SSOWasChanged
	}
	return FactorWasChanged
}

func passwordDigest(passwordHash string) []byte {
	sum := sha256.Sum256([]byte(passwordHash))
	return sum[:]
}

// valid tells whether the step still waits, for the same password and for a person who may sign in.
func (s SignInStep) valid(at time.Time) bool {
	return at.Before(s.ExpiresAt) && bytes.Equal(s.PasswordDigest, passwordDigest(s.Identity.PasswordHash)) &&
		s.Identity.SuspendedAt == nil
}

// PendingStep gives the step of a token with its person, or Unauthenticated where there is none that still waits.
func (s SecondFactors) PendingStep(ctx context.Context, token string) (*SignInStep, error) {
	hash, ok := HashToken(StepToken, token)
	if !ok {
		return nil, Refuse(Unauthenticated, "step_over")
	}
	step, err := s.Store.SignInStepByToken(ctx, hash)
	if errors.Is(err, NotFound) || (err == nil && !step.valid(s.Clock.Now())) {
		return nil, Refuse(Unauthenticated, "step_over")
	}
	return step, err
}

// FinishStep ends a step by the right answer and starts a session; it gives the session's token. Problems
// where the answer is wrong or was used meanwhile, Unauthenticated where the step is over, TooMany where too
// many codes were tried.
func (s SecondFactors) FinishStep(ctx context.Context, token string, a FactorProof, by Client) (string, error) {
	step, err := s.PendingStep(ctx, token)
	if err != nil {
		return "", err
	}
	use, err := s.checkProof(ctx, *step.Identity, step.passkeyPurpose(), a)
	if err != nil {
		return "", err
	}
	done := FinishedStep{StepHash: step.TokenHash, PasswordHash: step.Identity.PasswordHash, Use: *use}
	if use.Factor.Kind == RecoveryCode {
		told := newCredentialNotice(RecoveryCodeUsed, step.IdentityID, by.Address, use.At)
		done.Notice = &told
	}
	fresh, err := s.startSession(ctx, done, *step.Identity, a.OldSession, by)
	return fresh, conflictProblem(a.problemField(), err)
}

// startSession begins the session of a person who has proven two factors, and gives its token.
func (s SecondFactors) startSession(ctx context.Context, done FinishedStep, person Identity, oldSession string,
	by Client,
) (string, error) {
	fresh, session, err := s.SignIns.sessionFor(ctx, person, by)
	if err != nil {
		return "", err
	}
	session.Assurance = WithTwoFactors
	done.Session = session
	done.OldSessionHash, _ = HashToken(SessionToken, oldSession)
	return fresh, s.Store.FinishSignIn(ctx, done)
}

func (s SignInStep) passkeyPurpose() string { return "passkey-step|" + hex.EncodeToString(s.TokenHash) }
