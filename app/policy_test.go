package app_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

const day = 24 * time.Hour

func moment(at time.Time) *time.Time { return &at }

func TestLinkState(t *testing.T) {
	t.Parallel()
	yes := true
	for name, c := range map[string]struct {
		change func(*app.Link)
		most   app.MaxDays
		want   app.LinkState
		said   string
	}{
		"untouched":                 {func(*app.Link) {}, 0, app.LinkActive, ""},
		"dead":                      {func(l *app.Link) { l.Active = nil }, 0, app.LinkDead, "link_dead"},
		"dead and expired":          {func(l *app.Link) { l.Active, l.ExpiresAt = nil, moment(noon) }, 0, app.LinkDead, "link_dead"},
		"a moment before the end":   {func(l *app.Link) { l.ExpiresAt = moment(noon.Add(time.Microsecond)) }, 0, app.LinkActive, ""},
		"at the end":                {func(l *app.Link) { l.ExpiresAt = moment(noon) }, 0, app.LinkExpired, "link_expired"},
		"one place left":            {func(l *app.Link) { l.MaxUses, l.Used = 3, 2 }, 0, app.LinkActive, ""},
		"no place left":             {func(l *app.Link) { l.MaxUses, l.Used = 3, 3 }, 0, app.LinkUsedUp, "link_full"},
		"any number":                {func(l *app.Link) { l.Used = 1000 }, 0, app.LinkActive, ""},
		"stopped":                   {func(l *app.Link) { l.StoppedAt = moment(noon) }, 0, app.LinkStopped, "link_stopped"},
		"stopped and expired":       {func(l *app.Link) { l.StoppedAt, l.ExpiresAt = moment(noon), moment(noon) }, 0, app.LinkStopped, "link_stopped"},
		"creator removed":           {func(l *app.Link) { l.Creator = nil }, 0, app.LinkStopped, "link_stopped"},
		"creator demoted":           {func(l *app.Link) { l.Creator.Role = app.StandardUser }, 0, app.LinkStopped, "link_stopped"},
		"creator suspended":         {func(l *app.Link) { l.Creator.Status = app.Suspended }, 0, app.LinkStopped, "link_stopped"},
		"creator's membership over": {func(l *app.Link) { l.Creator.ExpiresOn = moment(noon) }, 0, app.LinkStopped, "link_stopped"},
		"creator's login suspended": {func(l *app.Link) { l.GeneratedBy.SuspendedAt = moment(noon) }, 0, app.LinkStopped, "link_stopped"},
		"younger than the maximum":  {func(*app.Link) {}, 11, app.LinkActive, ""},
		"as old as the maximum":     {func(*app.Link) {}, 10, app.LinkExpired, "link_expired"},
		"a later end of its own":    {func(l *app.Link) { l.ExpiresAt = moment(noon.Add(day)) }, 10, app.LinkExpired, "link_expired"},
		"an earlier end of its own": {func(l *app.Link) { l.ExpiresAt = moment(noon) }, 30, app.LinkExpired, "link_expired"},
	} {
		link := app.Link{
			Active: &yes, GeneratedAt: noon.Add(-10 * day), GeneratedBy: &app.Identity{},
			Creator: &app.Membership{Role: app.SuperUser, Status: app.Active},
		}
		c.change(&link)
		if got := link.State(noon, c.most); got != c.want {
			t.Errorf("%s: got %s, want %s", name, got, c.want)
		}
		err := link.Refusal(noon, c.most)
		if c.said == "" {
			wantNoError(t, err)
			continue
		}
		wantRefusal(t, err, app.Gone, c.said)
	}
}

// MaxDays is asked in two ways, by the end of a link and by its generation: they say the same.
func TestMaxDaysIsOneRule(t *testing.T) {
	t.Parallel()
	for days := app.MaxDays(1); days < 800; days += 37 {
		for _, generated := range []time.Time{noon.AddDate(0, 0, -int(days)), noon.AddDate(0, 0, -int(days)).Add(time.Microsecond)} {
			end := app.Link{GeneratedAt: generated}.EndsAt(days)
			if over, old := !noon.Before(*end), !generated.After(days.GeneratedAfter(noon)); over != old {
				t.Errorf("%d days, generated %s: over %v by its end, %v by its generation", days, generated, over, old)
			}
		}
	}
	if !app.MaxDays(0).GeneratedAfter(noon).IsZero() || (app.Link{}).EndsAt(0) != nil {
		t.Error("no maximum is a maximum")
	}
}

// rules are a form that will do, for a link.
func rules(link *app.Link) app.PolicyForm {
	return app.PolicyForm{LinkID: link.ID, Expiry: app.NoExpiry, Role: app.LimitedUser}
}

