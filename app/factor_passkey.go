package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"slices"
	"time"
)

// Passkeys speaks WebAuthn with browsers, for the one address of the portal. It keeps nothing: what it has to remember of a question goes
// through the browser, sealed. An answer that is not right is an error, whatever is wrong with it.
type Passkeys interface {
	// Make asks for a new passkey of the person, who has those already.
	Make(person Identity, have []Factor) (PasskeyAsked, error)
	// Made gives the passkey of the answer.
	Made(person Identity, asked PasskeyAsked, answer string) (PasskeyMade, error)
	// Ask asks for one of these passkeys of a person; of nobody: for any that the browser has, and that it makes sure of who uses it.
	Ask(identityID string, have []Factor) (PasskeyAsked, error)
	// Credential gives the id of the passkey that an answer is said to be of.
	Credential(answer string) ([]byte, error)
	// Used tells which counter the answer of a passkey carries, and whether that is one that a copy of it would carry.
	Used(asked PasskeyAsked, answer string, have []Factor) (counter int64, copied bool, err error)
}

// PasskeyAsked is a question to a browser.
type PasskeyAsked struct {
	Options   string `json:"-"` // for the browser
	Challenge string // what the answer has to sign
	State     string // what else must be known to look at the answer
	Until     time.Time
}

// PasskeyMade is a new passkey.
type PasskeyMade struct {
	Credential []byte // its id
	Record     []byte // what is kept of it
	Counter    int64
}

// PasskeyQuestion is a question as a page asks it. The zero question is none.
type PasskeyQuestion struct {
	Options string // for the browser
	Box     string // the question as the form sends it back: sealed, for this purpose alone
}

// PasskeyAnswer is what a form sends of a passkey.
type PasskeyAnswer struct {
	Box    string
	Answer string // the browser's
}

// PasskeyWithin is how long a question waits for its answer.
const PasskeyWithin = 5 * time.Minute

// MaxPasskeys is how many passkeys a person may have.
const MaxPasskeys = 10

// maxPasskeyAnswer is longer than any answer of a browser that we asked for no attestation.
const maxPasskeyAnswer = 16 << 10

func passkeyLookUp(credential []byte) []byte { return lookUp("passkey", string(credential)) }

// passkeys gives the passkeys among factors.
func passkeys(all []Factor) []Factor {
	return slices.DeleteFunc(slices.Clone(all), func(f Factor) bool { return f.Kind != Passkey })
}

// question seals what must be known of a question to look at its answer.
func (s SecondFactors) question(purpose string, asked PasskeyAsked) (PasskeyQuestion, error) {
	asked.Until = s.Clock.Now().Add(PasskeyWithin)
	text, err := json.Marshal(asked)
	box := base64.RawURLEncoding.EncodeToString(s.Sealer.Seal(purpose, string(text)))
	return PasskeyQuestion{Options: asked.Options, Box: box}, err
}

// asked gives the question of a box that an answer came with, where it was asked for that purpose and not too long ago; or says why not.
func (s SecondFactors) asked(purpose string, a PasskeyAnswer) (PasskeyAsked, Message) {
	switch {
	case s.Passkeys == nil:
		return PasskeyAsked{}, Say("passkeys_no_address")
	case a.Answer == "":
		return PasskeyAsked{}, Say("passkey_missing")
	case len(a.Answer) > maxPasskeyAnswer:
		return PasskeyAsked{}, Say("passkey_wrong")
	}
	var asked PasskeyAsked
	box, err := base64.RawURLEncoding.Strict().DecodeString(a.Box)
	if err != nil {
		return PasskeyAsked{}, Say("passkey_over")
	}
	text, err := s.Sealer.Open(purpose, box)
	if err != nil || json.Unmarshal([]byte(text), &asked) != nil || !s.Clock.Now().Before(asked.Until) {
		return PasskeyAsked{}, Say("passkey_over")
	}
	return asked, Message{}
}

