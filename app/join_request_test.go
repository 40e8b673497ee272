package app_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"reglink/app"
)

// fakeJoinStore is a JoinRequestStore in memory with at most one request.
type fakeJoinStore struct {
	person           *app.Identity
	request          *app.JoinRequest
	notice           app.Notice
	members          []app.Membership
	joined           []app.ConfirmedJoin
	joinErr          error            // what Join answers
	membersAfterJoin []app.Membership // those that there are once it has
}

func (d *fakeJoinStore) IdentityByEmail(context.Context, string) (*app.Identity, error) {
	if d.person == nil {
		return nil, app.Refuse(app.NotFound, "identity_unknown")
	}
	return d.person, nil
}

func (d *fakeJoinStore) AddJoinRequest(_ context.Context, r app.JoinRequest, n app.Notice) error {
	d.request, d.notice = &r, n
	return nil
}

func (d *fakeJoinStore) JoinRequestByToken(context.Context, []byte) (*app.JoinRequest, error) {
	if d.request == nil {
		return nil, app.NotFound
	}
	return d.request, nil
}

func (d *fakeJoinStore) Memberships(context.Context, string) ([]app.Membership, error) {
	return d.members, nil
}

func (d *fakeJoinStore) ConsumeJoinRequest(_ context.Context, j app.ConfirmedJoin) error {
	d.joined, d.members = append(d.joined, j), append(d.members, d.membersAfterJoin...)
	return d.joinErr
}

// newJoinRequest is a doorbell that somebody with a login has rung, and the token that the mail carries.
func newJoinRequest(t *testing.T) (app.JoinRequests, *fakeJoinStore, *fakeClock, string) {
	t.Helper()
	alive := true
	link := app.Link{
		ID: "LINK", AccountID: "ACME", Active: &alive, LinkPolicy: app.LinkPolicy{
			Role:    app.LimitedUser,
			Domains: "acme.example",
		},
		GeneratedBy: &app.Identity{ID: "SUE"}, Creator: &app.Membership{Role: app.SuperUser, Status: app.Active},
	}
	store, clock := &fakeJoinStore{person: &app.Identity{
		ID: "LENA", Email: "lena@acme.example",
		EmailKey: "lena@acme.example",
	}}, &fakeClock{noon}
	rules := app.JoinRequests{Store: store, Sealer: newSealer(t), Clock: clock.now}
	wantNoError(t, rules.Send(t.Context(), link, " Lena@ACME.example "))
	if store.request == nil {
		t.Fatal("nothing was asked for")
	}
	token, err := rules.Sealer.Open("join|"+store.request.ID, store.request.TokenBox)
	wantNoError(t, err)
	store.request.Account, store.request.Identity, store.request.Link = &app.Account{ID: "ACME", Name: "Acme"},
		store.person, &link
	return rules, store, clock, token
}

