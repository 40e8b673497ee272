package app

import (
	"context"
	"errors"
)

// FactorRemoval takes every second factor from a person who has lost them, and tells so.
type FactorRemoval struct {
	IdentityID string
	Told       Told
	Activities []Activity // one in each account that the person is in
}

// FactorRemovalStore keeps second factors, too. Each method is one transaction or one read.
type FactorRemovalStore interface {
	// IdentityByEmail gives the identity of a canonical address, or NotFound.
	IdentityByEmail(ctx context.Context, emailKey string) (*Identity, error)
	// Memberships gives the identity's memberships with Account, in the order of the accounts' names.
	Memberships(ctx context.Context, identityID string) ([]Membership, error)
	// RemoveFactors forgets an identity's factors and recovery codes, ends its sessions and stores what is said of it. Conflict where
	// there are none.
	RemoveFactors(ctx context.Context, r FactorRemoval) error
}

// FactorRemovals are the rules by which the organisation that runs the portal helps somebody who has lost the second factor. Only the
// command line asks them: whoever can start it holds the database anyway.
type FactorRemovals struct {
	Store FactorRemovalStore
	Clock Clock
}

// Remove takes every second factor from the login of an address, so that its password is enough until its owner sets another up. All
// sessions of the login end, the person is mailed, and it stands in the activity of their accounts. NotFound where the address has no
// login, Conflict where it has no second factor.
func (s FactorRemovals) Remove(ctx context.Context, email string) error {
	key, m := EmailKey(tidyEmail(email))
	if m.ID != "" {
		return Problems{"email": m}
	}
	person, err := s.Store.IdentityByEmail(ctx, key)
	if errors.Is(err, NotFound) {
		return Refuse(NotFound, "login_unknown")
	}
	if err != nil {
		return err
	}
	memberships, err := s.Store.Memberships(ctx, person.ID)
	if err != nil {
		return err
	}
	at := s.Clock.Now()
	removal := FactorRemoval{IdentityID: person.ID, Told: tell(FactorsTaken, person.ID, "", at)}
	for _, in := range memberships {
		what := Actor{Account: *in.Account}.done(SecondFactorRemoved, at)
		what.SubjectID = person.ID
		removal.Activities = append(removal.Activities, what)
	}
	return s.Store.RemoveFactors(ctx, removal)
}
