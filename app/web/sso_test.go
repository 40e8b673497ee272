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

// emptySSOProvider is a provider that knows nobody.
type emptySSOProvider struct{}

func (emptySSOProvider) Name() string { return "Acme SSO" }

func (emptySSOProvider) Begin(context.Context, app.SSOAttempt) (string, error) {
	return "https://login.example/authorize", nil
}

func (emptySSOProvider) Redeem(context.Context, app.SSOAttempt, string) (app.SSOClaim, error) {
	return app.SSOClaim{}, app.Refuse(app.Forbidden, "sso_failed")
}

// enableSSO serves the portal with a real provider beside it.
func (p *portal) enableSSO() *ssotest.Provider {
	p.t.Helper()
	provider := ssotest.NewProvider(p.t, p.base+web.SSOPath)
	p.restartWith(func(c *portalConfig) { c.SSO = p.ssoProvider(provider.Issuer) })
	return provider
}

func (p *portal) ssoProvider(issuer string) app.SSO {
	return sso.NewProvider(sso.Settings{
		Issuer: issuer, ClientID: ssotest.ClientID, ClientSecret: ssotest.ClientSecret, Name: "Acme SSO",
		RedirectURL: p.base + web.SSOPath,
	})
}

// authenticateAtProvider begins a sign-in and does what a person does at the provider. It gives the browser,
// with its attempt, and the form of the page to which the provider leads back.
func (p *portal) authenticateAtProvider(provider *ssotest.Provider, b browser, subject string) (browser, url.Values) {
	p.t.Helper()
	begun := b.get("/sign-in/sso?next=/members")
	p.wantStatus(begun, http.StatusSeeOther)
	b = b.withCookies(begun)
	back := b.get(strings.TrimPrefix(provider.SignIn(begun.location(), subject).String(), p.base))
	p.wantStatus(back, http.StatusOK)
	return b, url.Values{"code": {back.value("[name=code]")}, "state": {back.value("[name=state]")}}
}

// signInBySSO signs in through the provider and gives the answer.
func (p *portal) signInBySSO(provider *ssotest.Provider, subject string) testResponse {
	p.t.Helper()
	b, form := p.authenticateAtProvider(provider, browser{p: p}, subject)
	return b.post(web.SSOPath, form)
}

func (p *portal) browserSignedInBySSO(provider *ssotest.Provider, subject string) browser {
	p.t.Helper()
	answer := p.signInBySSO(provider, subject)
	p.wantStatus(answer, http.StatusSeeOther)
	return browser{p: p, cookie: answer.cookie("session")}
}

// wantMessage wants a page of that status that says the message.
func (p *portal) wantMessage(got testResponse, status int, id string, pairs ...any) {
	p.t.Helper()
	p.wantStatus(got, status)
	if want := en(id, append(pairs, "Provider", "Acme SSO")...); !strings.Contains(got.text(), want) {
		p.t.Errorf("%s: %.300q, want %q", got.request, got.text(), want)
	}
	if got.cookie("session") != "" {
		p.t.Errorf("%s: signed in all the same", got.request)
	}
}

func TestSSO_SignsInAndRemembersTheSubject(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		provider := p.enableSSO()
		provider.Add("7731", "Sue@ACME.example", true)
		if page := (browser{p: p}).get("/sign-in?next=/members"); page.attribute("[data-sso]",
			"href") != "/sign-in/sso?next=%2Fmembers" {
			t.Errorf("the sign-in page leads to %s", page.attribute("[data-sso]", "href"))
		}
		got := p.signInBySSO(provider, "7731")
		p.wantStatus(got, http.StatusSeeOther)
		if got.location() != "/members" || got.setCookie("sso") == nil || got.cookie("sso") != "" {
			t.Errorf("leads to %s, and the attempt stays: %v", got.location(), got.setCookie("sso"))
		}
		b := browser{p: p, cookie: got.cookie("session")}
		p.wantStatus(b.get("/account"), http.StatusOK)
		if sessions := b.get("/preferences").textAt("#sessions"); !strings.Contains(sessions, en("session_by_sso")) {
			t.Errorf("the list of sessions says %q", sessions)
		}
		provider.Add("7731", "sue@another.example", false) // an address is looked at once: the subject is known now
		p.browserSignedInBySSO(provider, "7731")
		if n := p.queryOne("SELECT COUNT(*) FROM sso_logins"); n != "1" {
			t.Errorf("%s logins", n)
		}
		p.signIn("sue@acme.example") // the password works all the same
	})
}

