package app

import "context"

// FactorRemovalStore keeps second factors, too. Each method is one transaction or one read.
type FactorRemovalStore interface {
	RemovalStore
	// RemoveFactors forgets an identity's factors and recovery codes, ends its sessions and stores what is said of it. Conflict where
	// there are none.
	RemoveFactors(ctx context.Context, r Removal) error
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
	person, err := ownerOf(ctx, s.Store, email)
	if err != nil {
		return err
	}
	all, err := removal(ctx, s.Store, tell(FactorsTaken, person.ID, "", s.Clock.Now()), SecondFactorRemoved)
	if err != nil {
		return err
	}
	return s.Store.RemoveFactors(ctx, all)
}
