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

// Passkeys speaks WebAuthn with browsers, for the one address of the portal. It keeps nothing: what it has to
// remember of a question goes through the browser, sealed. An answer that is not right is an error, whatever
// is wrong with it.
type Passkeys interface {
	// BeginRegistration asks for a new passkey of the person, who has those already.
	BeginRegistration(person Identity, have []Factor) (PasskeyChallenge, error)
	// FinishRegistration gives the passkey of the answer.
	FinishRegistration(person Identity, asked PasskeyChallenge, answer string) (NewPasskey, error)
	// BeginLogin asks for one of these passkeys of a person; of nobody: for any that the browser has, and that
	// it makes sure of who uses it.
	BeginLogin(identityID string, have []Factor) (PasskeyChallenge, error)
	// CredentialID gives the id of the passkey that an answer is said to be of.
	CredentialID(answer string) ([]byte, error)
	// FinishLogin tells which counter the answer of a passkey carries, and whether that is one that a copy of it
	// would carry.
	FinishLogin(asked PasskeyChallenge, answer string, have []Factor) (counter int64, copied bool, err error)
}

// PasskeyChallenge is a question to a browser.
type PasskeyChallenge struct {
	Options   string `json:"-"` // for the browser
	Challenge string // what the answer has to sign
	State     string // what else must be known to look at the answer
	Until     time.Time
}

// NewPasskey is a new passkey.
type NewPasskey struct {
	CredentialID []byte // its id
	Record       []byte // what is kept of it
	Counter      int64
}

// PasskeyPrompt is a question as a page asks it. The zero question is none.
type PasskeyPrompt struct {
	Options string // for the browser
	Box     string // the question as the form sends it back: sealed, for this purpose alone
}

// PasskeyResponse is what a form sends of a passkey.
type PasskeyResponse struct {
	Box      string
	Response string // the browser's
}

// PasskeyWithin is how long a question waits for its answer.
const PasskeyWithin = 5 * time.Minute

// MaxPasskeys is how many passkeys a person may have.
const MaxPasskeys = 10

// maxPasskeyAnswer is longer than any answer of a browser that we asked for no attestation.
const maxPasskeyAnswer = 16 << 10

func passkeyLookupHash(credential []byte) []byte { return lookupHash("passkey", string(credential)) }

// onlyPasskeys gives the passkeys among factors.
func onlyPasskeys(all []Factor) []Factor {
	return slices.DeleteFunc(slices.Clone(all), func(f Factor) bool { return f.Kind != Passkey })
}

// newPrompt seals what must be known of a question to look at its answer.
func (s SecondFactors) newPrompt(purpose string, asked PasskeyChallenge) (PasskeyPrompt, error) {
	asked.Until = s.Clock.Now().Add(PasskeyWithin)
	text, err := json.Marshal(asked)
	box := base64.RawURLEncoding.EncodeToString(s.Sealer.Seal(purpose, string(text)))
	return PasskeyPrompt{Options: asked.Options, Box: box}, err
}

// openChallenge gives the question of a box that an answer came with, where it was asked for that purpose and
// not too long ago; or says why not.
func (s SecondFactors) openChallenge(purpose string, a PasskeyResponse) (PasskeyChallenge, Message) {
	switch {
	case s.Passkeys == nil:
		return PasskeyChallenge{}, Say("passkeys_no_address")
	case a.Response == "":
		return PasskeyChallenge{}, Say("passkey_missing")
	case len(a.Response) > maxPasskeyAnswer:
		return PasskeyChallenge{}, Say("passkey_wrong")
	}
	var asked PasskeyChallenge
	box, err := base64.RawURLEncoding.Strict().DecodeString(a.Box)
	if err != nil {
		return PasskeyChallenge{}, Say("passkey_over")
	}
	text, err := s.Sealer.Open(purpose, box)
	if err != nil || json.Unmarshal([]byte(text), &asked) != nil || !s.Clock.Now().Before(asked.Until) {
		return PasskeyChallenge{}, Say("passkey_over")
	}
	return asked, Message{}
}

