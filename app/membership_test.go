package app_test

import (
	"testing"
	"time"

	"reglink/app"
)

type membershipChangeCase struct {
	change                    app.MembershipChange
	access, standing, weakens bool
}

// membershipChangeCases are changes of a membership, and what each of them takes away.
func membershipChangeCases() map[string]membershipChangeCase {
	soon, later, over := noon.Add(time.Hour), noon.Add(2*time.Hour), noon
	m := func(role app.Role, status app.Status, end *time.Time) app.Membership {
		return app.Membership{Role: role, Status: status, ExpiresOn: end}
	}
	super, standard := app.SuperUser, app.StandardUser
	return map[string]membershipChangeCase{
		"demoted": {
			app.MembershipChange{Before: m(super, app.Active, nil), After: m(standard, app.Active, nil)}, false, true, true,
		},
		"promoted": {
			app.MembershipChange{Before: m(standard, app.Active, nil), After: m(super, app.Active, nil)}, false, false, false,
		},
		"a super suspended": {
			app.MembershipChange{Before: m(super, app.Active, nil), After: m(super, app.Suspended, nil)}, true, true, true,
		},
		"a standard suspended": {
			app.MembershipChange{Before: m(standard, app.Active, nil), After: m(standard, app.Suspended, nil)},
			true, false,
			false,
		},
		"a super removed": {
			app.MembershipChange{Before: m(super, app.Active, nil), After: m(super, app.Active, nil), Removed: true},
			true, true,
			true,
		},
		"a suspended super removed": {
			app.MembershipChange{Before: m(super, app.Suspended, nil), After: m(super, app.Suspended, nil), Removed: true},
			false, false, false,
		},
		"a suspended super demoted": {
			app.MembershipChange{Before: m(super, app.Suspended, nil), After: m(standard, app.Suspended, nil)},
			false, false,
			false,
		},
		"reinstated": {
			app.MembershipChange{Before: m(super, app.Suspended, nil), After: m(super, app.Active, nil)}, false, false, false,
		},
		"a super with an end now": {
			app.MembershipChange{Before: m(super, app.Active, nil), After: m(super, app.Active, &soon)}, false, false, true,
		},
		"a super whose end is later": {
			app.MembershipChange{Before: m(super, app.Active, &soon), After: m(super, app.Active, &later)}, false, false, false,
		},
		"a super without an end now": {
			app.MembershipChange{Before: m(super, app.Active, &soon), After: m(super, app.Active, nil)}, false, false, false,
		},
		"a super sooner": {
			app.MembershipChange{Before: m(super, app.Active, &later), After: m(super, app.Active, &soon)}, false, false, true,
		},
		"a super over": {
			app.MembershipChange{Before: m(super, app.Active, nil), After: m(super, app.Active, &over)}, true, true, true,
		},
		"an expired super removed": {
			app.MembershipChange{Before: m(super, app.Active, &over), After: m(super, app.Active, &over), Removed: true},
			false,
			false, false,
		},
		"a standard over": {
			app.MembershipChange{Before: m(standard, app.Active, &soon), After: m(standard, app.Active, &over)},
			true, false,
			false,
		},
	}
}

// TestMembershipChange_TakesExactlyWhatIsLost: sessions end, links stop and another Super User is needed
// exactly when something was lost.
func TestMembershipChange_TakesExactlyWhatIsLost(t *testing.T) {
	t.Parallel()
	for name, test := range membershipChangeCases() {
		c := test.change
		if c.RevokesAccess(noon) != test.access || c.RevokesSuperUser(noon) != test.standing ||
			c.WeakensSuperUser(noon) != test.weakens {
			t.Errorf("%s: takes access %t, standing %t, weakens %t", name, c.RevokesAccess(noon), c.RevokesSuperUser(noon),
				c.WeakensSuperUser(noon))
		}
	}
}

func TestMembership_OpensWhileActiveAndUnexpired(t *testing.T) {
	t.Parallel()
	now, later := noon, noon.Add(time.Microsecond)
	tests := []struct {
		m    app.Membership
		want bool
	}{
		{app.Membership{}, false},
		{app.Membership{Status: app.Active}, true},
		{app.Membership{Status: app.Pending}, false},
		{app.Membership{Status: app.Suspended}, false},
		{app.Membership{Status: "Active"}, false},
		{app.Membership{Status: app.Active, ExpiresOn: &later}, true},
		{app.Membership{Status: app.Active, ExpiresOn: &now}, false},
	}
	for _, test := range tests {
		if got := test.m.GrantsAccess(noon); got != test.want {
			t.Errorf("%s until %v: got %t, want %t", test.m.Status, test.m.ExpiresOn, got, test.want)
		}
	}
}

// TestEnums_ValidAgreesWithTheirLists: the lists and what counts as valid agree, and nothing is valid by being empty.
func TestEnums_ValidAgreesWithTheirLists(t *testing.T) {
	t.Parallel()
	for _, role := range append(app.Roles(), "", "Super", "owner") {
		if got, want := role.Valid(), role == app.SuperUser || role == app.StandardUser ||
			role == app.LimitedUser; got != want {
			t.Errorf("role %q: got %t", role, got)
		}
	}
	for _, status := range append(app.Statuses(), "", "ACTIVE", "gone") {
		if got, want := status.Valid(), status == app.Pending || status == app.Active ||
			status == app.Suspended; got != want {
			t.Errorf("status %q: got %t", status, got)
		}
	}
	for _, proof := range append(app.EntitlementKinds(), "", "friend") {
		want := proof == app.OrderSummary || proof == app.SerialNumber || proof == app.AuthCode
		if got := proof.Valid(); got != want {
			t.Errorf("proof %q: got %t", proof, got)
		}
	}
	if len(app.Roles()) != 3 || len(app.Statuses()) != 3 || len(app.EntitlementKinds()) != 3 {
		t.Error("a list lost one of its words")
	}
}

func TestMembership_RemindersFollowTheSchedule(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for after, want := range map[time.Duration]int{
		0: 0, 2*day - time.Microsecond: 0, 2 * day: 1, 5*day - 1: 1, 5 * day: 2, 9 * day: 2, 10 * day: 3, 29 * day: 3,
	} {
		if got := (app.Membership{JoinedAt: noon}).RemindersDue(noon.Add(after)); got != want {
			t.Errorf("after %v: %d reminders, want %d", after, got, want)
		}
	}
}
