package app

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/base32"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// AuthenticatorApps makes the secrets of authenticator apps and knows the codes that they show.
type AuthenticatorApps interface {
	// NewSecret makes a random secret, as people type it into an app.
	NewSecret() string
	// URL is what an app scans: the secret, and whose it is.
	URL(secret, email string) (string, error)
	// Step gives the time step whose code it is, of the present one, the one before and the one after.
	Step(secret, code string, at time.Time) (step int64, ok bool)
}

// CodeAppSetup is an authenticator app that is about to be set up. Nothing of it is stored before its first code
// is right.
type CodeAppSetup struct {
	Secret string // to be typed
	URL    string // to be scanned
	Box    string // the secret as the form sends it back: sealed, for this session alone
}

// AuthenticatorAppForm is the form by which an app is set up.
type AuthenticatorAppForm struct {
	Reauth ReauthForm // a factor only where the actor has one already
	Box    string
	Code   string // the first that the app shows
}

func appSetupPurpose(by Actor) string { return "app-set-up|" + by.Identity.ID + "|" + by.SessionID }

// BeginAppSetup makes a secret for the actor. Conflict where there is an app already.
func (s SecondFactors) BeginAppSetup(ctx context.Context, by Actor) (CodeAppSetup, error) {
	own, err := s.Overview(ctx, by)
	if err != nil {
		return CodeAppSetup{}, err
	}
	if own.App != nil {
		return CodeAppSetup{}, Refuse(Conflict, "app_already")
	}
	return s.newAppSetup(by, s.Apps.NewSecret())
}

func (s SecondFactors) newAppSetup(by Actor, secret string) (CodeAppSetup, error) {
	address, err := s.Apps.URL(secret, by.Identity.Email)
	box := s.Sealer.Seal(appSetupPurpose(by), secret)
	return CodeAppSetup{Secret: secret, URL: address, Box: hex.EncodeToString(box)}, err
}

// ResumeAppSetup gives the app of a form that comes back; a new one where the form's box is not of this session.
func (s SecondFactors) ResumeAppSetup(by Actor, box string) (CodeAppSetup, error) {
	secret, err := s.openAppSecret(by, box)
	if err != nil {
		secret = s.Apps.NewSecret()
	}
	return s.newAppSetup(by, secret)
}

func (s SecondFactors) openAppSecret(by Actor, box string) (string, error) {
	sealed, err := hex.DecodeString(box)
	if err != nil {
		return "", err
	}
	return s.Sealer.Open(appSetupPurpose(by), sealed)
}

// AddApp sets an authenticator app up, where the form proves the password, a factor if there is one already,
// and that the app shows the right codes. The first factor brings recovery codes with it. Other sessions end,
// this one goes on under another token as one that two factors have proven.
func (s SecondFactors) AddApp(ctx context.Context, by Actor, form AuthenticatorAppForm) (FactorResult, error) {
	at := s.Clock.Now()
	p := Problems{}
	secret, step := s.checkNewApp(by, form, at, p)
	use, err := s.reauthenticateToAdd(ctx, by, form.Reauth, p)
	if err != nil {
		return FactorResult{}, err
	}
	app := Factor{
		ID: NewID(), IdentityID: by.Identity.ID, Kind: AuthenticatorApp,
		LookupHash: lookupHash("app", by.Identity.ID), Counter: step, CreatedAt: at,
	}
	app.SecretBox = s.Sealer.Seal(app.sealPurpose(), secret)
	change := s.newChange(by, AppAdded, at)
	change.Use, change.Add = use, []Factor{app}
	done, err := s.storeChange(ctx, by, change)
	return done, conflictProblem("", err)
}

