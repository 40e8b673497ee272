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

func wayForm(way app.SignInWay) url.Values { return url.Values{"way": {string(way)}} }

// choosing gives a portal with a provider that knows Sue, who is signed in by both ways.
func (p *portal) choosing() (*ssotest.Provider, browser) {
	p.t.Helper()
	provider := p.withSSO()
	provider.Add("sue", "sue@acme.example", true)
	return provider, p.signedInBySSO(provider, "sue")
}

// Whoever would be shut out by the choice cannot make it, either way round; what was begun the other way is shut out at once.
func TestAnAccountChoosesHowPeopleSignIn(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		_, bySSO := p.choosing()
		page := p.sue.get("/account/security")
		if page.value("#sign-in-method [name=way][checked]") != "both" {
			t.Errorf("an account begins with %q", page.value("#sign-in-method [name=way][checked]"))
		}
		p.refusedAs(p.sue.post("/account/security/sign-in", wayForm(app.SSOOnly)), http.StatusConflict, "sign_in_first_by_sso")
		p.refusedAs(bySSO.post("/account/security/sign-in", wayForm(app.PasswordOnly)), http.StatusConflict, "sign_in_first_by_password")
		p.refusedAs(p.sue.post("/account/security/sign-in", wayForm("none")), http.StatusUnprocessableEntity, "sign_in_way_required")
		p.refusedAs(p.sue.post("/account/security/sign-in", url.Values{"way": {"both", "sso"}}), http.StatusUnprocessableEntity, "one_value")
		p.want(p.sue.get("/account"), http.StatusOK)

		p.want(bySSO.post("/account/security/sign-in", wayForm(app.SSOOnly)), http.StatusSeeOther)
		for _, path := range []string{"/dashboard", "/account", "/members", "/account/security"} {
			got := p.sue.get(path)
			p.refusedAs(got, http.StatusForbidden, "account_wants_sso", "Account", "Acme Widgets")
			if got.attribute("main a[href^='/sign-in/sso']", "href") == "" {
				t.Errorf("%s offers no way on", path)
			}
			p.want(bySSO.get(path), http.StatusOK)
		}
		p.want(p.sue.post("/account/link/generate", nil), http.StatusForbidden)
		p.want(p.sue.withHTMX().post("/account/link/generate", nil), http.StatusForbidden)
		p.want(p.sue.get("/preferences"), http.StatusOK)
		p.refusedAs(p.signIn("sue@acme.example").get("/dashboard"), http.StatusForbidden, "account_wants_sso", "Account", "Acme Widgets")
		if said := bySSO.get("/activity").text(); !strings.Contains(said, en("way_sso")) {
			t.Errorf("the activity does not tell: %.400s", said)
		}
		p.want(bySSO.withHTMX().post("/account/security/sign-in", wayForm(app.EitherWay)), http.StatusOK)
		p.want(p.sue.get("/account"), http.StatusOK)
		p.want(p.sue.post("/account/security/sign-in", wayForm(app.PasswordOnly)), http.StatusSeeOther)
		p.refusedAs(bySSO.get("/account"), http.StatusForbidden, "account_wants_password", "Account", "Acme Widgets")
	})
}

// Of two accounts that want different ways, a session enters the one that wants its own, and is told of the other.
func TestSwitchingBetweenWays(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		provider, bySSO := p.choosing()
		p.addAccount("Beta Works", "300400", "sue@acme.example")
		p.want(bySSO.post("/account/security/sign-in", wayForm(app.SSOOnly)), http.StatusSeeOther)
		byPassword := p.signIn("sue@acme.example")
		if page := byPassword.get("/dashboard"); !strings.Contains(page.find("header"), "Beta Works") {
			t.Errorf("a session by password begins in %q", page.find("header"))
		}
		acme := url.Values{"account": {p.account("Acme Widgets")}}
		p.refusedAs(byPassword.post("/account/switch", acme), http.StatusForbidden, "account_wants_sso", "Account", "Acme Widgets")
		p.want(byPassword.get("/account"), http.StatusOK)
		b, form := p.atProvider(provider, byPassword, "sue")
		got := b.post(web.SSOPath, form)
		p.want(got, http.StatusSeeOther)
		b = browser{p: p, cookie: got.cookie("session")}
		if page := b.get("/dashboard"); !strings.Contains(page.find("header"), "Beta Works") {
			t.Errorf("the account that was current is lost: %q", page.find("header"))
		}
		p.want(b.post("/account/switch", acme), http.StatusSeeOther)
		p.want(b.get("/account"), http.StatusOK)
	})
}

