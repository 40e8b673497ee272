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
	CodeApp      FactorKind = "app"      // an authenticator app that shows a code of six digits (TOTP, RFC 6238); a person has one
	Passkey      FactorKind = "passkey"  // a passkey (WebAuthn); a person may have several
	RecoveryCode FactorKind = "recovery" // one of the codes for the day on which everything else is lost; each works once
)

// Factor is something that a person proves besides the password.
type Factor struct {
	ID         string `bun:",pk"`
	IdentityID string
	Kind       FactorKind
	Name       string // as its owner calls it; empty where there is nothing to tell apart
	LookUp     []byte // unique, a SHA-256: of a recovery code, of a passkey's id, or of the person, who has one app
	SecretBox  []byte // of an app its secret, sealed
	Credential []byte // of a passkey what its answers are checked with, which is no secret
	Counter    int64  // of an app the last time step whose code was taken; no step is taken twice. Of a passkey how often it was used, if it counts
	Alone      bool   // a passkey opens without the password: it was added, or used, behind the one that its person has now
	CreatedAt  time.Time
	UsedAt     *time.Time // the last time; a recovery code is used up then

	Identity *Identity `bun:"rel:belongs-to,join:identity_id=id"`
}

func (f Factor) purpose() string { return "factor|" + f.ID }

// FactorUse is what taking an answer changes about a factor, if it still is as it was when the answer was looked at.
type FactorUse struct {
	Factor Factor // as it was
	Step   int64  // the Counter from now on
	At     time.Time
	Spent  *SpentAttempt // of a passkey the question, which is not answered twice
}

// FactorChange is what a person changes about the own second factor, stored in one transaction.
type FactorChange struct {
	IdentityID string
	Proven     string     // the password hash that the person proved to know the password of
	Was        int        // how many factors there were; the change is for nothing where that is no longer so
	Use        *FactorUse // the answer that allows the change; nil: it needs none, as the first factor
	Add        []Factor
	Remove     []string // ids
	NewCodes   bool     // the recovery codes that there are go, before others are added
	Session    []byte   // the hash of the session in which it is done
	NewSession []byte   // the hash by which that session goes on, all others end; nil: the sessions stay as they are
	Proves     Proven   // how the session is proven from then on
	Change     CredentialChange
	Notice     Notice
}

// After is how many factors there are once the change is stored. Recovery codes are none of their own.
func (c FactorChange) After() int {
	n := c.Was - len(c.Remove)
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
	// FactorOf gives the factor of a LookUp with Identity, or NotFound.
	FactorOf(ctx context.Context, lookUp []byte) (*Factor, error)
	// ChangeFactors stores a change with what follows for the sessions. Conflict where password, factors or the answer's factor are not
	// as they were any more, Unauthenticated where the session has ended.
	ChangeFactors(ctx context.Context, c FactorChange) error
	// SignInStep gives the step of a token's hash with Identity, or NotFound.
	SignInStep(ctx context.Context, hash []byte) (*SignInStep, error)
	// FinishSignIn ends a step, where there was one, and begins its session. A passkey behind the password opens alone from then on.
	// Conflict where the answer's factor is used up meanwhile, Unauthenticated where the step is over or its person may not sign in any
	// more.
	FinishSignIn(ctx context.Context, f FinishedStep) error
}

// SecondFactors are the rules of what people prove besides the password.
type SecondFactors struct {
	Store    FactorStore
	SignIns  SignIns
	Apps     CodeApps
	Passkeys Passkeys // nil: browsers know no passkeys for the portal's address
	Sealer   *Sealer
	Limits   *Limits // nil: codes are not counted
	Clock    Clock

	Uncounted func(context.Context, error) // is told of a code that could not be counted; nil: nobody
}

// Own is what a person sees of the own second factor.
type Own struct {
	App      *Factor // nil: none
	Passkeys []Factor
	Codes    int  // recovery codes that are left
	Possible bool // passkeys can be used at the portal's address
}

// On tells whether a second factor is asked for at the sign-in.
func (o Own) On() bool { return o.App != nil || len(o.Passkeys) > 0 }

// Answer is what somebody proves as the second factor.
type Answer struct {
	Code       string // of the app, or a recovery code
	Passkey    PasskeyAnswer
	OldSession string // at a sign-in: the token of the session that this browser had, if any
}

// field is where a form shows what is wrong with its answer: a passkey's is no field.
func (a Answer) field() string {
	if a.Passkey.Answer != "" {
		return ""
	}
	return "code"
}

// FactorForm is the form by which a person proves to be the one who changes the own second factor.
type FactorForm struct {
	Password string
	Code     string // of the app, or a recovery code
	Passkey  PasskeyAnswer
}

// field is where the form shows what is wrong with its factor.
func (f FactorForm) field() string { return Answer{Passkey: f.Passkey}.field() }

// Changed is what follows from a change: the session's new token, and recovery codes to be shown once.
type Changed struct {
	Token string // empty: the session goes on as it is
	Codes []string
}

func lookUp(parts ...string) []byte {
	sum := sha256.Sum256([]byte(strings.Join(parts, "|")))
	return sum[:]
}

// allow tells whether the actor proves password and second factor, which are only looked at where the form has no problems so far.
func (s SecondFactors) allow(ctx context.Context, by Actor, form FactorForm, p Problems) (*FactorUse, error) {
	if tidyCode(form.Code) == "" && form.Passkey.Answer == "" {
		p.Add("code", Say("factor_code_required"))
	}
	if err := s.provePassword(ctx, by, form.Password, p); err != nil {
		return nil, err
	}
	return s.check(ctx, by.Identity, actorPurpose(by), Answer{Code: form.Code, Passkey: form.Passkey})
}

