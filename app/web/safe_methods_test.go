package web_test

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// openers are those who open addresses that nobody meant to open yet: mail scanners, previews, browsers ahead of their person (T-06).
func openers(p *portal) map[string]browser {
	b := browser{p: p}
	return map[string]browser{
		"a browser": b, "a prefetch": b.with("Sec-Purpose", "prefetch"), "a prerender": b.with("Sec-Purpose", "prefetch;prerender"),
		"an older prefetch": b.with("Purpose", "prefetch"), "a scanner": b.with("User-Agent", "LinkScanner/1.0").with("Sec-Fetch-Site", "cross-site"),
		"HTMX": b.withHTMX(),
	}
}

// GET and HEAD change nothing, however often and by whomever a secret's address is opened (design.md, section 3).
func TestT06ReadingChangesNothing(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		s := newScene(p)
		secrets := []string{s.link, s.visits["GET /confirm/:token"].path, s.visits["GET /activate/:token"].path, s.visits["GET /join/:token"].path, s.visits["GET /reset-password/:token"].path}
		before := p.stored()
		for range 1 + 50/len(openers(p)) { // more than fifty of each
			for who, b := range openers(p) {
				for _, path := range secrets {
					got := b.get(path)
					if got.status != http.StatusOK {
						p.t.Errorf("%s, by %s: status %d", got.asked, who, got.status)
					}
					b.ask(http.MethodHead, path, "", "")
				}
			}
		}
		p.unchanged("opening a secret's address", before)
		for _, row := range s.rows() {
			v := s.visitOf(row)
			for name, visitor := range s.visitors {
				p.clock.pass(2 * time.Second) // the session's last use is noted meanwhile
				visitor.get(v.path)
				visitor.withHTMX().ask(http.MethodHead, v.path, "", "")
				visitor.get(v.path + "?status=pending&role=super&account=x&language=de&theme=dark&disable=1")
				p.unchanged("GET "+v.path+" by "+name, before)
			}
		}
	})
}

func TestT06ReadingTheSetUpChangesNothing(t *testing.T) {
	t.Parallel()
	eachEmptyPortal(t, func(p *portal) {
		token, err := p.setUps().Token(context.Background())
		p.check(err)
		before := p.stored()
		for range 10 {
			for _, b := range openers(p) {
				p.want(b.get("/setup/"+token), http.StatusOK)
				b.ask(http.MethodHead, "/setup/"+token, "", "")
			}
		}
		p.unchanged("opening the set-up", before)
	})
}