func TestSSO_UnknownUnverifiedAndSuspendedAreRefused(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		provider := p.enableSSO()
		provider.Add("unknown", "nobody@acme.example", true)
		provider.Add("unverified", "sue@acme.example", false)
		provider.Add("nameless", "", true)
		provider.Add("broken", "not an address", true)
		p.wantMessage(p.signInBySSO(provider, "unknown"), http.StatusForbidden, "sso_unknown", "Email", "nobody@acme.example")
		p.wantMessage(p.signInBySSO(provider, "unverified"), http.StatusForbidden, "sso_unverified")
		p.wantMessage(p.signInBySSO(provider, "nameless"), http.StatusForbidden, "sso_no_email")
		p.wantMessage(p.signInBySSO(provider, "broken"), http.StatusForbidden, "sso_no_email")
		provider.Add("sue", "sue@acme.example", true)
		provider.Add("heir", "sue@acme.example", true)
		p.browserSignedInBySSO(provider, "sue")
		p.wantMessage(p.signInBySSO(provider, "heir"), http.StatusForbidden, "sso_other")
		p.exec("UPDATE identities SET suspended_at = ? WHERE email = 'sue@acme.example'", p.clock.now)
		p.wantMessage(p.signInBySSO(provider, "sue"), http.StatusForbidden, "sign_in_suspended")
		if n := p.queryOne("SELECT COUNT(*) FROM sso_logins"); n != "1" {
			t.Errorf("%s logins", n)
		}
	})
}

// An attempt belongs to one browser, ends once and within ten minutes.
func TestSSO_AttemptIsForOneBrowserOnceWithinTenMinutes(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		provider := p.enableSSO()
		provider.Add("sue", "sue@acme.example", true)
		b, form := p.authenticateAtProvider(provider, browser{p: p}, "sue")
		other, _ := p.authenticateAtProvider(provider, browser{p: p}, "sue")
		p.wantMessage(browser{p: p}.post(web.SSOPath, form), http.StatusGone, "sso_over")
		p.wantMessage(other.post(web.SSOPath, form), http.StatusGone, "sso_over")
		p.wantMessage(browser{p: p}.get(web.SSOPath+"?"+form.Encode()), http.StatusGone, "sso_over")
		p.wantMessage(b.post(web.SSOPath, url.Values{"code": form["code"], "state": {"x"}}), http.StatusGone, "sso_over")
		p.wantMessage(b.post(web.SSOPath, url.Values{"state": form["state"]}), http.StatusGone, "sso_over")
		p.wantMessage(b.post(web.SSOPath, url.Values{"code": {strings.Repeat("x", 5000)}, "state": form["state"]}),
			http.StatusGone, "sso_over")
		p.wantMessage(b.get(web.SSOPath+"?error=access_denied&state=x"), http.StatusForbidden, "sso_declined")
		p.wantStatus(b.withHeader("Sec-Fetch-Site", "cross-site").post(web.SSOPath, form), http.StatusForbidden)
		p.wantStatus(b.post(web.SSOPath, form), http.StatusSeeOther)
		p.wantMessage(b.post(web.SSOPath, form), http.StatusForbidden, "sso_failed") // the provider takes a code once
		b, form = p.authenticateAtProvider(provider, browser{p: p}, "sue")
		p.clock.advance(10*time.Minute + time.Second)
		p.wantMessage(b.post(web.SSOPath, form), http.StatusGone, "sso_over")
	})
}

// Whoever opens the address that the provider leads back to changes nothing, with the attempt's cookie or without.
func TestSSO_OpeningTheCallbackChangesNothing(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	provider := p.enableSSO()
	provider.Add("sue", "sue@acme.example", true)
	b, form := p.authenticateAtProvider(provider, browser{p: p}, "sue")
	before := p.snapshot()
	for range 10 {
		p.wantStatus(b.get(web.SSOPath+"?"+form.Encode()), http.StatusOK)
		b.get("/sign-in/sso")
	}
	p.wantUnchanged("opening the way back", before)
	p.wantStatus(b.post(web.SSOPath, form), http.StatusSeeOther)
}

