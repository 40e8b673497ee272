package app_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// fakeMemberStore is a MemberStore in memory.
type fakeMemberStore struct {
	logins  map[string]app.Identity    // by email key
	members map[string]*app.Membership // by account and id
	listed  []app.Membership
	queries []app.MemberQuery
	created []app.NewMember
	sent    []app.Confirmation
	notices []app.Notice
	trail   []app.Activity
	changes []app.MembershipChange
}

func (r *fakeMemberStore) Members(_ context.Context, _ string, q app.MemberQuery, limit int) ([]app.Membership, error) {
	r.queries = append(r.queries, q)
	return r.listed[:min(limit, len(r.listed))], nil
}

func (r *fakeMemberStore) Member(_ context.Context, accountID, membershipID string) (*app.Membership, error) {
	member, ok := r.members[accountID+membershipID]
	if !ok {
		return nil, app.NotFound
	}
	return member, nil
}

func (r *fakeMemberStore) CreateMember(_ context.Context, c app.NewMember) (app.NewMember, error) {
	if person, ok := r.logins[c.Identity.EmailKey]; ok {
		c = c.ForExisting(person)
	}
	r.created = append(r.created, c)
	return c, nil
}

func (r *fakeMemberStore) SendActivation(_ context.Context, c app.Confirmation, n app.Notice, what app.Activity) error {
	r.sent, r.notices, r.trail = append(r.sent, c), append(r.notices, n), append(r.trail, what)
	return nil
}

func newMembers(t *testing.T) (app.Members, *fakeMemberStore) {
	t.Helper()
	store := &fakeMemberStore{logins: map[string]app.Identity{}, members: map[string]*app.Membership{}}
	clock := &fakeClock{noon}
	return app.Members{Store: store, Sealer: newSealer(t), Clock: clock.now}, store
}

func validNewUser() app.NewUser {
	return app.NewUser{FirstName: "Bob", LastName: "Ray", Email: "Bob@Example.com", Role: app.LimitedUser, Language: "de"}
}

// TestMembers_MembersReadSuperUsersChange is the matrix of who may do what with members.
func TestMembers_MembersReadSuperUsersChange(t *testing.T) {
	t.Parallel()
	for _, person := range actorCases() {
		members, store := newMembers(t)
		id := app.NewID()
		store.members["ACME"+id] = &app.Membership{ID: id, IdentityID: "BOB", Identity: &app.Identity{ID: "BOB"}}
		_, list := members.List(t.Context(), person.actor, app.MemberQuery{})
		_, create := members.Create(t.Context(), person.actor, validNewUser())
		_, activation := members.SendActivation(t.Context(), person.actor, id)
		if got := list == nil; got != person.isMember {
			t.Errorf("%s lists: got %v", person.name, list)
		}
		if !person.isMember {
			wantRefusal(t, list, app.Forbidden, "members_only")
		}
		for name, err := range map[string]error{"create": create, "activation": activation} {
			if got := err == nil; got != person.isSuperUser {
				t.Errorf("%s by %s: got %v", name, person.name, err)
			}
			if !person.isSuperUser {
				wantRefusal(t, err, app.Forbidden, "super_users_only")
			}
		}
		if done := len(store.created) + len(store.sent); (done > 0) != person.isSuperUser {
			t.Errorf("%s: %d changes", person.name, done)
		}
	}
}

func TestMembers_ArePaged(t *testing.T) {
	t.Parallel()
	for _, count := range []int{0, 1, app.PageSize, app.PageSize + 1, 3 * app.PageSize} {
		members, store := newMembers(t)
		for i := range count {
			store.listed = append(store.listed,
				app.Membership{ID: app.NewID(), JoinedAt: noon.Add(-time.Duration(i) * time.Minute)})
		}
		page, err := members.List(t.Context(), newActor(app.LimitedUser, app.Active), app.MemberQuery{})
		wantNoError(t, err)
		want := app.Cursor{}
		if count > app.PageSize {
			last := store.listed[app.PageSize-1]
			want = app.Cursor{At: last.JoinedAt, ID: last.ID}
		}
		if len(page.Entries) != min(count, app.PageSize) || page.Next != want {
			t.Errorf("%d members: got %d on the page and next %v, want %v", count, len(page.Entries), page.Next, want)
		}
	}
}

