package web_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"reglink/app"
	"reglink/app/web"
)

// torn is a store whose connection is lost at the Commits of the first forms, which are not applied.
type torn struct {
	web.Store

	times int
}

func (s *torn) Register(ctx context.Context, a app.Admission) error {
	if s.times > 0 {
		s.times--
		return app.PerhapsDone()
	}
	return s.Store.Register(ctx, a)
}

// Whoever sends a form that the portal cannot say is stored is registered all the same by a second try of the portal's own. Where that
// is lost too, the form comes back and says so, and may be sent again.
func TestTheDatabaseIsLostAtACommit(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.faults = true
		path, store := p.link(), &torn{times: 1}
		p.serve(func(c *web.Config) { store.Store, c.Store = c.Store, store })
		p.want(browser{p: p}.post(path, p.filledIn(path, "nia@acme.example")), http.StatusSeeOther)

		form := p.filledIn(path, "ann@acme.example")
		store.times = 2
		got := browser{p: p}.post(path, form)
		p.want(got, http.StatusServiceUnavailable)
		if got.header.Get("Retry-After") == "" || got.value("#email") != "ann@acme.example" || !strings.Contains(got.text(), en("perhaps_done")) {
			p.t.Errorf("what was typed is lost, or nothing is said: %.500s", got.text())
		}
		p.want(browser{p: p}.post(path, form), http.StatusSeeOther)
		if n := p.one("SELECT COUNT(*) FROM registrations"); n != "2" {
			p.t.Errorf("%s registrations, want 2", n)
		}
	})
}
