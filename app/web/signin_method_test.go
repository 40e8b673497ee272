package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"reglink/app"
	"reglink/app/sso/ssotest"
	"reglink/app/web"
)

func signInMethodForm(way app.SignInMethod) url.Values { return url.Values{"way": {string(way)}} }

// withBothSignInMethods gives a portal with a provider that knows Sue, who is signed in by both ways.
func (p *portal) withBothSignInMethods() (*ssotest.Provider, browser) {
	p.t.Helper()
	provider := p.enableSSO()
	provider.Add("sue", "sue@acme.example", true)
	return provider, p.browserSignedInBySSO(provider, "sue")
}

// Whoever would be shut out by the choice cannot make it, either way round; what was begun the other way is
// shut out at once.
func TestSignInMethod_ChoiceNeverShutsOutItsChooser(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		_, bySSO := p.withBothSignInMethods()
		page := p.sue.get("/account/security")
		if page.value("#sign-in-method [name=way][checked]") != "both" {
			t.Errorf("an account begins with %q", page.value("#sign-in-method [name=way][checked]"))
		}
		p.wantMessage(p.sue.post("/account/security/sign-in", signInMethodForm(app.SSOOnly)), http.StatusConflict,
			"sign_in_first_by_sso")
		p.wantMessage(bySSO.post("/account/security/sign-in", signInMethodForm(app.PasswordOnly)), http.StatusConflict,
			"sign_in_first_by_password")
		p.wantMessage(p.sue.post("/account/security/sign-in", signInMethodForm("none")), http.StatusUnprocessableEntity,
			"sign_in_way_required")
		p.wantMessage(p.sue.post("/account/security/sign-in", url.Values{"way": {"both", "sso"}}),
			http.StatusUnprocessableEntity, "one_value")
		p.wantStatus(p.sue.get("/account"), http.StatusOK)

		p.wantStatus(bySSO.post("/account/security/sign-in", signInMethodForm(app.SSOOnly)), http.StatusSeeOther)
		for _, path := range []string{"/dashboard", "/account", "/members", "/account/security"} {
			got := p.sue.get(path)
			p.wantMessage(got, http.StatusForbidden, "account_wants_sso", "Account", "Acme Widgets")
			if got.attribute("main a[href^='/sign-in/sso']", "href") == "" {
				t.Errorf("%s offers no way on", path)
			}
			p.wantStatus(bySSO.get(path), http.StatusOK)
		}
		p.wantStatus(p.sue.post("/account/link/generate", nil), http.StatusForbidden)
		p.wantStatus(p.sue.withHTMX().post("/account/link/generate", nil), http.StatusForbidden)
		p.wantStatus(p.sue.get("/preferences"), http.StatusOK)
		p.wantMessage(p.signIn("sue@acme.example").get("/dashboard"), http.StatusForbidden, "account_wants_sso", "Account",
			"Acme Widgets")
		if said := bySSO.get("/activity").text(); !strings.Contains(said, en("way_sso")) {
			t.Errorf("the activity does not tell: %.400s", said)
		}
		p.wantStatus(bySSO.withHTMX().post("/account/security/sign-in", signInMethodForm(app.AnyMethod)), http.StatusOK)
		p.wantStatus(p.sue.get("/account"), http.StatusOK)
		p.wantStatus(p.sue.post("/account/security/sign-in", signInMethodForm(app.PasswordOnly)), http.StatusSeeOther)
		p.wantMessage(bySSO.get("/account"), http.StatusForbidden, "account_wants_password", "Account", "Acme Widgets")
	})
}

