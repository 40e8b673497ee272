package web_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"reglink/app"
	"reglink/app/web"
	"reglink/assets"
)

const secureURL = "https://portal.example"

// protections are the headers of every answer. They stand here in full, so that none is weakened by the way.
func protections() map[string]string {
	return map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; " +
			"connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; report-uri /csp-report",
		"X-Frame-Options":              "DENY",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
	}
}

func TestEveryAnswerIsProtected(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	s := newScene(p)
	all := append(s.pages(asThey), s.pages(func(b browser) browser { return b.withHTMX() })...)
	for _, row := range s.rows() {
		v := s.visitOf(row)
		all = append(all, s.visitors["nobody"].ask(row.Method, v.path, formType(row.Method), v.form.Encode()))
		if row.Method == http.MethodGet {
			all = append(all, s.visitors["nobody"].ask(http.MethodHead, v.path, "", ""))
		}
	}
	for _, got := range all {
		wantProtected(got)
		if !strings.Contains(got.asked, " /assets/") && got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control is %q", got.asked, got.header.Get("Cache-Control"))
		}
		for _, name := range []string{"Strict-Transport-Security", "Access-Control-Allow-Origin", "Server", "X-Powered-By"} {
			if got.header.Get(name) != "" {
				t.Errorf("%s: has %s", got.asked, name)
			}
		}
		wantVary(got)
	}
}

func wantProtected(got answer) {
	got.t.Helper()
	for name, want := range protections() {
		if values := got.header.Values(name); len(values) != 1 || values[0] != want {
			got.t.Errorf("%s: %s is %q, want %q", got.asked, name, values, want)
		}
	}
}

// wantVary wants an answer in words to say on what it depends.
func wantVary(got answer) {
	got.t.Helper()
	if got.body == "" || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
		return
	}
	if got.header.Get("Content-Type") != "text/html; charset=utf-8" {
		got.t.Errorf("%s: Content-Type is %q", got.asked, got.header.Get("Content-Type"))
	}
	vary := strings.Join(got.header.Values("Vary"), ", ")
	for _, name := range []string{"HX-Request", "HX-History-Restore-Request", "Accept-Language", "Cookie"} {
		if !strings.Contains(vary, name) {
			got.t.Errorf("%s: Vary is %q, without %s", got.asked, vary, name)
		}
	}
}

func TestHTTPSInsistsOnItself(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	p.serve(func(c *web.Config) { c.BaseURL = secureURL })
	for _, got := range []answer{
		browser{p: p}.get("/"), browser{p: p}.get("/nothing"), browser{p: p}.get("/healthz"), browser{p: p}.post("/sign-in", nil),
		browser{p: p}.get(assets.Embedded().URL("app.css")), browser{p: p}.withHTMX().get("/account"),
	} {
		if hsts := got.header.Get("Strict-Transport-Security"); hsts != "max-age=63072000; includeSubDomains" {
			t.Errorf("%s: Strict-Transport-Security is %q", got.asked, hsts)
		}
		if coop := got.header.Get("Cross-Origin-Opener-Policy"); coop != "same-origin" {
			t.Errorf("%s: Cross-Origin-Opener-Policy is %q", got.asked, coop)
		}
	}
	out := p.signIn("sue@acme.example").post("/sign-out", nil)
	if got := out.header.Get("Clear-Site-Data"); got != `"cache"` {
		t.Errorf("signing out: Clear-Site-Data is %q", got)
	}
}

// Cookies are for this host and this site alone, and no script reads them.
func TestCookies(t *testing.T) {
	t.Parallel()
	for base, secure := range map[string]bool{baseURL: false, secureURL: true} {
		t.Run(base, func(t *testing.T) {
			t.Parallel()
			p := onePortal(t)
			p.serve(func(c *web.Config) { c.BaseURL = base })
			in := browser{p: p}.post("/sign-in", credentials("sue@acme.example", password))
			b := browser{p: p, cookie: in.cookie("session")}
			const year = 365 * 24 * 60 * 60
			for name, test := range map[string]struct {
				got    answer
				maxAge int
			}{
				"session": {in, 0}, "theme": {b.post("/theme", map[string][]string{"theme": {"dark"}}), year},
				"language": {b.post("/language", map[string][]string{"language": {"de"}}), year},
				"toast":    {b.post("/members", newUser("ada@acme.example", app.StandardUser)), 60},
			} {
				c := test.got.set(name)
				if c == nil {
					t.Fatalf("%s: no cookie %s among %q", test.got.asked, p.cookieName(name), test.got.header["Set-Cookie"])
				}
				if c.Secure != secure || !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != test.maxAge {
					t.Errorf("the cookie of %s is %s", test.got.asked, c)
				}
			}
			for name, got := range map[string]answer{
				"session": b.post("/sign-out", nil), "theme": b.post("/theme", map[string][]string{"theme": {"system"}}),
			} {
				if c := got.set(name); c == nil || c.Value != "" || c.Expires.Year() != 1970 {
					t.Errorf("%s leaves the cookie %s", got.asked, c)
				}
			}
		})
	}
}

// With https only the cookie counts that no other host can have set.
func TestCookiesOfOtherHostsDoNotCount(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	p.serve(func(c *web.Config) { c.BaseURL = secureURL })
	token := p.signIn("sue@acme.example").cookie
	planted := browser{p: p, cookies: map[string]string{"session": token, "language": "de", "theme": "dark"}}
	if got := planted.get("/account"); got.status != http.StatusSeeOther {
		t.Errorf("a session cookie without __Host- opens the account: status %d", got.status)
	}
	if got := planted.get("/"); got.attribute("html", "lang") != "en" || got.has("html[data-theme]") {
		t.Error("a cookie without __Host- counts")
	}
}

var contentHash = regexp.MustCompile(`\.[0-9a-f]{8}\.`)

func TestAssets(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	paths := map[string]bool{}
	for _, element := range p.sue.get("/account").page().Find("script[src], link[href]").EachIter() {
		paths[element.AttrOr("src", "")+element.AttrOr("href", "")] = true
	}
	if len(paths) < 4 {
		t.Errorf("the page loads %v only", paths)
	}
	for path := range paths {
		for accepts, encoding := range map[string]string{"": "", "gzip": "gzip", "br, gzip": "br", "br;q=0": ""} {
			got := browser{p: p}.with("Accept-Encoding", accepts).get(path)
			if got.status != http.StatusOK || got.header.Get("Cache-Control") != "public, max-age=31536000, immutable" {
				t.Errorf("%s: status %d, Cache-Control %q", path, got.status, got.header.Get("Cache-Control"))
			}
			if got.header.Get("Content-Encoding") != encoding || got.header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("%s for %q: encoded as %q, Vary %q", path, accepts, got.header.Get("Content-Encoding"), got.header.Get("Vary"))
			}
			if kind := got.header.Get("Content-Type"); strings.Contains(kind, "html") || kind == "" || len(got.cookies) != 0 {
				t.Errorf("%s: Content-Type %q, %d cookies", path, kind, len(got.cookies))
			}
		}
		stale := browser{p: p}.get(contentHash.ReplaceAllString(path, ".00000000."))
		if stale.status != http.StatusNotFound || stale.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: status %d, Cache-Control %q", stale.asked, stale.status, stale.header.Get("Cache-Control"))
		}
	}
}
