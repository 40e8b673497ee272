package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/app/web"
)

// another is a second server of the portal.
func (p *portal) another() *fiber.App { return web.New(p.config()) }

// sessionOf gives the path that ends the session of another browser of the same person.
func (p *portal) sessionOf(b, other browser) string {
	p.t.Helper()
	hash, _ := app.HashToken(app.SessionToken, other.cookie)
	path := "/preferences/sessions/" + app.Session{TokenHash: hash}.ID() + "/end"
	if !b.get("/preferences").has(`form[action="` + path + `"]`) {
		p.t.Fatalf("the page does not offer %s", path)
	}
	return path
}

// A changed password ends the other sessions; this one goes on under a new token, and the old one is dead (T-44).
func TestT44ChangingThePassword(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		other := p.signIn("sue@acme.example")
		open := p.forgot("sue@acme.example")
		done := p.sue.post("/preferences/password", url.Values{"current_password": {password}, "password": {another}})
		p.want(done, http.StatusSeeOther)
		now := browser{p: p, cookie: done.cookie("session")}
		if done.leadsTo() != "/preferences" || now.cookie == p.sue.cookie || !strings.HasPrefix(now.cookie, app.SessionToken) {
			p.t.Errorf("leads to %q with the session %q", done.leadsTo(), now.cookie)
		}
		if got := now.keeping(done).get("/preferences"); !strings.Contains(got.find("#toast"), en("done_password_changed")) || got.page().Find("#sessions li").Length() != 1 {
			p.t.Errorf("afterwards: %q", got.text())
		}
		for _, dead := range []browser{p.sue, other} {
			p.want(dead.get("/account"), http.StatusSeeOther)
		}
		p.want(now.get("/account"), http.StatusOK)
		wantRefusal(browser{p: p}.get(open), http.StatusGone)
		p.want(browser{p: p}.post("/sign-in", credentials("sue@acme.example", password)), http.StatusUnprocessableEntity)
		p.want(browser{p: p}.post("/sign-in", credentials("sue@acme.example", another)), http.StatusSeeOther)
		mails := p.mailsTo("sue@acme.example")
		if last := mails[len(mails)-1]; !strings.Contains(last.Text, en("mail_changed_by_change")) || strings.Contains(last.Text, "rp1_") {
			p.t.Errorf("mailed was: %s", last.Text)
		}
	})
}

func TestChangingThePasswordRefused(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		before := p.stored()
		for _, b := range []browser{p.sue, p.sue.withHTMX()} {
			for _, c := range []struct {
				current, password, field, said string
			}{
				{"orbit velvet canyon eight", another, "current_password", en("current_password_wrong")},
				{"", another, "current_password", en("current_password_required")},
				{password, "short", "password", en("password_short", "Min", app.MinPassword, "Missing", app.MinPassword-5)},
				{password, "perez perez acme", "password", en("password_guessable")},
			} {
				got := b.post("/preferences/password", url.Values{"current_password": {c.current}, "password": {c.password}})
				p.want(got, http.StatusUnprocessableEntity)
				if said := got.problems(); said[c.field] != c.said || len(said) != 1 || got.isPage() == b.htmx || got.set("session") != nil {
					p.t.Errorf("%q to %q: said is %q", c.current, c.password, said)
				}
				if !b.htmx && (got.value("#first_name") != "Sue" || !got.has("#sessions li") || got.attribute("[name=next]", "value") != "/preferences") {
					p.t.Errorf("what stands around the form is lost: %q", got.text())
				}
			}
		}
		p.unchanged("a refused change", before)
	})
}

