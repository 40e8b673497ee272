package app

import (
	"context"
	"errors"
)

// Removal takes something from a person that they sign in with, for those who run the portal, and tells so.
type Removal struct {
	IdentityID string
	Told       Told
	Activities []Activity // one in each account that the person is in
}

// RemovalStore finds people and where they are members.
type RemovalStore interface {
	// IdentityByEmail gives the identity of a canonical address, or NotFound.
	IdentityByEmail(ctx context.Context, emailKey string) (*Identity, error)
	// Memberships gives the identity's memberships with Account, in the order of the accounts' names.
	Memberships(ctx context.Context, identityID string) ([]Membership, error)
}

// ownerOf gives whose login an address is; NotFound, in words, where it has none.
func ownerOf(ctx context.Context, store RemovalStore, email string) (*Identity, error) {
	key, m := EmailKey(tidyEmail(email))
	if m.ID != "" {
		return nil, Problems{"email": m}
	}
	person, err := store.IdentityByEmail(ctx, key)
	if errors.Is(err, NotFound) {
		return nil, Refuse(NotFound, "login_unknown")
	}
	return person, err
}

// removal is what is stored where the person is told of it, and the accounts read that event.
func removal(ctx context.Context, store RemovalStore, told Told, event Event) (Removal, error) {
	all := Removal{IdentityID: told.Change.IdentityID, Told: told}
	memberships, err := store.Memberships(ctx, all.IdentityID)
	for _, in := range memberships {
		what := Actor{Account: *in.Account}.done(event, told.Change.At)
		what.SubjectID = all.IdentityID
		all.Activities = append(all.Activities, what)
	}
	return all, err
}
