package web_test

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/sso"
	"reglink/app/sso/ssotest"
	"reglink/app/web"
)

// knowsNobody is a provider that knows nobody.
type knowsNobody struct{}

func (knowsNobody) Name() string { return "Acme SSO" }

func (knowsNobody) Begin(context.Context, app.SSOAttempt) (string, error) {
	return "https://login.example/authorize", nil
}

func (knowsNobody) Redeem(context.Context, app.SSOAttempt, string) (app.SSOClaim, error) {
	return app.SSOClaim{}, app.Refuse(app.Forbidden, "sso_failed")
}

// withSSO serves the portal with a real provider beside it.
func (p *portal) withSSO() *ssotest.Provider {
	p.t.Helper()
	provider := ssotest.NewProvider(p.t, p.base+web.SSOPath)
	p.serve(func(c *web.Config) { c.SSO = p.providerAt(provider.Issuer) })
	return provider
}

func (p *portal) providerAt(issuer string) app.SSO {
	return sso.NewProvider(sso.Settings{
		Issuer: issuer, ClientID: ssotest.ClientID, ClientSecret: ssotest.ClientSecret, Name: "Acme SSO", RedirectURL: p.base + web.SSOPath,
	})
}

// atProvider begins a sign-in and does what a person does at the provider. It gives the browser, with its attempt, and the form of the
// page to which the provider leads back.
func (p *portal) atProvider(provider *ssotest.Provider, b browser, subject string) (browser, url.Values) {
	p.t.Helper()
	begun := b.get("/sign-in/sso?next=/members")
	p.want(begun, http.StatusSeeOther)
	b = b.keeping(begun)
	back := b.get(strings.TrimPrefix(provider.SignIn(begun.leadsTo(), subject).String(), p.base))
	p.want(back, http.StatusOK)
	return b, url.Values{"code": {back.value("[name=code]")}, "state": {back.value("[name=state]")}}
}

// bySSO signs in through the provider and gives the answer.
func (p *portal) bySSO(provider *ssotest.Provider, subject string) answer {
	p.t.Helper()
	b, form := p.atProvider(provider, browser{p: p}, subject)
	return b.post(web.SSOPath, form)
}

func (p *portal) signedInBySSO(provider *ssotest.Provider, subject string) browser {
	p.t.Helper()
	answer := p.bySSO(provider, subject)
	p.want(answer, http.StatusSeeOther)
	return browser{p: p, cookie: answer.cookie("session")}
}

// refusedAs wants a page of that status that says the message.
func (p *portal) refusedAs(got answer, status int, id string, pairs ...any) {
	p.t.Helper()
	p.want(got, status)
	if want := en(id, append(pairs, "Provider", "Acme SSO")...); !strings.Contains(got.text(), want) {
		p.t.Errorf("%s: %.300q, want %q", got.asked, got.text(), want)
	}
	if got.cookie("session") != "" {
		p.t.Errorf("%s: signed in all the same", got.asked)
	}
}

func TestSignInThroughAProvider(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		provider := p.withSSO()
		provider.Add("7731", "Sue@ACME.example", true)
		if page := (browser{p: p}).get("/sign-in?next=/members"); page.attribute("[data-sso]", "href") != "/sign-in/sso?next=%2Fmembers" {
			t.Errorf("the sign-in page leads to %s", page.attribute("[data-sso]", "href"))
		}
		got := p.bySSO(provider, "7731")
		p.want(got, http.StatusSeeOther)
		if got.leadsTo() != "/members" || got.set("sso") == nil || got.cookie("sso") != "" {
			t.Errorf("leads to %s, and the attempt stays: %v", got.leadsTo(), got.set("sso"))
		}
		b := browser{p: p, cookie: got.cookie("session")}
		p.want(b.get("/account"), http.StatusOK)
		if sessions := b.get("/preferences").find("#sessions"); !strings.Contains(sessions, en("session_by_sso")) {
			t.Errorf("the list of sessions says %q", sessions)
		}
		provider.Add("7731", "sue@another.example", false) // an address is looked at once: the subject is known now
		p.signedInBySSO(provider, "7731")
		if n := p.one("SELECT COUNT(*) FROM sso_logins"); n != "1" {
			t.Errorf("%s logins", n)
		}
		p.signIn("sue@acme.example") // the password works all the same
	})
}