// One's sessions are listed with what is known of them; each can be ended, and is dead at once.
func TestSessionsAreListedAndEnded(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
		const hostile = `<script>alert(1)</script>" onmouseover="x`
		in := func(agent string) browser {
			got := browser{p: p}.with("User-Agent", agent).post("/sign-in", credentials("sue@acme.example", password))
			return browser{p: p, cookie: got.cookie("session")}
		}
		fox, eve, odd := in(firefox), in(hostile), in("")
		stranger := p.member("stan@acme.example", app.StandardUser)
		page := p.sue.get("/preferences")
		harmless(page)
		for _, shown := range []string{"Firefox on Linux", hostile, en("session_unknown_browser"), en("session_present"), "0.0.0.0"} {
			if !strings.Contains(page.find("#sessions"), plain(shown)) {
				p.t.Errorf("the list lacks %q: %s", shown, page.find("#sessions"))
			}
		}
		if page.page().Find("#sessions li").Length() != 4 || page.page().Find("#sessions li form").Length() != 3 || strings.Contains(page.body, fox.cookie[4:20]) {
			p.t.Errorf("the list is %q", page.find("#sessions"))
		}
		path := p.sessionOf(p.sue, fox)
		for _, b := range []browser{stranger, stranger.withHTMX()} {
			p.want(b.post(path, nil), http.StatusNotFound)
		}
		p.want(p.sue.post("/preferences/sessions/"+strings.Repeat("0", 32)+"/end", nil), http.StatusNotFound)
		p.want(fox.get("/account"), http.StatusOK)
		part := p.sue.withHTMX().post(path, nil)
		p.want(part, http.StatusOK)
		if part.isPage() || part.page().Find("#sessions li").Length() != 3 || !strings.Contains(part.text(), en("done_session_ended")) {
			p.t.Errorf("HTMX is answered %s", part.text())
		}
		p.want(fox.get("/account"), http.StatusSeeOther)
		p.want(p.sue.post(path, nil), http.StatusNotFound)
		p.want(p.sue.post(p.sessionOf(p.sue, eve), nil), http.StatusSeeOther)
		p.want(eve.get("/account"), http.StatusSeeOther)

		p.want(p.sue.post("/preferences/sessions/end", nil), http.StatusSeeOther)
		p.want(odd.get("/account"), http.StatusSeeOther)
		p.want(stranger.get("/members"), http.StatusOK)
		if last := p.sue.get("/preferences"); last.page().Find("#sessions li").Length() != 1 || last.has("#sessions form") {
			p.t.Errorf("at last the list is %q", last.find("#sessions"))
		}
	})
}

// Whoever ends the present session has signed out.
func TestEndingThePresentSession(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		hash, _ := app.HashToken(app.SessionToken, p.sue.cookie)
		out := p.sue.post("/preferences/sessions/"+app.Session{TokenHash: hash}.ID()+"/end", nil)
		p.want(out, http.StatusSeeOther)
		if out.leadsTo() != "/" || out.set("session") == nil || out.cookie("session") != "" {
			p.t.Errorf("leads to %q with %v", out.leadsTo(), out.cookies)
		}
		p.want(p.sue.get("/account"), http.StatusSeeOther)
	})
}

// The form that proves the current password is no way around the limit on guessing: it counts with the sign-ins of the same person from there.
func TestCurrentPasswordsAreNotGuessed(t *testing.T) {
	t.Parallel()
	p := limitedPortal(t)
	thief := p.sue.from("203.0.113.9")
	guess := url.Values{"current_password": {"orbit velvet canyon eight"}, "password": {another}}
	for i := range app.SignInLimit.Rules()[1].Max {
		if i%2 == 0 {
			p.want(thief.post("/preferences/password", guess), http.StatusUnprocessableEntity)
		} else {
			p.want(thief.post("/sign-in", credentials("sue@acme.example", "wrong")), http.StatusUnprocessableEntity)
		}
	}
	right := url.Values{"current_password": {password}, "password": {another}}
	wantRefusal(thief.post("/preferences/password", right), http.StatusTooManyRequests)
	p.want(p.sue.from("203.0.113.10").post("/preferences/password", right), http.StatusSeeOther)
}