// TestMembers_SearchIsNormalizedOrNotAsked: words are looked for in the form in which they are kept, and what
// nobody can match is not asked for.
func TestMembers_SearchIsNormalizedOrNotAsked(t *testing.T) {
	t.Parallel()
	tests := []struct {
		query app.MemberQuery
		want  string // the search that the store is asked for
		asked bool
	}{
		{app.MemberQuery{}, "", true},
		{app.MemberQuery{Search: "  ANN  Zoe\u0308 "}, "ann  zo\u00eb", true},
		{app.MemberQuery{Search: "50%_\\'"}, "50%_\\'", true},
		{app.MemberQuery{Search: strings.Repeat("a ", 99) + "aa"}, strings.Repeat("a ", 99) + "aa", true},
		{app.MemberQuery{Search: strings.Repeat("a ", 100) + "a"}, "", false},
		{app.MemberQuery{Search: strings.Repeat("a ", 5000)}, "", false},
		{app.MemberQuery{Search: "ann\x00"}, "", false},
		{app.MemberQuery{Search: "ann\xff"}, "ann\ufffd", true},
		{app.MemberQuery{Role: app.SuperUser, Status: app.Active, LinkID: strings.Repeat("A", 26)}, "", true},
		{app.MemberQuery{Role: "owner"}, "", false},
		{app.MemberQuery{Status: "gone\x00"}, "", false},
		{app.MemberQuery{LinkID: "1 OR 1=1"}, "", false},
	}
	for _, test := range tests {
		members, store := newMembers(t)
		store.listed = []app.Membership{{ID: app.NewID()}}
		page, err := members.List(t.Context(), newActor(app.SuperUser, app.Active), test.query)
		wantNoError(t, err)
		if got := len(store.queries) == 1; got != test.asked || got != (len(page.Entries) == 1) {
			t.Errorf("%+v: asked %t, found %d, want %t", test.query, got, len(page.Entries), test.asked)
		}
		if test.asked && store.queries[0].Search != test.want {
			t.Errorf("%+v: searched %q, want %q", test.query, store.queries[0].Search, test.want)
		}
	}
}

func TestMembers_CreateMailsActivationToNewLogin(t *testing.T) {
	t.Parallel()
	members, store := newMembers(t)
	created, err := members.Create(t.Context(), newActor(app.SuperUser, app.Active), validNewUser())
	wantNoError(t, err)
	if created.Existing || created.Name != "Bob Ray" {
		t.Errorf("got %+v", created)
	}
	c := store.created[0]
	if c.Identity.Email != "Bob@Example.com" || c.Identity.EmailKey != "bob@example.com" || c.Identity.Operator ||
		c.Identity.PasswordHash != "" || c.Identity.ConfirmedAt != nil || c.Identity.Language != "de" {
		t.Errorf("identity %+v", c.Identity)
	}
	if c.Membership.AccountID != "ACME" || c.Membership.Role != app.LimitedUser || c.Membership.Status != app.Active ||
		c.Membership.JoinedBy != app.ByCreation || c.Membership.CreatedByID != "IDENTITY" {
		t.Errorf("membership %+v", c.Membership)
	}
	if c.Activation == nil || c.Activation.Purpose != app.ToActivate ||
		!c.Activation.ExpiresAt.Equal(noon.Add(7*24*time.Hour)) {
		t.Errorf("activation %+v", c.Activation)
	}
	if len(c.Notices) != 1 || c.Notices[0].Kind != app.ActivateLogin || c.Notices[0].RecipientID != c.Identity.ID ||
		c.Notices[0].EventID != c.Activation.ID || c.Activity.Event != app.UserCreated ||
		c.Activity.SubjectID != c.Identity.ID {
		t.Errorf("notices %+v, activity %+v", c.Notices, c.Activity)
	}
}

