package app_test

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

const day = 24 * time.Hour

func timePtr(at time.Time) *time.Time { return &at }

// MaxLinkAge is asked in two ways, by the end of a link and by its generation: they say the same.
func TestMaxLinkAge_EndAndGenerationAgree(t *testing.T) {
	t.Parallel()
	for days := app.MaxLinkAge(1); days < 800; days += 37 {
		for _, generated := range []time.Time{
			noon.AddDate(0, 0, -int(days)),
			noon.AddDate(0, 0, -int(days)).Add(time.Microsecond),
		} {
			end := app.Link{GeneratedAt: generated}.EndsAt(days)
			if over, old := !noon.Before(*end), !generated.After(days.GeneratedAfter(noon)); over != old {
				t.Errorf("%d days, generated %s: over %v by its end, %v by its generation", days, generated, over, old)
			}
		}
	}
	if !app.MaxLinkAge(0).GeneratedAfter(noon).IsZero() || (app.Link{}).EndsAt(0) != nil {
		t.Error("no maximum is a maximum")
	}
}

// validPolicyForm are a form that will do, for a link.
func validPolicyForm(link *app.Link) app.LinkPolicyForm {
	return app.LinkPolicyForm{LinkID: link.ID, Expiry: app.NoExpiry, Role: app.LimitedUser}
}

// newUsedLink is an account's link, ten days old, with three registrations, and the rules about it; noon is now.
func newUsedLink(t *testing.T, most app.MaxLinkAge) (app.Links, *fakeLinkStore, *app.Link) {
	t.Helper()
	links, store := newLinks(t)
	_, err := links.Generate(t.Context(), newActor(app.SuperUser, app.Active))
	wantNoError(t, err)
	links.MaxLinkAge = most
	link := store.current["ACME"]
	link.GeneratedAt, link.Used = noon.Add(-10*day), 3
	return links, store, link
}

func TestLinkPolicy_IsCarriedToTheNextLink(t *testing.T) {
	t.Parallel()
	all := app.LinkPolicy{Role: app.LimitedUser, MaxUses: 9, Domains: "a.example", RequiresApproval: true}
	with := func(end *time.Time, days int) app.LinkPolicy {
		p := all
		p.ExpiresAt, p.ExpireDays = end, days
		return p
	}
	in := func(n int) *time.Time { return timePtr(noon.AddDate(0, 0, n)) }
	for name, c := range map[string]struct {
		before app.LinkPolicy
		most   app.MaxLinkAge
		want   app.LinkPolicy
	}{
		"the first link": {app.LinkPolicy{}, 0, app.LinkPolicy{Role: app.StandardUser}},
		"the first, with a maximum": {
			app.LinkPolicy{}, 30, app.LinkPolicy{Role: app.StandardUser, ExpiresAt: in(30), ExpireDays: 30},
		},
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
		got := c.before.ForNextLink(noon, c.most)
		sameEnd := (got.ExpiresAt == nil) == (c.want.ExpiresAt == nil) &&
			(got.ExpiresAt == nil || got.ExpiresAt.Equal(*c.want.ExpiresAt))
		got.ExpiresAt, c.want.ExpiresAt = nil, nil
		if got != c.want || !sameEnd {
			t.Errorf("%s: got %+v, want %+v, the same end: %v", name, got, c.want, sameEnd)
		}
	}
}

// policyCase is a change to a form that would do, the installation's maximum, and "field message" of what is
// said, or nothing.
type policyCase struct {
	what string
	set  func(*app.LinkPolicyForm)
	most app.MaxLinkAge
	want string
}

func (c policyCase) run(t *testing.T) {
	t.Helper()
	links, store, link := newUsedLink(t, c.most)
	form := validPolicyForm(link)
	c.set(&form)
	err := links.ChangePolicy(t.Context(), newActor(app.SuperUser, app.Active), form)
	problems, _ := errors.AsType[app.Problems](err)
	var said []string
	for _, field := range slices.Sorted(maps.Keys(problems)) {
		said = append(said, field+" "+problems[field].ID)
	}
	if got := strings.Join(said, ", "); got != c.want || (err != nil) != (c.want != "") {
		t.Errorf("%s: got %q (%v), want %q", c.what, got, err, c.want)
	}
	if changed := link.Role == app.LimitedUser || link.Role == app.SuperUser; changed != (err == nil) ||
		len(store.trail) > 1 != changed {
		t.Errorf("%s: refused with %v, the policy is %+v after %d activities", c.what, err, link.LinkPolicy, len(store.trail))
	}
}