func TestWhomTheProviderCannotSignIn(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		provider := p.withSSO()
		provider.Add("unknown", "nobody@acme.example", true)
		provider.Add("unverified", "sue@acme.example", false)
		provider.Add("nameless", "", true)
		provider.Add("broken", "not an address", true)
		p.refusedAs(p.bySSO(provider, "unknown"), http.StatusForbidden, "sso_unknown", "Email", "nobody@acme.example")
		p.refusedAs(p.bySSO(provider, "unverified"), http.StatusForbidden, "sso_unverified")
		p.refusedAs(p.bySSO(provider, "nameless"), http.StatusForbidden, "sso_no_email")
		p.refusedAs(p.bySSO(provider, "broken"), http.StatusForbidden, "sso_no_email")
		provider.Add("sue", "sue@acme.example", true)
		provider.Add("heir", "sue@acme.example", true)
		p.signedInBySSO(provider, "sue")
		p.refusedAs(p.bySSO(provider, "heir"), http.StatusForbidden, "sso_other")
		p.run("UPDATE identities SET suspended_at = ? WHERE email = 'sue@acme.example'", p.clock.now)
		p.refusedAs(p.bySSO(provider, "sue"), http.StatusForbidden, "sign_in_suspended")
		if n := p.one("SELECT COUNT(*) FROM sso_logins"); n != "1" {
			t.Errorf("%s logins", n)
		}
	})
}

// An attempt belongs to one browser, ends once and within ten minutes.
func TestAttemptsThatAreOver(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		provider := p.withSSO()
		provider.Add("sue", "sue@acme.example", true)
		b, form := p.atProvider(provider, browser{p: p}, "sue")
		other, _ := p.atProvider(provider, browser{p: p}, "sue")
		p.refusedAs(browser{p: p}.post(web.SSOPath, form), http.StatusGone, "sso_over")
		p.refusedAs(other.post(web.SSOPath, form), http.StatusGone, "sso_over")
		p.refusedAs(browser{p: p}.get(web.SSOPath+"?"+form.Encode()), http.StatusGone, "sso_over")
		p.refusedAs(b.post(web.SSOPath, url.Values{"code": form["code"], "state": {"x"}}), http.StatusGone, "sso_over")
		p.refusedAs(b.post(web.SSOPath, url.Values{"state": form["state"]}), http.StatusGone, "sso_over")
		p.refusedAs(b.post(web.SSOPath, url.Values{"code": {strings.Repeat("x", 5000)}, "state": form["state"]}), http.StatusGone, "sso_over")
		p.refusedAs(b.get(web.SSOPath+"?error=access_denied&state=x"), http.StatusForbidden, "sso_declined")
		p.want(b.with("Sec-Fetch-Site", "cross-site").post(web.SSOPath, form), http.StatusForbidden)
		p.want(b.post(web.SSOPath, form), http.StatusSeeOther)
		p.refusedAs(b.post(web.SSOPath, form), http.StatusForbidden, "sso_failed") // the provider takes a code once
		b, form = p.atProvider(provider, browser{p: p}, "sue")
		p.clock.pass(10*time.Minute + time.Second)
		p.refusedAs(b.post(web.SSOPath, form), http.StatusGone, "sso_over")
	})
}

