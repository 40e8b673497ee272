package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"
)

// FactorKind is what sort of thing a person proves besides the password.
type FactorKind string

// The kinds.
const (
	// an authenticator app that shows a code of six digits (TOTP, RFC 6238); a person has one
	AuthenticatorApp FactorKind = "app"
	Passkey          FactorKind = "passkey" // a passkey (WebAuthn); a person may have several
	// one of the codes for the day on which everything else is lost; each works once
	RecoveryCode FactorKind = "recovery"
)

// Factor is something that a person proves besides the password.
type Factor struct {
	ID         string `bun:",pk"`
	IdentityID string
	Kind       FactorKind
	Name       string // as its owner calls it; empty where there is nothing to tell apart
	// unique, a SHA-256: of a recovery code, of a passkey's id, or of the person, who has one app
	LookupHash []byte `bun:"look_up"`
	SecretBox  []byte // of an app its secret, sealed
	Credential []byte // of a passkey what its answers are checked with, which is no secret
	// of an app the last time step whose code was taken; no step is taken twice. Of a passkey how often it was
	// used, if it counts
	Counter int64
	// a passkey opens without the password: it was added, or used, behind the one that its person has now
	Passwordless bool `bun:"alone"`
	CreatedAt    time.Time
	UsedAt       *time.Time // the last time; a recovery code is used up then

	Identity *Identity `bun:"rel:belongs-to,join:identity_id=id"`
}

func (f Factor) sealPurpose() string { return "factor|" + f.ID }

// FactorUse is what taking an answer changes about a factor, if it still is as it was when the answer was looked at.
type FactorUse struct {
	Factor Factor // as it was
	Step   int64  // the Counter from now on
	At     time.Time
	Spent  *SpentAttempt // of a passkey the question, which is not answered twice
}

// FactorChange is what a person changes about the own second factor, stored in one transaction.
type FactorChange struct {
	IdentityID     string
	PasswordHash   string     // the password hash that the person proved to know the password of
	CountBefore    int        // how many factors there were; the change is for nothing where that is no longer so
	Use            *FactorUse // the answer that allows the change; nil: it needs none, as the first factor
	Add            []Factor
	Remove         []string  // ids
	ReplaceCodes   bool      // the recovery codes that there are go, before others are added
	SessionHash    []byte    // the hash of the session in which it is done
	NewSessionHash []byte    // the hash by which that session goes on, all others end; nil: the sessions stay as they are
	Assurance      Assurance // how the session is proven from then on
	Change         CredentialChange
	Notice         Notice
}

// CountAfter is how many factors there are once the change is stored. Recovery codes are none of their own.
func (c FactorChange) CountAfter() int {
	n := c.CountBefore - len(c.Remove)
	for _, f := range c.Add {
		if f.Kind != RecoveryCode {
			n++
		}
	}
	return n
}

// FactorStore keeps second factors. Each method is one transaction or one read.
type FactorStore interface {
	// Factors gives an identity's factors and recovery codes, the oldest first.
	Factors(ctx context.Context, identityID string) ([]Factor, error)
	// FactorByLookupHash gives the factor of a LookupHash with Identity, or NotFound.
	FactorByLookupHash(ctx context.Context, lookUp []byte) (*Factor, error)
	// ChangeFactors stores a change with what follows for the sessions. Conflict where password, factors or the
	// answer's factor are not as they were any more, Unauthenticated where the session has ended.
	ChangeFactors(ctx context.Context, c FactorChange) error
	// SignInStepByToken gives the step of a token's hash with Identity, or NotFound.
	SignInStepByToken(ctx context.Context, hash []byte) (*SignInStep, error)
	// FinishSignIn ends a step, where there was one, and begins its session. A passkey behind the password opens
	// alone from then on. Conflict where the answer's factor is used up meanwhile, Unauthenticated where the
	// step is over or its person may not sign in any more.
	FinishSignIn(ctx context.Context, f FinishedStep) error
}

// SecondFactors are the rules of what people prove besides the password.
type SecondFactors struct {
	Store    FactorStore
	SignIns  SignIns
	Apps     AuthenticatorApps
	Passkeys Passkeys // nil: browsers know no passkeys for the portal's address
	Sealer   *Sealer
	Limits   *Limits // nil: codes are not counted
	Clock    Clock

	OnUncounted func(context.Context, error) // is told of a code that could not be counted; nil: nobody
}

