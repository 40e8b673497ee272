package db_test

import (
	"fmt"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func TestCountMembers_ByRoleAndStatus(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		for i, status := range []app.Status{app.Active, app.Pending, app.Pending, app.Suspended} {
			email := fmt.Sprintf("m%d@acme.example", i)
			p.createMember(t, email, app.LimitedUser)
			p.update(t, "memberships", "status = ?", status, email)
		}
		p.createAccount(t, "Other", "olga@other.example")
		got := must(s.CountMembers(t.Context(), p.super.Account.ID))(t)
		for _, c := range []struct {
			role   app.Role
			status app.Status
			want   int
		}{
			{app.LimitedUser, app.Pending, 2},
			{app.LimitedUser, "", 4},
			{app.SuperUser, app.Active, 1},
			{"", app.Active, 2},
			{"", "", 5},
			{app.StandardUser, "", 0},
			{app.SuperUser, app.Suspended, 0},
		} {
			equal(t, fmt.Sprint(c.role, " ", c.status), got.Of(c.role, c.status), c.want)
		}
	})
}

// A week begins with its first moment and ends before that of the next; what is before the first week or
// after the last is not counted.
func TestCountRegistrations_ByWeekInOneStatement(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.generateLink(t)
		check(t, p.imports().AddEntitlement(t.Context(), "acme-1", app.OrderSummary, "OS1"))
		begin := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
		weeks := []app.RegistrationWeek{{From: begin}, {From: begin.AddDate(0, 0, 7)}, {From: begin.AddDate(0, 0, 14)}}
		const step = time.Microsecond
		for i, at := range []time.Time{
			begin.Add(-step), begin, weeks[1].From.Add(-step), weeks[2].From, weeks[2].From.Add(7*24*time.Hour - step),
			weeks[2].From.AddDate(0, 0, 7),
		} {
			p.now = at
			check(t, p.register(t, token, newRegistrationForm(fmt.Sprintf("n%d@new.example", i))))
		}
		p.now = weeks[2].From.Add(time.Hour)
		check(t, p.registerEntitled(t, "os@new.example", func(f *app.RegistrationForm) {
			f.EntitlementKind, f.OrderSummary = app.OrderSummary, "os1"
		}))

		n := dbtest.CountStatements(t, s, func() { check(t, s.CountRegistrations(t.Context(), p.super.Account.ID, weeks)) })
		equal(t, "statements", n, 1)
		for i, want := range []app.RegistrationWeek{{ByLink: 2}, {}, {ByLink: 2, ByEntitlement: 1}} {
			want.From = weeks[i].From
			equal(t, fmt.Sprint("week ", i), weeks[i], want)
		}
		elsewhere := []app.RegistrationWeek{{From: begin}}
		check(t, s.CountRegistrations(t.Context(), app.NewID(), elsewhere))
		equal(t, "elsewhere", elsewhere[0].Total(), 0)
	})
}

func TestAttention_CountsExpiringAndIdleMembers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		at := p.now
		days := func(n int) time.Time { return at.AddDate(0, 0, n) }
		for email, expires := range map[string]time.Time{
			"over@acme.example": days(-1), "soon@acme.example": days(2), "later@acme.example": days(30),
			"far@acme.example": days(31), "paused@acme.example": days(3),
		} {
			p.createMember(t, email, app.StandardUser)
			p.update(t, "memberships", "expires_on = ?", expires, email)
		}
		p.update(t, "memberships", "status = ?", app.Suspended, "paused@acme.example")
		p.createMember(t, "idle@acme.example", app.StandardUser)
		p.update(t, "memberships", "joined_at = ?", days(-61), "idle@acme.example")
		p.createMember(t, "back@acme.example", app.StandardUser)
		p.update(t, "memberships", "joined_at = ?", days(-300), "back@acme.example")
		p.update(t, "identities", "signed_in_at = ?", days(-59), "back@acme.example")

		got := must(s.Attention(t.Context(), p.super.Account.ID, at, 9))(t)
		equal(t, "expiring", got.ExpiringCount, 2)
		equal(t, "idle", got.IdleCount, 1)
		equal(t, "the soonest first", got.ExpiringFirst[0].Identity.Email+" "+got.ExpiringFirst[1].Identity.Email,
			"soon@acme.example later@acme.example")
		equal(t, "no more than asked for", len(must(s.Attention(t.Context(), p.super.Account.ID, at, 1))(t).ExpiringFirst), 1)
		equal(t, "elsewhere", must(s.Attention(t.Context(), app.NewID(), at, 9))(t).IdleCount, 0)
	})
}
