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

// RemovalStore keeps what people sign in with. Each method is one transaction or one read.
type RemovalStore interface {
	// IdentityByEmail gives the identity of a canonical address, or NotFound.
	IdentityByEmail(ctx context.Context, emailKey string) (*Identity, error)
	// Memberships gives the identity's memberships with Account, in the order of the accounts' names, capitals or not.
	Memberships(ctx context.Context, identityID string) ([]Membership, error)
	// RemoveFactors forgets an identity's factors and recovery codes, ends its sessions and stores what is said
	// of it. Conflict where there are none.
	RemoveFactors(ctx context.Context, r CredentialRemoval) error
	// RemoveSSOLogins forgets an identity's logins at the provider, ends its sessions and stores what is said of
	// it. Conflict where there are none.
	RemoveSSOLogins(ctx context.Context, r CredentialRemoval) error
}

// Removals are the rules by which the organisation that runs the portal takes from a person what they sign in with.
// All sessions of the login end, the person is mailed, and it stands in the activity of their accounts. Only the
// command line asks them: whoever can start it holds the database anyway.
type Removals struct {
	Store RemovalStore
	Clock Clock
}

// RemoveFactors takes every second factor from the login of an address, for somebody who has lost it: the password is
// enough until its owner sets another up. NotFound where the address has no login, Conflict where it has no second
// factor.
func (s Removals) RemoveFactors(ctx context.Context, email string) error {
	r, err := s.newRemoval(ctx, email, FactorsRemoved, SecondFactorRemoved)
	if err != nil {
		return err
	}
	return s.Store.RemoveFactors(ctx, r)
}

// RemoveSSOLogins separates the login of an address from those at the provider that are somebody else's. Whoever
// signs in there next with that address, verified, is joined to it. NotFound where the address has no login, Conflict
// where it is joined to none at the provider.
func (s Removals) RemoveSSOLogins(ctx context.Context, email string) error {
	r, err := s.newRemoval(ctx, email, SSOUnlinked, SSOLoginRemoved)
	if err != nil {
		return err
	}
	return s.Store.RemoveSSOLogins(ctx, r)
}

// newRemoval is what is stored where the owner of an address is mailed of one event, and the accounts read another.
func (s Removals) newRemoval(ctx context.Context, email string, mailed CredentialEvent, event Event) (
	CredentialRemoval, error,
) {
	person, err := s.identityByEmail(ctx, email)
	if err != nil {
		return CredentialRemoval{}, err
	}
	at := s.Clock.Now()
	r := CredentialRemoval{IdentityID: person.ID, Notice: newCredentialNotice(mailed, person.ID, "", at)}
	memberships, err := s.Store.Memberships(ctx, person.ID)
	for _, in := range memberships {
		what := Actor{Account: *in.Account}.newActivity(event, at)
		what.SubjectID = person.ID
		r.Activities = append(r.Activities, what)
	}
	return r, err
}

// identityByEmail gives whose login an address is; NotFound, in words, where it has none.
func (s Removals) identityByEmail(ctx context.Context, email string) (*Identity, error) {
	key, m := EmailKey(tidyEmail(email))
	if !m.None() {
		return nil, Problems{"email": m}
	}
	person, err := s.Store.IdentityByEmail(ctx, key)
	if errors.Is(err, NotFound) {
		return nil, Refuse(NotFound, "login_unknown")
	}
	return person, err
}
