package app

import (
	"cmp"
	"context"
)

// SignInMethod is how an account wants its people to sign in.
type SignInMethod string

// The ways.
const (
	AnyMethod    SignInMethod = "both"
	PasswordOnly SignInMethod = "password"
	SSOOnly      SignInMethod = "sso" // through the provider of single sign-on
)

// AllSignInMethods in the order in which they are offered.
func AllSignInMethods() []SignInMethod { return []SignInMethod{AnyMethod, PasswordOnly, SSOOnly} }

// Admits tells whether a session may enter that was begun through the provider, or by a password. A way that
// is none admits nobody.
func (w SignInMethod) Admits(sso bool) bool {
	switch w {
	case AnyMethod:
		return true
	case PasswordOnly:
		return !sso
	case SSOOnly:
		return sso
	}
	return false
}

// membershipFinder finds where a person is a member.
type membershipFinder interface {
	Memberships(ctx context.Context, identityID string) ([]Membership, error)
}

// initialAccount gives the account that a fresh session starts in: the one that it names already, or the
// first by name, of those that are open to the person and admit the session; else one that is open and does
// not, so that it can be said why.
func initialAccount(ctx context.Context, store membershipFinder, session Session) (string, error) {
	memberships, err := store.Memberships(ctx, session.IdentityID)
	if err != nil {
		return "", err
	}
	first, barred := "", ""
	for _, m := range memberships {
		switch {
		case !m.GrantsAccess(session.CreatedAt):
		case !m.Account.SignInMethod.Admits(session.SSO):
			barred = cmp.Or(barred, m.AccountID)
		case m.AccountID == session.AccountID:
			return m.AccountID, nil
		default:
			first = cmp.Or(first, m.AccountID)
		}
	}
	return cmp.Or(first, barred), nil
}

// requiresSSO tells whether the person is in accounts, and all of them want single sign-on: no password opens
// any of them.
func requiresSSO(ctx context.Context, store membershipFinder, person Identity) (bool, error) {
	if person.Operator { // what operators see is in no account
		return false, nil
	}
	memberships, err := store.Memberships(ctx, person.ID)
	for _, m := range memberships {
		if m.Account.SignInMethod != SSOOnly {
			return false, err
		}
	}
	return len(memberships) > 0, err
}

// SignInMethodStore keeps the choice. Each method is one transaction.
type SignInMethodStore interface {
	// SetSignInMethod stores the account's way, with the activity. Forbidden where the actor is no Super User of
	// it any more.
	SetSignInMethod(ctx context.Context, by Actor, way SignInMethod, what Activity) error
	// AccountByCompanyID gives an account, or NotFound.
	AccountByCompanyID(ctx context.Context, companyID string) (*Account, error)
	// OverrideSignInMethod stores the way of the activity's account for those who run the portal.
	OverrideSignInMethod(ctx context.Context, way SignInMethod, what Activity) error
}

// SignInMethods are the rules by which an account says how its people sign in.
type SignInMethods struct {
	Store SignInMethodStore
	Clock Clock
}

// Choose makes it the way of the actor's account. Sessions that were begun another way are shut out of it at
// once. Conflict where the actor's own would be: whoever closes a door has shown to have the key to the
// other.
func (s SignInMethods) Choose(ctx context.Context, by Actor, way SignInMethod) error {
	if err := by.requireSuperUser(); err != nil {
		return err
	}
	switch {
	case !way.Admits(true) && !way.Admits(false):
		return Problem("way", "sign_in_way_required")
	case way.Admits(by.SSO):
	// no password opens it, and nobody without one is mailed a way to it
	case by.SSO && by.Account.SignInMethod == SSOOnly:
		return Refuse(Conflict, "either_way_first")
	case by.SSO:
		return Refuse(Conflict, "sign_in_first_by_password")
	default:
		return Refuse(Conflict, "sign_in_first_by_sso")
	}
	what := by.newActivity(SignInChanged, s.Clock.Now())
	what.Details = Details{"Way": string(way)}
	return s.Store.SetSignInMethod(ctx, by, way, what)
}

// Override makes it the way of an account for those who run the portal, who can open a door again that nobody
// has a key to any more, as when the provider was given up. NotFound where no account has that company ID.
func (s SignInMethods) Override(ctx context.Context, companyID string, way SignInMethod) (*Account, error) {
	if !way.Admits(true) && !way.Admits(false) {
		return nil, Problem("way", "sign_in_way_required")
	}
	account, err := s.Store.AccountByCompanyID(ctx, CompanyID(companyID))
	if err != nil {
		return nil, err
	}
	return account, s.Store.OverrideSignInMethod(ctx, way, Activity{
		ID: NewID(), AccountID: account.ID, At: s.Clock.Now(), Event: SignInChanged, Details: Details{"Way": string(way)},
	})
}
