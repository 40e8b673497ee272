package app_test

import (
	"testing"

	"reglink/app"
)

// TestActor_NeedsRequiredSecondFactorToBeSuperUser: an account that requires a second factor takes from its
// Super Users nothing but being one, and only in sessions that a password alone began.
func TestActor_NeedsRequiredSecondFactorToBeSuperUser(t *testing.T) {
	t.Parallel()
	for _, role := range app.Roles() {
		for _, proven := range []app.Assurance{"", app.WithPassword, app.WithTwoFactors, app.WithProvider, "made up"} {
			for _, required := range []bool{false, true} {
				by := app.Actor{
					Membership: app.Membership{Role: role, Status: app.Active}, Account: app.Account{
						ID:           "ACME",
						SecondFactor: required,
					}, Assurance: proven,
				}
				twice := proven == app.WithTwoFactors || proven == app.WithProvider
				must := role == app.SuperUser && required && !twice
				if by.NeedsSecondFactor() != must || by.SuperUser() != (role == app.SuperUser && !must) || !by.Member() {
					t.Errorf("%s, proven %q, required %v: must prove %v, is Super User %v", role, proven, required,
						by.NeedsSecondFactor(), by.SuperUser())
				}
			}
		}
	}
	for name, by := range map[string]app.Actor{
		"nobody": {Account: app.Account{SecondFactor: true}},
		"suspended": {
			Membership: app.Membership{Role: app.SuperUser, Status: app.Suspended},
			Account:    app.Account{ID: "ACME", SecondFactor: true},
		},
	} {
		if by.NeedsSecondFactor() || by.SuperUser() {
			t.Errorf("%s is asked for a second factor, or is a Super User", name)
		}
	}
}

func TestActor_RightsFollowRoleAndStatus(t *testing.T) {
	t.Parallel()
	for _, person := range actorCases() {
		if got := person.actor.SuperUser(); got != person.isSuperUser {
			t.Errorf("%s is a Super User: got %t, want %t", person.name, got, person.isSuperUser)
		}
		if got := person.actor.Member(); got != person.isMember {
			t.Errorf("%s is a member: got %t, want %t", person.name, got, person.isMember)
		}
	}
}
