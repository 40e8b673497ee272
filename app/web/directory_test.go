package web_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"reglink/app"
	"reglink/app/sso"
	"reglink/app/sso/ssotest"
)

// enableDirectory serves the portal with a SCIM directory besides its own.
func (p *portal) enableDirectory() *ssotest.Directory {
	p.t.Helper()
	d := ssotest.NewDirectory(p.t)
	p.restartWith(func(c *portalConfig) { c.Directory = sso.NewDirectory(d.URL, ssotest.Token) })
	return d
}

// Whoever has a login in the other directory is refused by the link in the words that everybody else is, when
// the field is left and when the form is sent, with a link and without; a Super User adds them.
func TestDirectory_KnownLoginIsRefusedByTheLink(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.enableDirectory().Add("lena", "Lena.Fischer@acme.example")
		path, email := p.generateLink(), "lena.fischer@acme.example"
		form := p.registrationForm(path, email)
		before := p.snapshot()
		for _, to := range []string{path, path + "/check/email"} {
			got := browser{p: p}.withHTMX().post(to, form)
			if want := en("email_taken"); !strings.Contains(got.problems()["email"], want) {
				t.Errorf("%s: %q", got.request, got.text())
			}
		}
		p.wantOnlyDenialRecorded("a login elsewhere", "email_taken", before)
		form.Set("proof", "order_summary")
		form.Set("order_summary", "ORD77")
		p.addEntitlement(app.OrderSummary, "ORD77")
		got := browser{p: p}.post("/register", form)
		p.wantStatus(got, http.StatusUnprocessableEntity)
		if want := en("email_taken"); !strings.Contains(got.problems()["email"], want) {
			t.Errorf("%s: %q", got.request, got.text())
		}
		p.createUser(email, app.StandardUser)
		p.activate(p.mailedPath(email), "Lena", "Fischer")
		p.signIn(email)
		p.register(path, "nia@acme.example")
	})
}

// Active, suspended, of another account, without a password and known elsewhere only: the answers are the
// same, byte by byte (T-24).
func TestDirectory_KnownAddressesAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.enableDirectory().Add("else@known.example")
		p.addAccount("Beta Works", "300400", "beta@known.example")
		p.addMember("open@known.example", app.StandardUser)
		p.addMember("shut@known.example", app.StandardUser)
		p.importIdentity("none@known.example")
		p.exec("UPDATE identities SET suspended_at = ? WHERE email = 'shut@known.example'", p.clock.now)
		p.exec("UPDATE identities SET password_hash = ? WHERE email = 'none@known.example'", app.NoPassword)
		path := p.generateLink()
		form := p.registrationForm(path, "")
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

// While the directory cannot tell, nobody is registered, nothing typed is lost, and the answer is the same
// for addresses that we know.
func TestDirectory_OutageRegistersNobodyAndLosesNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.allowServerErrors = true
		status := http.StatusInternalServerError
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Cleanup(server.Close)
		path := p.generateLink()
		p.restartWith(func(c *portalConfig) { c.Directory = sso.NewDirectory(server.URL, ssotest.Token) })
		before := p.snapshot()
		for _, email := range []string{"nia@acme.example", "sue@acme.example"} {
			form := p.registrationForm(path, email)
			got := browser{p: p}.post(path, form)
			p.wantStatus(got, http.StatusServiceUnavailable)
			if got.header.Get("Retry-After") == "" || got.value("#email") != email || got.value("#first_name") != "Nia" ||
				!strings.HasPrefix(got.alert(), en("directory_away")) {
				t.Errorf("%s: Retry-After %q, %q, the alert %q", email, got.header.Get("Retry-After"), got.value("#email"),
					got.alert())
			}
			p.wantStatus(browser{p: p}.withHTMX().post(path, form), http.StatusServiceUnavailable)
			p.wantStatus(browser{p: p}.withHTMX().post(path+"/check/email", form), http.StatusServiceUnavailable)
			p.wantStatus(browser{p: p}.withHTMX().post(path+"/check/first_name", form), http.StatusOK)
		}
		p.wantUnchanged("a directory that cannot tell", before)
		p.createUser("nora@acme.example", app.StandardUser) // the directory is not asked whom a Super User adds
	})
}
