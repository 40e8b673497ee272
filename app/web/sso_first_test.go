package web_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"reglink/app"
	"reglink/app/sso/ssotest"
	"reglink/app/web"
)

// Whoever proves the address at the provider needs no mail for it. A password that a stranger with the link has chosen for it is
// forgotten then, with whatever else was begun in that name (T-25).
func TestAnUnprovenPasswordIsForgottenAtTheProvider(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		provider := p.withSSO()
		provider.Add("victim", "victim@acme.example", true)
		p.register(p.link(), "victim@acme.example") // by whom nobody knows
		confirm := p.mailed("victim@acme.example")
		got := p.bySSO(provider, "victim")
		p.want(got, http.StatusSeeOther)
		b := browser{p: p, cookie: got.cookie("session")}.keeping(got)
		if page := b.get(got.leadsTo()); !strings.Contains(page.text(), en("done_sso_confirmed")) {
			t.Errorf("nobody is told of the password: %.300s", page.text())
		}
		if hash := p.one("SELECT password_hash FROM identities WHERE email = 'victim@acme.example'"); hash != app.NoPassword {
			t.Errorf("the password stays: %s", hash)
		}
		if address := p.one("SELECT confirmed_at FROM identities WHERE email = 'victim@acme.example'"); address == "" {
			t.Error("the address is not confirmed")
		}
		if ways := p.column("SELECT way FROM credential_changes"); !slices.Equal(ways, []string{"sso_replaced"}) {
			t.Errorf("kept of it is %q", ways)
		}
		if mails := p.mailsTo("victim@acme.example"); !strings.Contains(mails[len(mails)-1].Text, en("mail_changed_by_sso_replaced")) {
			t.Errorf("the mail does not tell of the password: %s", mails[len(mails)-1].Text)
		}
		stranger := browser{p: p}.post("/sign-in", credentials("victim@acme.example", password))
		p.want(stranger, http.StatusUnprocessableEntity)
		if want := en("sign_in_failed"); !strings.Contains(stranger.text(), want) {
			t.Errorf("the stranger is told %q", stranger.text())
		}
		p.want(browser{p: p}.post(confirm, nil), http.StatusOK) // the mail of the registration finds the address confirmed
	})
}

// A person whom a Super User created accepts the agreement before the first sign-in, on the page that the mail leads to as well.
func TestACreatedUserActivatesAfterTheProvider(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		provider := p.withSSO()
		provider.Add("nora", "nora@acme.example", true)
		p.create("nora@acme.example", app.StandardUser)
		mailed := p.mailed("nora@acme.example")
		got := p.bySSO(provider, "nora")
		p.want(got, http.StatusSeeOther)
		path := got.leadsTo()
		if !strings.HasPrefix(path, "/activate/") || got.cookie("session") != "" {
			t.Fatalf("leads to %s", path)
		}
		p.want(browser{p: p}.get(mailed), http.StatusGone) // the newer one has taken its place
		p.activate(path, "Nora", "Best")
		p.want(p.signedInBySSO(provider, "nora").get("/members"), http.StatusOK)
		p.signIn("nora@acme.example")
	})
}

// A session that a password was forgotten for, or that another browser had, ends; the old cookie of this one does too.
func TestASignInEndsTheSessionBefore(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	provider := p.withSSO()
	provider.Add("sue", "sue@acme.example", true)
	b, form := p.atProvider(provider, p.sue, "sue")
	got := b.post("/sign-in/sso/callback", form)
	p.want(got, http.StatusSeeOther)
	if got.cookie("session") == p.sue.cookie {
		t.Error("the session goes on under its token")
	}
	p.want(p.sue.get("/account"), http.StatusSeeOther)
}

// The first sign-in gives the login another key, so its person is mailed at once; the later ones change nothing and mail nobody.
func TestSSOTellsOfTheFirstSignIn(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		woken := 0
		provider := ssotest.NewProvider(t, p.base+web.SSOPath)
		p.serve(func(c *web.Config) { c.SSO, c.Wake = p.providerAt(provider.Issuer), func() { woken++ } })
		provider.Add("sue", "sue@acme.example", true)
		before := len(p.mailsTo("sue@acme.example"))
		for range 2 {
			p.signedInBySSO(provider, "sue")
		}
		mails := p.mailsTo("sue@acme.example")[before:]
		if len(mails) != 1 || mails[0].Subject != en("mail_sso_linked_subject") || !strings.Contains(mails[0].Text, en("mail_sso_not_you")) {
			t.Errorf("%d mails: %+v", len(mails), mails)
		}
		if ways := p.column("SELECT way FROM credential_changes"); !slices.Equal(ways, []string{"sso_linked"}) || woken != 1 {
			t.Errorf("kept is %q, and the worker was woken %d times", ways, woken)
		}
	})
}
