package db_test

import (
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// Of twenty alerts raised at once one is stored, with a notice to each Super User; an hour later there is
// another (T-24).
func TestT24_OneAlertAnHour(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.createMember(t, "second@acme.example", app.SuperUser)
		raise := func(int) error {
			what := app.Activity{
				ID: app.NewID(), AccountID: p.super.Account.ID, At: p.now, Event: app.ManyRefused,
				Details: app.Details{"Count": "10"},
			}
			return s.RecordAlert(t.Context(), what, p.now.Add(-time.Hour))
		}
		for _, err := range parallel(20, raise) {
			check(t, err)
		}
		equal(t, "alerts", p.count(t, "activities", "event = ?", app.ManyRefused), 1)
		equal(t, "notices", p.count(t, "notices", "letter = ?", app.RefusalAlert), 2)
		p.now = p.now.Add(time.Hour)
		check(t, raise(0))
		equal(t, "alerts of two hours", p.count(t, "activities", "event = ?", app.ManyRefused), 2)
	})
}
