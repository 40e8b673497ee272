package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

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

// foreign gives browsers that were sent here by another site's page.
func foreign(b browser) map[string]browser {
	return map[string]browser{
		"cross-site":     b.with("Sec-Fetch-Site", "cross-site"),
		"same-site":      b.with("Sec-Fetch-Site", "same-site").with("Origin", "https://other.portal.example"),
		"foreign origin": b.with("Origin", "https://evil.example"),
		"null origin":    b.with("Origin", "null"),
		"similar origin": b.with("Origin", "http://portal.example.evil.example"),
		"foreign HTMX":   b.withHTMX().with("Origin", "https://evil.example"),
		"other port":     b.with("Origin", "http://portal.example:8080"),
	}
}

// Every row that acts refuses what another site sends in the name of whoever is signed in, and nothing changes (T-40).
func TestT40FormsOfOtherSitesAreRefused(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		s := newScene(p)
		before := p.stored()
		for _, row := range s.rows() {
			if row.Method == http.MethodGet {
				continue
			}
			v := s.visitOf(row)
			for how, b := range foreign(s.visitors["super"]) {
				got := b.post(v.path, v.form)
				if got.status != http.StatusForbidden || got.text() == "" {
					p.t.Errorf("%s, %s: status %d, want 403 and a sentence", got.asked, how, got.status)
				}
				if got.isPage() == b.htmx {
					p.t.Errorf("%s, %s: page and fragment are mixed up", got.asked, how)
				}
			}
		}
		p.unchanged("a form of another site", before)
	})
}

func TestFormsOfOurOwnPagesAreTaken(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	p.link()
	for how, b := range map[string]browser{
		"a browser of today":            p.sue.with("Sec-Fetch-Site", "same-origin").with("Origin", baseURL),
		"an older browser":              p.sue.with("Origin", baseURL),
		"a browser without headers":     p.sue,
		"typed into the address bar":    p.sue.with("Sec-Fetch-Site", "none"),
		"behind a proxy that renames":   p.sue.with("Host", "10.0.0.7:3000").with("Origin", baseURL),
		"another site's link, by a GET": p.sue.with("Sec-Fetch-Site", "cross-site").with("Origin", "https://mail.example"),
	} {
		if got := b.get("/account"); got.status != http.StatusOK {
			t.Errorf("%s: GET: status %d", how, got.status)
		}
		if b.header.Get("Sec-Fetch-Site") == "cross-site" {
			continue
		}
		if got := b.post("/account/link/copied", nil); got.status != http.StatusSeeOther {
			t.Errorf("%s: POST: status %d", how, got.status)
		}
	}
}

// isForeign tells whether a form comes from another site, by what browsers say of it: what nobody can make a browser say is that a
// form of another site is of this one.
func isForeign(site, origin, host string) bool {
	if origin == baseURL || site == "same-origin" || site == "none" {
		return false
	}
	if site != "" {
		return true
	}
	from, err := url.Parse(origin)
	return origin != "" && (err != nil || from.Host != host)
}

// FuzzCSRFToken has the name of its specification, and no token: the browser's own word stands in for one (http.CrossOriginProtection,
// design.md). Whatever it says, a form of another site is refused and changes nothing, and every other is taken.
func FuzzCSRFToken(f *testing.F) {
	f.Add("cross-site", "https://evil.example", "portal.example")
	f.Add("same-site", "http://other.portal.example", "portal.example")
	f.Add("", "null", "portal.example")
	f.Add("", "http://portal.example.evil.example", "portal.example")
	f.Add("", "http://portal.example:8080", "portal.example")
	f.Add("", "http://portal.example@evil.example", "portal.example")
	f.Add("same-origin", baseURL, "10.0.0.7:3000")
	f.Add("Same-Origin", "", "portal.example")
	f.Add("none", "", "portal.example")
	f.Add("", "", "evil.example")
	f.Add("cross-site", baseURL, "evil.example")
	p, _ := fuzzPortal(f)
	f.Fuzz(func(t *testing.T, site, origin, host string) {
		p.next(t)
		tooLong(t, 3000, site, origin, host)
		for _, value := range []string{site, origin, host} {
			if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
				t.Skip("no header has that")
			}
		}
		if host == "" || strings.ContainsAny(host, "/\\?#@") {
			t.Skip("no browser asks that host")
		}
		b := p.sue.with("Host", host)
		for name, value := range map[string]string{"Sec-Fetch-Site": site, "Origin": origin} {
			if value != "" {
				b = b.with(name, value)
			}
		}
		got := b.post("/theme", url.Values{"theme": {"dark"}})
		want := []int{http.StatusSeeOther}
		if isForeign(site, origin, host) {
			want = []int{http.StatusForbidden, http.StatusBadRequest}
		}
		if !slices.Contains(want, got.status) || (got.set("theme") != nil) != (got.status == http.StatusSeeOther) {
			t.Errorf("Sec-Fetch-Site %q, Origin %q, Host %q: status %d, cookies %v", site, origin, host, got.status, got.cookies)
		}
	})
}

// No page gives its own address to another site: each says so by its header, and none loads, frames or pings anything from elsewhere, or
// says otherwise of a link of its own (T-05).
func TestT05PagesGiveTheirAddressToNobody(t *testing.T) {
	t.Parallel()
	s := newScene(onePortal(t))
	pages := s.pages(asThey)
	for _, got := range pages {
		if policy := got.header.Values("Referrer-Policy"); len(policy) != 1 || policy[0] != "same-origin" {
			t.Errorf("%s: Referrer-Policy is %q", got.asked, policy)
		}
		if found := got.page().Find("meta[name=referrer], [referrerpolicy], [ping], iframe, object, embed, base, [rel=preconnect], [rel=dns-prefetch]"); found.Length() > 0 {
			t.Errorf("%s: there is a %s", got.asked, found.First().Nodes[0].Data)
		}
		for _, element := range got.page().Find("[src], link[href], form[action], [srcset], [poster]").EachIter() {
			for _, attribute := range []string{"src", "href", "action", "srcset", "poster"} {
				target, ok := element.Attr(attribute)
				if ok && !strings.HasPrefix(target, baseURL) && (!strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//")) {
					t.Errorf("%s: %s leads to %q", got.asked, attribute, target)
				}
			}
		}
	}
	if len(pages) < 40 {
		t.Errorf("only %d pages were looked at", len(pages))
	}
}