// FactorOverview is what a person sees of the own second factor.
type FactorOverview struct {
	App               *Factor // nil: none
	Passkeys          []Factor
	RecoveryCodesLeft int  // recovery codes that are left
	PasskeysAvailable bool // passkeys can be used at the portal's address
}

// Enabled tells whether a second factor is asked for at the sign-in.
func (o FactorOverview) Enabled() bool { return o.App != nil || len(o.Passkeys) > 0 }

// FactorProof is what somebody proves as the second factor.
type FactorProof struct {
	Code       string // of the app, or a recovery code
	Passkey    PasskeyResponse
	OldSession string // at a sign-in: the token of the session that this browser had, if any
}

// problemField is where a form shows what is wrong with its answer: a passkey's is no field.
func (a FactorProof) problemField() string {
	if a.Passkey.Response != "" {
		return ""
	}
	return "code"
}

// ReauthForm is the form by which a person proves to be the one who changes the own second factor.
type ReauthForm struct {
	Password string
	Code     string // of the app, or a recovery code
	Passkey  PasskeyResponse
}

// problemField is where the form shows what is wrong with its factor.
func (f ReauthForm) problemField() string { return FactorProof{Passkey: f.Passkey}.problemField() }

// FactorResult is what follows from a change: the session's new token, and recovery codes to be shown once.
type FactorResult struct {
	Token         string // empty: the session goes on as it is
	RecoveryCodes []string
}

func lookupHash(parts ...string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(parts, "|")))
	return sum[:]
}

// reauthenticate tells whether the actor proves password and second factor, which are only looked at where
// the form has no problems so far.
func (s SecondFactors) reauthenticate(ctx context.Context, by Actor, form ReauthForm, p Problems) (*FactorUse, error) {
	if normalizeCode(form.Code) == "" && form.Passkey.Response == "" {
		p.Add("code", Say("factor_code_required"))
	}
	if err := s.checkPassword(ctx, by, form.Password, p); err != nil {
		return nil, err
	}
	return s.checkProof(ctx, by.Identity, actorPasskeyPurpose(by), FactorProof{Code: form.Code, Passkey: form.Passkey})
}

// reauthenticateToAdd tells whether the actor may add a factor. The first needs the password alone, and gives
// nothing that is used up.
func (s SecondFactors) reauthenticateToAdd(ctx context.Context, by Actor, form ReauthForm, p Problems) (*FactorUse,
	error,
) {
	if by.Identity.Factors == 0 {
		return nil, s.checkPassword(ctx, by, form.Password, p)
	}
	return s.reauthenticate(ctx, by, form, p)
}

// checkProof finds the factor that an answer is of; the purpose is that of the question to a passkey. What
// that uses up is only stored with what the answer allows.
func (s SecondFactors) checkProof(ctx context.Context, person Identity, purpose string, a FactorProof) (*FactorUse,
	error,
) {
	code := normalizeCode(a.Code)
	if code == "" && a.Passkey.Response == "" {
		return nil, Problem("code", "factor_code_required")
	}
	all, err := s.Store.Factors(ctx, person.ID)
	if err != nil {
		return nil, err
	}
	if a.Passkey.Response != "" {
		return s.checkPasskey(purpose, all, a.Passkey)
	}
	if len(code) == appDigits {
		return s.checkApp(ctx, person, all, code)
	}
	return checkRecovery(all, recoveryLookupHash(person.ID, code), s.Clock.Now())
}

// limitAttempts looks at a code of six digits, which could be guessed, unless too many were wrong. Only who
// knows the person's password gets here, and another password begins another count: nobody is locked out by
// strangers (T-51). Nor by a database that cannot count: then the fence in memory holds.
func (s SecondFactors) limitAttempts(ctx context.Context, person Identity, look func() (*FactorUse, error)) (*FactorUse,
	error,
) {
	if s.Limits == nil {
		return look()
	}
	pass, err := s.Limits.Admit(ctx, LimitAttempt{Limit: FactorCodeLimit, Person: person.ID + "|" +
		hex.EncodeToString(passwordDigest(person.PasswordHash))})
	if refusal, ok := errors.AsType[*Error](err); ok && refusal.Kind == TooMany {
		return nil, Refuse(TooMany, "too_many_codes", "Seconds", refusal.Message.Values["Seconds"])
	}
	s.reportUncounted(ctx, err)
	use, err := look()
	if err == nil {
		s.reportUncounted(ctx, s.Limits.Settle(ctx, pass, AttemptHarmless))
	}
	return use, err
}