// TestMembers_CreateKeepsExistingLogin: the person keeps the login and its words; what it still lacks is mailed too.
func TestMembers_CreateKeepsExistingLogin(t *testing.T) {
	t.Parallel()
	at := noon
	tests := []struct {
		name    string
		person  app.Identity
		letters []app.NoticeKind
	}{
		{"ready", app.Identity{PasswordHash: "x", ConfirmedAt: &at}, []app.NoticeKind{app.AddedToAccount}},
		{"without a password", app.Identity{ConfirmedAt: &at}, []app.NoticeKind{app.AddedToAccount, app.ActivateLogin}},
		{"not confirmed", app.Identity{PasswordHash: "x"}, []app.NoticeKind{app.AddedToAccount, app.ActivateLogin}},
	}
	for _, test := range tests {
		members, store := newMembers(t)
		test.person.ID, test.person.FirstName = "BOB", "Robert"
		store.logins["bob@example.com"] = test.person
		created, err := members.Create(t.Context(), newActor(app.SuperUser, app.Active), validNewUser())
		wantNoError(t, err)
		c := store.created[0]
		if !created.Existing || created.Name != "Robert" || c.Membership.IdentityID != "BOB" ||
			c.Activity.SubjectID != "BOB" ||
			c.Activity.Event != app.UserAdded {
			t.Errorf("%s: got %+v and %+v", test.name, created, c)
		}
		if len(c.Notices) != len(test.letters) || (c.Activation != nil) != (len(test.letters) > 1) {
			t.Fatalf("%s: got notices %+v", test.name, c.Notices)
		}
		for i, n := range c.Notices {
			if n.Kind != test.letters[i] || n.RecipientID != "BOB" || n.AccountID != "ACME" || n.SubjectID != "IDENTITY" {
				t.Errorf("%s: got notice %+v, want %s", test.name, n, test.letters[i])
			}
		}
	}
}

func TestMembers_CreateRefusesInvalidForms(t *testing.T) {
	t.Parallel()
	members, store := newMembers(t)
	for field, test := range map[string]struct {
		change func(*app.NewUser)
		id     string
	}{
		"first_name": {func(n *app.NewUser) { n.FirstName = " " }, "first_name_required"},
		"last_name":  {func(n *app.NewUser) { n.LastName = "a\x00" }, "text_control"},
		"email":      {func(n *app.NewUser) { n.Email = "Bob <bob@example.com>" }, "email_bare"},
		"role":       {func(n *app.NewUser) { n.Role = "operator" }, "role_required"},
	} {
		form := validNewUser()
		test.change(&form)
		_, err := members.Create(t.Context(), newActor(app.SuperUser, app.Active), form)
		wantProblem(t, err, field, test.id)
	}
	if len(store.created) > 0 {
		t.Errorf("%d creations are stored", len(store.created))
	}
}

