package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"reglink/app"
)

// The set-up makes the first account and its Super User, who can sign in at once and is an operator; then its address is worthless.
func TestSettingUp(t *testing.T) {
	t.Parallel()
	eachEmptyPortal(t, func(p *portal) {
		f := setUpForm(p)
		page := f.who.get(f.path)
		for field := range f.good {
			if !page.has(`#setup-form [name=` + field + `]`) {
				p.t.Errorf("the form has no %s", field)
			}
		}
		p.want(browser{p: p}.get("/setup/"+app.NewToken(app.SetupToken)), http.StatusNotFound)
		p.want(browser{p: p}.post("/setup/"+app.NewToken(app.SetupToken), f.good), http.StatusNotFound)
		done := f.who.post(f.path, f.good)
		p.want(done, http.StatusSeeOther)
		if done.leadsTo() != "/sign-in" {
			p.t.Errorf("the set-up leads to %q", done.leadsTo())
		}
		sue := p.signIn("sue@acme.example")
		p.want(sue.get("/account"), http.StatusOK)
		p.want(sue.get("/operator"), http.StatusOK)
		p.want(sue.withHTMX().post("/account/link/generate", nil), http.StatusOK)
		if got := p.standing("sue@acme.example", "Acme Widgets"); got != "super active set_up no 1 en confirmed" {
			p.t.Errorf("stored is %q", got)
		}
		before := p.stored()
		for _, got := range []answer{f.who.get(f.path), f.who.post(f.path, f.good), f.who.get("/setup/" + app.NewToken(app.SetupToken))} {
			wantRefusal(got, http.StatusGone)
		}
		p.unchanged("a second set-up", before)
	})
}

// Of several at once, one sets the portal up.
func TestSettingUpAtOnce(t *testing.T) {
	t.Parallel()
	eachEmptyPortal(t, func(p *portal) {
		f := setUpForm(p)
		l := p.listen()
		first := 0
		for _, got := range p.atOnce(10, func(int) answer {
			return l.send(f.who, f.who.request(http.MethodPost, f.path, "application/x-www-form-urlencoded", f.good.Encode()))
		}) {
			if got.status == http.StatusSeeOther {
				first++
			} else if got.status != http.StatusGone {
				p.t.Errorf("status %d: %.200s", got.status, got.text())
			}
		}
		if first != 1 || p.one("SELECT COUNT(*) FROM accounts") != "1" || p.one("SELECT COUNT(*) FROM identities") != "1" {
			p.t.Errorf("%d were told that they set the portal up", first)
		}
	})
}

// An account made by the command line ends the set-up too.
func TestNoSetUpBesideAnAccount(t *testing.T) {
	t.Parallel()
	eachEmptyPortal(t, func(p *portal) {
		f := setUpForm(p)
		p.addAccount("Beta Works", "300400", "bob@beta.example")
		wantRefusal(f.who.get(f.path), http.StatusGone)
		wantRefusal(f.who.post(f.path, url.Values{}), http.StatusGone)
		wantRefusal(f.who.post(f.path, f.good), http.StatusGone)
	})
}