func TestJoinRequest_TooSoonWithinTenMinutesOrAfterThree(t *testing.T) {
	t.Parallel()
	r := app.JoinRequest{CreatedAt: noon}
	for name, c := range map[string]struct {
		ago  []time.Duration
		want bool
	}{
		"the first":               {nil, false},
		"after ten minutes":       {[]time.Duration{10 * time.Minute}, false},
		"a moment before":         {[]time.Duration{10*time.Minute - time.Microsecond}, true},
		"at once":                 {[]time.Duration{0}, true},
		"the third":               {[]time.Duration{time.Hour, 2 * time.Hour}, false},
		"the fourth":              {[]time.Duration{time.Hour, 2 * time.Hour, 23 * time.Hour}, true},
		"at once, whoever counts": {[]time.Duration{time.Hour, time.Minute}, true},
	} {
		var earlier []time.Time
		for _, ago := range c.ago {
			earlier = append(earlier, noon.Add(-ago))
		}
		if got := r.TooSoon(earlier); got != c.want {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

func TestJoinRequests_MailOnlyKnownPeople(t *testing.T) {
	t.Parallel()
	rules, store, _, token := newJoinRequest(t)
	r, n := store.request, store.notice
	if r.AccountID != "ACME" || r.IdentityID != "LENA" || r.LinkID != "LINK" ||
		!r.ExpiresAt.Equal(noon.Add(7*24*time.Hour)) || r.UsedAt != nil {
		t.Errorf("got %+v", r)
	}
	if n.Kind != app.JoinAccount || n.EventID != r.ID || n.RecipientID != "LENA" || n.AccountID != "ACME" ||
		n.SubjectID != "" {
		t.Errorf("got %+v", n)
	}
	if _, ok := app.HashToken(app.JoinToken, token); !ok {
		t.Errorf("the mail carries %q", token)
	}
	suspended := noon
	for name, person := range map[string]*app.Identity{"nobody": nil, "suspended": {ID: "OFF", SuspendedAt: &suspended}} {
		store.request, store.person = nil, person
		wantNoError(t, rules.Send(t.Context(), app.Link{}, "x@acme.example"))
		if store.request != nil {
			t.Errorf("%s was asked", name)
		}
	}
	wantProblem(t, rules.Send(t.Context(), app.Link{}, "x"), "email", "email_invalid")
	only := app.Link{LinkPolicy: app.LinkPolicy{Domains: "acme.example"}}
	wantProblem(t, rules.Send(t.Context(), only, "x@beta.example"), "email", "email_domain_not_allowed")
}

type joinRequestCase struct {
	change func(d *fakeJoinStore, h *fakeClock)
	gone   bool
	member app.Status
}

// joinRequestCases change what a join request was sent for.
func joinRequestCases() map[string]joinRequestCase {
	used := noon
	return map[string]joinRequestCase{
		"fresh":       {func(*fakeJoinStore, *fakeClock) {}, false, ""},
		"at the last": {func(_ *fakeJoinStore, h *fakeClock) { h.advance(7*24*time.Hour - time.Microsecond) }, false, ""},
		"expired":     {func(_ *fakeJoinStore, h *fakeClock) { h.advance(7 * 24 * time.Hour) }, true, ""},
		"used":        {func(d *fakeJoinStore, _ *fakeClock) { d.request.UsedAt = &used }, true, ""},
		"link dead":   {func(d *fakeJoinStore, _ *fakeClock) { d.request.Link.Active = nil }, true, ""},
		"link full": {
			func(d *fakeJoinStore, _ *fakeClock) { d.request.Link.MaxUses, d.request.Link.Used = 3, 3 }, true, "",
		},
		"link expired": {func(d *fakeJoinStore, _ *fakeClock) { d.request.Link.ExpiresAt = &used }, true, ""},
		"link stopped": {
			func(d *fakeJoinStore, _ *fakeClock) { d.request.Link.Creator.Role = app.StandardUser }, true, "",
		},
		"domain left out": {func(d *fakeJoinStore, _ *fakeClock) { d.request.Link.Domains = "beta.example" }, true, ""},
		"login suspended": {func(d *fakeJoinStore, _ *fakeClock) { d.person.SuspendedAt = &used }, true, ""},
		"a member": {func(d *fakeJoinStore, _ *fakeClock) {
			d.members = []app.Membership{{AccountID: "ACME", Status: app.Active}}
		}, false, app.Active},
		"a member of other": {func(d *fakeJoinStore, _ *fakeClock) {
			d.members = []app.Membership{{AccountID: "BETA", Status: app.Active}}
		}, false, ""},
		"waiting, used": {func(d *fakeJoinStore, _ *fakeClock) {
			d.request.UsedAt, d.members = &used, []app.Membership{{AccountID: "BETA"}, {AccountID: "ACME", Status: app.Pending}}
		}, false, app.Pending},
	}
}

// What the mailed address opens, and when it opens nothing any more.
func TestJoinRequests_OpenOnlyWhileTheyHold(t *testing.T) {
	t.Parallel()
	for name, c := range joinRequestCases() {
		rules, store, clock, token := newJoinRequest(t)
		c.change(store, clock)
		asked, err := rules.Find(t.Context(), token)
		if c.gone {
			wantRefusal(t, err, app.Gone, "join_over")
			_, err = rules.Join(t.Context(), token, app.Client{})
			wantRefusal(t, err, app.Gone, "join_over")
			continue
		}
		wantNoError(t, err)
		if got := asked.Member; (got == nil) != (c.member == "") || got != nil && got.Status != c.member {
			t.Errorf("%s: got %+v, want %q", name, got, c.member)
		}
		_, err = rules.Join(t.Context(), token, app.Client{})
		wantNoError(t, err)
		if (len(store.joined) == 1) != (c.member == "") {
			t.Errorf("%s: joined %d times", name, len(store.joined))
		}
	}
}

func TestJoinRequests_UnknownTokensAreNotFound(t *testing.T) {
	t.Parallel()
	rules, store, _, token := newJoinRequest(t)
	for _, unknown := range []string{"", "rj1_", token[:46], token + "A", "rc1_" + token[4:]} {
		_, err := rules.Find(t.Context(), unknown)
		wantRefusal(t, err, app.NotFound, "join_unknown")
	}
	store.request = nil
	_, err := rules.Find(t.Context(), token)
	wantRefusal(t, err, app.NotFound, "join_unknown")
}

func TestJoin_AddsAPendingMember(t *testing.T) {
	t.Parallel()
	rules, store, clock, token := newJoinRequest(t)
	clock.advance(time.Hour)
	asked, err := rules.Join(t.Context(), token, app.Client{Address: "192.0.2.9"})
	wantNoError(t, err)
	j := store.joined[0]
	m := j.Membership
	if m.Status != app.Pending || m.Role != app.LimitedUser || m.JoinedBy != app.ByRequest || m.LinkID != "LINK" ||
		m.IdentityID != "LENA" ||
		m.AccountID != "ACME" || !m.JoinedAt.Equal(clock.at) || asked.Member == nil || asked.Member.ID != m.ID {
		t.Errorf("got %+v", m)
	}
	if a := j.Activity; a.Event != app.JoinRequested || a.ActorID != "LENA" || a.SubjectID != "LENA" ||
		a.Address != "192.0.2.9" {
		t.Errorf("got %+v", a)
	}
	if n := j.NoticeTo("SUE"); n.Kind != app.ApprovalNeeded || n.EventID != m.ID || n.RecipientID != "SUE" ||
		n.SubjectID != "LENA" || n.AccountID != "ACME" {
		t.Errorf("got %+v", n)
	}
	_, err = j.WithLink(app.Link{})
	wantRefusal(t, err, app.Gone, "join_over")
	promoted := *store.request.Link
	promoted.Role = app.StandardUser
	if under, err := j.WithLink(promoted); err != nil || under.Role != app.StandardUser || under.ID != m.ID {
		t.Errorf("under the link's policy of the moment: %+v, %v", under, err)
	}
	store.joinErr = errBroken
	if _, err := rules.Join(t.Context(), token, app.Client{}); !errors.Is(err, errBroken) {
		t.Errorf("got %v", err)
	}
	store.joinErr = app.Refuse(app.Gone, "join_over")
	_, err = rules.Join(t.Context(), token, app.Client{})
	wantRefusal(t, err, app.Gone, "join_over")
}

// A second press of the button, or of another mail's, may be faster between the look and the store: its
// person waits, and is told so.
func TestJoin_RepeatShowsTheFirstMembership(t *testing.T) {
	t.Parallel()
	for _, refusal := range []error{app.Refuse(app.Gone, "join_over"), app.Refuse(app.Conflict, "already_member")} {
		rules, store, _, token := newJoinRequest(t)
		store.joinErr, store.membersAfterJoin = refusal,
			[]app.Membership{{ID: "THEIRS", AccountID: "ACME", Status: app.Pending}}
		asked, err := rules.Join(t.Context(), token, app.Client{})
		wantNoError(t, err)
		if asked.Member == nil || asked.Member.ID != "THEIRS" {
			t.Errorf("got %+v", asked.Member)
		}
	}
}