// checkNewApp gives the secret of the form's app and the time step of its code, and adds to the problems what
// is wrong with them.
func (s SecondFactors) checkNewApp(by Actor, form AuthenticatorAppForm, at time.Time, p Problems) (string, int64) {
	secret, err := s.openAppSecret(by, form.Box)
	if err != nil {
		p.Add("app_code", Say("app_offer_over"))
	}
	step, right := s.Apps.Step(secret, normalizeCode(form.Code), at)
	switch {
	case normalizeCode(form.Code) == "":
		p.Add("app_code", Say("factor_code_required"))
	case !right:
		p.Add("app_code", Say("app_code_wrong"))
	}
	return secret, step
}

// appDigits tells a code of an app from a recovery code.
const appDigits = 6

// checkApp counts no code of an app whose secret cannot be read: its key was given up, or is another
// server's, and nobody can guess it.
func (s SecondFactors) checkApp(ctx context.Context, person Identity, all []Factor, code string) (*FactorUse, error) {
	i := slices.IndexFunc(all, func(f Factor) bool { return f.Kind == AuthenticatorApp })
	if i < 0 {
		return nil, Problem("code", "code_wrong")
	}
	secret, err := s.Sealer.Open(all[i].sealPurpose(), all[i].SecretBox)
	if err != nil {
		return nil, Problem("code", "app_unreadable")
	}
	return s.limitAttempts(ctx, person, func() (*FactorUse, error) { return s.checkCode(all[i], secret, code) })
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

// RecoveryCodeCount is how many recovery codes a person is given at once.
const RecoveryCodeCount = 10

// recoveryCodeBytes is a recovery code's randomness: 120 bits, so that a plain hash of it may be stored (ASVS
// 5.0, 6.5.2).
const recoveryCodeBytes = 15

// newRecoveryCodes makes codes to be shown once, and what is kept of them.
func newRecoveryCodes(identityID string, at time.Time) ([]string, []Factor) {
	var shown []string
	var kept []Factor
	for range RecoveryCodeCount {
		var secret [recoveryCodeBytes]byte
		_, _ = rand.Read(secret[:]) // never fails: crypto/rand ends the program instead
		code := strings.ToLower(base32.StdEncoding.EncodeToString(secret[:]))
		shown = append(shown, code[:6]+"-"+code[6:12]+"-"+code[12:18]+"-"+code[18:])
		kept = append(kept, Factor{
			ID: NewID(), IdentityID: identityID, Kind: RecoveryCode,
			LookupHash: recoveryLookupHash(identityID, code), CreatedAt: at,
		})
	}
	return shown, kept
}

// recoveryLookupHash is what is kept of a recovery code, as somebody typed it: with or without what stands
// between its groups.
func recoveryLookupHash(identityID, typed string) []byte {
	return lookupHash("recovery", identityID, normalizeCode(typed))
}

func checkRecovery(all []Factor, code []byte, at time.Time) (*FactorUse, error) {
	i := slices.IndexFunc(all, func(f Factor) bool { return f.Kind == RecoveryCode && bytes.Equal(f.LookupHash, code) })
	switch {
	case i < 0:
		return nil, Problem("code", "code_wrong")
	case all[i].UsedAt != nil:
		return nil, Problem("code", "code_used")
	}
	return &FactorUse{Factor: all[i], At: at}, nil
}

// RenewRecoveryCodes gives the actor other recovery codes, where the form proves the password and a factor.
// Those before are dead.
func (s SecondFactors) RenewRecoveryCodes(ctx context.Context, by Actor, form ReauthForm) (FactorResult, error) {
	use, err := s.reauthenticate(ctx, by, form, Problems{})
	if err != nil {
		return FactorResult{}, err
	}
	change := s.newChange(by, RecoveryCodesRenewed, use.At)
	change.Use, change.ReplaceCodes = use, true
	codes, kept := newRecoveryCodes(by.Identity.ID, use.At)
	change.Add = kept
	return FactorResult{RecoveryCodes: codes}, conflictProblem(form.problemField(), s.Store.ChangeFactors(ctx, change))
}

// normalizeCode takes from a code what people type between its groups, and the capitals.
func normalizeCode(s string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "\u00a0", "", "\u2013", "").Replace(s))
}