func TestPolicyForm_ExpiryDateMustFit(t *testing.T) {
	t.Parallel()
	on := func(day string) func(*app.LinkPolicyForm) {
		return func(f *app.LinkPolicyForm) { f.Expiry, f.Day = app.ExpiryByDate, day }
	}
	today := noon.Format(time.DateOnly)
	in := func(days int) string { return noon.AddDate(0, 0, days).Format(time.DateOnly) }
	for _, c := range []policyCase{
		{"never", func(*app.LinkPolicyForm) {}, 0, ""},
		{"never, with a maximum", func(*app.LinkPolicyForm) {}, 30, "expiry expiry_required"},
		{"some other way", func(f *app.LinkPolicyForm) { f.Expiry = "weeks" }, 0, "expiry choice_unknown"},
		{"no way", func(f *app.LinkPolicyForm) { f.Expiry = "" }, 30, "expiry choice_unknown"},
		{"today", on(today), 0, ""},
		{"with white space", on(" " + today + " "), 0, ""},
		{"yesterday", on(in(-1)), 0, "expires_on date_past"},
		{"no day", on(""), 0, "expires_on date_required"},
		{"a day that no calendar has", on("2027-02-29"), 0, "expires_on date_required"},
		{"another way to write it", on("24.12.2026"), 0, "expires_on date_required"},
		{"the year zero", on("0000-01-01"), 0, "expires_on date_past"},
		{"very far", on("9999-12-31"), 0, "expires_on expiry_too_far"},
		{"the last day of the maximum", on(in(19)), 30, ""},
		{"the day of the maximum", on(in(20)), 30, "expires_on date_too_late"},
	} {
		c.run(t)
	}
}

func TestPolicyForm_ExpiryDaysMustFit(t *testing.T) {
	t.Parallel()
	today := noon.Format(time.DateOnly)
	after := func(days string) func(*app.LinkPolicyForm) {
		return func(f *app.LinkPolicyForm) { f.Expiry, f.Days = app.ExpiryByAge, days }
	}
	for _, c := range []policyCase{
		{"the least days", after("11"), 0, ""},
		{"days that are over", after("10"), 0, "expire_days days_past"},
		{"no days", after(""), 0, "expire_days days_required"},
		{"zero days", after("0"), 0, "expire_days days_required"},
		{"less than none", after("-1"), 0, "expire_days days_required"},
		{"half days", after("1.5"), 0, "expire_days days_required"},
		{"very many days", after("3700"), 0, "expire_days expiry_too_far"},
		{"more days than a number", after("99999999999999999999"), 0, "expire_days days_required"},
		{"as many days as the maximum", after("30"), 30, ""},
		{"more days than the maximum", after("31"), 30, "expire_days days_too_many"},
		{"a link that is too old", after("5"), 10, "expiry link_too_old"},
		{
			"a day, for a link that is too old", func(f *app.LinkPolicyForm) { f.Expiry, f.Day = app.ExpiryByDate, today }, 5,
			"expiry link_too_old",
		},
	} {
		c.run(t)
	}
}

func TestPolicyForm_OtherRulesMustFit(t *testing.T) {
	t.Parallel()
	uses := func(n string) func(*app.LinkPolicyForm) { return func(f *app.LinkPolicyForm) { f.MaxUses = n } }
	for _, c := range []policyCase{
		{"as many as were used", uses("3"), 0, ""},
		{"fewer than were used", uses("2"), 0, "max_uses max_uses_below_used"},
		{"zero for any number", uses("0"), 0, ""},
		{"spaces for any number", uses("  "), 0, ""},
		{"words", uses("ten"), 0, "max_uses max_uses_invalid"},
		{"minus", uses("-5"), 0, "max_uses max_uses_invalid"},
		{"too many", uses("1000001"), 0, "max_uses max_uses_invalid"},
		{"the most", uses("1000000"), 0, ""},
		{"no role", func(f *app.LinkPolicyForm) { f.Role = "" }, 0, "role role_required"},
		{"another role", func(f *app.LinkPolicyForm) { f.Role = "owner" }, 0, "role role_required"},
		{"Super User", func(f *app.LinkPolicyForm) { f.Role = app.SuperUser }, 0, ""},
		{"a domain that is none", func(f *app.LinkPolicyForm) { f.Domains = "acme" }, 0, "domains domain_invalid"},
		{"approval", func(f *app.LinkPolicyForm) { f.Approval = "1" }, 0, ""},
		{"approval otherwise", func(f *app.LinkPolicyForm) { f.Approval = "on" }, 0, "requires_approval choice_unknown"},
	} {
		c.run(t)
	}
}
