package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// A wrong password, an address without a login and a login that cannot sign in yet are one refusal, byte for byte: whoever does not
// know the password learns nothing.
func TestARefusedSignInTellsNothing(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.register(p.link(), "nia@acme.example")       // not confirmed
		p.create("ada@acme.example", app.StandardUser) // no password
		p.imported("lea@acme.example")                 // no account, no password
		p.member("sid@acme.example", app.StandardUser) // suspended
		p.run("UPDATE identities SET suspended_at = created_at WHERE email = 'sid@acme.example'")
		before := p.stored()
		for _, b := range []browser{{p: p}, {p: p, htmx: true}} {
			want := b.post("/sign-in", credentials("sue@acme.example", "orbit velvet canyon eight"))
			p.want(want, http.StatusUnprocessableEntity)
			if want.alert() != en("sign_in_failed") {
				p.t.Errorf("said is %q", want.alert())
			}
			for _, email := range []string{"zoe@acme.example", "nia@acme.example", "ada@acme.example", "lea@acme.example", "sid@acme.example", "no address", ""} {
				for _, wrong := range []string{"orbit velvet canyon eight", "", strings.Repeat("a", 10_000), password + " "} {
					got := b.post("/sign-in", credentials(email, wrong))
					if got.status != want.status || len(got.cookies) != 0 || got.body != strings.ReplaceAll(want.body, "sue@acme.example", email) {
						p.t.Errorf("%q with %.20q is told apart: status %d, %q", email, wrong, got.status, got.alert())
					}
				}
			}
		}
		p.unchanged("a refused sign-in", before)
	})
}

// What stands in the way is told to who knows the password.
func TestWhatStandsInTheWayOfASignIn(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.register(p.link(), "nia@acme.example")
		p.member("sid@acme.example", app.StandardUser)
		p.run("UPDATE identities SET suspended_at = created_at WHERE email = 'sid@acme.example'")
		for email, said := range map[string]string{"nia@acme.example": "sign_in_unconfirmed", "sid@acme.example": "sign_in_suspended"} {
			got := browser{p: p}.post("/sign-in", credentials(email, password))
			p.want(got, http.StatusUnprocessableEntity)
			if !strings.Contains(got.alert(), en(said)) || len(got.cookies) != 0 || got.value("#email") != email {
				p.t.Errorf("%s: said is %q", email, got.alert())
			}
		}
	})
}

// A sign-in begins a session with an id of its own; the one that the browser had is over, and one that was planted never was (T-44).
func TestT44EachSignInIsANewSession(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		in := p.sue.post("/sign-in", credentials("sue@acme.example", password))
		p.want(in, http.StatusSeeOther)
		fresh := browser{p: p, cookie: in.cookie("session")}
		if fresh.cookie == p.sue.cookie || !strings.HasPrefix(fresh.cookie, app.SessionToken) {
			p.t.Errorf("the session is %q, it was %q", fresh.cookie, p.sue.cookie)
		}
		p.want(fresh.get("/account"), http.StatusOK)
		p.want(p.sue.get("/account"), http.StatusSeeOther)
		planted := browser{p: p, cookie: app.NewToken(app.SessionToken)}
		p.want(planted.get("/account"), http.StatusSeeOther)
		adopted := planted.post("/sign-in", credentials("sue@acme.example", password))
		if adopted.cookie("session") == planted.cookie {
			p.t.Error("a planted session was adopted")
		}
		p.want(planted.get("/account"), http.StatusSeeOther)
		p.want(fresh.get("/account"), http.StatusOK) // another browser's session stays
		for _, nonsense := range []string{"x", fresh.cookie + "A", strings.ToLower(fresh.cookie), fresh.cookie[:len(fresh.cookie)-1], strings.Replace(fresh.cookie, "rs1_", "rl1_", 1)} {
			p.want(browser{p: p, cookie: nonsense}.get("/account"), http.StatusSeeOther)
		}
		for _, token := range append(p.column("SELECT token_hash FROM sessions"), p.stored()["sessions"]) {
			if strings.Contains(token, fresh.cookie) || strings.Contains(token, fresh.cookie[4:]) {
				p.t.Error("a session is stored as it stands in the cookie")
			}
		}
	})
}

