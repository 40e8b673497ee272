package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"reglink/assets"
)

const secureURL = "https://portal.example"

// securityHeaders are the headers of every answer. They stand here in full, so that none is weakened by the way.
func securityHeaders() map[string]string {
	return map[string]string{
		"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src " +
			"'self'; " +
			"connect-src 'self'; form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; report-uri " +
			"/csp-report",
		"X-Frame-Options":              "DENY",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "same-origin",
		"Cross-Origin-Resource-Policy": "same-origin",
	}
}

func TestSecurityHeaders_AreOnEveryResponse(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	s := newRouteFixture(p)
	all := append(s.pages(asIs), s.pages(func(b browser) browser { return b.withHTMX() })...)
	for _, row := range s.routes() {
		v := s.caseFor(row)
		all = append(all, s.visitors["nobody"].do(row.Method, v.path, contentTypeOf(row.Method), v.form.Encode()))
		if row.Method == http.MethodGet {
			all = append(all, s.visitors["nobody"].do(http.MethodHead, v.path, "", ""))
		}
	}
	for _, got := range all {
		wantSecurityHeaders(got)
		if !strings.Contains(got.request, " /assets/") && got.header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: Cache-Control is %q", got.request, got.header.Get("Cache-Control"))
		}
		for _, name := range []string{"Strict-Transport-Security", "Access-Control-Allow-Origin", "Server", "X-Powered-By"} {
			if got.header.Get(name) != "" {
				t.Errorf("%s: has %s", got.request, name)
			}
		}
		wantVary(got)
	}
}

func wantSecurityHeaders(got testResponse) {
	got.t.Helper()
	for name, want := range securityHeaders() {
		if values := got.header.Values(name); len(values) != 1 || values[0] != want {
			got.t.Errorf("%s: %s is %q, want %q", got.request, name, values, want)
		}
	}
}

// wantVary wants an answer in words to say on what it depends.
func wantVary(got testResponse) {
	got.t.Helper()
	if got.body == "" || !strings.HasPrefix(got.header.Get("Content-Type"), "text/html") {
		return
	}
	if got.header.Get("Content-Type") != "text/html; charset=utf-8" {
		got.t.Errorf("%s: Content-Type is %q", got.request, got.header.Get("Content-Type"))
	}
	vary := strings.Join(got.header.Values("Vary"), ", ")
	for _, name := range []string{"HX-Request", "HX-History-Restore-Request", "Accept-Language", "Cookie"} {
		if !strings.Contains(vary, name) {
			got.t.Errorf("%s: Vary is %q, without %s", got.request, vary, name)
		}
	}
}

func TestSecurityHeaders_HTTPSIsInsistedOn(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.restartWith(func(c *portalConfig) { c.BaseURL = secureURL })
	for _, got := range []testResponse{
		browser{p: p}.get("/"), browser{p: p}.get("/nothing"), browser{p: p}.get("/healthz"), browser{p: p}.post("/sign-in",
			nil),
		browser{p: p}.get(assets.Embedded().URL("app.css")), browser{p: p}.withHTMX().get("/account"),
	} {
		if hsts := got.header.Get("Strict-Transport-Security"); hsts != "max-age=63072000; includeSubDomains" {
			t.Errorf("%s: Strict-Transport-Security is %q", got.request, hsts)
		}
		if coop := got.header.Get("Cross-Origin-Opener-Policy"); coop != "same-origin" {
			t.Errorf("%s: Cross-Origin-Opener-Policy is %q", got.request, coop)
		}
	}
	out := p.signIn("sue@acme.example").post("/sign-out", nil)
	if got := out.header.Get("Clear-Site-Data"); got != `"cache"` {
		t.Errorf("signing out: Clear-Site-Data is %q", got)
	}
}

// crossSiteBrowsers gives browsers that were sent here by another site's page.
func crossSiteBrowsers(b browser) map[string]browser {
	return map[string]browser{
		"cross-site":     b.withHeader("Sec-Fetch-Site", "cross-site"),
		"same-site":      b.withHeader("Sec-Fetch-Site", "same-site").withHeader("Origin", "https://other.portal.example"),
		"foreign origin": b.withHeader("Origin", "https://evil.example"),
		"null origin":    b.withHeader("Origin", "null"),
		"similar origin": b.withHeader("Origin", "http://portal.example.evil.example"),
		"foreign HTMX":   b.withHTMX().withHeader("Origin", "https://evil.example"),
		"other port":     b.withHeader("Origin", "http://portal.example:8080"),
	}
}