func TestMembers_SendActivationMailsWhatIsMissing(t *testing.T) {
	t.Parallel()
	members, store := newMembers(t)
	sue, at, id := newActor(app.SuperUser, app.Active), noon, app.NewID()
	person := &app.Identity{ID: "BOB", FirstName: "Bob"}
	store.members["ACME"+id] = &app.Membership{ID: id, IdentityID: "BOB", Identity: person}
	for _, unknown := range []string{"", app.NewID(), id[:25], strings.ToLower(id), id + "\x00", "' OR 1=1"} {
		_, err := members.SendActivation(t.Context(), sue, unknown)
		wantRefusal(t, err, app.NotFound, "member_unknown")
	}
	send := func(want app.ConfirmationPurpose) {
		t.Helper()
		_, err := members.SendActivation(t.Context(), sue, id)
		wantNoError(t, err)
		last := len(store.sent) - 1
		if store.sent[last].Purpose != want || store.notices[last].EventID != store.sent[last].ID ||
			person.PendingConfirmation() != want ||
			store.trail[last].Event != app.ActivationSent || store.trail[last].SubjectID != "BOB" {
			t.Errorf("got %+v, want a mail to %s", store.sent[last], want)
		}
	}
	send(app.ToActivate)
	person.PasswordHash = "x"
	send(app.ToConfirm)
	person.ConfirmedAt = &at
	_, err := members.SendActivation(t.Context(), sue, id)
	wantRefusal(t, err, app.Conflict, "already_activated")
	if person.PendingConfirmation() != "" || len(store.sent) != 2 {
		t.Errorf("waiting for %q after %d mails", person.PendingConfirmation(), len(store.sent))
	}
	tom := sue
	tom.Account.ID = "BOLT"
	_, err = members.SendActivation(t.Context(), tom, id)
	wantRefusal(t, err, app.NotFound, "member_unknown")
	if errors.Is(err, app.Conflict) {
		t.Error("another account's member is told of")
	}
}

// ChangeMembership decides about a member of the roster and keeps the change.
func (r *fakeMemberStore) ChangeMembership(
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
	return &change.After, nil
}

func (r *fakeMemberStore) RecordActivity(_ context.Context, what app.Activity) error {
	r.trail = append(r.trail, what)
	return nil
}

func (r *fakeMemberStore) ActivitiesAbout(context.Context, string, string, int) ([]app.Activity, error) {
	return r.trail, nil
}

