package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"reglink/app"
)

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
		if got.has(`#sign-in-way a[href^="/sign-in"]`) {
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
