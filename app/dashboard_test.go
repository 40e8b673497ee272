package app_test

import (
	"context"
	"testing"
	"time"

	"reglink/app"
)

// fakeOverviewStore is an DashboardStore that counts nothing and remembers what it was asked.
type fakeOverviewStore struct {
	account string
	weeks   []app.RegistrationWeek
	limit   int
}

func (c *fakeOverviewStore) CountMembers(_ context.Context, accountID string) (app.MemberCounts, error) {
	c.account = accountID
	return app.MemberCounts{{Role: app.SuperUser, Status: app.Active, Number: 7}}, nil
}

func (c *fakeOverviewStore) CountRegistrations(_ context.Context, _ string, weeks []app.RegistrationWeek) error {
	c.weeks = weeks
	weeks[0].ByLink, weeks[1].ByEntitlement, weeks[1].ByLink = 2, 3, 4
	return nil
}

func (c *fakeOverviewStore) Attention(_ context.Context, accountID string, _ time.Time, _ int) (app.Attention, error) {
	c.account = accountID
	return app.Attention{IdleCount: 3}, nil
}

func (c *fakeOverviewStore) Activities(_ context.Context, accountID string, _ app.ActivityQuery,
	limit int,
) ([]app.Activity, error) {
	c.account, c.limit = accountID, limit
	return []app.Activity{{Event: app.LinkCopied}}, nil
}

// TestDashboard_ShowsWhatTheRoleMaySee: members see the figures, Super Users whom to look after and the activity too.
func TestDashboard_ShowsWhatTheRoleMaySee(t *testing.T) {
	t.Parallel()
	clock := &fakeClock{noon}
	for _, person := range actorCases() {
		store := &fakeOverviewStore{}
		dashboards := app.Dashboards{Store: store, Clock: clock.now}
		overview, err := dashboards.Overview(t.Context(), person.actor)
		if !person.isMember {
			wantRefusal(t, err, app.Forbidden, "members_only")
		} else if err != nil || overview.Members.Of("", "") != 7 || store.account != "ACME" {
			t.Errorf("%s: got %+v, %v", person.name, overview, err)
		}
		recent, err := dashboards.Recent(t.Context(), person.actor, 5)
		wantNoError(t, err)
		if (len(recent) == 1) != person.isSuperUser || (store.limit == 5) != person.isSuperUser {
			t.Errorf("%s: got %d activities", person.name, len(recent))
		}
		attention, err := dashboards.Attention(t.Context(), person.actor, 5)
		wantNoError(t, err)
		if (attention.IdleCount == 3) != person.isSuperUser {
			t.Errorf("%s: got %+v", person.name, attention)
		}
	}
}

// The weeks end today, whatever the hour, and are 91 whole days in UTC.
func TestOverview_HasThirteenWeeksEndingToday(t *testing.T) {
	t.Parallel()
	for _, now := range []time.Time{
		time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), time.Date(2026, 11, 22, 23, 59, 59, 999999000, time.UTC),
		time.Date(2026, 11, 23, 1, 0, 0, 0, time.FixedZone("east", 2*60*60)),
	} {
		store := &fakeOverviewStore{}
		overview, err := app.Dashboards{Store: store, Clock: (&fakeClock{now}).now}.Overview(t.Context(),
			newActor(app.LimitedUser, app.Active))
		wantNoError(t, err)
		first, last := overview.Weeks[0], overview.Weeks[len(overview.Weeks)-1]
		if len(overview.Weeks) != 13 || first.From.Format(time.RFC3339) != "2026-08-24T00:00:00Z" ||
			last.Last().Format(time.DateOnly) != "2026-11-22" {
			t.Errorf("at %v: %d weeks from %v to %v", now, len(overview.Weeks), first.From, last.Last())
		}
		for i, week := range overview.Weeks[1:] {
			if week.From.Sub(overview.Weeks[i].From) != 7*24*time.Hour {
				t.Errorf("week %d begins at %v", i+1, week.From)
			}
		}
		if byLink, total := overview.RegistrationTotals(); byLink != 6 || total != 9 {
			t.Errorf("%d of %d by the link", byLink, total)
		}
	}
}
