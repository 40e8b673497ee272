package app

import (
	"context"
	"errors"
)

// CredentialRemoval takes something from a person that they sign in with, for those who run the portal, and tells so.
type CredentialRemoval struct {
	IdentityID string
	Notice     CredentialNotice
	Activities []Activity // one in each account that the person is in
}

// RemovalStore finds people and where they are members.
type RemovalStore interface {
	// IdentityByEmail gives the identity of a canonical address, or NotFound.
	IdentityByEmail(ctx context.Context, emailKey string) (*Identity, error)
	// Memberships gives the identity's memberships with Account, in the order of the accounts' names.
	Memberships(ctx context.Context, identityID string) ([]Membership, error)
}

// identityByEmail gives whose login an address is; NotFound, in words, where it has none.
func identityByEmail(ctx context.Context, store RemovalStore, email string) (*Identity, error) {
	key, m := EmailKey(tidyEmail(email))
	if !m.None() {
		return nil, Problems{"email": m}
	}
	person, err := store.IdentityByEmail(ctx, key)
	if errors.Is(err, NotFound) {
		return nil, Refuse(NotFound, "login_unknown")
	}
	return person, err
}

// newCredentialRemoval is what is stored where the person is told of it, and the accounts read that event.
func newCredentialRemoval(ctx context.Context, store RemovalStore, told CredentialNotice,
	event Event,
) (CredentialRemoval, error) {
	all := CredentialRemoval{IdentityID: told.Change.IdentityID, Notice: told}
	memberships, err := store.Memberships(ctx, all.IdentityID)
	for _, in := range memberships {
		what := Actor{Account: *in.Account}.newActivity(event, told.Change.At)
		what.SubjectID = all.IdentityID
		all.Activities = append(all.Activities, what)
	}
	return all, err
}

// FactorRemovalStore keeps second factors, too. Each method is one transaction or one read.
type FactorRemovalStore interface {
	RemovalStore
	// RemoveFactors forgets an identity's factors and recovery codes, ends its sessions and stores what is said
	// of it. Conflict where there are none.
	RemoveFactors(ctx context.Context, r CredentialRemoval) error
}

// FactorRemovals are the rules by which the organisation that runs the portal helps somebody who has lost the
// second factor. Only the command line asks them: whoever can start it holds the database anyway.
type FactorRemovals struct {
	Store FactorRemovalStore
	Clock Clock
}

// Remove takes every second factor from the login of an address, so that its password is enough until its
// owner sets another up. All sessions of the login end, the person is mailed, and it stands in the activity
// of their accounts. NotFound where the address has no login, Conflict where it has no second factor.
func (s FactorRemovals) Remove(ctx context.Context, email string) error {
	person, err := identityByEmail(ctx, s.Store, email)
	if err != nil {
		return err
	}
	all, err := newCredentialRemoval(ctx, s.Store, newCredentialNotice(FactorsRemoved, person.ID, "", s.Clock.Now()),
		SecondFactorRemoved)
	if err != nil {
		return err
	}
	return s.Store.RemoveFactors(ctx, all)
}

// SSORemovalStore keeps who is who at the provider, too. Each method is one transaction or one read.
type SSORemovalStore interface {
	RemovalStore
	// RemoveSSOLogins forgets an identity's logins at the provider, ends its sessions and stores what is said of
	// it. Conflict where there are none.
	RemoveSSOLogins(ctx context.Context, r CredentialRemoval) error
}

// SSORemovals are the rules by which the organisation that runs the portal separates a login from one at the
// provider that is somebody else's. Only the command line asks them: whoever can start it holds the database
// anyway.
type SSORemovals struct {
	Store SSORemovalStore
	Clock Clock
}

// Remove separates the login of an address from those at the provider. Whoever signs in there next with that
// address, verified, is joined to it. All sessions of the login end, the person is mailed, and it stands in
// the activity of their accounts. NotFound where the address has no login, Conflict where it is joined to
// none at the provider.
func (s SSORemovals) Remove(ctx context.Context, email string) error {
	person, err := identityByEmail(ctx, s.Store, email)
	if err != nil {
		return err
	}
	all, err := newCredentialRemoval(ctx, s.Store, newCredentialNotice(SSOUnlinked, person.ID, "", s.Clock.Now()),
		SSOLoginRemoved)
	if err != nil {
		return err
	}
	return s.Store.RemoveSSOLogins(ctx, all)
}