// Whoever opens the address that the provider leads back to changes nothing, with the attempt's cookie or without.
func TestReturningChangesNothing(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	provider := p.withSSO()
	provider.Add("sue", "sue@acme.example", true)
	b, form := p.atProvider(provider, browser{p: p}, "sue")
	before := p.stored()
	for range 10 {
		p.want(b.get(web.SSOPath+"?"+form.Encode()), http.StatusOK)
		b.get("/sign-in/sso")
	}
	p.unchanged("opening the way back", before)
	p.want(b.post(web.SSOPath, form), http.StatusSeeOther)
}

func TestAProviderThatIsAway(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	p.faults = true
	p.serve(func(c *web.Config) { c.SSO = p.providerAt("http://127.0.0.1:1") })
	got := browser{p: p}.get("/sign-in/sso?next=/members")
	p.refusedAs(got, http.StatusServiceUnavailable, "sso_away")
	if !got.has("#sign-in-form") || got.value("#sign-in-form [name=next]") != "/members" || got.header.Get("Retry-After") == "" {
		t.Errorf("the password's way is gone: %s", got.text())
	}
	p.signIn("sue@acme.example")
}

// Keys that cannot be fetched are an outage too: it is said so, and the attempt stays.
func TestSSOWhileTheProvidersKeysAreAway(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	p.faults = true
	forger := ssotest.NewForger(t)
	forger.LoseKeys(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusServiceUnavailable) })
	p.serve(func(c *web.Config) { c.SSO = p.providerAt(forger.Issuer) })
	b, form := p.atForger()
	got := b.post(web.SSOPath, form)
	p.refusedAs(got, http.StatusServiceUnavailable, "sso_away")
	if got.header.Get("Retry-After") == "" || got.set("sso") != nil {
		t.Errorf("nothing says when to try again, or the attempt is gone: %v", got.header)
	}
	if said := p.log.String(); !strings.Contains(said, "level=ERROR msg=unavailable") || !strings.Contains(said, "the provider's keys") {
		t.Errorf("nothing of it in the log: %s", said)
	}
}

// atForger begins a sign-in at a forger, who asks nothing and takes any code. It gives the browser and the form that ends it.
func (p *portal) atForger() (browser, url.Values) {
	p.t.Helper()
	begun := browser{p: p}.get("/sign-in/sso")
	p.want(begun, http.StatusSeeOther)
	to, err := url.Parse(begun.leadsTo())
	p.check(err)
	return browser{p: p}.keeping(begun), url.Values{"code": {"x"}, "state": {to.Query().Get("state")}}
}

func TestWithoutAProviderNothingIsShown(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	if (browser{p: p}).get("/sign-in").has("[data-sso]") {
		t.Error("the sign-in page has a button")
	}
	p.want(browser{p: p}.get("/sign-in/sso"), http.StatusNotFound)
	p.want(browser{p: p}.get(web.SSOPath+"?code=x&state=y"), http.StatusNotFound)
	p.want(browser{p: p}.post(web.SSOPath, nil), http.StatusNotFound)
}

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

// A whole office that presses Continue while the provider is away has guessed nothing: it may sign in by password meanwhile, and
// through the provider afterwards. What the provider does not confirm counts as before.
func TestSSOThatIsAwayCountsAgainstNobody(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	p.faults = true
	forger := ssotest.NewForger(t)
	p.serve(func(c *web.Config) {
		limited(c)
		c.SSO = p.providerAt(forger.Issuer)
	})
	b, form := p.atForger()
	office := b.from("203.0.113.9")
	forger.Fail(http.StatusInternalServerError)
	for range ofBlock(app.SignInLimit) + 1 {
		p.want(office.post(web.SSOPath, form), http.StatusServiceUnavailable)
	}
	p.want(office.post("/sign-in", credentials("sue@acme.example", password)), http.StatusSeeOther)
	forger.Fail(0)
	for range ofBlock(app.SignInLimit) {
		p.want(office.post(web.SSOPath, form), http.StatusForbidden) // another attempt's nonce
	}
	p.want(office.post(web.SSOPath, form), http.StatusTooManyRequests)
}
