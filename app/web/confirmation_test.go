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
func TestConfirmation_TwiceIsNoError(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.register(p.generateLink(), "nia@acme.example")
		path := p.mailedPath("nia@acme.example")
		l := p.listen()
		for _, got := range p.concurrently(10, func(int) testResponse {
			b := browser{p: p}
			return l.send(b, b.newRequest(http.MethodPost, path, "application/x-www-form-urlencoded", ""))
		}) {
			p.wantStatus(got, http.StatusOK)
			if got.textAt("h1") != en("confirmed_title") || got.attribute("main a", "href") != "/sign-in" {
				p.t.Errorf("confirming is answered by %q", got.textAt("main"))
			}
		}
		after := p.snapshot()
		for _, got := range []testResponse{browser{p: p}.get(path), browser{p: p}.post(path, nil)} {
			p.wantStatus(got, http.StatusOK)
			if got.textAt("h1") != en("confirmed_title") {
				p.t.Errorf("%s again: %q", got.request, got.textAt("h1"))
			}
		}
		p.wantUnchanged("confirming again", after)
		p.signIn("nia@acme.example")
	})
}

// The mails say until when their links work, and that is how long they work.
func TestMailedLinks_WorkUntilTheirEnd(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.register(p.generateLink(), "nia@acme.example")
		p.createUser("ada@acme.example", app.StandardUser)
		confirm, activate := p.mailedPath("nia@acme.example"), p.mailedPath("ada@acme.example")
		form := activationForm("Ada", "Stone")
		p.clock.advance(24*time.Hour - time.Second)
		p.wantStatus(browser{p: p}.get(confirm), http.StatusOK)
		p.clock.advance(time.Second)
		p.wantStatus(browser{p: p}.get(activate), http.StatusOK)
		before := p.snapshot()
		for _, got := range []testResponse{browser{p: p}.get(confirm), browser{p: p}.post(confirm, nil)} {
			wantRefusal(got, http.StatusGone)
		}
		p.clock.advance(6 * 24 * time.Hour)
		for _, got := range []testResponse{browser{p: p}.get(activate), browser{p: p}.post(activate, form)} {
			wantRefusal(got, http.StatusGone)
		}
		p.wantUnchanged("an expired link", before)
		for _, email := range []string{"nia@acme.example", "ada@acme.example"} {
			p.wantStatus(browser{p: p}.post("/confirm", url.Values{"email": {email}}), http.StatusOK)
		}
		p.wantStatus(browser{p: p}.post(p.mailedPath("nia@acme.example"), nil), http.StatusOK)
		p.activate(p.mailedPath("ada@acme.example"), "Ada", "Stone")
		p.signIn("nia@acme.example")
		p.signIn("ada@acme.example")
	})
}

// Activation sets the first password, once: a second one, by whoever finds the mail later, changes nothing.
func TestActivation_SecondPasswordIsIgnored(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.createUser("ada@acme.example", app.StandardUser)
		path := p.mailedPath("ada@acme.example")
		weak := activationForm("Ada", "Stone")
		weak.Set("password", "short")
		refused := browser{p: p}.post(path, weak)
		p.wantStatus(refused, http.StatusUnprocessableEntity)
		if refused.problems()["password"] == "" || refused.value("#last_name") != "Stone" ||
			refused.document().Find("[type=password][value]").Length() != 0 {
			p.t.Errorf("a weak password is refused with %q", refused.problems())
		}
		p.activate(path, "Ada", "Lovelace")
		after := p.snapshot()
		other := activationForm("Eve", "Evil")
		other.Set("password", "another quartz meadow lantern")
		for _, b := range []browser{{p: p}, {p: p, htmx: true}} {
			got := b.post(path, other)
			p.wantStatus(got, http.StatusOK)
			if b.htmx && got.header.Get("HX-Redirect") != path || !b.htmx && got.textAt("h1") != en("activated_title") {
				p.t.Errorf("activating again: %q", got.text())
			}
		}
		p.wantStatus(browser{p: p}.post("/sign-in", credentials("ada@acme.example", "another quartz meadow lantern")),
			http.StatusUnprocessableEntity)
		p.wantUnchanged("activating again", after)
		p.signIn("ada@acme.example")
		if got := p.sue.get("/members?q=lovelace").textAt("tbody"); got == "" {
			p.t.Error("the name that its person gave is not searched")
		}
	})
}

// What asking for a new mail answers is the same for every address; who needs one receives it, and not more
// often than every two minutes (T-54).
func TestResendConfirmation_AnswersAlikeAndMailsOnceInTwoMinutes(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.register(p.generateLink(), "nia@acme.example")
		p.createUser("ada@acme.example", app.StandardUser)
		p.importIdentity("lea@learn.example")
		p.createUser("sid@acme.example", app.StandardUser)
		p.exec("UPDATE identities SET suspended_at = created_at WHERE email = 'sid@acme.example'")
		first := p.mailedPath("nia@acme.example")
		p.clock.advance(3 * time.Minute)
		p.deliverMails()
		p.mails = nil
		var said []string
		for _, email := range []string{
			"nia@acme.example", "NIA@acme.example", "ada@acme.example", "lea@learn.example",
			"sid@acme.example", "sue@acme.example", "zoe@acme.example",
		} {
			for _, b := range []browser{{p: p}, {p: p, htmx: true}} {
				got := b.post("/confirm", url.Values{"email": {email}})
				p.wantStatus(got, http.StatusOK)
				said = append(said, got.textAt("h1, h2"))
			}
		}
		if slices.Sort(said); len(slices.Compact(said)) != 1 {
			p.t.Errorf("the answers differ: %q", slices.Compact(said))
		}
		for email, want := range map[string]int{
			"nia@acme.example": 1, "ada@acme.example": 1, "lea@learn.example": 1, "sid@acme.example": 0, "sue@acme.example": 0,
			"zoe@acme.example": 0,
		} {
			if got := len(p.mailsTo(email)); got != want {
				p.t.Errorf("%s received %d mails, want %d", email, got, want)
			}
		}
		if second := p.mailedPath("nia@acme.example"); second == first ||
			(browser{p: p}).get(first).status != http.StatusGone {
			p.t.Error("the earlier mail still works")
		}
		p.clock.advance(2*time.Minute + time.Second)
		p.wantStatus(browser{p: p}.post("/confirm", url.Values{"email": {"nia@acme.example"}}), http.StatusOK)
		if got := len(p.mailsTo("nia@acme.example")); got != 2 {
			p.t.Errorf("after two minutes there are %d mails, want another", got)
		}
	})
}