// ruled is an account's link, ten days old, with three registrations, and the rules about it; noon is now.
func ruled(t *testing.T, most app.MaxDays) (app.Links, *chain, *app.Link) {
	t.Helper()
	links, store := newLinks(t)
	_, err := links.Generate(t.Context(), actor(app.SuperUser, app.Active))
	wantNoError(t, err)
	links.Most = most
	link := store.current["ACME"]
	link.GeneratedAt, link.Used = noon.Add(-10*day), 3
	return links, store, link
}

func TestChangePolicy(t *testing.T) {
	t.Parallel()
	links, store, link := ruled(t, 0)
	sue := actor(app.SuperUser, app.Active)
	form := app.PolicyForm{
		LinkID: link.ID, Expiry: app.ExpiryDay, Day: "2030-01-31", MaxUses: " 10 ", Role: app.SuperUser, Domains: "*.B.example,a.example", Approval: "1",
	}
	token, id := link.TokenHash, link.ID
	wantNoError(t, links.ChangePolicy(t.Context(), sue, form))
	want := "2030-02-01 00:00:00 +0000 UTC 0 10 super a.example *.b.example true"
	if got := fmt.Sprint(*link.ExpiresAt, link.ExpireDays, link.MaxUses, " ", link.Role, " ", link.Domains, " ", link.RequiresApproval); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if string(link.TokenHash) != string(token) || link.ID != id {
		t.Error("the address changed")
	}
	what := store.trail[len(store.trail)-1]
	if what.Event != app.LinkPolicyChanged || what.ActorID != sue.Identity.ID || what.Details["Rules"] != "expiry max_uses role domains requires_approval" {
		t.Errorf("got activity %+v", what)
	}
	known := len(store.trail)
	wantNoError(t, links.ChangePolicy(t.Context(), sue, link.PolicyForm()))
	if len(store.trail) != known {
		t.Errorf("what was shown and sent again changed %s", store.trail[known].Details)
	}
	form = link.PolicyForm()
	form.Expiry, form.Days = app.ExpiryAge, "60"
	wantNoError(t, links.ChangePolicy(t.Context(), sue, form))
	if !link.ExpiresAt.Equal(noon.Add(50*day)) || link.ExpireDays != 60 || store.trail[known].Details["Rules"] != "expiry" {
		t.Errorf("60 days from the generation end %s, %+v", link.ExpiresAt, store.trail[known])
	}
	wantNoError(t, links.ChangePolicy(t.Context(), sue, link.PolicyForm()))
	form = app.PolicyForm{LinkID: link.ID, Expiry: app.NoExpiry, Role: app.StandardUser}
	wantNoError(t, links.ChangePolicy(t.Context(), sue, form))
	if link.LinkPolicy != (app.LinkPolicy{Role: app.StandardUser}) || len(store.trail) != known+2 {
		t.Errorf("got %+v after %d activities", link.LinkPolicy, len(store.trail))
	}
}

// TestPolicyOfAnotherLink: what is not the account's link of now, whatever it is, is the same refusal.
func TestPolicyOfAnotherLink(t *testing.T) {
	t.Parallel()
	links, store, link := ruled(t, 0)
	sue, tom := actor(app.SuperUser, app.Active), actor(app.SuperUser, app.Active)
	tom.Account.ID = "BOLT"
	his, err := links.Generate(t.Context(), tom)
	wantNoError(t, err)
	old := link.ID
	_, err = links.Regenerate(t.Context(), sue)
	wantNoError(t, err)
	known := len(store.trail)
	for _, id := range []string{old, his.Link.ID, app.NewID(), "", "x", "\x00", strings.Repeat("A", 10_000)} {
		form := rules(link)
		form.LinkID = id
		wantRefusal(t, links.ChangePolicy(t.Context(), sue, form), app.Conflict, "link_replaced")
	}
	if len(store.trail) != known {
		t.Errorf("got %+v", store.trail[known:])
	}
}

