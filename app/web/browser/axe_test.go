package browser_test

import (
	"net/http"
	"testing"

	"reglink/app/config"
	"reglink/db/dbtest"
)

// TestAxe goes to every page in its states and languages: axe finds no violation, and nothing scrolls sideways or is cut off.
func TestAxe(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "de"} {
		t.Run("demo in "+language, func(t *testing.T) {
			t.Parallel()
			d := newTour(t)
			d.superUser().auditAll(language, d.rooms())
			newTab(t, d.base).auditAll(language, d.open())
		})
		t.Run("new portal in "+language, func(t *testing.T) {
			t.Parallel()
			h := newHouse(t)
			newTab(t, h.base).auditAll(language, h.beginning(map[string]string{
				"account_name": "Acme Widgets", "company_id": "100", "first_name": "Sue", "last_name": "Perez",
				"email": sue, "password": password,
			}))
			newTab(t, h.base).auditAll(language, h.outside())
		})
	}
}

func (b *tab) auditAll(language string, places []place) {
	b.t.Helper()
	b.speak(language)
	for _, p := range places {
		b.regard(look{1280, "light"})
		p.reach(b)
		if !b.has("html[lang=" + language + "]") {
			b.t.Errorf("%s is not in the language %s", p.name, language)
		}
		b.audit(p.name, looks(language))
		b.complaints()
	}
}

// TestAxeOfLimits is TestAxe for the page of somebody who asked too often.
func TestAxeOfLimits(t *testing.T) {
	t.Parallel()
	p := start(t, on(dbtest.SQLite(t)).with(config.Limits, "on"), "serve")
	b := newTab(t, p.base)
	for range 120 {
		answer, err := http.Get(p.base + "/confirm/rc1_unknown")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	b.auditAll("en", []place{page("/confirm/rc1_unknown", 429)})
}
