package app

import (
	"context"
	"time"
)

// OverviewWeeks is how many weeks of registrations the dashboard shows: today and the 90 days before.
const OverviewWeeks = 13

// Count is how many memberships have a role and a status.
type Count struct {
	Role   Role
	Status Status
	Number int
}

// Headcount is how many members an account has, by role and status.
type Headcount []Count

// Of counts the memberships of a role and a status; an empty one counts every.
func (h Headcount) Of(role Role, status Status) int {
	sum := 0
	for _, c := range h {
		if (role == "" || c.Role == role) && (status == "" || c.Status == status) {
			sum += c.Number
		}
	}
	return sum
}

// Week is how many people registered in seven days.
type Week struct {
	From      time.Time // the beginning of the first day, in UTC
	ByLink    int
	Otherwise int // by an entitlement
}

// Last is the beginning of the seventh day.
func (w Week) Last() time.Time { return w.From.AddDate(0, 0, 6) }

// Total counts all of them.
func (w Week) Total() int { return w.ByLink + w.Otherwise }

// Overview is an account at a glance, as every member may see it.
type Overview struct {
	Members Headcount
	Weeks   []Week // the oldest first; the last one ends today
}

// Registered counts the registrations of all weeks: by the link, and in all.
func (o Overview) Registered() (int, int) {
	byLink, total := 0, 0
	for _, week := range o.Weeks {
		byLink += week.ByLink
		total += week.Total()
	}
	return byLink, total
}

// Attention is whom a Super User should look after.
type Attention struct {
	Ending   []Membership // of those who expire within ExpiringDays with Identity, the soonest first
	Expiring int          // how many they are in all
	Idle     int          // who did not sign in for IdleDays
}

// OverviewStore counts and lists what the dashboard shows.
type OverviewStore interface {
	// Headcount counts the memberships of an account.
	Headcount(ctx context.Context, accountID string) (Headcount, error)
	// CountRegistrations counts the registrations of each week, which follow one another, into it.
	CountRegistrations(ctx context.Context, accountID string, weeks []Week) error
	// Attention counts the members whom MemberQuery.Show picks at that time, and lists those who expire, at most limit.
	Attention(ctx context.Context, accountID string, at time.Time, limit int) (Attention, error)
	// Activities lists activities of an account with Actor and Subject, newest first, at most limit.
	Activities(ctx context.Context, accountID string, q ActivityQuery, limit int) ([]Activity, error)
}

// Dashboards are the rules of the dashboard.
type Dashboards struct {
	Store OverviewStore
	Clock Clock
}

// Overview gives the actor's current account at a glance. Every member may read it.
func (s Dashboards) Overview(ctx context.Context, by Actor) (Overview, error) {
	if !by.Member() {
		return Overview{}, Refuse(Forbidden, "members_only")
	}
	heads, err := s.Store.Headcount(ctx, by.Account.ID)
	if err != nil {
		return Overview{}, err
	}
	weeks := lastWeeks(s.Clock.Now())
	err = s.Store.CountRegistrations(ctx, by.Account.ID, weeks)
	return Overview{Members: heads, Weeks: weeks}, err
}

// lastWeeks gives OverviewWeeks times seven whole days in UTC, of which the last is that of now.
func lastWeeks(now time.Time) []Week {
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	weeks := make([]Week, OverviewWeeks)
	for i := range weeks {
		weeks[i].From = today.AddDate(0, 0, 1-7*(OverviewWeeks-i))
	}
	return weeks
}

// Attention tells whom to look after, and names at most limit of those who expire. Only Super Users see it; for others it is empty.
func (s Dashboards) Attention(ctx context.Context, by Actor, limit int) (Attention, error) {
	if !by.SuperUser() {
		return Attention{}, nil
	}
	return s.Store.Attention(ctx, by.Account.ID, s.Clock.Now(), limit)
}

// Recent gives the newest limit activities, which only Super Users see; for other members it is empty.
func (s Dashboards) Recent(ctx context.Context, by Actor, limit int) ([]Activity, error) {
	if !by.SuperUser() {
		return nil, nil
	}
	return s.Store.Activities(ctx, by.Account.ID, ActivityQuery{}, limit)
}
