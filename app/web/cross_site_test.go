package web_test

import (
	"net/http"
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
