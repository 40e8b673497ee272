package app

import "context"

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
