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

// CodeApps makes the secrets of authenticator apps and knows the codes that they show.
type CodeApps interface {
	// NewSecret makes a random secret, as people type it into an app.
	NewSecret() string
	// Address is what an app scans: the secret, and whose it is.
	Address(secret, email string) (string, error)
	// Step gives the time step whose code it is, of the present one, the one before and the one after.
	Step(secret, code string, at time.Time) (step int64, ok bool)
}

// NewApp is an authenticator app that is about to be set up. Nothing of it is stored before its first code is right.
type NewApp struct {
	Secret  string // to be typed
	Address string // to be scanned
	Box     string // the secret as the form sends it back: sealed, for this session alone
}

// CodeAppForm is the form by which an app is set up.
type CodeAppForm struct {
	Proof FactorForm // a factor only where the actor has one already
	Box   string
	Code  string // the first that the app shows
}

func appPurpose(by Actor) string { return "app-set-up|" + by.Identity.ID + "|" + by.SessionID }

// OfferApp makes a secret for the actor. Conflict where there is an app already.
func (s SecondFactors) OfferApp(ctx context.Context, by Actor) (NewApp, error) {
	own, err := s.Look(ctx, by)
	if err != nil {
		return NewApp{}, err
	}
	if own.App != nil {
		return NewApp{}, Refuse(Conflict, "app_already")
	}
	return s.offered(by, s.Apps.NewSecret())
}

func (s SecondFactors) offered(by Actor, secret string) (NewApp, error) {
	address, err := s.Apps.Address(secret, by.Identity.Email)
	box := s.Sealer.Seal(appPurpose(by), secret)
	return NewApp{Secret: secret, Address: address, Box: hex.EncodeToString(box)}, err
}

// OfferedApp gives the app of a form that comes back; a new one where the form's box is not of this session.
func (s SecondFactors) OfferedApp(by Actor, box string) (NewApp, error) {
	secret, err := s.offer(by, box)
	if err != nil {
		secret = s.Apps.NewSecret()
	}
	return s.offered(by, secret)
}

func (s SecondFactors) offer(by Actor, box string) (string, error) {
	sealed, err := hex.DecodeString(box)
	if err != nil {
		return "", err
	}
	return s.Sealer.Open(appPurpose(by), sealed)
}

// AddApp sets an authenticator app up, where the form proves the password, a factor if there is one already, and that the app shows the
// right codes. The first factor brings recovery codes with it. Other sessions end, this one goes on under another token as one that two
// factors have proven.
func (s SecondFactors) AddApp(ctx context.Context, by Actor, form CodeAppForm) (Changed, error) {
	at := s.Clock.Now()
	p := Problems{}
	secret, step := s.shown(by, form, at, p)
	use, err := s.allowAnother(ctx, by, form.Proof, p)
	if err != nil {
		return Changed{}, err
	}
	app := Factor{ID: NewID(), IdentityID: by.Identity.ID, Kind: CodeApp, LookUp: lookUp("app", by.Identity.ID), Counter: step, CreatedAt: at}
	app.SecretBox = s.Sealer.Seal(app.purpose(), secret)
	change := s.change(by, AppAdded, at)
	change.Use, change.Add = use, []Factor{app}
	done, err := s.store(ctx, by, change)
	return done, usedMeanwhile("", err)
}

// shown gives the secret of the form's app and the time step of its code, and adds to the problems what is wrong with them.
func (s SecondFactors) shown(by Actor, form CodeAppForm, at time.Time, p Problems) (string, int64) {
	secret, err := s.offer(by, form.Box)
	if err != nil {
		p.Add("app_code", Say("app_offer_over"))
	}
	step, right := s.Apps.Step(secret, tidyCode(form.Code), at)
	switch {
	case tidyCode(form.Code) == "":
		p.Add("app_code", Say("factor_code_required"))
	case !right:
		p.Add("app_code", Say("app_code_wrong"))
	}
	return secret, step
}

// appDigits tells a code of an app from a recovery code.
const appDigits = 6

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

// RecoveryCodes is how many recovery codes a person is given at once.
const RecoveryCodes = 10

// codeBytes is a recovery code's randomness: 120 bits, so that a plain hash of it may be stored (ASVS 5.0, 6.5.2).
const codeBytes = 15

// newRecoveryCodes makes codes to be shown once, and what is kept of them.
func newRecoveryCodes(identityID string, at time.Time) ([]string, []Factor) {
	var shown []string
	var kept []Factor
	for range RecoveryCodes {
		var secret [codeBytes]byte
		_, _ = rand.Read(secret[:]) // never fails: crypto/rand ends the program instead
		code := strings.ToLower(base32.StdEncoding.EncodeToString(secret[:]))
		shown = append(shown, code[:6]+"-"+code[6:12]+"-"+code[12:18]+"-"+code[18:])
		kept = append(kept, Factor{ID: NewID(), IdentityID: identityID, Kind: RecoveryCode, LookUp: recoveryLookUp(identityID, code), CreatedAt: at})
	}
	return shown, kept
}

// recoveryLookUp is what is kept of a recovery code, as somebody typed it: with or without what stands between its groups.
func recoveryLookUp(identityID, typed string) []byte {
	return lookUp("recovery", identityID, tidyCode(typed))
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

// RenewCodes gives the actor other recovery codes, where the form proves the password and a factor. Those before are dead.
func (s SecondFactors) RenewCodes(ctx context.Context, by Actor, form FactorForm) (Changed, error) {
	use, err := s.allow(ctx, by, form, Problems{})
	if err != nil {
		return Changed{}, err
	}
	change := s.change(by, CodesRenewed, use.At)
	change.Use, change.NewCodes = use, true
	codes, kept := newRecoveryCodes(by.Identity.ID, use.At)
	change.Add = kept
	return Changed{Codes: codes}, usedMeanwhile(form.field(), s.Store.ChangeFactors(ctx, change))
}

// tidyCode takes from a code what people type between its groups, and the capitals.
func tidyCode(s string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "", "\u00a0", "", "\u2013", "").Replace(s))
}
