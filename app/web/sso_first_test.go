package web_test

import (
	"net/http"
	"strings"
	"testing"

	"reglink/app"
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
