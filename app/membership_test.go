package app_test

import (
	"context"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// ChangeMembership decides about a member of the roster and keeps the change.
func (r *roster) ChangeMembership(
	_ context.Context, by app.Actor, membershipID string, _ time.Time,
	decide func(app.Membership) (app.MembershipChange, error),
) (*app.Membership, error) {
	member, ok := r.members[by.Account.ID+membershipID]
	if !ok {
		return nil, app.Refuse(app.NotFound, "member_unknown")
	}
	change, err := decide(*member)
	if err != nil {
		return nil, err
	}
	r.changes = append(r.changes, change)
	return &change.Is, nil
}

func (r *roster) RecordActivity(_ context.Context, what app.Activity) error {
	r.trail = append(r.trail, what)
	return nil
}

func (r *roster) ActivityAbout(context.Context, string, string, int) ([]app.Activity, error) {
	return r.trail, nil
}

// acts are everything that a Super User does to a membership.
func acts(members app.Members) map[string]func(context.Context, app.Actor, string) error {
	return map[string]func(context.Context, app.Actor, string) error{
		"role": func(ctx context.Context, by app.Actor, id string) error {
			_, err := members.ChangeRole(ctx, by, id, app.LimitedUser)
			return err
		},
		"suspend": func(ctx context.Context, by app.Actor, id string) error {
			_, err := members.Suspend(ctx, by, id)
			return err
		},
		"reinstate": func(ctx context.Context, by app.Actor, id string) error {
			_, err := members.Reinstate(ctx, by, id)
			return err
		},
		"remove": func(ctx context.Context, by app.Actor, id string) error {
			_, err := members.Remove(ctx, by, id)
			return err
		},
		"expiry": func(ctx context.Context, by app.Actor, id string) error {
			_, err := members.SetExpiry(ctx, by, id, "2026-11-04")
			return err
		},
	}
}

// TestMembershipAccess: Super Users alone see and change a membership, and none but those of their account.
func TestMembershipAccess(t *testing.T) {
	t.Parallel()
	for _, person := range everybody() {
		members, store := newMembers(t)
		id := app.NewID()
		store.members["ACME"+id] = &app.Membership{ID: id, IdentityID: "BOB", Role: app.StandardUser, Status: app.Active, Identity: &app.Identity{ID: "BOB"}}
		all := acts(members)
		all["look"] = func(ctx context.Context, by app.Actor, id string) error {
			_, err := members.Look(ctx, by, id)
			return err
		}
		for name, act := range all {
			err := act(t.Context(), person.actor, id)
			if person.super && err != nil {
				t.Errorf("%s by %s: got %v", name, person.name, err)
			}
			if !person.super {
				wantRefusal(t, err, app.Forbidden, "super_users_only")
			}
		}
		if !person.super {
			continue
		}
		for name, act := range all {
			for _, unknown := range []string{"", app.NewID(), "x", id + "\x00", strings.ToLower(id)} {
				wantRefusal(t, act(t.Context(), person.actor, unknown), app.NotFound, "member_unknown")
			}
			elsewhere := person.actor
			elsewhere.Account.ID = "BOLT"
			if err := act(t.Context(), elsewhere, id); err == nil {
				t.Errorf("%s: another account's member", name)
			}
		}
	}
}

// TestMembershipVerdicts is what becomes of a membership, by what it was.
func TestMembershipVerdicts(t *testing.T) {
	t.Parallel()
	end := time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)
	is := func(role app.Role, status app.Status, expires *time.Time) app.Membership {
		return app.Membership{Role: role, Status: status, ExpiresOn: expires}
	}
	standard, limited := app.StandardUser, app.LimitedUser
	for _, test := range []struct {
		act     string
		was     app.Membership
		want    app.Membership
		event   app.Event // empty: nothing is stored
		details app.Details
	}{
		{"role", is(standard, app.Active, nil), is(limited, app.Active, nil), app.RoleChanged, app.Details{"OldRole": "standard", "Role": "limited"}},
		{"role", is(limited, app.Active, nil), is(limited, app.Active, nil), "", nil},
		{"role", is(app.SuperUser, app.Suspended, &end), is(limited, app.Suspended, &end), app.RoleChanged, app.Details{"OldRole": "super", "Role": "limited"}},
		{"suspend", is(standard, app.Active, &end), is(standard, app.Suspended, &end), app.MemberSuspended, nil},
		{"suspend", is(standard, app.Suspended, nil), is(standard, app.Suspended, nil), "", nil},
		{"reinstate", is(standard, app.Suspended, &end), is(standard, app.Active, &end), app.MemberReinstated, nil},
		{"reinstate", is(standard, app.Active, nil), is(standard, app.Active, nil), "", nil},
		{"remove", is(standard, app.Active, nil), is(standard, app.Active, nil), app.MemberRemoved, nil},
		{"remove", is(standard, app.Suspended, nil), is(standard, app.Suspended, nil), app.MemberRemoved, nil},
		{"expiry", is(standard, app.Active, nil), is(standard, app.Active, &end), app.ExpiryChanged, app.Details{"Date": "2026-11-04"}},
		{"expiry", is(standard, app.Active, &end), is(standard, app.Active, &end), "", nil},
	} {
		members, store := newMembers(t)
		test.was.ID, test.was.IdentityID = app.NewID(), "BOB"
		store.members["ACME"+test.was.ID] = &test.was
		wantNoError(t, acts(members)[test.act](t.Context(), actor(app.SuperUser, app.Active), test.was.ID))
		got := store.changes[0]
		what := app.Activity{}
		if got.Activity != nil {
			what = *got.Activity
		}
		if got.Is.Role != test.want.Role || got.Is.Status != test.want.Status || got.Is.LastDay() != test.want.LastDay() ||
			what.Event != test.event || !maps.Equal(what.Details, test.details) || got.Removed != (test.event == app.MemberRemoved) {
			t.Errorf("%s of %+v: got %+v", test.act, test.was, got)
		}
		if test.event != "" && (what.SubjectID != "BOB" || what.ActorID != "IDENTITY" || what.AccountID != "ACME" || what.Address == "") {
			t.Errorf("%s: activity %+v", test.act, what)
		}
	}
}

