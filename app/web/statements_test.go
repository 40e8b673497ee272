package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"reglink/app"
	"reglink/db/dbtest"
)

// statementCost are what the pages cost in statements, pinned: a page that asks once more than before has a
// reason, or a loop around a query. BEGIN and COMMIT count too, and MySQL also locks rows.
type statementCost struct {
	what          string
	ask           func() testResponse
	status        int
	sqlite, mysql int
}

func TestStatements_PageCostsArePinned(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		p.register(path, "first@acme.example")
		p.wantStatementCosts(slices.Concat(pageCosts(p, path), formCosts(p, path)))
	})
}

func (p *portal) wantStatementCosts(all []statementCost) {
	p.t.Helper()
	for _, c := range all {
		var got testResponse
		n := dbtest.CountStatements(p.t, p.store, func() { got = c.ask() })
		p.wantStatus(got, c.status)
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
func TestStatements_OpeningAndLiveChecksCostTwoAtMost(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		form := p.registrationForm(path, "nia@acme.example")
		asks := map[string]func() testResponse{"open": func() testResponse { return browser{p: p}.get(path) }}
		for _, field := range app.RegistrationFields() {
			asks[field] = func() testResponse { return browser{p: p}.withHTMX().post(path+"/check/"+field, form) }
			asks[field+" without a link"] = func() testResponse {
				return browser{p: p}.withHTMX().post("/register/check/"+field, form)
			}
		}
		for what, ask := range asks {
			if n := dbtest.CountStatements(p.t, p.store, func() { p.wantStatus(ask(), http.StatusOK) }); n > 2 {
				p.t.Errorf("%s: %d statements", what, n)
			}
		}
	})
}

// pageCosts are those of what is opened, and of what is checked while a form is filled in.
func pageCosts(p *portal, path string) []statementCost {
	p.t.Helper()
	form := p.registrationForm(path, "nia@acme.example")
	sent := p.inviteMany(app.PageSize)
	nobody, checking := browser{p: p}, browser{p: p}.withHTMX()
	get := func(b browser, path string) func() testResponse { return func() testResponse { return b.get(path) } }
	const ok = http.StatusOK
	return []statementCost{
		{"the front page", get(nobody, "/"), ok, 0, 0},
		{"the sign-in page", get(nobody, "/sign-in"), ok, 0, 0},
		{"the form", get(nobody, path), ok, 1, 1},
		{"the form, by somebody who is signed in", get(p.sue, path), ok, 1, 1},
		{"the form without a link", get(nobody, "/register"), ok, 0, 0},
		{"a link that never was", get(nobody, "/register/x"), http.StatusNotFound, 0, 0},
		{"a live check", func() testResponse { return checking.post(path+"/check/first_name", form) }, ok, 1, 1},
		{"the live check of an address", func() testResponse { return checking.post(path+"/check/email", form) }, ok, 2, 2},
		{"the panel", get(p.sue.withHTMX(), "/account"), ok, 3, 3},
		{"Account Details", get(p.sue, "/account"), ok, 5, 5},
		{"the question", get(p.sue.withHTMX(), "/account/link/disable"), ok, 3, 3},
		{"Manage Users", get(p.sue, "/members"), ok, 4, 4},
		{"the dashboard", get(p.sue, "/dashboard"), ok, 8, 8},
		{"the activity", get(p.sue, "/activity"), ok, 4, 4},
		{
			"the activity of a person",
			get(p.sue, "/activity?person="+p.queryOne("SELECT id FROM identities WHERE email = 'sue@acme.example'")), ok, 5, 5,
		},
		{"preferences", get(p.sue, "/preferences"), ok, 5, 5},
		{"Pending Memberships", get(p.sue, "/members/pending"), ok, 4, 4},
		{"the form of the link's rules", get(p.sue.withHTMX(), "/account/link/policy"), ok, 2, 2},
		{"Send invitations", get(p.sue, invitationsPath), ok, 5, 5},
		{"the progress of invitations", get(p.sue.withHTMX(), sent), ok, 2, 2},
	}
}

// formCosts are those of what is sent, in this order.
func formCosts(p *portal, path string) []statementCost {
	p.t.Helper()
	nobody, sue := browser{p: p}, p.sue.withHTMX()
	form, taken := p.registrationForm(path, "nia@acme.example"), p.registrationForm(path, "sue@acme.example")
	const ok, seeOther = http.StatusOK, http.StatusSeeOther
	return []statementCost{
		{
			"a form with an address that is taken, which is recorded and counted",
			func() testResponse { return nobody.post(path, taken) }, http.StatusUnprocessableEntity, 14, 14,
		},
		{
			"the same within ten minutes", func() testResponse { return nobody.post(path, taken) },
			http.StatusUnprocessableEntity, 10, 10,
		},
		{"inviting", func() testResponse {
			return p.sue.post(invitationsPath, invitationValues("ida@acme.example", "una@acme.example"))
		}, seeOther, 11, 12},
		{"a registration", func() testResponse { return nobody.post(path, form) }, seeOther, 17, 18},
		{"the same form again", func() testResponse { return nobody.post(path, form) }, seeOther, 2, 2},
		{
			"a sign-in", func() testResponse { return nobody.post("/sign-in", credentials("sue@acme.example", password)) },
			seeOther, 10, 11,
		},
		{
			"copying", func() testResponse { return sue.post("/account/link/copied", nil) }, http.StatusNoContent, 5, 5,
		},
		{
			"a page after a minute",
			func() testResponse { p.clock.advance(time.Minute); return sue.get("/members") }, ok, 5, 5,
		},
	}
}

