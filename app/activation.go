package app

import "context"

// ActivationStore keeps activations. Each method is one transaction.
type ActivationStore interface {
	// IdentityByEmail returns the identity of a canonical address, or NotFound.
	IdentityByEmail(ctx context.Context, emailKey string) (*Identity, error)
	// RenewActivation stores a confirmation and its notice and ends earlier ones of its identity.
	RenewActivation(ctx context.Context, c Confirmation, n Notice) error
}

// Activations are the rules by which those who run the portal give people another activation address.
type Activations struct {
	Store  ActivationStore
	Sealer *Sealer
	Clock  Clock
}

// Renew returns the token of a new activation address for a login that cannot sign in yet, and mails it to its owner
// too; earlier ones end. For a login that can sign in, the token is empty and nothing is stored. NotFound if the
// address has no login.
func (s Activations) Renew(ctx context.Context, email string) (string, error) {
	key, m := EmailKey(tidyEmail(email))
	if !m.None() {
		return "", Problems{"email": m}
	}
	person, err := s.Store.IdentityByEmail(ctx, key)
	if err != nil || person.canSignIn() {
		return "", err
	}
	person.PasswordHash = "" // unproven, see NewMember.ForExisting
	next := issueConfirmation(s.Sealer, *person, s.Clock.Now())
	return next.Token, s.Store.RenewActivation(ctx, next.Confirmation, next.Notice)
}