// checkPasskey finds the passkey that an answer is of, among a person's own.
func (s SecondFactors) checkPasskey(purpose string, all []Factor, a PasskeyAnswer) (*FactorUse, error) {
	asked, m := s.asked(purpose, a)
	if m.ID != "" {
		return nil, Problems{"": m}
	}
	have := passkeys(all)
	id, err := s.Passkeys.Credential(a.Answer)
	if err != nil {
		return nil, Problem("", "passkey_wrong")
	}
	i := slices.IndexFunc(have, func(f Factor) bool { return bytes.Equal(f.LookUp, passkeyLookUp(id)) })
	if i < 0 {
		return nil, Problem("", "passkey_unknown")
	}
	counter, copied, err := s.Passkeys.Used(asked, a.Answer, have)
	switch {
	case err != nil:
		return nil, Problem("", "passkey_wrong")
	case copied:
		return nil, Problem("", "passkey_copied")
	}
	at := s.Clock.Now()
	return &FactorUse{Factor: have[i], Step: counter, At: at, Spent: asked.spent(at)}, nil
}

// spent is what is kept of a question that was answered, so that it is not answered again.
func (a PasskeyAsked) spent(at time.Time) *SpentAttempt {
	sum := sha256.Sum256([]byte("passkey|" + a.Challenge))
	return &SpentAttempt{StateHash: sum[:], SpentAt: at}
}

// ask asks for one of the person's passkeys. It asks nothing where there are none, or none can be used at this address.
func (s SecondFactors) ask(purpose, identityID string, all []Factor) (PasskeyQuestion, error) {
	have := passkeys(all)
	if s.Passkeys == nil || len(have) == 0 {
		return PasskeyQuestion{}, nil
	}
	asked, err := s.Passkeys.Ask(identityID, have)
	if err != nil {
		return PasskeyQuestion{}, err
	}
	return s.question(purpose, asked)
}

// AskActor asks for a passkey of the actor, who is about to change the own second factor.
func (s SecondFactors) AskActor(ctx context.Context, by Actor) (PasskeyQuestion, error) {
	all, err := s.Store.Factors(ctx, by.Identity.ID)
	if err != nil {
		return PasskeyQuestion{}, err
	}
	return s.ask(actorPurpose(by), by.Identity.ID, all)
}

func actorPurpose(by Actor) string { return "passkey-asked|" + by.Identity.ID + "|" + by.SessionID }

// PasskeyForm is the form by which a passkey is added.
type PasskeyForm struct {
	Proof   FactorForm // a factor only where the actor has one already
	Name    string
	Passkey PasskeyAnswer
}

func newPasskeyPurpose(by Actor) string { return "passkey-new|" + by.Identity.ID + "|" + by.SessionID }

// OfferPasskey asks the actor's browser for a new passkey. Conflict where this portal's address allows none, or the actor has as many
// as there may be.
func (s SecondFactors) OfferPasskey(ctx context.Context, by Actor) (PasskeyQuestion, error) {
	have, err := s.mayAdd(ctx, by)
	if err != nil {
		return PasskeyQuestion{}, err
	}
	asked, err := s.Passkeys.Make(by.Identity, have)
	if err != nil {
		return PasskeyQuestion{}, err
	}
	return s.question(newPasskeyPurpose(by), asked)
}

// mayAdd gives the passkeys that the actor has, where there may be another.
func (s SecondFactors) mayAdd(ctx context.Context, by Actor) ([]Factor, error) {
	if s.Passkeys == nil {
		return nil, Refuse(Conflict, "passkeys_no_address")
	}
	all, err := s.Store.Factors(ctx, by.Identity.ID)
	if err != nil {
		return nil, err
	}
	have := passkeys(all)
	if len(have) >= MaxPasskeys {
		return nil, Refuse(Conflict, "passkeys_enough", "Max", MaxPasskeys)
	}
	return have, nil
}