// checkPasskey finds the passkey that an answer is of, among a person's own.
func (s SecondFactors) checkPasskey(purpose string, all []Factor, a PasskeyResponse) (*FactorUse, error) {
	asked, m := s.openChallenge(purpose, a)
	if !m.None() {
		return nil, Problems{"": m}
	}
	have := onlyPasskeys(all)
	id, err := s.Passkeys.CredentialID(a.Response)
	if err != nil {
		return nil, Problem("", "passkey_wrong")
	}
	i := slices.IndexFunc(have, func(f Factor) bool { return bytes.Equal(f.LookupHash, passkeyLookupHash(id)) })
	if i < 0 {
		return nil, Problem("", "passkey_unknown")
	}
	counter, copied, err := s.Passkeys.FinishLogin(asked, a.Response, have)
	switch {
	case err != nil:
		return nil, Problem("", "passkey_wrong")
	case copied:
		return nil, Problem("", "passkey_copied")
	}
	at := s.Clock.Now()
	return &FactorUse{Factor: have[i], Step: counter, At: at, Spent: asked.spentAttempt(at)}, nil
}

// spentAttempt is what is kept of a question that was answered, so that it is not answered again.
func (a PasskeyChallenge) spentAttempt(at time.Time) *SpentAttempt {
	sum := sha256.Sum256([]byte("passkey|" + a.Challenge))
	return &SpentAttempt{StateHash: sum[:], SpentAt: at}
}

// promptFor asks for one of the person's passkeys. It asks nothing where there are none, or none can be used
// at this address.
func (s SecondFactors) promptFor(purpose, identityID string, all []Factor) (PasskeyPrompt, error) {
	have := onlyPasskeys(all)
	if s.Passkeys == nil || len(have) == 0 {
		return PasskeyPrompt{}, nil
	}
	asked, err := s.Passkeys.BeginLogin(identityID, have)
	if err != nil {
		return PasskeyPrompt{}, err
	}
	return s.newPrompt(purpose, asked)
}

// PromptActor asks for a passkey of the actor, who is about to change the own second factor.
func (s SecondFactors) PromptActor(ctx context.Context, by Actor) (PasskeyPrompt, error) {
	all, err := s.Store.Factors(ctx, by.Identity.ID)
	if err != nil {
		return PasskeyPrompt{}, err
	}
	return s.promptFor(actorPasskeyPurpose(by), by.Identity.ID, all)
}

func actorPasskeyPurpose(by Actor) string {
	return "passkey-asked|" + by.Identity.ID + "|" + by.SessionID
}

// PasskeyForm is the form by which a passkey is added.
type PasskeyForm struct {
	Reauth  ReauthForm // a factor only where the actor has one already
	Name    string
	Passkey PasskeyResponse
}

func newPasskeyPurpose(by Actor) string { return "passkey-new|" + by.Identity.ID + "|" + by.SessionID }

// PromptNewPasskey asks the actor's browser for a new passkey. Conflict where this portal's address allows
// none, or the actor has as many as there may be.
func (s SecondFactors) PromptNewPasskey(ctx context.Context, by Actor) (PasskeyPrompt, error) {
	have, err := s.passkeysBeforeAdding(ctx, by)
	if err != nil {
		return PasskeyPrompt{}, err
	}
	asked, err := s.Passkeys.BeginRegistration(by.Identity, have)
	if err != nil {
		return PasskeyPrompt{}, err
	}
	return s.newPrompt(newPasskeyPurpose(by), asked)
}

// passkeysBeforeAdding gives the passkeys that the actor has, where there may be another.
func (s SecondFactors) passkeysBeforeAdding(ctx context.Context, by Actor) ([]Factor, error) {
	if s.Passkeys == nil {
		return nil, Refuse(Conflict, "passkeys_no_address")
	}
	all, err := s.Store.Factors(ctx, by.Identity.ID)
	if err != nil {
		return nil, err
	}
	have := onlyPasskeys(all)
	if len(have) >= MaxPasskeys {
		return nil, Refuse(Conflict, "passkeys_enough", "Max", MaxPasskeys)
	}
	return have, nil
}

