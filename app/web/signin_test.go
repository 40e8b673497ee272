package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"reglink/app"
	"reglink/app/web"
)

// A wrong password, an address without a login and a login that cannot sign in yet are one refusal, byte for
// byte: whoever does not know the password learns nothing.
func TestSignIn_RefusalIsAlikeForEveryLogin(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.register(p.generateLink(), "nia@acme.example")   // not confirmed
		p.createUser("ada@acme.example", app.StandardUser) // no password
		p.importIdentity("lea@acme.example")               // no account, no password
		p.addMember("sid@acme.example", app.StandardUser)  // suspended
		p.exec("UPDATE identities SET suspended_at = created_at WHERE email = 'sid@acme.example'")
		before := p.snapshot()
		for _, b := range []browser{{p: p}, {p: p, htmx: true}} {
			want := b.post("/sign-in", credentials("sue@acme.example", "orbit velvet canyon eight"))
			p.wantStatus(want, http.StatusUnprocessableEntity)
			if want.alert() != en("sign_in_failed") {
				p.t.Errorf("said is %q", want.alert())
			}
			for _, email := range []string{
				"zoe@acme.example", "nia@acme.example", "ada@acme.example", "lea@acme.example",
				"sid@acme.example", "no address", "",
			} {
				for _, wrong := range []string{"orbit velvet canyon eight", "", strings.Repeat("a", 10_000), password + " "} {
					got := b.post("/sign-in", credentials(email, wrong))
					if got.status != want.status || len(got.cookies) != 0 ||
						got.body != strings.ReplaceAll(want.body, "sue@acme.example", email) {
						p.t.Errorf("%q with %.20q is told apart: status %d, %q", email, wrong, got.status, got.alert())
					}
				}
			}
		}
		p.wantUnchanged("a refused sign-in", before)
	})
}

// What stands in the way is told to who knows the password.
func TestSignIn_ReasonIsToldToWhoKnowsThePassword(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.register(p.generateLink(), "nia@acme.example")
		p.addMember("sid@acme.example", app.StandardUser)
		p.exec("UPDATE identities SET suspended_at = created_at WHERE email = 'sid@acme.example'")
		for email, said := range map[string]string{
			"nia@acme.example": "sign_in_unconfirmed",
			"sid@acme.example": "sign_in_suspended",
		} {
			got := browser{p: p}.post("/sign-in", credentials(email, password))
			p.wantStatus(got, http.StatusUnprocessableEntity)
			if !strings.Contains(got.alert(), en(said)) || len(got.cookies) != 0 || got.value("#email") != email {
				p.t.Errorf("%s: said is %q", email, got.alert())
			}
		}
	})
}

// A sign-in leads back to the page that asked for it, of a list of our own.
func TestSignIn_LeadsBackToTheRequestedPage(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	for _, path := range []string{"/dashboard", "/account", "/members", "/members/new", "/preferences"} {
		asked := browser{p: p}.get(path)
		form := browser{p: p}.get(asked.location())
		in := credentials("sue@acme.example", password)
		in.Set("next", form.value("#sign-in-form [name=next]"))
		if got := (browser{p: p}).post("/sign-in", in).location(); got != path {
			t.Errorf("asked for %s, led to %s", path, got)
		}
	}
	if got := p.sue.get("/").location(); got != "/dashboard" {
		t.Errorf("the front page leads somebody who is signed in to %q", got)
	}
}

// hostilePaths are ways to write another site's address that browsers or programs take for a path of ours (T-15).
func hostilePaths() []string {
	return []string{
		"https://evil.example", "//evil.example", "///evil.example", `/\evil.example`, `\\evil.example`, "/\t/evil.example",
		"/%2f/evil.example", "/%5cevil.example",
		"javascript:alert(1)", " //evil.example", "http:evil.example", "/account@evil.example",
		"/account\r\nLocation: https://evil.example", "/\x00/evil.example",
		"evil.example", "", "/sign-out", "/account/../..//evil.example", "/account?x=//evil.example", "/account#x",
		"\u2215\u2215evil.example", strings.Repeat("/", 500),
	}
}

func TestT15_NoRedirectToAnotherSite(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	for _, next := range hostilePaths() {
		in := credentials("sue@acme.example", password)
		in.Set("next", next)
		if got := (browser{p: p}).post("/sign-in", in); got.location() != "/dashboard" {
			t.Errorf("next=%q: status %d, leads to %q", next, got.status, got.location())
		}
		if got := (browser{p: p}).withHTMX().post("/sign-in", in); got.header.Get("HX-Redirect") != "/dashboard" {
			t.Errorf("next=%q leads HTMX to %q", next, got.header.Get("HX-Redirect"))
		}
		for path, form := range map[string]url.Values{"/theme": {"theme": {"dark"}}, "/language": {"language": {"de"}}} {
			form.Set("next", next)
			wantLocalPath(t, next, browser{p: p}.post(path, form).location())
		}
		page := browser{p: p}.get("/sign-in?next=" + url.QueryEscape(next))
		wantNoInjectedMarkup(page)
		if page.status != http.StatusOK {
			t.Errorf("%s: status %d", page.request, page.status)
		}
	}
}

// wantLocalPath wants a path of this site, also for a browser, which reads more for the beginning of an
// address than programs do.
func wantLocalPath(t *testing.T, next, got string) {
	t.Helper()
	base, err := url.Parse(baseURL + "/help/registration-link")
	if err != nil {
		t.Fatal(err)
	}
	target, err := base.Parse(got)
	if err != nil || target.Scheme+"://"+target.Host != baseURL {
		t.Errorf("%q leads to %q: %v", next, got, err)
	}
	if !strings.HasPrefix(got, "/") || strings.HasPrefix(got, "//") || strings.ContainsAny(got, "\\\t\r\n\x00 @:%?#") {
		t.Errorf("%q leads to %q", next, got)
	}
}

// FuzzNextPath: neither a sign-in nor a switch leads to another site, whatever it was asked (T-15).
func FuzzNextPath(f *testing.F) {
	for _, seed := range append(hostilePaths(), "/", "/account", "/members/new", "/register/rl1_abc-_",
		"/help/registration-link") {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, next string) {
		wantLocalPath(t, next, web.LocalPath(next))
		landing := web.AfterSignInPath(next)
		wantLocalPath(t, next, landing)
		if landing != next && landing != "/dashboard" {
			t.Errorf("a sign-in that was to lead to %q leads to %q", next, landing)
		}
		back, asked := strings.CutPrefix(web.SignInPath(next), "/sign-in?next=")
		if asked && (back != next || web.AfterSignInPath(back) != next) || !asked && web.SignInPath(next) != "/sign-in" {
			t.Errorf("%q is asked to sign in at %q", next, web.SignInPath(next))
		}
	})
}