func TestSSO_ProviderOutageLeavesThePasswordSignIn(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.allowServerErrors = true
	p.restartWith(func(c *portalConfig) { c.SSO = p.ssoProvider("http://127.0.0.1:1") })
	got := browser{p: p}.get("/sign-in/sso?next=/members")
	p.wantMessage(got, http.StatusServiceUnavailable, "sso_away")
	if !got.has("#sign-in-form") || got.value("#sign-in-form [name=next]") != "/members" ||
		got.header.Get("Retry-After") == "" {
		t.Errorf("the password's way is gone: %s", got.text())
	}
	p.signIn("sue@acme.example")
}

// Keys that cannot be fetched are an outage too: it is said so, and the attempt stays.
func TestSSO_MissingProviderKeysAreAnOutage(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.allowServerErrors = true
	forger := ssotest.NewForger(t)
	forger.ReplaceKeys(func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusServiceUnavailable) })
	p.restartWith(func(c *portalConfig) { c.SSO = p.ssoProvider(forger.Issuer) })
	b, form := p.authenticateAtForger()
	got := b.post(web.SSOPath, form)
	p.wantMessage(got, http.StatusServiceUnavailable, "sso_away")
	if got.header.Get("Retry-After") == "" || got.setCookie("sso") != nil {
		t.Errorf("nothing says when to try again, or the attempt is gone: %v", got.header)
	}
	if said := p.log.String(); !strings.Contains(said, "level=ERROR msg=unavailable") ||
		!strings.Contains(said, "the provider's keys") {
		t.Errorf("nothing of it in the log: %s", said)
	}
}

// authenticateAtForger begins a sign-in at a forger, who asks nothing and takes any code. It gives the
// browser and the form that ends it.
func (p *portal) authenticateAtForger() (browser, url.Values) {
	p.t.Helper()
	begun := browser{p: p}.get("/sign-in/sso")
	p.wantStatus(begun, http.StatusSeeOther)
	to, err := url.Parse(begun.location())
	p.check(err)
	return browser{p: p}.withCookies(begun), url.Values{"code": {"x"}, "state": {to.Query().Get("state")}}
}

func TestSSO_WithoutAProviderNothingIsShown(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	if (browser{p: p}).get("/sign-in").has("[data-sso]") {
		t.Error("the sign-in page has a button")
	}
	p.wantStatus(browser{p: p}.get("/sign-in/sso"), http.StatusNotFound)
	p.wantStatus(browser{p: p}.get(web.SSOPath+"?code=x&state=y"), http.StatusNotFound)
	p.wantStatus(browser{p: p}.post(web.SSOPath, nil), http.StatusNotFound)
}

// Whoever proves the address at the provider needs no mail for it. A password that a stranger with the link
// has chosen for it is forgotten then, with whatever else was begun in that name (T-25).
func TestSSO_UnprovenPasswordIsForgotten(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		provider := p.enableSSO()
		provider.Add("victim", "victim@acme.example", true)
		p.register(p.generateLink(), "victim@acme.example") // by whom nobody knows
		confirm := p.mailedPath("victim@acme.example")
		got := p.signInBySSO(provider, "victim")
		p.wantStatus(got, http.StatusSeeOther)
		b := browser{p: p, cookie: got.cookie("session")}.withCookies(got)
		if page := b.get(got.location()); !strings.Contains(page.text(), en("done_sso_confirmed")) {
			t.Errorf("nobody is told of the password: %.300s", page.text())
		}
		hash := p.queryOne("SELECT password_hash FROM identities WHERE email = 'victim@acme.example'")
		if hash != app.NoPassword {
			t.Errorf("the password stays: %s", hash)
		}
		if address := p.queryOne("SELECT confirmed_at FROM identities WHERE email = 'victim@acme.example'"); address == "" {
			t.Error("the address is not confirmed")
		}
		if ways := p.queryColumn("SELECT way FROM credential_changes"); !slices.Equal(ways, []string{"sso_replaced"}) {
			t.Errorf("kept of it is %q", ways)
		}
		if mails := p.mailsTo("victim@acme.example"); !strings.Contains(mails[len(mails)-1].Text,
			en("mail_changed_by_sso_replaced")) {
			t.Errorf("the mail does not tell of the password: %s", mails[len(mails)-1].Text)
		}
		stranger := browser{p: p}.post("/sign-in", credentials("victim@acme.example", password))
		p.wantStatus(stranger, http.StatusUnprocessableEntity)
		if want := en("sign_in_failed"); !strings.Contains(stranger.text(), want) {
			t.Errorf("the stranger is told %q", stranger.text())
		}
		// the mail of the registration finds the address confirmed
		p.wantStatus(browser{p: p}.post(confirm, nil), http.StatusOK)
	})
}