// An account that wants single sign-on asks nobody for a password: not who registers, not who was created, not who forgot one.
func TestNobodyIsAskedForAPasswordThatOpensNothing(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		provider, bySSO := p.choosing()
		path := p.link()
		p.want(bySSO.post("/account/security/sign-in", wayForm(app.SSOOnly)), http.StatusSeeOther)
		p.sue = bySSO
		page := browser{p: p}.get(path)
		if page.has("#password") || !page.has("[data-no-password]") {
			t.Error("the form asks for a password")
		}
		form := p.filledIn(path, "nia@acme.example")
		form.Del("password")
		p.want(browser{p: p}.post(path, form), http.StatusSeeOther)
		if text := p.mailsTo("nia@acme.example")[0].Text; !strings.Contains(text, en("mail_then_sso")) {
			t.Errorf("the mail does not say how: %s", text)
		}
		p.want(browser{p: p}.post(p.mailed("nia@acme.example"), nil), http.StatusOK)
		provider.Add("nia", "nia@acme.example", true)
		p.want(p.signedInBySSO(provider, "nia").get("/members"), http.StatusOK)

		p.create("nora@acme.example", app.StandardUser)
		activate := p.mailed("nora@acme.example")
		if page := (browser{p: p}).get(activate); page.has("#password") {
			t.Error("the activation asks for a password")
		}
		named := url.Values{"first_name": {strings.Repeat("x", 100)}, "last_name": {"Best"}, "eula": {app.EULAVersion}}
		again := browser{p: p}.post(activate, named)
		p.want(again, http.StatusUnprocessableEntity)
		if again.has("#password") {
			t.Error("the refused activation asks for a password")
		}
		named.Set("first_name", "Nora")
		p.want(browser{p: p}.post(activate, named), http.StatusOK)
		p.want(browser{p: p}.get(activate), http.StatusOK) // done already
		provider.Add("nora", "nora@acme.example", true)
		nora := p.signedInBySSO(provider, "nora")
		p.want(nora.get("/members"), http.StatusOK)
		if !nora.get("/preferences").has("#no-password") {
			t.Error("who has no password is offered to change it")
		}
		p.want(browser{p: p}.post("/sign-in", credentials("nora@acme.example", app.NoPassword)), http.StatusUnprocessableEntity)
	})
}

func TestForgottenPasswordOfWhoNeedsNone(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		_, bySSO := p.choosing()
		p.want(bySSO.post("/account/security/sign-in", wayForm(app.SSOOnly)), http.StatusSeeOther)
		before := len(p.mailsTo("sue@acme.example"))
		forgot := url.Values{"email": {"sue@acme.example"}}
		for range 2 { // the second time is too soon
			p.want(browser{p: p}.post("/forgot-password", forgot), http.StatusOK)
		}
		mails := p.mailsTo("sue@acme.example")[before:]
		if len(mails) != 1 || mails[0].Subject != en("mail_use_sso_subject") || strings.Contains(mails[0].Text, "/reset-password/") {
			t.Fatalf("%d mails: %+v", len(mails), mails)
		}
		p.addAccount("Beta Works", "300400", "sue@acme.example") // one that a password opens
		p.clock.pass(app.AskAgainAfter)
		p.want(browser{p: p}.post("/forgot-password", forgot), http.StatusOK)
		if path := p.mailed("sue@acme.example"); !strings.HasPrefix(path, "/reset-password/") {
			t.Errorf("mailed %s", path)
		}
	})
}

// Without a provider there is no choice to make, and an account that has made one says so instead of letting people in.
func TestAProviderThatWasTakenAway(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	if p.sue.get("/account/security").has("#sign-in-method") {
		t.Error("there is a card without a provider")
	}
	p.want(p.sue.post("/account/security/sign-in", wayForm(app.EitherWay)), http.StatusNotFound)
	p.run("UPDATE accounts SET sign_in = 'sso'")
	got := p.sue.get("/account")
	p.refusedAs(got, http.StatusForbidden, "account_wants_sso", "Account", "Acme Widgets")
	if !strings.Contains(got.text(), en("sso_missing")) {
		t.Errorf("%q", got.text())
	}
}

// withoutPassword gives Sue's session through the provider, in an account that wants no other, and takes her password away, as of
// somebody who never had one.
func (p *portal) withoutPassword() browser {
	p.t.Helper()
	_, bySSO := p.choosing()
	p.want(bySSO.post("/account/security/sign-in", wayForm(app.SSOOnly)), http.StatusSeeOther)
	p.run("UPDATE identities SET password_hash = ? WHERE email = 'sue@acme.example'", app.NoPassword)
	return bySSO
}

// Who has no password is offered no second factor, for no form of it could ever be right; and may require one of the others all the
// same, for the provider has proven her.
func TestSSOOnlyAndTheSecondFactor(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		sue := p.withoutPassword()
		for _, path := range []string{"/preferences", factorPath} {
			page := sue.get(path)
			p.want(page, http.StatusOK)
			if !strings.Contains(page.text(), en("factor_no_password")) || page.has(`main a[href^="`+factorPath+`"]`) {
				t.Errorf("%s offers what cannot be done: %.400s", path, page.text())
			}
		}
		if page := sue.get("/account/security").text(); !strings.Contains(page, en("required_factor_all")) {
			t.Errorf("she is counted as one who could not act: %.600s", page)
		}
		p.want(sue.post(requirePath, url.Values{"required": {"yes"}}), http.StatusSeeOther)
		p.want(sue.get("/account"), http.StatusOK)
	})
}

// From single sign-on only to passwords only there are two steps, and it is said which is the first.
func TestSSOOnlyToPasswordOnly(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		sue := p.withoutPassword()
		got := sue.post("/account/security/sign-in", wayForm(app.PasswordOnly))
		p.refusedAs(got, http.StatusConflict, "either_way_first")
		if got.has(`#sign-in-method a[href^="/sign-in"]`) {
			t.Error("it leads to a sign-in that is barred")
		}
		p.want(sue.post("/account/security/sign-in", wayForm(app.EitherWay)), http.StatusSeeOther)
		path := p.forgot("sue@acme.example")
		p.want(browser{p: p}.post(path, url.Values{"password": {password}}), http.StatusSeeOther)
		sue = p.signIn("sue@acme.example")
		p.want(sue.post("/account/security/sign-in", wayForm(app.PasswordOnly)), http.StatusSeeOther)
		p.want(sue.get("/account"), http.StatusOK)
	})
}
