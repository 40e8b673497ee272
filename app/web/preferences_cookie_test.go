package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// The language is what was chosen in this browser, else the person's own, else what the browser asks for.
func TestLanguage_CookieThenPersonThenBrowser(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		german := browser{p: p}.withHeader("Accept-Language", "de-CH, fr;q=0.9")
		for want, b := range map[string]browser{"de": german, "en": {p: p}} {
			for _, path := range []string{"/", "/sign-in", "/register", "/nothing", "/help/registration-link"} {
				if got := b.get(path).attribute("html", "lang"); got != want {
					p.t.Errorf("%s is in %q, want %q", path, got, want)
				}
			}
		}
		if got := p.sue.withHeader("Accept-Language", "de").get("/account").attribute("html", "lang"); got != "en" {
			p.t.Errorf("a person's own language counts less than the browser's: %s", got)
		}
		chosen := p.sue.post("/language", url.Values{"language": {"de"}, "next": {"/account"}})
		p.wantStatus(chosen, http.StatusSeeOther)
		if chosen.location() != "/account" || p.sue.withCookies(chosen).get("/account").attribute("html", "lang") != "de" {
			p.t.Errorf("the chosen language does not count; led to %q", chosen.location())
		}
		if got := p.queryOne("SELECT language FROM identities WHERE email = 'sue@acme.example'"); got != "de" {
			p.t.Errorf("mails would be in %q", got)
		}
		before := p.snapshot()
		for _, tag := range []string{"xx", "", "de-CH", "../de", "<b>", strings.Repeat("d", 10_000)} {
			got := browser{p: p}.post("/language", url.Values{"language": {tag}})
			p.wantStatus(got, http.StatusSeeOther)
			if got.setCookie("language") != nil {
				p.t.Errorf("the language %.20q was taken", tag)
			}
		}
		p.wantUnchanged("choosing a language that there is not", before)
		forged := browser{p: p, cookies: map[string]string{"language": "xx<b>", "theme": "blue"}}
		if got := forged.get("/"); got.attribute("html", "lang") != "en" || got.has("html[data-theme]") {
			p.t.Error("a forged cookie counts")
		}
	})
}

func TestTheme_CookieOverridesTheSystem(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	if (browser{p: p}).get("/").has("html[data-theme]") {
		t.Error("without a choice, the system's does not count")
	}
	for _, theme := range []string{"light", "dark"} {
		chosen := browser{p: p}.post("/theme", url.Values{"theme": {theme}, "next": {"/sign-in"}})
		if chosen.location() != "/sign-in" {
			t.Errorf("choosing leads to %q", chosen.location())
		}
		page := browser{p: p}.withCookies(chosen).get("/sign-in")
		if page.attribute("html", "data-theme") != theme ||
			page.attribute("form[action='/theme'] [aria-pressed=true]", "value") != theme {
			t.Errorf("%s does not count", theme)
		}
		back := browser{p: p}.withCookies(chosen).post("/theme", url.Values{"theme": {"system"}})
		if (browser{p: p}).withCookies(chosen).withCookies(back).get("/").has("html[data-theme]") {
			t.Error("there is no way back to the system's choice")
		}
	}
}
