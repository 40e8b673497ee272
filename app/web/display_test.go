package web_test

import (
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"

	"reglink/app/web"
)

// wantOwnPath wants a path of this site, also for a browser, which reads more for the beginning of an address than programs do.
func wantOwnPath(t *testing.T, next, got string) {
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
	for _, seed := range append(hostilePaths(), "/", "/account", "/members/new", "/register/rl1_abc-_", "/help/registration-link") {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, next string) {
		wantOwnPath(t, next, web.OwnPath(next))
		landing := web.Landing(next)
		wantOwnPath(t, next, landing)
		if landing != next && landing != "/dashboard" {
			t.Errorf("a sign-in that was to lead to %q leads to %q", next, landing)
		}
		back, asked := strings.CutPrefix(web.SignInPath(next), "/sign-in?next=")
		if asked && (back != next || web.Landing(back) != next) || !asked && web.SignInPath(next) != "/sign-in" {
			t.Errorf("%q is asked to sign in at %q", next, web.SignInPath(next))
		}
	})
}

// The language is what was chosen in this browser, else the person's own, else what the browser asks for.
func TestWhoseLanguage(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		german := browser{p: p}.with("Accept-Language", "de-CH, fr;q=0.9")
		for want, b := range map[string]browser{"de": german, "en": {p: p}} {
			for _, path := range []string{"/", "/sign-in", "/register", "/nothing", "/help/registration-link"} {
				if got := b.get(path).attribute("html", "lang"); got != want {
					p.t.Errorf("%s is in %q, want %q", path, got, want)
				}
			}
		}
		if got := p.sue.with("Accept-Language", "de").get("/account").attribute("html", "lang"); got != "en" {
			p.t.Errorf("a person's own language counts less than the browser's: %s", got)
		}
		chosen := p.sue.post("/language", url.Values{"language": {"de"}, "next": {"/account"}})
		p.want(chosen, http.StatusSeeOther)
		if chosen.leadsTo() != "/account" || p.sue.keeping(chosen).get("/account").attribute("html", "lang") != "de" {
			p.t.Errorf("the chosen language does not count; led to %q", chosen.leadsTo())
		}
		if got := p.one("SELECT language FROM identities WHERE email = 'sue@acme.example'"); got != "de" {
			p.t.Errorf("mails would be in %q", got)
		}
		before := p.stored()
		for _, tag := range []string{"xx", "", "de-CH", "../de", "<b>", strings.Repeat("d", 10_000)} {
			got := browser{p: p}.post("/language", url.Values{"language": {tag}})
			p.want(got, http.StatusSeeOther)
			if got.set("language") != nil {
				p.t.Errorf("the language %.20q was taken", tag)
			}
		}
		p.unchanged("choosing a language that there is not", before)
		forged := browser{p: p, cookies: map[string]string{"language": "xx<b>", "theme": "blue"}}
		if got := forged.get("/"); got.attribute("html", "lang") != "en" || got.has("html[data-theme]") {
			p.t.Error("a forged cookie counts")
		}
	})
}

func TestTheme(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	if (browser{p: p}).get("/").has("html[data-theme]") {
		t.Error("without a choice, the system's does not count")
	}
	for _, theme := range []string{"light", "dark"} {
		chosen := browser{p: p}.post("/theme", url.Values{"theme": {theme}, "next": {"/sign-in"}})
		if chosen.leadsTo() != "/sign-in" {
			t.Errorf("choosing leads to %q", chosen.leadsTo())
		}
		page := browser{p: p}.keeping(chosen).get("/sign-in")
		if page.attribute("html", "data-theme") != theme || page.attribute("form[action='/theme'] [aria-pressed=true]", "value") != theme {
			t.Errorf("%s does not count", theme)
		}
		back := browser{p: p}.keeping(chosen).post("/theme", url.Values{"theme": {"system"}})
		if (browser{p: p}).keeping(chosen).keeping(back).get("/").has("html[data-theme]") {
			t.Error("there is no way back to the system's choice")
		}
	}
}

var sentences = regexp.MustCompile(`^[^{]{14,}$`)

// catalogue gives the sentences of a language that hold no values, by id.
func catalogue(t *testing.T, tag string) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../views/messages/" + tag + ".toml")
	if err != nil {
		t.Fatal(err)
	}
	all, entries := map[string]string{}, map[string]any{}
	if err := toml.Unmarshal(text, &entries); err != nil {
		t.Fatal(err)
	}
	for id, entry := range entries {
		if sentence, ok := entry.(string); ok && sentences.MatchString(sentence) && !strings.HasPrefix(id, "mail_") {
			all[id] = plain(sentence)
		}
	}
	return all
}

// A German page has no English sentence on it, and the other way round: every word that people read comes from the catalogues.
func TestPagesAreInOneLanguage(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	s := newScene(p)
	for tag, other := range map[string]string{"de": "en", "en": "de"} {
		speaks := func(b browser) browser {
			b.cookies = map[string]string{"language": tag}
			return b
		}
		ours, theirs := catalogue(t, tag), catalogue(t, other)
		said := 0
		for _, page := range s.pages(speaks) {
			if got := page.attribute("html", "lang"); got != tag {
				t.Errorf("%s is in %q, want %q", page.asked, got, tag)
			}
			if strings.Contains(page.asked, "/operator/notices/") {
				continue // it shows a mail, which is in its recipient's language
			}
			text := page.text()
			for id, sentence := range theirs {
				if strings.Contains(text, sentence) && ours[id] != sentence {
					t.Errorf("%s in %s says %s in %s: %q", page.asked, tag, id, other, sentence)
				}
			}
			for _, sentence := range ours {
				if strings.Contains(text, sentence) {
					said++
				}
			}
		}
		if said < 300 {
			t.Errorf("only %d sentences were found on the pages in %s", said, tag)
		}
	}
}
