package web_test

import (
	"context"
	"net/http"
	"testing"
	"time"
)

// automatedVisitors are those who open addresses that nobody meant to open yet: mail scanners, previews,
// browsers ahead of their person (T-06).
func automatedVisitors(p *portal) map[string]browser {
	b := browser{p: p}
	return map[string]browser{
		"a browser": b, "a prefetch": b.withHeader("Sec-Purpose", "prefetch"), "a prerender": b.withHeader("Sec-Purpose",
			"prefetch;prerender"),
		"an older prefetch": b.withHeader("Purpose", "prefetch"), "a scanner": b.withHeader("User-Agent",
			"LinkScanner/1.0").withHeader("Sec-Fetch-Site", "cross-site"),
		"HTMX": b.withHTMX(),
	}
}

// GET and HEAD change nothing, however often and by whomever a secret's address is opened (design.md, section 3).
func TestT06_SafeMethodsChangeNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		s := newRouteFixture(p)
		secrets := []string{
			s.linkPath, s.cases["GET /confirm/:token"].path, s.cases["GET /activate/:token"].path,
			s.cases["GET /join/:token"].path, s.cases["GET /reset-password/:token"].path,
		}
		before := p.snapshot()
		for range 1 + 50/len(automatedVisitors(p)) { // more than fifty of each
			for who, b := range automatedVisitors(p) {
				for _, path := range secrets {
					got := b.get(path)
					if got.status != http.StatusOK {
						p.t.Errorf("%s, by %s: status %d", got.request, who, got.status)
					}
					b.do(http.MethodHead, path, "", "")
				}
			}
		}
		p.wantUnchanged("opening a secret's address", before)
		for _, row := range s.routes() {
			v := s.caseFor(row)
			for name, visitor := range s.visitors {
				p.clock.advance(2 * time.Second) // the session's last use is noted meanwhile
				visitor.get(v.path)
				visitor.withHTMX().do(http.MethodHead, v.path, "", "")
				visitor.get(v.path + "?status=pending&role=super&account=x&language=de&theme=dark&disable=1")
				p.wantUnchanged("GET "+v.path+" by "+name, before)
			}
		}
	})
}

func TestT06_OpeningTheSetupChangesNothing(t *testing.T) {
	t.Parallel()
	eachDatabaseBeforeSetup(t, func(p *portal) {
		token, err := p.setUps().Token(context.Background())
		p.check(err)
		before := p.snapshot()
		for range 10 {
			for _, b := range automatedVisitors(p) {
				p.wantStatus(b.get("/setup/"+token), http.StatusOK)
				b.do(http.MethodHead, "/setup/"+token, "", "")
			}
		}
		p.wantUnchanged("opening the set-up", before)
	})
}
