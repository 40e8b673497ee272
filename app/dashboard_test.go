package app_test

import (
	"context"
	"testing"
	"time"

	"reglink/app"
)

// counter is an OverviewStore that counts nothing and remembers what it was asked.
type counter struct {
	account string
	since   time.Time
	limit   int
}

func (c *counter) Overview(_ context.Context, accountID string, since time.Time) (app.Overview, error) {
	c.account, c.since = accountID, since
	return app.Overview{Members: 7}, nil
}

func (c *counter) Activities(_ context.Context, accountID string, _ app.ActivityQuery, limit int) ([]app.Activity, error) {
	c.account, c.limit = accountID, limit
	return []app.Activity{{Event: app.LinkCopied}}, nil
}

// TestDashboardAccess: members see the figures, Super Users the activity too.
func TestDashboardAccess(t *testing.T) {
	t.Parallel()
	clock := &hands{noon}
	for _, person := range everybody() {
		store := &counter{}
		dashboards := app.Dashboards{Store: store, Clock: clock.clock}
		overview, err := dashboards.Overview(t.Context(), person.actor)
		if !person.reads {
			wantRefusal(t, err, app.Forbidden, "members_only")
		} else if err != nil || overview.Members != 7 || store.account != "ACME" || !store.since.Equal(noon.AddDate(0, 0, -90)) {
			t.Errorf("%s: got %+v, %v since %v", person.name, overview, err, store.since)
		}
		recent, err := dashboards.Recent(t.Context(), person.actor, 5)
		wantNoError(t, err)
		if (len(recent) == 1) != person.super || (store.limit == 5) != person.super {
			t.Errorf("%s: got %d activities", person.name, len(recent))
		}
	}
}
