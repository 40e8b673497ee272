package app

import "context"

// SSORemovalStore keeps who is who at the provider, too. Each method is one transaction or one read.
type SSORemovalStore interface {
	RemovalStore
	// ForgetSSO forgets an identity's logins at the provider, ends its sessions and stores what is said of it. Conflict where there
	// are none.
	ForgetSSO(ctx context.Context, r Removal) error
}

// SSORemovals are the rules by which the organisation that runs the portal separates a login from one at the provider that is somebody
// else's. Only the command line asks them: whoever can start it holds the database anyway.
type SSORemovals struct {
	Store SSORemovalStore
	Clock Clock
}

// Forget separates the login of an address from those at the provider. Whoever signs in there next with that address, verified, is joined
// to it. All sessions of the login end, the person is mailed, and it stands in the activity of their accounts. NotFound where
// the address has no login, Conflict where it is joined to none at the provider.
func (s SSORemovals) Forget(ctx context.Context, email string) error {
	person, err := ownerOf(ctx, s.Store, email)
	if err != nil {
		return err
	}
	all, err := removal(ctx, s.Store, tell(SSOForgotten, person.ID, "", s.Clock.Now()), SSOSeparated)
	if err != nil {
		return err
	}
	return s.Store.ForgetSSO(ctx, all)
}
