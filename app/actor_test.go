package app_test

import (
	"testing"

	"reglink/app"
)

// TestWhoMustProve: an account that requires a second factor takes from its Super Users nothing but being one, and only in sessions
// that a password alone began.
func TestWhoMustProve(t *testing.T) {
	t.Parallel()
	for _, role := range app.Roles() {
		for _, proven := range []app.Proven{"", app.WithPassword, app.WithTwoFactors, app.WithProvider, "made up"} {
			for _, required := range []bool{false, true} {
				by := app.Actor{
					Membership: app.Membership{Role: role, Status: app.Active}, Account: app.Account{ID: "ACME", SecondFactor: required}, Proven: proven,
				}
				twice := proven == app.WithTwoFactors || proven == app.WithProvider
				must := role == app.SuperUser && required && !twice
				if by.MustProve() != must || by.SuperUser() != (role == app.SuperUser && !must) || !by.Member() {
					t.Errorf("%s, proven %q, required %v: must prove %v, is Super User %v", role, proven, required, by.MustProve(), by.SuperUser())
				}
			}
		}
	}
	for name, by := range map[string]app.Actor{
		"nobody":    {Account: app.Account{SecondFactor: true}},
		"suspended": {Membership: app.Membership{Role: app.SuperUser, Status: app.Suspended}, Account: app.Account{ID: "ACME", SecondFactor: true}},
	} {
		if by.MustProve() || by.SuperUser() {
			t.Errorf("%s is asked for a second factor, or is a Super User", name)
		}
	}
}

func TestZeroActorMayNothing(t *testing.T) {
	t.Parallel()
	for _, person := range everybody() {
		if got := person.actor.SuperUser(); got != person.super {
			t.Errorf("%s is a Super User: got %t, want %t", person.name, got, person.super)
		}
		if got := person.actor.Member(); got != person.reads {
			t.Errorf("%s is a member: got %t, want %t", person.name, got, person.reads)
		}
	}
}