// A person whom a Super User created accepts the agreement before the first sign-in, on the page that the
// mail leads to as well.
func TestSSO_CreatedUserActivatesFirst(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		provider := p.enableSSO()
		provider.Add("nora", "nora@acme.example", true)
		p.createUser("nora@acme.example", app.StandardUser)
		mailed := p.mailedPath("nora@acme.example")
		got := p.signInBySSO(provider, "nora")
		p.wantStatus(got, http.StatusSeeOther)
		path := got.location()
		if !strings.HasPrefix(path, "/activate/") || got.cookie("session") != "" {
			t.Fatalf("leads to %s", path)
		}
		p.wantStatus(browser{p: p}.get(mailed), http.StatusGone) // the newer one has taken its place
		p.activate(path, "Nora", "Best")
		p.wantStatus(p.browserSignedInBySSO(provider, "nora").get("/members"), http.StatusOK)
		p.signIn("nora@acme.example")
	})
}

// A session that a password was forgotten for, or that another browser had, ends; the old cookie of this one does too.
func TestSSO_SignInEndsThePreviousSession(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	provider := p.enableSSO()
	provider.Add("sue", "sue@acme.example", true)
	b, form := p.authenticateAtProvider(provider, p.sue, "sue")
	got := b.post("/sign-in/sso/callback", form)
	p.wantStatus(got, http.StatusSeeOther)
	if got.cookie("session") == p.sue.cookie {
		t.Error("the session goes on under its token")
	}
	p.wantStatus(p.sue.get("/account"), http.StatusSeeOther)
}

// The first sign-in gives the login another key, so its person is mailed at once; the later ones change
// nothing and mail nobody.
func TestSSO_FirstSignInIsMailed(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		provider := ssotest.NewProvider(t, p.base+web.SSOPath)
		p.restartWith(func(c *portalConfig) { c.SSO = p.ssoProvider(provider.Issuer) })
		provider.Add("sue", "sue@acme.example", true)
		before := len(p.mailsTo("sue@acme.example"))
		for range 2 {
			p.browserSignedInBySSO(provider, "sue")
		}
		mails := p.mailsTo("sue@acme.example")[before:]
		if len(mails) != 1 || mails[0].Subject != en("mail_sso_linked_subject") ||
			!strings.Contains(mails[0].Text, en("mail_sso_not_you")) {
			t.Errorf("%d mails: %+v", len(mails), mails)
		}
		if ways := p.queryColumn("SELECT way FROM credential_changes"); !slices.Equal(ways, []string{"sso_linked"}) {
			t.Errorf("kept is %q", ways)
		}
	})
}

// A whole office that presses Continue while the provider is away has guessed nothing: it may sign in by
// password meanwhile, and through the provider afterwards. What the provider does not confirm counts as
// before.
func TestSSO_OutageCountsAgainstNobody(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.allowServerErrors = true
	forger := ssotest.NewForger(t)
	p.restartWith(func(c *portalConfig) {
		enableLimits(c)
		c.SSO = p.ssoProvider(forger.Issuer)
	})
	b, form := p.authenticateAtForger()
	office := b.fromIP("203.0.113.9")
	forger.FailTokens(http.StatusInternalServerError)
	for range maxPerBlock(app.PasswordCheckLimit) + 1 {
		p.wantStatus(office.post(web.SSOPath, form), http.StatusServiceUnavailable)
	}
	p.wantStatus(office.post("/sign-in", credentials("sue@acme.example", password)), http.StatusSeeOther)
	forger.FailTokens(0)
	for range maxPerBlock(app.PasswordCheckLimit) {
		p.wantStatus(office.post(web.SSOPath, form), http.StatusForbidden) // another attempt's nonce
	}
	p.wantStatus(office.post(web.SSOPath, form), http.StatusTooManyRequests)
}
