package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"testing"
	"time"

	"reglink/app"
)

// Confirming twice is no error, with or without JavaScript, and neither is opening the mail again afterwards.
func TestConfirmingTwice(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.register(p.link(), "nia@acme.example")
		path := p.mailed("nia@acme.example")
		l := p.listen()
		for _, got := range p.atOnce(10, func(int) answer {
			b := browser{p: p}
			return l.send(b, b.request(http.MethodPost, path, "application/x-www-form-urlencoded", ""))
		}) {
			p.want(got, http.StatusOK)
			if got.find("h1") != en("confirmed_title") || got.attribute("main a", "href") != "/sign-in" {
				p.t.Errorf("confirming is answered by %q", got.find("main"))
			}
		}
		after := p.stored()
		for _, got := range []answer{browser{p: p}.get(path), browser{p: p}.post(path, nil)} {
			p.want(got, http.StatusOK)
			if got.find("h1") != en("confirmed_title") {
				p.t.Errorf("%s again: %q", got.asked, got.find("h1"))
			}
		}
		p.unchanged("confirming again", after)
		p.signIn("nia@acme.example")
	})
}

// The mails say until when their links work, and that is how long they work.
func TestMailedLinksExpire(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.register(p.link(), "nia@acme.example")
		p.create("ada@acme.example", app.StandardUser)
		confirm, activate := p.mailed("nia@acme.example"), p.mailed("ada@acme.example")
		form := activation("Ada", "Stone")
		p.clock.pass(24*time.Hour - time.Second)
		p.want(browser{p: p}.get(confirm), http.StatusOK)
		p.clock.pass(time.Second)
		p.want(browser{p: p}.get(activate), http.StatusOK)
		before := p.stored()
		for _, got := range []answer{browser{p: p}.get(confirm), browser{p: p}.post(confirm, nil)} {
			wantRefusal(got, http.StatusGone)
		}
		p.clock.pass(6 * 24 * time.Hour)
		for _, got := range []answer{browser{p: p}.get(activate), browser{p: p}.post(activate, form)} {
			wantRefusal(got, http.StatusGone)
		}
		p.unchanged("an expired link", before)
		for _, email := range []string{"nia@acme.example", "ada@acme.example"} {
			p.want(browser{p: p}.post("/confirm", url.Values{"email": {email}}), http.StatusOK)
		}
		p.want(browser{p: p}.post(p.mailed("nia@acme.example"), nil), http.StatusOK)
		p.activate(p.mailed("ada@acme.example"), "Ada", "Stone")
		p.signIn("nia@acme.example")
		p.signIn("ada@acme.example")
	})
}

// Activation sets the first password, once: a second one, by whoever finds the mail later, changes nothing.
func TestActivatingTwice(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.create("ada@acme.example", app.StandardUser)
		path := p.mailed("ada@acme.example")
		weak := activation("Ada", "Stone")
		weak.Set("password", "short")
		refused := browser{p: p}.post(path, weak)
		p.want(refused, http.StatusUnprocessableEntity)
		if refused.problems()["password"] == "" || refused.value("#last_name") != "Stone" || refused.page().Find("[type=password][value]").Length() != 0 {
			p.t.Errorf("a weak password is refused with %q", refused.problems())
		}
		p.activate(path, "Ada", "Lovelace")
		after := p.stored()
		other := activation("Eve", "Evil")
		other.Set("password", "another quartz meadow lantern")
		for _, b := range []browser{{p: p}, {p: p, htmx: true}} {
			got := b.post(path, other)
			p.want(got, http.StatusOK)
			if b.htmx && got.header.Get("HX-Redirect") != path || !b.htmx && got.find("h1") != en("activated_title") {
				p.t.Errorf("activating again: %q", got.text())
			}
		}
		p.want(browser{p: p}.post("/sign-in", credentials("ada@acme.example", "another quartz meadow lantern")), http.StatusUnprocessableEntity)
		p.unchanged("activating again", after)
		p.signIn("ada@acme.example")
		if got := p.sue.get("/members?q=lovelace").find("tbody"); got == "" {
			p.t.Error("the name that its person gave is not searched")
		}
	})
}

// What asking for a new mail answers is the same for every address; who needs one receives it, and not more often than every two
// minutes (T-54).
func TestAskingForANewMail(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.register(p.link(), "nia@acme.example")
		p.create("ada@acme.example", app.StandardUser)
		p.imported("lea@learn.example")
		p.create("sid@acme.example", app.StandardUser)
		p.run("UPDATE identities SET suspended_at = created_at WHERE email = 'sid@acme.example'")
		first := p.mailed("nia@acme.example")
		p.clock.pass(3 * time.Minute)
		p.deliver()
		p.mails = nil
		var said []string
		for _, email := range []string{"nia@acme.example", "NIA@acme.example", "ada@acme.example", "lea@learn.example", "sid@acme.example", "sue@acme.example", "zoe@acme.example"} {
			for _, b := range []browser{{p: p}, {p: p, htmx: true}} {
				got := b.post("/confirm", url.Values{"email": {email}})
				p.want(got, http.StatusOK)
				said = append(said, got.find("h1, h2"))
			}
		}
		if slices.Sort(said); len(slices.Compact(said)) != 1 {
			p.t.Errorf("the answers differ: %q", slices.Compact(said))
		}
		for email, want := range map[string]int{
			"nia@acme.example": 1, "ada@acme.example": 1, "lea@learn.example": 1, "sid@acme.example": 0, "sue@acme.example": 0, "zoe@acme.example": 0,
		} {
			if got := len(p.mailsTo(email)); got != want {
				p.t.Errorf("%s received %d mails, want %d", email, got, want)
			}
		}
		if second := p.mailed("nia@acme.example"); second == first || (browser{p: p}).get(first).status != http.StatusGone {
			p.t.Error("the earlier mail still works")
		}
		p.clock.pass(2*time.Minute + time.Second)
		p.want(browser{p: p}.post("/confirm", url.Values{"email": {"nia@acme.example"}}), http.StatusOK)
		if got := len(p.mailsTo("nia@acme.example")); got != 2 {
			p.t.Errorf("after two minutes there are %d mails, want another", got)
		}
	})
}
