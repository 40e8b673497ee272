package web_test

import (
	"net/http"
	"strings"
	"testing"

	"reglink/app"
)

func TestRegistrationByLink(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		visitor := browser{p: p}
		if got := visitor.get(path).find("h1"); got != "Create your login for Acme Widgets" {
			p.t.Errorf("heading %q", got)
		}
		form := p.filledIn(path, "nia@acme.example")
		answer := visitor.post(path, form)
		p.want(answer, http.StatusSeeOther)
		if got := answer.header.Get("Location"); got != "/registered" {
			p.t.Errorf("leads to %q", got)
		}
		again := visitor.withHTMX().post(path, form)
		p.want(again, http.StatusOK)
		if got := again.header.Get("HX-Redirect"); got != "/registered" {
			p.t.Errorf("HTMX leads to %q", got)
		}
		account := p.sue.get("/account")
		p.want(account, http.StatusOK)
		panel := account.find("#registration-link")
		if !strings.Contains(panel, "1 person") || !strings.Contains(panel, "Nia Okafor") {
			p.t.Errorf("the panel does not count the one registration: %s", panel)
		}
	})
}

func TestRefusedFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		form := p.filledIn(path, "not an address")
		form.Set("first_name", `<b>O'Neill</b>`)
		form.Del("eula")
		form.Set("password", "short")
		for _, b := range []browser{{p: p}, {p: p, htmx: true}} {
			answer := b.post(path, form)
			p.want(answer, http.StatusUnprocessableEntity)
			if answer.has("html[lang]") == b.htmx {
				p.t.Errorf("htmx=%v: page and fragment are mixed up", b.htmx)
			}
			if got := answer.value("#first_name"); got != `<b>O'Neill</b>` {
				p.t.Errorf("first name came back as %q", got)
			}
			for _, field := range []string{"email", "password", "eula"} {
				if answer.find("#problem-"+field) == "" {
					p.t.Errorf("no words beside %s", field)
				}
			}
			if strings.Contains(answer.body, "short\"") {
				p.t.Error("the password came back")
			}
			if !answer.has(`[name=topics][value=security_advisories][checked]`) {
				p.t.Error("the chosen topic was lost")
			}
		}
	})
}

func TestEmailWithLoginIsRefused(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		answer := browser{p: p}.post(path, p.filledIn(path, "SUE@acme.example"))
		p.want(answer, http.StatusUnprocessableEntity)
		said := answer.find("#problem-email")
		if !strings.Contains(said, "Members > Create New User") {
			p.t.Errorf("the refusal does not say what to do: %s", said)
		}
		check := browser{p: p, htmx: true}.post(path+"/check/email", p.filledIn(path, "sue@acme.example"))
		p.want(check, http.StatusOK)
		if got := check.find("#problem-email"); got != said {
			p.t.Errorf("live check says %q, submit says %q", got, said)
		}
	})
}

func TestLiveCheckAnswersTheFieldAlone(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		for _, field := range app.Fields() {
			form := p.filledIn(path, "nia@acme.example")
			for _, name := range []string{"first_name", "last_name", "email", "password", "eula"} {
				form.Del(name)
			}
			answer := browser{p: p, htmx: true}.post(path+"/check/"+field, form)
			p.want(answer, http.StatusOK)
			if !answer.has("#field-" + field) {
				p.t.Errorf("%s: its field is not in the answer", field)
			}
			if fields := answer.page().Find("[data-field]").Length(); fields != 1 {
				p.t.Errorf("%s: %d fields in the answer", field, fields)
			}
		}
		p.want(browser{p: p, htmx: true}.post(path+"/check/role", p.filledIn(path, "x@acme.example")), http.StatusNotFound)
	})
}

func TestT08DeadLinkIsDenied(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"regenerate", "disable"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			eachPortal(t, func(p *portal) {
				path := p.link()
				form := p.filledIn(path, "nia@acme.example")
				p.want(p.sue.post("/account/link/"+end, nil), http.StatusSeeOther)
				for _, got := range []answer{
					browser{p: p}.get(path),
					browser{p: p}.post(path, form),
					browser{p: p, htmx: true}.post(path, form),
					browser{p: p, htmx: true}.post(path+"/check/email", form),
				} {
					p.want(got, http.StatusGone)
					if strings.Contains(got.body, "Acme Widgets") {
						p.t.Errorf("%s names the account", got.asked)
					}
				}
				kept := browser{p: p}.post(path, form)
				if kept.value("#last_name") != "Okafor" || kept.has("#registration-form [type=submit]") {
					p.t.Error("the form does not keep what was typed, or can be sent again")
				}
			})
		})
	}
}

func TestT02UnknownTokensAreNotFound(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		token := strings.TrimPrefix(path, "/register/")
		form := p.filledIn(path, "nia@acme.example")
		flipped := strings.ToUpper(token[4:])
		if flipped == token[4:] {
			flipped = strings.ToLower(flipped)
		}
		for _, wrong := range []string{
			token[:len(token)-1], token + "A", "rl1_" + flipped, token + "%3D", token + "%00", token + "%20", "%2F" + token,
			token[:8] + "%2F" + token[9:], "rl1_", "x", strings.Repeat("a", 2000), app.NewToken(app.LinkToken), app.NewToken("rl2_"),
		} {
			for _, got := range []answer{
				browser{p: p}.get("/register/" + wrong),
				browser{p: p}.post("/register/"+wrong, form),
				browser{p: p, htmx: true}.post("/register/"+wrong+"/check/email", form),
			} {
				p.want(got, http.StatusNotFound)
				if strings.Contains(got.body, "Acme Widgets") {
					p.t.Errorf("%s names the account", got.asked)
				}
			}
		}
	})
}
