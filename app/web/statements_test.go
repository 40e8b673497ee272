package web_test

import (
	"net/http"
	"testing"
	"time"

	"reglink/app"
	"reglink/db/dbtest"
)

// costs are what the pages cost in statements, pinned: a page that asks once more than before has a reason, or a loop around a query.
// BEGIN and COMMIT count too, and MySQL also locks rows.
type costs struct {
	what          string
	ask           func() answer
	status        int
	sqlite, mysql int
}

func TestStatements(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.wantCosts(everyCost(p))
	})
}

func (p *portal) wantCosts(all []costs) {
	p.t.Helper()
	for _, c := range all {
		var got answer
		n := dbtest.Count(p.t, p.store, func() { got = c.ask() })
		p.want(got, c.status)
		want := c.mysql
		if p.isSQLite() {
			want = c.sqlite
		}
		if n != want {
			p.t.Errorf("%s: %d statements, want %d", c.what, n, want)
		}
	}
}

// The two that people wait for while they type, and that everybody can ask for, cost two at most (issue 2).
func TestOpeningAndCheckingAreCheap(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		form := p.filledIn(path, "nia@acme.example")
		asks := map[string]func() answer{"open": func() answer { return browser{p: p}.get(path) }}
		for _, field := range app.Fields() {
			asks[field] = func() answer { return browser{p: p}.withHTMX().post(path+"/check/"+field, form) }
			asks[field+" without a link"] = func() answer { return browser{p: p}.withHTMX().post("/register/check/"+field, form) }
		}
		for what, ask := range asks {
			if n := dbtest.Count(p.t, p.store, func() { p.want(ask(), http.StatusOK) }); n > 2 {
				p.t.Errorf("%s: %d statements", what, n)
			}
		}
	})
}

func everyCost(p *portal) []costs {
	p.t.Helper()
	path := p.link()
	p.register(path, "first@acme.example")
	form, taken := p.filledIn(path, "nia@acme.example"), p.filledIn(path, "sue@acme.example")
	sent := p.inviteMany(app.InvitationsPageSize)
	nobody, checking := browser{p: p}, browser{p: p}.withHTMX()
	get := func(b browser, path string) func() answer { return func() answer { return b.get(path) } }
	const ok, seeOther = http.StatusOK, http.StatusSeeOther
	return []costs{
		{"the front page", get(nobody, "/"), ok, 0, 0},
		{"the sign-in page", get(nobody, "/sign-in"), ok, 0, 0},
		{"the form", get(nobody, path), ok, 1, 1},
		{"the form, by somebody who is signed in", get(p.sue, path), ok, 1, 1},
		{"the form without a link", get(nobody, "/register"), ok, 0, 0},
		{"a link that never was", get(nobody, "/register/x"), http.StatusNotFound, 0, 0},
		{"a live check", func() answer { return checking.post(path+"/check/first_name", form) }, ok, 1, 1},
		{"the live check of an address", func() answer { return checking.post(path+"/check/email", form) }, ok, 2, 2},
		{"the panel", get(p.sue.withHTMX(), "/account"), ok, 3, 3},
		{"Account Details", get(p.sue, "/account"), ok, 5, 5},
		{"the question", get(p.sue.withHTMX(), "/account/link/disable"), ok, 3, 3},
		{"Manage Users", get(p.sue, "/members"), ok, 4, 4},
		{"the dashboard", get(p.sue, "/dashboard"), ok, 8, 8},
		{"the activity", get(p.sue, "/activity"), ok, 4, 4},
		{"the activity of a person", get(p.sue, "/activity?person="+p.one("SELECT id FROM identities WHERE email = 'sue@acme.example'")), ok, 5, 5},
		{"preferences", get(p.sue, "/preferences"), ok, 5, 5},
		{"Pending Memberships", get(p.sue, "/members/pending"), ok, 4, 4},
		{"a form with an address that is taken, which is recorded and counted", func() answer { return nobody.post(path, taken) }, http.StatusUnprocessableEntity, 14, 14},
		{"the same within ten minutes", func() answer { return nobody.post(path, taken) }, http.StatusUnprocessableEntity, 10, 10},
		{"the form of the link's rules", get(p.sue.withHTMX(), "/account/link/policy"), ok, 2, 2},
		{"Send invitations", get(p.sue, invitations), ok, 5, 5},
		{"the progress of invitations", get(p.sue.withHTMX(), sent), ok, 2, 2},
		{"inviting", func() answer { return p.sue.post(invitations, inviting("ida@acme.example", "una@acme.example")) }, seeOther, 11, 12},
		{"a registration", func() answer { return nobody.post(path, form) }, seeOther, 17, 18},
		{"the same form again", func() answer { return nobody.post(path, form) }, seeOther, 2, 2},
		{"a sign-in", func() answer { return nobody.post("/sign-in", credentials("sue@acme.example", password)) }, seeOther, 10, 11},
		{"copying", func() answer { return p.sue.withHTMX().post("/account/link/copied", nil) }, http.StatusNoContent, 5, 5},
		{"a page after a minute", func() answer { p.clock.pass(time.Minute); return p.sue.withHTMX().get("/members") }, ok, 5, 5},
	}
}