// Every row that acts refuses what another site sends in the name of whoever is signed in, and nothing changes (T-40).
func TestT40_CrossSiteFormsAreRefused(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		s := newRouteFixture(p)
		before := p.snapshot()
		for _, row := range s.routes() {
			if row.Method == http.MethodGet {
				continue
			}
			v := s.caseFor(row)
			for how, b := range crossSiteBrowsers(s.visitors["super"]) {
				got := b.post(v.path, v.form)
				if got.status != http.StatusForbidden || got.text() == "" {
					p.t.Errorf("%s, %s: status %d, want 403 and a sentence", got.request, how, got.status)
				}
				if got.isPage() == b.htmx {
					p.t.Errorf("%s, %s: page and fragment are mixed up", got.request, how)
				}
			}
		}
		p.wantUnchanged("a form of another site", before)
	})
}

func TestCrossSiteCheck_OwnFormsAreAccepted(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.generateLink()
	for how, b := range map[string]browser{
		"a browser of today":          p.sue.withHeader("Sec-Fetch-Site", "same-origin").withHeader("Origin", baseURL),
		"an older browser":            p.sue.withHeader("Origin", baseURL),
		"a browser without headers":   p.sue,
		"typed into the address bar":  p.sue.withHeader("Sec-Fetch-Site", "none"),
		"behind a proxy that renames": p.sue.withHeader("Host", "10.0.0.7:3000").withHeader("Origin", baseURL),
		"another site's link, by a GET": p.sue.withHeader("Sec-Fetch-Site", "cross-site").withHeader("Origin",
			"https://mail.example"),
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

// isCrossSite tells whether a form comes from another site, by what browsers say of it: what nobody can make
// a browser say is that a form of another site is of this one.
func isCrossSite(site, origin, host string) bool {
	if origin == baseURL || site == "same-origin" || site == "none" {
		return false
	}
	if site != "" {
		return true
	}
	from, err := url.Parse(origin)
	return origin != "" && (err != nil || from.Host != host)
}

// FuzzCSRFToken has the name of its specification, and no token: the browser's own word stands in for one
// (http.CrossOriginProtection, design.md). Whatever it says, a form of another site is refused and changes
// nothing, and every other is taken.
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
		p.resetForInput(t)
		skipTooLong(t, 3000, site, origin, host)
		for _, value := range []string{site, origin, host} {
			if strings.ContainsFunc(value, func(r rune) bool { return r <= ' ' || r > '~' }) {
				t.Skip("no header has that")
			}
		}
		if host == "" || strings.ContainsAny(host, "/\\?#@") {
			t.Skip("no browser asks that host")
		}
		b := p.sue.withHeader("Host", host)
		for name, value := range map[string]string{"Sec-Fetch-Site": site, "Origin": origin} {
			if value != "" {
				b = b.withHeader(name, value)
			}
		}
		got := b.post("/theme", url.Values{"theme": {"dark"}})
		want := []int{http.StatusSeeOther}
		if isCrossSite(site, origin, host) {
			want = []int{http.StatusForbidden, http.StatusBadRequest}
		}
		if !slices.Contains(want, got.status) || (got.setCookie("theme") != nil) != (got.status == http.StatusSeeOther) {
			t.Errorf("Sec-Fetch-Site %q, Origin %q, Host %q: status %d, cookies %v", site, origin, host, got.status, got.cookies)
		}
	})
}

// No page gives its own address to another site: each says so by its header, and none loads, frames or pings
// anything from elsewhere, or says otherwise of a link of its own (T-05).
func TestT05_PagesSendNoReferrerAway(t *testing.T) {
	t.Parallel()
	s := newRouteFixture(sqlitePortal(t))
	pages := s.pages(asIs)
	for _, got := range pages {
		if policy := got.header.Values("Referrer-Policy"); len(policy) != 1 || policy[0] != "same-origin" {
			t.Errorf("%s: Referrer-Policy is %q", got.request, policy)
		}
		found := got.document().Find("meta[name=referrer], [referrerpolicy], [ping], iframe, object, embed, base, " +
			"[rel=preconnect], [rel=dns-prefetch]")
		if found.Length() > 0 {
			t.Errorf("%s: there is a %s", got.request, found.First().Nodes[0].Data)
		}
		for _, element := range got.document().Find("[src], link[href], form[action], [srcset], [poster]").EachIter() {
			for _, attribute := range []string{"src", "href", "action", "srcset", "poster"} {
				target, ok := element.Attr(attribute)
				if ok && !strings.HasPrefix(target, baseURL) &&
					(!strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//")) {
					t.Errorf("%s: %s leads to %q", got.request, attribute, target)
				}
			}
		}
	}
	if len(pages) < 40 {
		t.Errorf("only %d pages were looked at", len(pages))
	}
}