// Of two accounts that want different ways, a session enters the one that wants its own, and is told of the other.
func TestSignInMethod_SessionEntersAccountsOfItsMethod(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		provider, bySSO := p.withBothSignInMethods()
		p.addAccount("Beta Works", "300400", "sue@acme.example")
		p.wantStatus(bySSO.post("/account/security/sign-in", signInMethodForm(app.SSOOnly)), http.StatusSeeOther)
		byPassword := p.signIn("sue@acme.example")
		if page := byPassword.get("/dashboard"); !strings.Contains(page.textAt("header"), "Beta Works") {
			t.Errorf("a session by password begins in %q", page.textAt("header"))
		}
		acme := url.Values{"account": {p.accountID("Acme Widgets")}}
		p.wantMessage(byPassword.post("/account/switch", acme), http.StatusForbidden, "account_wants_sso", "Account",
			"Acme Widgets")
		p.wantStatus(byPassword.get("/account"), http.StatusOK)
		b, form := p.authenticateAtProvider(provider, byPassword, "sue")
		got := b.post(web.SSOPath, form)
		p.wantStatus(got, http.StatusSeeOther)
		b = browser{p: p, cookie: got.cookie("session")}
		if page := b.get("/dashboard"); !strings.Contains(page.textAt("header"), "Beta Works") {
			t.Errorf("the account that was current is lost: %q", page.textAt("header"))
		}
		p.wantStatus(b.post("/account/switch", acme), http.StatusSeeOther)
		p.wantStatus(b.get("/account"), http.StatusOK)
	})
}

// An account that wants single sign-on asks nobody for a password: not who registers, not who was created,
// not who forgot one.
func TestSSOOnly_NobodyIsAskedForAPassword(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		provider, bySSO := p.withBothSignInMethods()
		path := p.generateLink()
		p.wantStatus(bySSO.post("/account/security/sign-in", signInMethodForm(app.SSOOnly)), http.StatusSeeOther)
		p.sue = bySSO
		page := browser{p: p}.get(path)
		if page.has("#password") || !page.has("[data-no-password]") {
			t.Error("the form asks for a password")
		}
		form := p.registrationForm(path, "nia@acme.example")
		form.Del("password")
		p.wantStatus(browser{p: p}.post(path, form), http.StatusSeeOther)
		if text := p.mailsTo("nia@acme.example")[0].Text; !strings.Contains(text, en("mail_then_sso")) {
			t.Errorf("the mail does not say how: %s", text)
		}
		p.wantStatus(browser{p: p}.post(p.mailedPath("nia@acme.example"), nil), http.StatusOK)
		provider.Add("nia", "nia@acme.example", true)
		p.wantStatus(p.browserSignedInBySSO(provider, "nia").get("/members"), http.StatusOK)

		p.createUser("nora@acme.example", app.StandardUser)
		activate := p.mailedPath("nora@acme.example")
		if page := (browser{p: p}).get(activate); page.has("#password") {
			t.Error("the activation asks for a password")
		}
		named := url.Values{"first_name": {strings.Repeat("x", 100)}, "last_name": {"Best"}, "eula": {app.EULAVersion}}
		again := browser{p: p}.post(activate, named)
		p.wantStatus(again, http.StatusUnprocessableEntity)
		if again.has("#password") {
			t.Error("the refused activation asks for a password")
		}
		named.Set("first_name", "Nora")
		p.wantStatus(browser{p: p}.post(activate, named), http.StatusOK)
		p.wantStatus(browser{p: p}.get(activate), http.StatusOK) // done already
		provider.Add("nora", "nora@acme.example", true)
		nora := p.browserSignedInBySSO(provider, "nora")
		p.wantStatus(nora.get("/members"), http.StatusOK)
		if !nora.get("/preferences").has("#no-password") {
			t.Error("who has no password is offered to change it")
		}
		p.wantStatus(browser{p: p}.post("/sign-in", credentials("nora@acme.example", app.NoPassword)),
			http.StatusUnprocessableEntity)
	})
}

