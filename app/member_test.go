package app_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// roster is a MemberStore in memory.
type roster struct {
	logins  map[string]app.Identity    // by email key
	members map[string]*app.Membership // by account and id
	listed  []app.Membership
	asked   []app.MemberQuery
	created []app.Creation
	sent    []app.Confirmation
	notices []app.Notice
	trail   []app.Activity
	changes []app.MembershipChange
}

func (r *roster) Members(_ context.Context, _ string, q app.MemberQuery, limit int) ([]app.Membership, error) {
	r.asked = append(r.asked, q)
	return r.listed[:min(limit, len(r.listed))], nil
}

func (r *roster) Member(_ context.Context, accountID, membershipID string) (*app.Membership, error) {
	member, ok := r.members[accountID+membershipID]
	if !ok {
		return nil, app.NotFound
	}
	return member, nil
}

func (r *roster) CreateMember(_ context.Context, c app.Creation) (app.Creation, error) {
	if person, ok := r.logins[c.Identity.EmailKey]; ok {
		c = c.Joining(person)
	}
	r.created = append(r.created, c)
	return c, nil
}

func (r *roster) SendActivation(_ context.Context, c app.Confirmation, n app.Notice, what app.Activity) error {
	r.sent, r.notices, r.trail = append(r.sent, c), append(r.notices, n), append(r.trail, what)
	return nil
}

func newMembers(t *testing.T) (app.Members, *roster) {
	t.Helper()
	store := &roster{logins: map[string]app.Identity{}, members: map[string]*app.Membership{}}
	clock := &hands{noon}
	return app.Members{Store: store, Sealer: newSealer(t), Clock: clock.clock}, store
}

func newUser() app.NewUser {
	return app.NewUser{FirstName: "Bob", LastName: "Ray", Email: "Bob@Example.com", Role: app.LimitedUser, Language: "de"}
}

// TestMemberAccess is the matrix of who may do what with members.
func TestMemberAccess(t *testing.T) {
	t.Parallel()
	for _, person := range everybody() {
		members, store := newMembers(t)
		id := app.NewID()
		store.members["ACME"+id] = &app.Membership{ID: id, IdentityID: "BOB", Identity: &app.Identity{ID: "BOB"}}
		_, list := members.List(t.Context(), person.actor, app.MemberQuery{})
		_, create := members.Create(t.Context(), person.actor, newUser())
		_, activation := members.SendActivation(t.Context(), person.actor, id)
		if got := list == nil; got != person.reads {
			t.Errorf("%s lists: got %v", person.name, list)
		}
		if !person.reads {
			wantRefusal(t, list, app.Forbidden, "members_only")
		}
		for name, err := range map[string]error{"create": create, "activation": activation} {
			if got := err == nil; got != person.super {
				t.Errorf("%s by %s: got %v", name, person.name, err)
			}
			if !person.super {
				wantRefusal(t, err, app.Forbidden, "super_users_only")
			}
		}
		if done := len(store.created) + len(store.sent); (done > 0) != person.super {
			t.Errorf("%s: %d changes", person.name, done)
		}
	}
}

func TestMemberPages(t *testing.T) {
	t.Parallel()
	for _, count := range []int{0, 1, app.PageSize, app.PageSize + 1, 3 * app.PageSize} {
		members, store := newMembers(t)
		for i := range count {
			store.listed = append(store.listed, app.Membership{ID: app.NewID(), JoinedAt: noon.Add(-time.Duration(i) * time.Minute)})
		}
		page, err := members.List(t.Context(), actor(app.LimitedUser, app.Active), app.MemberQuery{})
		wantNoError(t, err)
		want := app.Cursor{}
		if count > app.PageSize {
			last := store.listed[app.PageSize-1]
			want = app.Cursor{At: last.JoinedAt, ID: last.ID}
		}
		if len(page.Members) != min(count, app.PageSize) || page.Next != want {
			t.Errorf("%d members: got %d on the page and next %v, want %v", count, len(page.Members), page.Next, want)
		}
	}
}

// TestMemberSearch: words are looked for in the form in which they are kept, and what nobody can match is not asked for.
func TestMemberSearch(t *testing.T) {
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
		page, err := members.List(t.Context(), actor(app.SuperUser, app.Active), test.query)
		wantNoError(t, err)
		if got := len(store.asked) == 1; got != test.asked || got != (len(page.Members) == 1) {
			t.Errorf("%+v: asked %t, found %d, want %t", test.query, got, len(page.Members), test.asked)
		}
		if test.asked && store.asked[0].Search != test.want {
			t.Errorf("%+v: searched %q, want %q", test.query, store.asked[0].Search, test.want)
		}
	}
}