// AddPasskey adds a passkey, where the form proves the password and a factor if there is one already, and
// carries the browser's answer. What follows is what follows from an app (AddApp). Conflict as for
// PromptNewPasskey.
func (s SecondFactors) AddPasskey(ctx context.Context, by Actor, form PasskeyForm) (FactorResult, error) {
	if _, err := s.passkeysBeforeAdding(ctx, by); err != nil {
		return FactorResult{}, err
	}
	p := Problems{}
	name := tidy(form.Name)
	p.Add("name", requiredProblem(name, "passkey_name_required", MaxName))
	made, m := s.checkNewPasskey(by, form.Passkey)
	p.Add("", m)
	use, err := s.reauthenticateToAdd(ctx, by, form.Reauth, p)
	if err != nil {
		return FactorResult{}, err
	}
	at := s.Clock.Now()
	change := s.newChange(by, PasskeyAdded, at)
	change.Use, change.Add = use, []Factor{{
		ID: NewID(), IdentityID: by.Identity.ID, Kind: Passkey, Name: name, LookupHash: passkeyLookupHash(made.CredentialID),
		Credential: made.Record, Counter: made.Counter, Passwordless: true, CreatedAt: at,
	}}
	done, err := s.storeChange(ctx, by, change)
	return done, conflictProblem("", err)
}

// checkNewPasskey looks at the browser's answer, and says what is wrong with it.
func (s SecondFactors) checkNewPasskey(by Actor, a PasskeyResponse) (NewPasskey, Message) {
	asked, m := s.openChallenge(newPasskeyPurpose(by), a)
	if !m.None() {
		return NewPasskey{}, m
	}
	made, err := s.Passkeys.FinishRegistration(by.Identity, asked, a.Response)
	if err != nil {
		return NewPasskey{}, Say("passkey_wrong")
	}
	return made, Message{}
}

const passkeySignIn = "passkey-sign-in"

// PromptAnyone asks for any passkey that the browser has. It asks nothing where none can be used at this address.
func (s SecondFactors) PromptAnyone() (PasskeyPrompt, error) {
	if s.Passkeys == nil {
		return PasskeyPrompt{}, nil
	}
	asked, err := s.Passkeys.BeginLogin("", nil)
	if err != nil {
		return PasskeyPrompt{}, err
	}
	return s.newPrompt(passkeySignIn, asked)
}

// PromptStep asks for a passkey of the person of a step.
func (s SecondFactors) PromptStep(ctx context.Context, step *SignInStep) (PasskeyPrompt, error) {
	all, err := s.Store.Factors(ctx, step.IdentityID)
	if err != nil {
		return PasskeyPrompt{}, err
	}
	return s.promptFor(step.passkeyPurpose(), step.IdentityID, all)
}

// SignInByPasskey starts a session by a passkey alone and gives the session's token. The passkey is a thing
// that its owner has, and made sure of who used it: that counts as two factors. Problems where the answer is
// wrong, its person may not sign in, or has had another password since the passkey was last used behind one:
// whoever added it with a stolen password is out once its owner has another.
func (s SecondFactors) SignInByPasskey(ctx context.Context, a FactorProof, by Client) (string, error) {
	if _, m := s.openChallenge(passkeySignIn, a.Passkey); !m.None() {
		return "", Problems{"": m}
	}
	id, err := s.Passkeys.CredentialID(a.Passkey.Response)
	if err != nil {
		return "", Problem("", "passkey_wrong")
	}
	factor, err := s.Store.FactorByLookupHash(ctx, passkeyLookupHash(id))
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
	case !factor.Passwordless:
		return "", Problem("", "passkey_password_first")
	}
	done := FinishedStep{PasswordHash: factor.Identity.PasswordHash, Use: *use}
	fresh, err := s.startSession(ctx, done, *factor.Identity, a.OldSession, by)
	return fresh, conflictProblem("", err)
}