func (s SecondFactors) reportUncounted(ctx context.Context, err error) {
	if err != nil && s.OnUncounted != nil {
		s.OnUncounted(ctx, err)
	}
}

// newChange begins a change of the actor's factors, by which this session becomes one of another token and
// the others end.
func (s SecondFactors) newChange(by Actor, way CredentialEvent, at time.Time) FactorChange {
	told := newCredentialNotice(way, by.Identity.ID, by.Address, at)
	session, _ := hex.DecodeString(by.SessionID)
	return FactorChange{
		IdentityID: by.Identity.ID, PasswordHash: by.Identity.PasswordHash, CountBefore: by.Identity.Factors,
		SessionHash: session, Change: told.Change, Notice: told.Notice,
	}
}

// storeChange stores a change after which this session goes on as what is proven then, and makes recovery
// codes with the first factor.
func (s SecondFactors) storeChange(ctx context.Context, by Actor, c FactorChange) (FactorResult, error) {
	var done FactorResult
	done.Token, c.NewSessionHash = newSecret(SessionToken)
	c.Assurance = WithTwoFactors
	if c.CountAfter() == 0 {
		c.ReplaceCodes, c.Assurance = true, WithPassword
	}
	if c.CountBefore == 0 {
		codes, kept := newRecoveryCodes(by.Identity.ID, c.Change.At)
		done.RecoveryCodes, c.ReplaceCodes = codes, true
		c.Add = append(c.Add, kept...)
	}
	return done, s.Store.ChangeFactors(ctx, c)
}

// conflictProblem says beside the field that somebody was faster.
func conflictProblem(field string, err error) error {
	if refusal, ok := errors.AsType[*Error](err); ok && refusal.Kind == Conflict {
		return Problems{field: refusal.Message}
	}
	return err
}

// Overview gives the actor's own.
func (s SecondFactors) Overview(ctx context.Context, by Actor) (FactorOverview, error) {
	all, err := s.Store.Factors(ctx, by.Identity.ID)
	if err != nil {
		return FactorOverview{}, err
	}
	own := FactorOverview{Passkeys: onlyPasskeys(all), PasskeysAvailable: s.Passkeys != nil}
	for _, f := range all {
		switch {
		case f.Kind == AuthenticatorApp:
			own.App = &f
		case f.Kind == RecoveryCode && f.UsedAt == nil:
			own.RecoveryCodesLeft++
		}
	}
	return own, nil
}

// FactorByID gives a factor of the actor by its id, recovery codes apart; or NotFound.
func (s SecondFactors) FactorByID(ctx context.Context, by Actor, id string) (*Factor, error) {
	all, err := s.Store.Factors(ctx, by.Identity.ID)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(all, func(f Factor) bool { return f.ID == id && f.Kind != RecoveryCode })
	if i < 0 {
		return nil, Refuse(NotFound, "factor_unknown")
	}
	return &all[i], nil
}

// Remove takes a factor of the actor away, where the form proves the password and a factor. With the last one
// the recovery codes go. NotFound where it is none of theirs.
func (s SecondFactors) Remove(ctx context.Context, by Actor, id string, form ReauthForm) (FactorResult, error) {
	factor, err := s.FactorByID(ctx, by, id)
	if err != nil {
		return FactorResult{}, err
	}
	use, err := s.reauthenticate(ctx, by, form, Problems{})
	if err != nil {
		return FactorResult{}, err
	}
	way := AppRemoved
	if factor.Kind == Passkey {
		way = PasskeyRemoved
	}
	change := s.newChange(by, way, use.At)
	change.Use, change.Remove = use, []string{factor.ID}
	done, err := s.storeChange(ctx, by, change)
	return done, conflictProblem(form.problemField(), err)
}

// checkPassword adds to the problems what is wrong with the actor's password, which is only looked at where
// nothing else is. The problems come back as the error.
func (s SecondFactors) checkPassword(ctx context.Context, by Actor, password string, p Problems) error {
	if password == "" {
		p.Add("current_password", Say("current_password_required"))
	}
	if err := p.Err(); err != nil {
		return err
	}
	right, _, err := s.SignIns.verify(ctx, by.Identity, password)
	if err != nil {
		return err
	}
	if !right {
		return Problem("current_password", "current_password_wrong")
	}
	return nil
}