// AddPasskey adds a passkey, where the form proves the password and a factor if there is one already, and carries the browser's answer.
// What follows is what follows from an app (AddApp). Conflict as for OfferPasskey.
func (s SecondFactors) AddPasskey(ctx context.Context, by Actor, form PasskeyForm) (Changed, error) {
	if _, err := s.mayAdd(ctx, by); err != nil {
		return Changed{}, err
	}
	p := Problems{}
	name := tidy(form.Name)
	p.Add("name", required(name, "passkey_name_required", MaxName))
	made, m := s.made(by, form.Passkey)
	p.Add("", m)
	use, err := s.allowAnother(ctx, by, form.Proof, p)
	if err != nil {
		return Changed{}, err
	}
	at := s.Clock.Now()
	change := s.change(by, PasskeyAdded, at)
	change.Use, change.Add = use, []Factor{{
		ID: NewID(), IdentityID: by.Identity.ID, Kind: Passkey, Name: name, LookUp: passkeyLookUp(made.Credential),
		Credential: made.Record, Counter: made.Counter, Alone: true, CreatedAt: at,
	}}
	done, err := s.store(ctx, by, change)
	return done, usedMeanwhile("", err)
}

// made looks at the browser's answer, and says what is wrong with it.
func (s SecondFactors) made(by Actor, a PasskeyAnswer) (PasskeyMade, Message) {
	asked, m := s.asked(newPasskeyPurpose(by), a)
	if m.ID != "" {
		return PasskeyMade{}, m
	}
	made, err := s.Passkeys.Made(by.Identity, asked, a.Answer)
	if err != nil {
		return PasskeyMade{}, Say("passkey_wrong")
	}
	return made, Message{}
}

const passkeySignIn = "passkey-sign-in"

// AskAnyone asks for any passkey that the browser has. It asks nothing where none can be used at this address.
func (s SecondFactors) AskAnyone() (PasskeyQuestion, error) {
	if s.Passkeys == nil {
		return PasskeyQuestion{}, nil
	}
	asked, err := s.Passkeys.Ask("", nil)
	if err != nil {
		return PasskeyQuestion{}, err
	}
	return s.question(passkeySignIn, asked)
}

// AskStep asks for a passkey of the person of a step.
func (s SecondFactors) AskStep(ctx context.Context, step *SignInStep) (PasskeyQuestion, error) {
	all, err := s.Store.Factors(ctx, step.IdentityID)
	if err != nil {
		return PasskeyQuestion{}, err
	}
	return s.ask(step.purpose(), step.IdentityID, all)
}

// SignInByPasskey starts a session by a passkey alone and gives the session's token. The passkey is a thing that its owner has, and made
// sure of who used it: that counts as two factors. Problems where the answer is wrong, its person may not sign in, or has had another password since the
// passkey was last used behind one: whoever added it with a stolen password is out once its owner has another.
func (s SecondFactors) SignInByPasskey(ctx context.Context, a Answer, by Client) (string, error) {
	if _, m := s.asked(passkeySignIn, a.Passkey); m.ID != "" {
		return "", Problems{"": m}
	}
	id, err := s.Passkeys.Credential(a.Passkey.Answer)
	if err != nil {
		return "", Problem("", "passkey_wrong")
	}
	factor, err := s.Store.FactorOf(ctx, passkeyLookUp(id))
	if errors.Is(err, NotFound) {
		return "", Problem("", "passkey_unknown")
	}
	if err != nil {
		return "", err
	}
	use, err := s.checkPasskey(passkeySignIn, []Factor{*factor}, a.Passkey)
	if err != nil {
		return "", err
	}
	switch person := *factor.Identity; {
	case person.SuspendedAt != nil:
		return "", Problem("", "sign_in_suspended")
	case person.ConfirmedAt == nil:
		return "", Problem("", "sign_in_unconfirmed")
	case !factor.Alone:
		return "", Problem("", "passkey_password_first")
	}
	done := FinishedStep{Proven: factor.Identity.PasswordHash, Use: *use}
	fresh, err := s.finish(ctx, done, *factor.Identity, a.OldSession, by)
	return fresh, usedMeanwhile("", err)
}
