package web_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"reglink/app"
)

// A fault of the error page itself ends the request, not the program.
func TestT04_BrokenErrorPageEndsOnlyTheRequest(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.allowServerErrors = true
	p.restartWith(func(c *portalConfig) { c.Assets = nil })
	for _, b := range []browser{{p: p}, p.sue} {
		for in, number := range map[string]string{"en": "Request ", "de": "Anfrage "} {
			got := b.withHeader("Accept-Language", in).get("/nothing")
			_, id, said := strings.Cut(got.body, number)
			if got.status != http.StatusInternalServerError || !said || got.header.Get("Content-Security-Policy") == "" {
				t.Errorf("%s: status %d: %s", got.request, got.status, got.body)
			}
			if !strings.Contains(p.log.String(), "msg=fault id="+strings.TrimSpace(id)+" ") {
				t.Errorf("%s: no line of the log has the number %q", got.request, id)
			}
		}
	}
	if !strings.Contains(p.log.String(), "nil pointer") || strings.Contains(p.log.String(), "/nothing") {
		t.Errorf("the log does not say why: %s", p.logTail())
	}
}

// A database that does not answer is told apart from a fault: trying again helps.
func TestErrors_UnavailableDatabaseIs503(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	path := p.generateLink()
	form := p.registrationForm(path, "nia@acme.example")
	p.allowServerErrors = true
	p.check(p.store.Close())
	p.restartWith(func(c *portalConfig) { c.Store = linkUnavailableStore{c.Store} })
	for _, b := range []browser{{p: p}, {p: p, htmx: true}} {
		for _, got := range []testResponse{b.get(path), b.post(path, form), b.post(path+"/check/email", form)} {
			if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" ||
				!strings.Contains(got.text(), en("database_away")) {
				t.Errorf("%s: status %d, Retry-After %q: %.200s", got.request, got.status, got.header.Get("Retry-After"),
					got.text())
			}
		}
	}
	if got := (browser{p: p}).get("/readyz"); got.status != http.StatusServiceUnavailable ||
		strings.Contains(got.body, "sql") {
		t.Errorf("ready: status %d: %s", got.status, got.body)
	}
	p.wantStatus(browser{p: p}.get("/healthz"), http.StatusOK)
}

// linkUnavailableStore is a store whose database cannot be reached.
type linkUnavailableStore struct{ app.Store }

func (linkUnavailableStore) LinkByToken(context.Context, []byte) (*app.Link, error) {
	return nil, app.Refuse(app.Unavailable, "database_away")
}
