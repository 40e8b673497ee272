package app_test

import (
	"testing"
	"time"

	"reglink/app"
)

type membershipChangeCase struct {
	name                      string
	change                    app.MembershipChange
	access, standing, weakens bool
}

// membershipChangeCases are changes of a membership, and what each of them takes away.
func membershipChangeCases() []membershipChangeCase {
	soon, later, over := noon.Add(time.Hour), noon.Add(2*time.Hour), noon
	m := func(role app.Role, status app.Status, end *time.Time) app.Membership {
		return app.Membership{Role: role, Status: status, ExpiresOn: end}
	}
	super, standard, active, suspended := app.SuperUser, app.StandardUser, app.Active, app.Suspended
	changed := func(before, after app.Membership) app.MembershipChange {
		return app.MembershipChange{Before: before, After: after}
	}
	removed := func(m app.Membership) app.MembershipChange {
		return app.MembershipChange{Before: m, After: m, Removed: true}
	}
	return []membershipChangeCase{
		{"demoted", changed(m(super, active, nil), m(standard, active, nil)), false, true, true},
		{"promoted", changed(m(standard, active, nil), m(super, active, nil)), false, false, false},
		{"a super suspended", changed(m(super, active, nil), m(super, suspended, nil)), true, true, true},
		{"a standard suspended", changed(m(standard, active, nil), m(standard, suspended, nil)), true, false, false},
		{"a super removed", removed(m(super, active, nil)), true, true, true},
		{"a suspended super removed", removed(m(super, suspended, nil)), false, false, false},
		{"a suspended super demoted", changed(m(super, suspended, nil), m(standard, suspended, nil)), false, false, false},
		{"reinstated", changed(m(super, suspended, nil), m(super, active, nil)), false, false, false},
		{"a super with an end now", changed(m(super, active, nil), m(super, active, &soon)), false, false, true},
		{"a super whose end is later", changed(m(super, active, &soon), m(super, active, &later)), false, false, false},
		{"a super without an end now", changed(m(super, active, &soon), m(super, active, nil)), false, false, false},
		{"a super sooner", changed(m(super, active, &later), m(super, active, &soon)), false, false, true},
		{"a super over", changed(m(super, active, nil), m(super, active, &over)), true, true, true},
		{"an expired super removed", removed(m(super, active, &over)), false, false, false},
		{"a standard over", changed(m(standard, active, &soon), m(standard, active, &over)), true, false, false},
	}
}

// TestMembershipChange_TakesExactlyWhatIsLost: sessions end, links stop and another Super User is needed
// exactly when something was lost.
func TestMembershipChange_TakesExactlyWhatIsLost(t *testing.T) {
	t.Parallel()
	for _, test := range membershipChangeCases() {
		c := test.change
		if c.RevokesAccess(noon) != test.access || c.RevokesSuperUser(noon) != test.standing ||
			c.WeakensSuperUser(noon) != test.weakens {
			t.Errorf("%s: takes access %t, standing %t, weakens %t", test.name,
				c.RevokesAccess(noon), c.RevokesSuperUser(noon), c.WeakensSuperUser(noon))
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
