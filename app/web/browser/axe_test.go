package browser_test

import (
	"testing"

	"reglink/app/config"
	"reglink/db/dbtest"
)

// TestAxe goes to every page in its states and languages: axe finds no violation, and nothing scrolls sideways.
func TestAxe(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "de"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			d, h := newTour(t), newHouse(t)
			sue := d.superUser()
			sue.speak(language)
			sue.auditAll(d.rooms())
			visitor := newTab(t, d.base)
			visitor.speak(language)
			visitor.auditAll(d.open())
			operator := newTab(t, h.base)
			operator.speak(language)
			operator.auditAll(h.beginning(map[string]string{
				"account_name": "Acme Widgets", "company_id": "100", "first_name": "Sue", "last_name": "Perez",
				"email": "sue@acme.example", "password": password,
			}))
		})
	}
}

func (b *tab) auditAll(places []place) {
	b.t.Helper()
	for _, p := range places {
		b.regard(look{1280, "light"})
		p.reach(b)
		b.audit(p.name)
		b.complaints()
	}
}

// TestAxeOfLimits is TestAxe for the page of somebody who asked too often.
func TestAxeOfLimits(t *testing.T) {
	t.Parallel()
	p := start(t, on(dbtest.SQLite(t)).with(config.Limits, "on"), "serve")
	b := newTab(t, p.base)
	b.expects(404, 429)
	for range 121 {
		if b.open("/confirm/rc1_unknown") == 429 {
			break
		}
	}
	b.auditAll([]place{page("/confirm/rc1_unknown", 429)})
}
