package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"reglink/app"
	"reglink/app/sso"
	"reglink/app/sso/ssotest"
	"reglink/app/web"
)

// withDirectory serves the portal with a SCIM directory besides its own.
func (p *portal) withDirectory() *ssotest.Directory {
	p.t.Helper()
	d := ssotest.NewDirectory(p.t)
	p.serve(func(c *web.Config) { c.Directory = sso.NewDirectory(d.URL, ssotest.Token) })
	return d
}

// Whoever has a login in the other directory is refused by the link in the words that everybody else is, when the field is left and when
// the form is sent, with a link and without; a Super User adds them.
func TestALoginInTheOtherDirectory(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.withDirectory().Add("lena", "Lena.Fischer@acme.example")
		path, email := p.link(), "lena.fischer@acme.example"
		form := p.filledIn(path, email)
		before := p.stored()
		for _, to := range []string{path, path + "/check/email"} {
			got := browser{p: p}.withHTMX().post(to, form)
			if want := en("email_taken"); !strings.Contains(got.problems()["email"], want) {
				t.Errorf("%s: %q", got.asked, got.text())
			}
		}
		p.onlyDenied("a login elsewhere", "email_taken", before)
		form.Set("proof", "order_summary")
		form.Set("order_summary", "ORD77")
		p.entitle(app.OrderSummary, "ORD77")
		got := browser{p: p}.post("/register", form)
		p.want(got, http.StatusUnprocessableEntity)
		if want := en("email_taken"); !strings.Contains(got.problems()["email"], want) {
			t.Errorf("%s: %q", got.asked, got.text())
		}
		p.create(email, app.StandardUser)
		p.activate(p.mailed(email), "Lena", "Fischer")
		p.signIn(email)
		p.register(path, "nia@acme.example")
	})
}

// Active, suspended, of another account, without a password and known elsewhere only: the answers are the same, byte by byte (T-24).
func TestEveryKnownAddressIsAnsweredAlike(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.withDirectory().Add("else@known.example")
		p.addAccount("Beta Works", "300400", "beta@known.example")
		p.member("open@known.example", app.StandardUser)
		p.member("shut@known.example", app.StandardUser)
		p.imported("none@known.example")
		p.run("UPDATE identities SET suspended_at = ? WHERE email = 'shut@known.example'", p.clock.now)
		p.run("UPDATE identities SET password_hash = ? WHERE email = 'none@known.example'", app.NoPassword)
		path := p.link()
		form := p.filledIn(path, "")
		answers := map[string]bool{}
		for _, who := range []string{"open", "shut", "beta", "none", "else"} {
			form.Set("email", who+"@known.example")
			for _, to := range []string{path, path + "/check/email"} {
				got := browser{p: p}.withHTMX().post(to, form)
				answers[to+strings.ReplaceAll(got.body, who+"@", "@")] = true
			}
		}
		if len(answers) != 2 {
			t.Errorf("%d different answers, want one for the form and one for the field", len(answers))
		}
	})
}

// While the directory cannot tell, nobody is registered, nothing typed is lost, and the answer is the same for addresses that we know.
func TestADirectoryThatCannotTell(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.faults = true
		status := http.StatusInternalServerError
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		path := p.link()
		p.serve(func(c *web.Config) { c.Directory = sso.NewDirectory(server.URL, ssotest.Token) })
		before := p.stored()
		for _, email := range []string{"nia@acme.example", "sue@acme.example"} {
			form := p.filledIn(path, email)
			got := browser{p: p}.post(path, form)
			p.want(got, http.StatusServiceUnavailable)
			if got.header.Get("Retry-After") == "" || got.value("#email") != email || got.value("#first_name") != "Nia" || !strings.HasPrefix(got.alert(), en("directory_away")) {
				t.Errorf("%s: Retry-After %q, %q, the alert %q", email, got.header.Get("Retry-After"), got.value("#email"), got.alert())
			}
			p.want(browser{p: p}.withHTMX().post(path, form), http.StatusServiceUnavailable)
			p.want(browser{p: p}.withHTMX().post(path+"/check/email", form), http.StatusServiceUnavailable)
			p.want(browser{p: p}.withHTMX().post(path+"/check/first_name", form), http.StatusOK)
		}
		p.unchanged("a directory that cannot tell", before)
		p.create("nora@acme.example", app.StandardUser) // the directory is not asked whom a Super User adds
	})
}