func TestCarriedPolicy(t *testing.T) {
	t.Parallel()
	all := app.LinkPolicy{Role: app.LimitedUser, MaxUses: 9, Domains: "a.example", RequiresApproval: true}
	with := func(end *time.Time, days int) app.LinkPolicy {
		p := all
		p.ExpiresAt, p.ExpireDays = end, days
		return p
	}
	in := func(n int) *time.Time { return moment(noon.AddDate(0, 0, n)) }
	for name, c := range map[string]struct {
		before app.LinkPolicy
		most   app.MaxDays
		want   app.LinkPolicy
	}{
		"the first link":            {app.LinkPolicy{}, 0, app.LinkPolicy{Role: app.StandardUser}},
		"the first, with a maximum": {app.LinkPolicy{}, 30, app.LinkPolicy{Role: app.StandardUser, ExpiresAt: in(30), ExpireDays: 30}},
		"no end":                    {all, 0, all},
		"no end, with a maximum":    {all, 30, with(in(30), 30)},
		"a date ahead":              {with(in(3), 0), 0, with(in(3), 0)},
		"a date that is over":       {with(in(0), 0), 0, all},
		"a date within the maximum": {with(in(30), 0), 30, with(in(30), 0)},
		"a date beyond the maximum": {with(in(31), 0), 30, with(in(30), 30)},
		"a date over, with one":     {with(in(-1), 0), 30, with(in(30), 30)},
		"days, counted anew":        {with(in(-50), 5), 0, with(in(5), 5)},
		"days within the maximum":   {with(in(2), 30), 30, with(in(30), 30)},
		"days beyond the maximum":   {with(in(2), 31), 30, with(in(30), 30)},
	} {
		got := c.before.Carried(noon, c.most)
		sameEnd := (got.ExpiresAt == nil) == (c.want.ExpiresAt == nil) && (got.ExpiresAt == nil || got.ExpiresAt.Equal(*c.want.ExpiresAt))
		got.ExpiresAt, c.want.ExpiresAt = nil, nil
		if got != c.want || !sameEnd {
			t.Errorf("%s: got %+v, want %+v, the same end: %v", name, got, c.want, sameEnd)
		}
	}
}

func TestUnder(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.link.Role, d.link.RequiresApproval, d.link.Domains = app.LimitedUser, true, "example.com"
	form := goodForm()
	form.Email = "nia@example.com"
	wantNoError(t, d.Register(t.Context(), d.token, form, visitor()))
	got := d.store.admitted[0]
	if got.Membership.Role != app.LimitedUser || got.Membership.Status != app.Pending || got.NoticeTo("SUE", 0).Letter != app.ApprovalNeeded {
		t.Errorf("got %+v", got.Membership)
	}
	d.link.Role, d.link.RequiresApproval = app.SuperUser, false
	form.Email, form.SubmissionID = "nils@example.com", app.NewSubmissionID()
	wantNoError(t, d.Register(t.Context(), d.token, form, visitor()))
	got = d.store.admitted[1]
	if got.Membership.Role != app.SuperUser || got.Membership.Status != app.Active || got.NoticeTo("SUE", 0).Letter != app.PersonRegistered {
		t.Errorf("got %+v", got.Membership)
	}
}

// TestDomainsAreAskedFirst: an address that the link does not admit learns nothing of who has a login (T-24).
func TestDomainsAreAskedFirst(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.link.Domains = "acme.example"
	form := goodForm()
	form.Email = "taken@example.com"
	m, err := d.Check(t.Context(), *d.link, "email", form)
	wantNoError(t, err)
	err = d.Register(impatient(t), d.token, form, visitor())
	var problems app.Problems
	if !errors.As(err, &problems) || problems["email"].ID != "email_domain_not_allowed" || m.ID != problems["email"].ID || d.store.emailAsks != 0 {
		t.Errorf("got %v and %v after %d looks into the directory", m, err, d.store.emailAsks)
	}
}

func TestDenialsAreRecorded(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*desk, *app.RegistrationForm){
		"link_dead":                func(d *desk, _ *app.RegistrationForm) { d.link.Active = nil },
		"link_stopped":             func(d *desk, _ *app.RegistrationForm) { d.link.Creator = nil },
		"link_full":                func(d *desk, _ *app.RegistrationForm) { d.link.MaxUses, d.link.Used = 1, 1 },
		"link_expired":             func(d *desk, _ *app.RegistrationForm) { d.link.ExpiresAt = moment(noon) },
		"email_taken":              func(_ *desk, f *app.RegistrationForm) { f.Email = "taken@example.com" },
		"email_domain_not_allowed": func(d *desk, _ *app.RegistrationForm) { d.link.Domains = "acme.test" },
		"":                         func(_ *desk, f *app.RegistrationForm) { f.FirstName = "" },
	} {
		d := newDesk(t)
		var unrecorded error
		d.Unrecorded = func(_ context.Context, err error) { unrecorded = err }
		d.store.unwritten = errBroken
		form := goodForm()
		change(d, &form)
		err := d.Register(t.Context(), d.token, form, visitor())
		if err == nil || errors.Is(err, errBroken) {
			t.Errorf("%s: got %v", want, err)
		}
		if want == "" {
			if len(d.store.denials) != 0 || unrecorded != nil {
				t.Errorf("a form that is not complete is told as %+v", d.store.denials)
			}
			continue
		}
		if len(d.store.denials) != 1 || !errors.Is(unrecorded, errBroken) {
			t.Fatalf("%s: got %+v, heard %v", want, d.store.denials, unrecorded)
		}
		got := d.store.denials[0]
		if got.Event != app.LinkDenied || got.AccountID != "ACME" || got.ActorID+got.SubjectID != "" || got.Address != visitor().Address ||
			len(got.Details) != 1 || got.Details["Reason"] != want {
			t.Errorf("%s: got %+v", want, got)
		}
	}
}