func TestSSOOnly_ForgotPasswordMailsNoReset(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		_, bySSO := p.withBothSignInMethods()
		p.wantStatus(bySSO.post("/account/security/sign-in", signInMethodForm(app.SSOOnly)), http.StatusSeeOther)
		before := len(p.mailsTo("sue@acme.example"))
		forgot := url.Values{"email": {"sue@acme.example"}}
		for range 2 { // the second time is too soon
			p.wantStatus(browser{p: p}.post("/forgot-password", forgot), http.StatusOK)
		}
		mails := p.mailsTo("sue@acme.example")[before:]
		if len(mails) != 1 || mails[0].Subject != en("mail_use_sso_subject") ||
			strings.Contains(mails[0].Text, "/reset-password/") {
			t.Fatalf("%d mails: %+v", len(mails), mails)
		}
		p.addAccount("Beta Works", "300400", "sue@acme.example") // one that a password opens
		p.clock.advance(app.ResendAfter)
		p.wantStatus(browser{p: p}.post("/forgot-password", forgot), http.StatusOK)
		if path := p.mailedPath("sue@acme.example"); !strings.HasPrefix(path, "/reset-password/") {
			t.Errorf("mailed %s", path)
		}
	})
}

// Without a provider there is no choice to make, and an account that has made one says so instead of letting people in.
func TestSignInMethod_RemovedProviderLetsNobodyIn(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	if p.sue.get("/account/security").has("#sign-in-method") {
		t.Error("there is a card without a provider")
	}
	p.wantStatus(p.sue.post("/account/security/sign-in", signInMethodForm(app.AnyMethod)), http.StatusNotFound)
	p.exec("UPDATE accounts SET sign_in = 'sso'")
	got := p.sue.get("/account")
	p.wantMessage(got, http.StatusForbidden, "account_wants_sso", "Account", "Acme Widgets")
	if !strings.Contains(got.text(), en("sso_missing")) {
		t.Errorf("%q", got.text())
	}
}

// ssoOnlySuperUser gives Sue's session through the provider, in an account that wants no other, and takes her
// password away, as of somebody who never had one.
func (p *portal) ssoOnlySuperUser() browser {
	p.t.Helper()
	_, bySSO := p.withBothSignInMethods()
	p.wantStatus(bySSO.post("/account/security/sign-in", signInMethodForm(app.SSOOnly)), http.StatusSeeOther)
	p.exec("UPDATE identities SET password_hash = ? WHERE email = 'sue@acme.example'", app.NoPassword)
	return bySSO
}

// Who has no password is offered no second factor, for no form of it could ever be right; and may require one
// of the others all the same, for the provider has proven her.
func TestSSOOnly_OffersNoSecondFactor(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		sue := p.ssoOnlySuperUser()
		for _, path := range []string{"/preferences", factorPath} {
			page := sue.get(path)
			p.wantStatus(page, http.StatusOK)
			if !strings.Contains(page.text(), en("factor_no_password")) || page.has(`main a[href^="`+factorPath+`"]`) {
				t.Errorf("%s offers what cannot be done: %.400s", path, page.text())
			}
		}
		if page := sue.get("/account/security").text(); !strings.Contains(page, en("required_factor_all")) {
			t.Errorf("she is counted as one who could not act: %.600s", page)
		}
		p.wantStatus(sue.post(requireSecondFactorPath, url.Values{"required": {"yes"}}), http.StatusSeeOther)
		p.wantStatus(sue.get("/account"), http.StatusOK)
	})
}

// From single sign-on only to passwords only there are two steps, and it is said which is the first.
func TestSSOOnly_PasswordOnlyIsTwoStepsAway(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		sue := p.ssoOnlySuperUser()
		got := sue.post("/account/security/sign-in", signInMethodForm(app.PasswordOnly))
		p.wantMessage(got, http.StatusConflict, "either_way_first")
		if got.has(`#sign-in-method a[href^="/sign-in"]`) {
			t.Error("it leads to a sign-in that is barred")
		}
		p.wantStatus(sue.post("/account/security/sign-in", signInMethodForm(app.AnyMethod)), http.StatusSeeOther)
		path := p.requestReset("sue@acme.example")
		p.wantStatus(browser{p: p}.post(path, url.Values{"password": {password}}), http.StatusSeeOther)
		sue = p.signIn("sue@acme.example")
		p.wantStatus(sue.post("/account/security/sign-in", signInMethodForm(app.PasswordOnly)), http.StatusSeeOther)
		p.wantStatus(sue.get("/account"), http.StatusOK)
	})
}
