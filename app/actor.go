package app

import (
	"time"
)

// Actor is who acts: a signed-in identity in its current account. Every rule that asks who may do what takes one.
type Actor struct {
	Identity   Identity
	Membership Membership // the current one; zero where the identity is in no account
	Account    Account    // the current one; zero likewise
	// the current one, where it is open to the person but not to a session that was begun this way
	WrongMethodAccount Account
	SSO                bool      // the session was begun through the provider of single sign-on
	SessionID          string    // the stored hash of the session, in hex; never the cookie
	Address            string    // the client's network address, kept in the activity
	Assurance          Assurance // how the session began
}

// Client is what is known about who fills in a form without being signed in.
type Client struct {
	Language  string // a tag of the catalogues: the language in which the form was shown
	Address   string // network address, for the activity
	UserAgent string // what the browser says that it is, for the list of sessions
}

// SuperUser tells whether the actor may act as a Super User of the current account.
func (a Actor) SuperUser() bool {
	return a.Member() && a.Membership.Role == SuperUser && !a.NeedsSecondFactor()
}

// Member tells whether the actor is in an account at all.
func (a Actor) Member() bool { return a.Account.ID != "" && a.Membership.Status == Active }

// NeedsSecondFactor tells whether the actor is a Super User of the current account, but may not act as one in
// this session: the account requires a second factor, and the session began without.
func (a Actor) NeedsSecondFactor() bool {
	return a.Member() && a.Membership.Role == SuperUser && a.Account.SecondFactor && !a.Assurance.beyondPassword()
}

// CanProvideSecondFactor tells whether the actor could act as a Super User where a second factor is required:
// who has one, or whom the provider of single sign-on has proven.
func (a Actor) CanProvideSecondFactor() bool {
	return a.Identity.Factors > 0 || a.Assurance == WithProvider
}

// requireSuperUser is the rule behind everything that only Super Users do.
func (a Actor) requireSuperUser() error {
	if a.NeedsSecondFactor() {
		return Refuse(Forbidden, "second_factor_required")
	}
	if !a.SuperUser() {
		return Refuse(Forbidden, "super_users_only")
	}
	return nil
}

// requireOperator is the rule behind the operators' pages. For others there are no such pages.
func (a Actor) requireOperator() error {
	if !a.Identity.Operator {
		return Refuse(NotFound, "page_unknown")
	}
	return nil
}

// WrongMethodError is what keeps the actor out of the current account, where that wants people to sign in
// another way; nil where nothing does.
func (a Actor) WrongMethodError() error {
	if a.WrongMethodAccount.ID == "" {
		return nil
	}
	return a.WrongMethodAccount.wrongMethodError()
}

// newActivity makes the activity of what an actor does now in the current account.
func (a Actor) newActivity(event Event, at time.Time) Activity {
	return Activity{
		ID: NewID(), AccountID: a.Account.ID, At: at, Event: event,
		ActorID: a.Identity.ID, Address: a.Address,
	}
}