func TestSigningOutEndsTheSession(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		other := p.signIn("sue@acme.example")
		for _, b := range []browser{p.sue, p.sue, {p: p}, {p: p, cookie: "x"}} {
			out := b.post("/sign-out", nil)
			p.want(out, http.StatusSeeOther)
			if out.leadsTo() != "/" {
				p.t.Errorf("signing out leads to %q", out.leadsTo())
			}
		}
		p.want(p.sue.get("/account"), http.StatusSeeOther)
		p.want(p.sue.post("/account/link/generate", nil), http.StatusUnauthorized)
		p.want(other.get("/account"), http.StatusOK)
		if got := (browser{p: p}).get("/"); got.status != http.StatusOK || !got.has(`a[href="/sign-in"]`) {
			p.t.Errorf("the front page after signing out: status %d", got.status)
		}
	})
}

// A session ends 30 minutes after the last request, and 12 hours after it began in any case.
func TestSessionsEnd(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.clock.pass(30 * time.Minute)
		p.want(p.sue.get("/account"), http.StatusOK)
		p.clock.pass(30*time.Minute + time.Second)
		idle := p.sue.get("/account")
		p.want(idle, http.StatusSeeOther)
		if idle.leadsTo() != "/sign-in?next=/account" {
			p.t.Errorf("an idle session is led to %q", idle.leadsTo())
		}
		p.want(p.sue.get("/account"), http.StatusSeeOther) // and stays over
		busy := p.signIn("sue@acme.example")
		for range 12 * 60 / 20 {
			p.clock.pass(20 * time.Minute)
			p.want(busy.get("/account"), http.StatusOK)
		}
		p.clock.pass(time.Second)
		p.want(busy.get("/account"), http.StatusSeeOther)
	})
}

// A sign-in leads back to the page that asked for it, of a list of our own.
func TestTheSignInLeadsBack(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	for _, path := range []string{"/dashboard", "/account", "/members", "/members/new", "/preferences"} {
		asked := browser{p: p}.get(path)
		form := browser{p: p}.get(asked.leadsTo())
		in := credentials("sue@acme.example", password)
		in.Set("next", form.value("#sign-in-form [name=next]"))
		if got := (browser{p: p}).post("/sign-in", in).leadsTo(); got != path {
			t.Errorf("asked for %s, led to %s", path, got)
		}
	}
	if got := p.sue.get("/").leadsTo(); got != "/dashboard" {
		t.Errorf("the front page leads somebody who is signed in to %q", got)
	}
}

// hostilePaths are ways to write another site's address that browsers or programs take for a path of ours (T-15).
func hostilePaths() []string {
	return []string{
		"https://evil.example", "//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, "/\t/evil.example", "/%2f/evil.example", "/%5cevil.example",
		"javascript:alert(1)", " //evil.example", "http:evil.example", "/account@evil.example", "/account\r\nLocation: https://evil.example", "/\x00/evil.example",
		"evil.example", "", "/sign-out", "/account/../..//evil.example", "/account?x=//evil.example", "/account#x", "\u2215\u2215evil.example", strings.Repeat("/", 500),
	}
}

func TestT15NobodyIsLedAway(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	for _, next := range hostilePaths() {
		in := credentials("sue@acme.example", password)
		in.Set("next", next)
		if got := (browser{p: p}).post("/sign-in", in); got.leadsTo() != "/dashboard" {
			t.Errorf("next=%q: status %d, leads to %q", next, got.status, got.leadsTo())
		}
		if got := (browser{p: p}).withHTMX().post("/sign-in", in); got.header.Get("HX-Redirect") != "/dashboard" {
			t.Errorf("next=%q leads HTMX to %q", next, got.header.Get("HX-Redirect"))
		}
		for path, form := range map[string]url.Values{"/theme": {"theme": {"dark"}}, "/language": {"language": {"de"}}} {
			form.Set("next", next)
			wantOwnPath(t, next, browser{p: p}.post(path, form).leadsTo())
		}
		page := browser{p: p}.get("/sign-in?next=" + url.QueryEscape(next))
		harmless(page)
		if page.status != http.StatusOK {
			t.Errorf("%s: status %d", page.asked, page.status)
		}
	}
}
