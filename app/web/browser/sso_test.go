package browser_test

import (
	"testing"

	"reglink/app/config"
	"reglink/app/sso/ssotest"
	"reglink/app/web"
	"reglink/db/dbtest"
)

// The way through a real provider in a real browser: out by the button, back by the provider, in by one
// press; the first time by way of the activation, and with the Content-Security-Policy that every page has.
func TestSSO_WorksInABrowser(t *testing.T) {
	t.Parallel()
	provider := ssotest.NewProvider(t, "")
	const sue = "sue@acme.example"
	provider.Add("sue", sue, true)
	p := startWithMail(t, environment(dbtest.SQLite(t)).with(config.OIDCIssuer, provider.Issuer).with(config.OIDCClientID,
		ssotest.ClientID).
		with(config.OIDCClientSecret, ssotest.ClientSecret).with(config.OIDCName, "Acme SSO"))
	provider.SetRedirectURL(p.base + web.SSOPath)
	p.runCommand("account", "add", "--name", "Acme Widgets", "--company-id", "100200", "--super-user", sue)
	b := newTab(t, p.base)
	through := func() {
		b.openPage("/sign-in", 200)
		b.audit("sign-in with a provider", viewSettings("en"))
		b.follow("[data-sso]")
		b.follow("button[value=sue]")
		b.waitVisible("form[action='" + web.SSOPath + "']")
		b.audit("back from the provider", viewSettings("en"))
		b.follow("main form [type=submit]")
	}
	through()
	b.waitVisible("#activate-form")
	b.fill(map[string]string{"first_name": "Sue", "last_name": "Perez", "password": password})
	b.follow("#activate-form [type=submit]")
	b.waitGone("#activate-form")
	through()
	b.openPage("/account/security", 200)
	b.audit("the account's choice", viewSettings("en"))
	b.click("#sign-in-method [value=sso]")
	b.click("#sign-in-method [type=submit]")
	b.waitVisible("[data-toast]")
	b.openPage("/account", 200)
}
