package app

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"time"
)

// FactorForm is the form by which a person proves to be the one who changes the own second factor.
type FactorForm struct {
	Password string
	Code     string // of the app, or a recovery code
	Passkey  PasskeyAnswer
}

// field is where the form shows what is wrong with its factor.
func (f FactorForm) field() string { return Answer{Passkey: f.Passkey}.field() }

// appDigits tells a code of an app from a recovery code.
const appDigits = 6

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

// checkApp counts no code of an app whose secret cannot be read: its key was given up, or is another server's, and nobody can guess it.
func (s SecondFactors) checkApp(ctx context.Context, person Identity, all []Factor, code string) (*FactorUse, error) {
	i := slices.IndexFunc(all, func(f Factor) bool { return f.Kind == CodeApp })
	if i < 0 {
		return nil, Problem("code", "code_wrong")
	}
	secret, err := s.Sealer.Open(all[i].purpose(), all[i].SecretBox)
	if err != nil {
		return nil, Problem("code", "app_unreadable")
	}
	return s.counted(ctx, person, func() (*FactorUse, error) { return s.checkCode(all[i], secret, code) })
}

func (s SecondFactors) checkCode(phone Factor, secret, code string) (*FactorUse, error) {
	at := s.Clock.Now()
	step, right := s.Apps.Step(secret, code, at)
	switch {
	case !right:
		return nil, Problem("code", "code_wrong")
	case step <= phone.Counter:
		return nil, Problem("code", "code_used")
	}
	return &FactorUse{Factor: phone, Step: step, At: at}, nil
}

func checkRecovery(all []Factor, code []byte, at time.Time) (*FactorUse, error) {
	i := slices.IndexFunc(all, func(f Factor) bool { return f.Kind == RecoveryCode && bytes.Equal(f.LookUp, code) })
	switch {
	case i < 0:
		return nil, Problem("code", "code_wrong")
	case all[i].UsedAt != nil:
		return nil, Problem("code", "code_used")
	}
	return &FactorUse{Factor: all[i], At: at}, nil
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
