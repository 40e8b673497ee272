package app

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
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
