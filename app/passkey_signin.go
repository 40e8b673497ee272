package app

import (
	"context"
	"errors"
)

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
