package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
)

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
