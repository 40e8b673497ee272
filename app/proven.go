package app

// Proven is how the person behind a session was proven when it began. The zero value proves nothing.
type Proven string

// The ways.
const (
	WithPassword   Proven = "password"    // the password alone
	WithTwoFactors Proven = "two_factors" // the password and a second factor
	WithProvider   Proven = "provider"    // single sign-on: what its person had to prove is the provider's choice
)

// twice tells whether somebody who knows the password could not have begun the session with that alone.
func (p Proven) twice() bool { return p == WithTwoFactors || p == WithProvider }

// proven is the one place that says what a session counts as.
func (s Session) proven() Proven {
	if s.SSO {
		return WithProvider
	}
	return s.Proven
}

// MustProve tells whether the actor is a Super User of the current account, but may not act as one in this session: the account
// requires a second factor, and the session began without.
func (a Actor) MustProve() bool {
	return a.Member() && a.Membership.Role == SuperUser && a.Account.SecondFactor && !a.Proven.twice()
}

// CanProve tells whether the actor could act as a Super User where a second factor is required: who has one, or whom the provider of
// single sign-on has proven.
func (a Actor) CanProve() bool { return a.Identity.Factors > 0 || a.Proven == WithProvider }