// What the limits add to a page in statements, pinned: nothing to those that people open, nor to fields
// checked while they type, but for the address, which may tell who has a login; to that and to a form that is
// sent a look and a short transaction, and to a sign-in one more that takes it back. A registration looks how
// many there were within the hour, too.
func TestStatements_LimitCostsArePinned(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		free := p.app
		p.restartWith(enableLimits)
		limiting := p.app
		for _, c := range limitCosts(p) {
			cost := func() int { return dbtest.CountStatements(p.t, p.store, func() { p.wantStatus(c.ask(), c.status) }) }
			p.app = free
			without := cost()
			p.app = limiting
			p.wantStatus(c.ask(), c.status) // the count begins
			if got := cost() - without; got != c.extra {
				p.t.Errorf("%s: the limits add %d statements to %d, want %d", c.what, got, without, c.extra)
			}
		}
	})
}

// limitCost is a page with what the limits add to its cost.
type limitCost struct {
	what   string
	ask    func() testResponse
	status int
	extra  int
}

func limitCosts(p *portal) []limitCost {
	p.t.Helper()
	path, people := p.generateLink(), 0
	form := p.registrationForm(path, "nia@acme.example")
	b := browser{p: p}.fromIP("203.0.113.9")
	register := func() testResponse {
		people++
		form.Set("email", fmt.Sprintf("n%d@acme.example", people))
		form.Set("submission_id", app.NewSubmissionID())
		return b.post(path, form)
	}
	const look, transaction = 1, 3
	return []limitCost{
		{"the form", func() testResponse { return b.get(path) }, http.StatusOK, 0},
		{
			"a link that never was", func() testResponse { return b.get("/register/" + app.NewToken(app.LinkToken)) },
			http.StatusNotFound, 0,
		},
		{"a live check", func() testResponse { return b.withHTMX().post(path+"/check/phone", form) }, http.StatusOK, 0},
		{
			"the live check of an address", func() testResponse { return b.withHTMX().post(path+"/check/email", form) },
			http.StatusOK, look + transaction,
		},
		{
			"a sign-in", func() testResponse { return b.post("/sign-in", credentials("sue@acme.example", password)) },
			http.StatusSeeOther,
			look + 2*transaction,
		},
		{
			"a wrong password", func() testResponse { return guessPassword(p, "203.0.113.9", "sue@acme.example") },
			http.StatusUnprocessableEntity, look + transaction,
		},
		{
			"asking for a mail", func() testResponse { return b.post("/confirm", url.Values{"email": {"x@acme.example"}}) },
			http.StatusOK,
			look + transaction,
		},
		{"a registration", register, http.StatusSeeOther, look + transaction + look},
		{
			"a confirmation that never was", func() testResponse {
				return b.post("/confirm/"+app.NewToken(app.ConfirmationToken), nil)
			}, http.StatusNotFound,
			look + look + transaction,
		},
	}
}

// What looking back and asking cost, however many people came by the link.
func TestStatements_LinkHistoryCostsArePinned(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		l := newReplacedLink(p)
		p.importIdentity("ida@learn.example")
		p.importIdentity("ilse@learn.example")
		join := p.requestToJoin(l.currentPath, "ilse@learn.example")
		ask := func(email string) func() testResponse {
			return func() testResponse { return browser{p: p}.post(l.currentPath+"/ask", url.Values{"email": {email}}) }
		}
		get := func(path string) func() testResponse {
			return func() testResponse { return p.sue.withHTMX().get(path) }
		}
		p.wantStatementCosts([]statementCost{
			{"the list of links", get("/account/links"), http.StatusOK, 2, 2},
			{"who came by a link", get(l.pathTo("?since=24h")), http.StatusOK, 3, 3},
			{"the question", get(l.pathTo("/suspend")), http.StatusOK, 6, 6},
			{"asking for somebody with a login", ask("ida@learn.example"), http.StatusSeeOther, 7, 9},
			{"asking again", ask("ida@learn.example"), http.StatusSeeOther, 5, 7},
			{"asking for nobody", ask("nobody@learn.example"), http.StatusSeeOther, 2, 2},
			{"the page behind the mail", get(join), http.StatusOK, 2, 2},
			{"pressing its button", func() testResponse { return browser{p: p}.post(join, nil) }, http.StatusOK, 13, 14},
			{
				"suspending", func() testResponse { return p.sue.post(l.pathTo("/suspend"), url.Values{"since": {""}}) },
				http.StatusSeeOther, 11, 11,
			},
		})
	})
}

// What HTMX does not ask for is not built: a refused form costs the statements of its fragment, and not the two of the
// page around it.
func TestShow_FragmentCostsNoPage(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	cost := func(b browser) int {
		return dbtest.CountStatements(t, p.store, func() {
			p.wantStatus(b.post("/members", url.Values{}), http.StatusUnprocessableEntity)
		})
	}
	if page, fragment := cost(p.sue), cost(p.sue.withHTMX()); fragment != page-2 {
		t.Errorf("the page costs %d statements and the fragment %d", page, fragment)
	}
}