func TestCreateNewLogin(t *testing.T) {
	t.Parallel()
	members, store := newMembers(t)
	created, err := members.Create(t.Context(), actor(app.SuperUser, app.Active), newUser())
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
	if c.Activation == nil || c.Activation.Purpose != app.ToActivate || !c.Activation.ExpiresAt.Equal(noon.Add(7*24*time.Hour)) {
		t.Errorf("activation %+v", c.Activation)
	}
	if len(c.Notices) != 1 || c.Notices[0].Letter != app.ActivateLogin || c.Notices[0].RecipientID != c.Identity.ID ||
		c.Notices[0].EventID != c.Activation.ID || c.Activity.Event != app.UserCreated || c.Activity.SubjectID != c.Identity.ID {
		t.Errorf("notices %+v, activity %+v", c.Notices, c.Activity)
	}
}

// TestCreateExistingLogin: the person keeps the login and its words; what it still lacks is mailed too.
func TestCreateExistingLogin(t *testing.T) {
	t.Parallel()
	at := noon
	tests := []struct {
		name    string
		person  app.Identity
		letters []app.Letter
	}{
		{"ready", app.Identity{PasswordHash: "x", ConfirmedAt: &at}, []app.Letter{app.AddedToAccount}},
		{"without a password", app.Identity{ConfirmedAt: &at}, []app.Letter{app.AddedToAccount, app.ActivateLogin}},
		{"not confirmed", app.Identity{PasswordHash: "x"}, []app.Letter{app.AddedToAccount, app.ActivateLogin}},
	}
	for _, test := range tests {
		members, store := newMembers(t)
		test.person.ID, test.person.FirstName = "BOB", "Robert"
		store.logins["bob@example.com"] = test.person
		created, err := members.Create(t.Context(), actor(app.SuperUser, app.Active), newUser())
		wantNoError(t, err)
		c := store.created[0]
		if !created.Existing || created.Name != "Robert" || c.Membership.IdentityID != "BOB" || c.Activity.SubjectID != "BOB" ||
			c.Activity.Event != app.UserAdded {
			t.Errorf("%s: got %+v and %+v", test.name, created, c)
		}
		if len(c.Notices) != len(test.letters) || (c.Activation != nil) != (len(test.letters) > 1) {
			t.Fatalf("%s: got notices %+v", test.name, c.Notices)
		}
		for i, n := range c.Notices {
			if n.Letter != test.letters[i] || n.RecipientID != "BOB" || n.AccountID != "ACME" || n.SubjectID != "IDENTITY" {
				t.Errorf("%s: got notice %+v, want %s", test.name, n, test.letters[i])
			}
		}
	}
}

func TestCreateProblems(t *testing.T) {
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
		form := newUser()
		test.change(&form)
		_, err := members.Create(t.Context(), actor(app.SuperUser, app.Active), form)
		wantProblem(t, err, field, test.id)
	}
	if len(store.created) > 0 {
		t.Errorf("%d creations are stored", len(store.created))
	}
}

func TestSendActivation(t *testing.T) {
	t.Parallel()
	members, store := newMembers(t)
	sue, at, id := actor(app.SuperUser, app.Active), noon, app.NewID()
	person := &app.Identity{ID: "BOB", FirstName: "Bob"}
	store.members["ACME"+id] = &app.Membership{ID: id, IdentityID: "BOB", Identity: person}
	for _, unknown := range []string{"", app.NewID(), id[:25], strings.ToLower(id), id + "\x00", "' OR 1=1"} {
		_, err := members.SendActivation(t.Context(), sue, unknown)
		wantRefusal(t, err, app.NotFound, "member_unknown")
	}
	send := func(want app.Purpose) {
		t.Helper()
		_, err := members.SendActivation(t.Context(), sue, id)
		wantNoError(t, err)
		last := len(store.sent) - 1
		if store.sent[last].Purpose != want || store.notices[last].EventID != store.sent[last].ID || person.Waiting() != want ||
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
	if person.Waiting() != "" || len(store.sent) != 2 {
		t.Errorf("waiting for %q after %d mails", person.Waiting(), len(store.sent))
	}
	tom := sue
	tom.Account.ID = "BOLT"
	_, err = members.SendActivation(t.Context(), tom, id)
	wantRefusal(t, err, app.NotFound, "member_unknown")
	if errors.Is(err, app.Conflict) {
		t.Error("another account's member is told of")
	}
}