// membershipActions are everything that a Super User does to a membership.
func membershipActions(members app.Members) map[string]func(context.Context, app.Actor, string) error {
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

// TestMembers_OnlySuperUsersOfTheAccountChangeMemberships: Super Users alone see and change a membership, and
// none but those of their account.
func TestMembers_OnlySuperUsersOfTheAccountChangeMemberships(t *testing.T) {
	t.Parallel()
	for _, person := range actorCases() {
		members, store := newMembers(t)
		id := app.NewID()
		store.members["ACME"+id] = &app.Membership{
			ID: id, IdentityID: "BOB", Role: app.StandardUser, Status: app.Active,
			Identity: &app.Identity{ID: "BOB"},
		}
		all := membershipActions(members)
		all["look"] = func(ctx context.Context, by app.Actor, id string) error {
			_, err := members.Details(ctx, by, id)
			return err
		}
		for name, act := range all {
			err := act(t.Context(), person.actor, id)
			if person.isSuperUser && err != nil {
				t.Errorf("%s by %s: got %v", name, person.name, err)
			}
			if !person.isSuperUser {
				wantRefusal(t, err, app.Forbidden, "super_users_only")
			}
		}
		if !person.isSuperUser {
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

type memberActionCase struct {
	act     string
	was     app.Membership
	want    app.Membership
	event   app.Event // empty: nothing is stored
	details app.Details
}

// memberActionCases are actions on a membership, and what it is before and after them.
func memberActionCases() []memberActionCase {
	end := time.Date(2026, 11, 5, 0, 0, 0, 0, time.UTC)
	is := func(role app.Role, status app.Status, expires *time.Time) app.Membership {
		return app.Membership{Role: role, Status: status, ExpiresOn: expires}
	}
	standard, limited := app.StandardUser, app.LimitedUser
	return []memberActionCase{
		{
			"role", is(standard, app.Active, nil), is(limited, app.Active, nil), app.RoleChanged,
			app.Details{"OldRole": "standard", "Role": "limited"},
		},
		{"role", is(limited, app.Active, nil), is(limited, app.Active, nil), "", nil},
		{
			"role", is(app.SuperUser, app.Suspended, &end), is(limited, app.Suspended, &end), app.RoleChanged,
			app.Details{"OldRole": "super", "Role": "limited"},
		},
		{"suspend", is(standard, app.Active, &end), is(standard, app.Suspended, &end), app.MemberSuspended, nil},
		{"suspend", is(standard, app.Suspended, nil), is(standard, app.Suspended, nil), "", nil},
		{"reinstate", is(standard, app.Suspended, &end), is(standard, app.Active, &end), app.MemberReinstated, nil},
		{"reinstate", is(standard, app.Active, nil), is(standard, app.Active, nil), "", nil},
		{"remove", is(standard, app.Active, nil), is(standard, app.Active, nil), app.MemberRemoved, nil},
		{"remove", is(standard, app.Suspended, nil), is(standard, app.Suspended, nil), app.MemberRemoved, nil},
		{
			"expiry", is(standard, app.Active, nil), is(standard, app.Active, &end), app.ExpiryChanged,
			app.Details{"Date": "2026-11-04"},
		},
		{"expiry", is(standard, app.Active, &end), is(standard, app.Active, &end), "", nil},
	}
}

// TestMembers_EachActionStoresItsChange is what becomes of a membership, by what it was.
func TestMembers_EachActionStoresItsChange(t *testing.T) {
	t.Parallel()
	for _, test := range memberActionCases() {
		members, store := newMembers(t)
		test.was.ID, test.was.IdentityID = app.NewID(), "BOB"
		store.members["ACME"+test.was.ID] = &test.was
		wantNoError(t, membershipActions(members)[test.act](t.Context(), newActor(app.SuperUser, app.Active), test.was.ID))
		got := store.changes[0]
		what := app.Activity{}
		if got.Activity != nil {
			what = *got.Activity
		}
		if got.After.Role != test.want.Role || got.After.Status != test.want.Status ||
			got.After.LastDay() != test.want.LastDay() || what.Event != test.event || !maps.Equal(what.Details, test.details) ||
			got.Removed != (test.event == app.MemberRemoved) {
			t.Errorf("%s of %+v: got %+v", test.act, test.was, got)
		}
		if test.event != "" &&
			(what.SubjectID != "BOB" || what.ActorID != "IDENTITY" || what.AccountID != "ACME" || what.Address == "") {
			t.Errorf("%s: activity %+v", test.act, what)
		}
	}
}

// TestMembers_PendingOnesAreDecidedFirst: whom nobody accepted can be neither promoted nor suspended, nor removed.
func TestMembers_PendingOnesAreDecidedFirst(t *testing.T) {
	t.Parallel()
	members, store := newMembers(t)
	id := app.NewID()
	store.members["ACME"+id] = &app.Membership{ID: id, Role: app.StandardUser, Status: app.Pending}
	for _, act := range membershipActions(members) {
		wantRefusal(t, act(t.Context(), newActor(app.SuperUser, app.Active), id), app.Conflict, "decide_first")
	}
	if len(store.changes) > 0 {
		t.Errorf("%d changes", len(store.changes))
	}
}

func TestMembers_ChangeRoleRefusesUnknownRoles(t *testing.T) {
	t.Parallel()
	members, _ := newMembers(t)
	for _, role := range []app.Role{"", "owner", "SUPER", "super\x00", " super"} {
		_, err := members.ChangeRole(t.Context(), newActor(app.SuperUser, app.Active), app.NewID(), role)
		wantProblem(t, err, "role", "role_required")
	}
}

// TestMembers_ExpiryIsTheEndOfTheLastDay: a membership counts to the end of its last day in UTC.
func TestMembers_ExpiryIsTheEndOfTheLastDay(t *testing.T) {
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
		_, err := members.SetExpiry(t.Context(), newActor(app.SuperUser, app.Active), id, typed)
		if problem, ok := want.(string); ok {
			wantProblem(t, err, "expires", problem)
			continue
		}
		wantNoError(t, err)
		got := "none"
		if store.changes[0].After.ExpiresOn != nil {
			got = fmt.Sprint(*store.changes[0].After.ExpiresOn)
		}
		if end, ok := want.(time.Time); (ok && got != fmt.Sprint(end)) || (!ok && got != "none") {
			t.Errorf("%q ends at %s, want %v", typed, got, want)
		}
	}
}