// allowAnother tells whether the actor may add a factor. The first needs the password alone, and gives nothing that is used up.
func (s SecondFactors) allowAnother(ctx context.Context, by Actor, form FactorForm, p Problems) (*FactorUse, error) {
	if by.Identity.Factors == 0 {
		return nil, s.provePassword(ctx, by, form.Password, p)
	}
	return s.allow(ctx, by, form, p)
}

// check finds the factor that an answer is of; the purpose is that of the question to a passkey. What that uses up is only stored with what the answer allows.
func (s SecondFactors) check(ctx context.Context, person Identity, purpose string, a Answer) (*FactorUse, error) {
	code := tidyCode(a.Code)
	if code == "" && a.Passkey.Answer == "" {
		return nil, Problem("code", "factor_code_required")
	}
	all, err := s.Store.Factors(ctx, person.ID)
	if err != nil {
		return nil, err
	}
	if a.Passkey.Answer != "" {
		return s.checkPasskey(purpose, all, a.Passkey)
	}
	if len(code) == appDigits {
		return s.checkApp(ctx, person, all, code)
	}
	return checkRecovery(all, recoveryLookUp(person.ID, code), s.Clock.Now())
}

// counted looks at a code of six digits, which could be guessed, unless too many were wrong. Only who knows the person's password
// gets here, and another password begins another count: nobody is locked out by strangers (T-51). Nor by a database that cannot count:
// then the fence in memory holds.
func (s SecondFactors) counted(ctx context.Context, person Identity, look func() (*FactorUse, error)) (*FactorUse, error) {
	if s.Limits == nil {
		return look()
	}
	pass, err := s.Limits.Admit(ctx, Attempt{Limit: CodeLimit, Person: person.ID + "|" + hex.EncodeToString(digest(person.PasswordHash))})
	var refusal *Error
	if errors.As(err, &refusal) && refusal.Kind == TooMany {
		return nil, Refuse(TooMany, "too_many_codes", "Seconds", refusal.Message.Values["Seconds"])
	}
	s.uncounted(ctx, err)
	use, err := look()
	if err == nil {
		s.uncounted(ctx, s.Limits.Settle(ctx, pass, Harmless))
	}
	return use, err
}

func (s SecondFactors) uncounted(ctx context.Context, err error) {
	if err != nil && s.Uncounted != nil {
		s.Uncounted(ctx, err)
	}
}

// change begins a change of the actor's factors, by which this session becomes one of another token and the others end.
func (s SecondFactors) change(by Actor, way Way, at time.Time) FactorChange {
	told := tell(way, by.Identity.ID, by.Address, at)
	session, _ := hex.DecodeString(by.SessionID)
	return FactorChange{
		IdentityID: by.Identity.ID, Proven: by.Identity.PasswordHash, Was: by.Identity.Factors,
		Session: session, Change: told.Change, Notice: told.Notice,
	}
}

// store stores a change after which this session goes on as what is proven then, and makes recovery codes with the first factor.
func (s SecondFactors) store(ctx context.Context, by Actor, c FactorChange) (Changed, error) {
	done := Changed{Token: NewToken(SessionToken)}
	c.NewSession, _ = HashToken(SessionToken, done.Token)
	c.Proves = WithTwoFactors
	if c.After() == 0 {
		c.NewCodes, c.Proves = true, WithPassword
	}
	if c.Was == 0 {
		codes, kept := newRecoveryCodes(by.Identity.ID, c.Change.At)
		done.Codes, c.NewCodes = codes, true
		c.Add = append(c.Add, kept...)
	}
	return done, s.Store.ChangeFactors(ctx, c)
}

// usedMeanwhile says beside the field that somebody was faster.
func usedMeanwhile(field string, err error) error {
	var refusal *Error
	if errors.Is(err, Conflict) && errors.As(err, &refusal) {
		return Problems{field: refusal.Message}
	}
	return err
}

// Look gives the actor's own.
func (s SecondFactors) Look(ctx context.Context, by Actor) (Own, error) {
	all, err := s.Store.Factors(ctx, by.Identity.ID)
	if err != nil {
		return Own{}, err
	}
	own := Own{Passkeys: passkeys(all), Possible: s.Passkeys != nil}
	for _, f := range all {
		switch {
		case f.Kind == CodeApp:
			own.App = &f
		case f.Kind == RecoveryCode && f.UsedAt == nil:
			own.Codes++
		}
	}
	return own, nil
}

// Own gives a factor of the actor by its id, recovery codes apart; or NotFound.
func (s SecondFactors) Own(ctx context.Context, by Actor, id string) (*Factor, error) {
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

// Remove takes a factor of the actor away, where the form proves the password and a factor. With the last one the recovery codes go.
// NotFound where it is none of theirs.
func (s SecondFactors) Remove(ctx context.Context, by Actor, id string, form FactorForm) (Changed, error) {
	factor, err := s.Own(ctx, by, id)
	if err != nil {
		return Changed{}, err
	}
	use, err := s.allow(ctx, by, form, Problems{})
	if err != nil {
		return Changed{}, err
	}
	way := AppRemoved
	if factor.Kind == Passkey {
		way = PasskeyRemoved
	}
	change := s.change(by, way, use.At)
	change.Use, change.Remove = use, []string{factor.ID}
	done, err := s.store(ctx, by, change)
	return done, usedMeanwhile(form.field(), err)
}

// provePassword adds to the problems what is wrong with the actor's password, which is only looked at where nothing else is. The
// problems come back as the error.
func (s SecondFactors) provePassword(ctx context.Context, by Actor, password string, p Problems) error {
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