// TestPendingMembershipsAreDecidedFirst: whom nobody accepted can be neither promoted nor suspended, nor removed.
func TestPendingMembershipsAreDecidedFirst(t *testing.T) {
	t.Parallel()
	members, store := newMembers(t)
	id := app.NewID()
	store.members["ACME"+id] = &app.Membership{ID: id, Role: app.StandardUser, Status: app.Pending}
	for _, act := range acts(members) {
		wantRefusal(t, act(t.Context(), actor(app.SuperUser, app.Active), id), app.Conflict, "decide_first")
	}
	if len(store.changes) > 0 {
		t.Errorf("%d changes", len(store.changes))
	}
}

func TestRolesThatAreNone(t *testing.T) {
	t.Parallel()
	members, _ := newMembers(t)
	for _, role := range []app.Role{"", "owner", "SUPER", "super\x00", " super"} {
		_, err := members.ChangeRole(t.Context(), actor(app.SuperUser, app.Active), app.NewID(), role)
		wantProblem(t, err, "role", "role_required")
	}
}

// TestExpiryDays: a membership counts to the end of its last day in UTC.
func TestExpiryDays(t *testing.T) {
	t.Parallel()
	day := func(d int) time.Time { return time.Date(2026, 11, d, 0, 0, 0, 0, time.UTC) }
	for typed, want := range map[string]any{
		"":               (*time.Time)(nil),
		"  ":             (*time.Time)(nil),
		"2026-11-03":     day(4), // today
		" 2026-11-04 ":   day(5),
		"2028-02-29":     time.Date(2028, 3, 1, 0, 0, 0, 0, time.UTC),
		"2026-11-02":     "expiry_past",
		"0001-01-01":     "expiry_past",
		"2076-11-02":     time.Date(2076, 11, 3, 0, 0, 0, 0, time.UTC),
		"2076-11-03":     "expiry_far",
		"9999-12-31":     "expiry_far",
		"2027-02-29":     "expiry_invalid",
		"20270101":       "expiry_invalid",
		"12027-01-01":    "expiry_invalid",
		"2027-01-01x":    "expiry_invalid",
		"tomorrow":       "expiry_invalid",
		"2027-01-01\x00": "expiry_invalid",
		"٢٠٢٧-٠١-٠١":     "expiry_invalid",
	} {
		members, store := newMembers(t)
		id := app.NewID()
		before := day(30)
		store.members["ACME"+id] = &app.Membership{ID: id, Status: app.Active, ExpiresOn: &before}
		_, err := members.SetExpiry(t.Context(), actor(app.SuperUser, app.Active), id, typed)
		if problem, ok := want.(string); ok {
			wantProblem(t, err, "expires", problem)
			continue
		}
		wantNoError(t, err)
		got := "none"
		if store.changes[0].Is.ExpiresOn != nil {
			got = fmt.Sprint(*store.changes[0].Is.ExpiresOn)
		}
		if end, ok := want.(time.Time); (ok && got != fmt.Sprint(end)) || (!ok && got != "none") {
			t.Errorf("%q ends at %s, want %v", typed, got, want)
		}
	}
}

