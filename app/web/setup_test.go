package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"reglink/app"
)

// The set-up makes the first account and its Super User, who can sign in at once and is an operator; then its
// address is worthless.
func TestSetup_MakesTheFirstAccountOnce(t *testing.T) {
	t.Parallel()
	eachDatabaseBeforeSetup(t, func(p *portal) {
		f := setupFormCase(p)
		page := f.browser.get(f.path)
		for field := range f.valid {
			if !page.has(`#setup-form [name=` + field + `]`) {
				p.t.Errorf("the form has no %s", field)
			}
		}
		p.wantStatus(browser{p: p}.get("/setup/"+app.NewToken(app.SetupToken)), http.StatusNotFound)
		p.wantStatus(browser{p: p}.post("/setup/"+app.NewToken(app.SetupToken), f.valid), http.StatusNotFound)
		done := f.browser.post(f.path, f.valid)
		p.wantStatus(done, http.StatusSeeOther)
		if done.location() != "/sign-in" {
			p.t.Errorf("the set-up leads to %q", done.location())
		}
		sue := p.signIn("sue@acme.example")
		p.wantStatus(sue.get("/account"), http.StatusOK)
		p.wantStatus(sue.get("/operator"), http.StatusOK)
		p.wantStatus(sue.withHTMX().post("/account/link/generate", nil), http.StatusOK)
		if got := p.describeMembership("sue@acme.example", "Acme Widgets"); got != "super active set_up no 1 en confirmed" {
			p.t.Errorf("stored is %q", got)
		}
		before := p.snapshot()
		for _, got := range []testResponse{
			f.browser.get(f.path), f.browser.post(f.path, f.valid),
			f.browser.get("/setup/" + app.NewToken(app.SetupToken)),
		} {
			wantRefusal(got, http.StatusGone)
		}
		p.wantUnchanged("a second set-up", before)
	})
}

// Of several at once, one sets the portal up.
func TestSetup_OneOfManyAtOnceWins(t *testing.T) {
	t.Parallel()
	eachDatabaseBeforeSetup(t, func(p *portal) {
		f := setupFormCase(p)
		l := p.listen()
		first := 0
		for _, got := range p.concurrently(10, func(int) testResponse {
			return l.send(f.browser,
				f.browser.newRequest(http.MethodPost, f.path, "application/x-www-form-urlencoded", f.valid.Encode()))
		}) {
			if got.status == http.StatusSeeOther {
				first++
			} else if got.status != http.StatusGone {
				p.t.Errorf("status %d: %.200s", got.status, got.text())
			}
		}
		if first != 1 || p.queryOne("SELECT COUNT(*) FROM accounts") != "1" ||
			p.queryOne("SELECT COUNT(*) FROM identities") != "1" {
			p.t.Errorf("%d were told that they set the portal up", first)
		}
	})
}

// An account made by the command line ends the set-up too.
func TestSetup_EndsWithAnyAccount(t *testing.T) {
	t.Parallel()
	eachDatabaseBeforeSetup(t, func(p *portal) {
		f := setupFormCase(p)
		p.addAccount("Beta Works", "300400", "bob@beta.example")
		wantRefusal(f.browser.get(f.path), http.StatusGone)
		wantRefusal(f.browser.post(f.path, url.Values{}), http.StatusGone)
		wantRefusal(f.browser.post(f.path, f.valid), http.StatusGone)
	})
}
