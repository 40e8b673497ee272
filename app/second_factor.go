package app

import (
	"context"
	"encoding/hex"
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

// Own is what a person sees of the own second factor.
type Own struct {
	App      *Factor // nil: none
	Passkeys []Factor
	Codes    int  // recovery codes that are left
	Possible bool // passkeys can be used at the portal's address
}

// On tells whether a second factor is asked for at the sign-in.
func (o Own) On() bool { return o.App != nil || len(o.Passkeys) > 0 }

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

// NewApp is an authenticator app that is about to be set up. Nothing of it is stored before its first code is right.
type NewApp struct {
	Secret  string // to be typed
	Address string // to be scanned
	Box     string // the secret as the form sends it back: sealed, for this session alone
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

// CodeAppForm is the form by which an app is set up.
type CodeAppForm struct {
	Proof FactorForm // a factor only where the actor has one already
	Box   string
	Code  string // the first that the app shows
}

// Changed is what follows from a change: the session's new token, and recovery codes to be shown once.
type Changed struct {
	Token string // empty: the session goes on as it is
	Codes []string
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

func (f Factor) purpose() string { return "factor|" + f.ID }

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
