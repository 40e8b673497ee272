package browser_test

import (
	"testing"

	"reglink/app/config"
	"reglink/app/sso/ssotest"
	"reglink/app/web"
	"reglink/db/dbtest"
)

// The way through a real provider in a real browser: out by the button, back by the provider, in by one press; the first time by way of
// the activation, and with the Content-Security-Policy that every page has.
func TestSingleSignOnInABrowser(t *testing.T) {
	t.Parallel()
	provider := ssotest.NewProvider(t, "")
	const sue = "sue@acme.example"
	provider.Add("sue", sue, true)
	p := serve(t, on(dbtest.SQLite(t)).with(config.OIDCIssuer, provider.Issuer).with(config.OIDCClientID, ssotest.ClientID).
		with(config.OIDCClientSecret, ssotest.ClientSecret).with(config.OIDCName, "Acme SSO"))
	provider.SendBackTo(p.base + web.SSOPath)
	p.reglink("account", "add", "--name", "Acme Widgets", "--company-id", "100200", "--super-user", sue)
	b := newTab(t, p.base)
	through := func() {
		b.opens("/sign-in", 200)
		b.audit("sign-in with a provider", looks("en"))
		b.follow("[data-sso]")
		b.follow("button[value=sue]")
		b.see("form[action='" + web.SSOPath + "']")
		b.audit("back from the provider", looks("en"))
		b.follow("main form [type=submit]")
	}
	through()
	b.see("#activate-form")
	b.fill(map[string]string{"first_name": "Sue", "last_name": "Perez", "password": password})
	b.follow("#activate-form [type=submit]")
	b.gone("#activate-form")
	through()
	b.opens("/account/security", 200)
	b.audit("the account's choice", looks("en"))
	b.press("#sign-in-method [value=sso]")
	b.press("#sign-in-method [type=submit]")
	b.see("[data-toast]")
	b.opens("/account", 200)
}