// TestWhatChangesTake: sessions end, links stop and another Super User is needed exactly when something was lost.
func TestWhatChangesTake(t *testing.T) {
	t.Parallel()
	soon, later, over := noon.Add(time.Hour), noon.Add(2*time.Hour), noon
	m := func(role app.Role, status app.Status, end *time.Time) app.Membership {
		return app.Membership{Role: role, Status: status, ExpiresOn: end}
	}
	super, standard := app.SuperUser, app.StandardUser
	for name, test := range map[string]struct {
		change                    app.MembershipChange
		access, standing, weakens bool
	}{
		"demoted":                    {app.MembershipChange{Was: m(super, app.Active, nil), Is: m(standard, app.Active, nil)}, false, true, true},
		"promoted":                   {app.MembershipChange{Was: m(standard, app.Active, nil), Is: m(super, app.Active, nil)}, false, false, false},
		"a super suspended":          {app.MembershipChange{Was: m(super, app.Active, nil), Is: m(super, app.Suspended, nil)}, true, true, true},
		"a standard suspended":       {app.MembershipChange{Was: m(standard, app.Active, nil), Is: m(standard, app.Suspended, nil)}, true, false, false},
		"a super removed":            {app.MembershipChange{Was: m(super, app.Active, nil), Is: m(super, app.Active, nil), Removed: true}, true, true, true},
		"a suspended super removed":  {app.MembershipChange{Was: m(super, app.Suspended, nil), Is: m(super, app.Suspended, nil), Removed: true}, false, false, false},
		"a suspended super demoted":  {app.MembershipChange{Was: m(super, app.Suspended, nil), Is: m(standard, app.Suspended, nil)}, false, false, false},
		"reinstated":                 {app.MembershipChange{Was: m(super, app.Suspended, nil), Is: m(super, app.Active, nil)}, false, false, false},
		"a super with an end now":    {app.MembershipChange{Was: m(super, app.Active, nil), Is: m(super, app.Active, &soon)}, false, false, true},
		"a super whose end is later": {app.MembershipChange{Was: m(super, app.Active, &soon), Is: m(super, app.Active, &later)}, false, false, false},
		"a super without an end now": {app.MembershipChange{Was: m(super, app.Active, &soon), Is: m(super, app.Active, nil)}, false, false, false},
		"a super sooner":             {app.MembershipChange{Was: m(super, app.Active, &later), Is: m(super, app.Active, &soon)}, false, false, true},
		"a super over":               {app.MembershipChange{Was: m(super, app.Active, nil), Is: m(super, app.Active, &over)}, true, true, true},
		"an expired super removed":   {app.MembershipChange{Was: m(super, app.Active, &over), Is: m(super, app.Active, &over), Removed: true}, false, false, false},
		"a standard over":            {app.MembershipChange{Was: m(standard, app.Active, &soon), Is: m(standard, app.Active, &over)}, true, false, false},
	} {
		c := test.change
		if c.TakesAccess(noon) != test.access || c.TakesStanding(noon) != test.standing || c.Weakens(noon) != test.weakens {
			t.Errorf("%s: takes access %t, standing %t, weakens %t", name, c.TakesAccess(noon), c.TakesStanding(noon), c.Weakens(noon))
		}
	}
}
