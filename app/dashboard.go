package app

import (
	"context"
	"time"
)

// DashboardWeeks is how many weeks of registrations the dashboard shows: today and the 90 days before.
const DashboardWeeks = 13

// MemberCount is how many memberships have a role and a status.
type MemberCount struct {
	Role   Role
	Status Status
	Number int
}

// MemberCounts is how many members an account has, by role and status.
type MemberCounts []MemberCount

// Of counts the memberships of a role and a status; an empty one counts every.
func (h MemberCounts) Of(role Role, status Status) int {
	sum := 0
	for _, c := range h {
		if (role == "" || c.Role == role) && (status == "" || c.Status == status) {
			sum += c.Number
		}
	}
	return sum
}

// RegistrationWeek is how many people registered in seven days.
type RegistrationWeek struct {
	From          time.Time // the beginning of the first day, in UTC
	ByLink        int
	ByEntitlement int // by an entitlement
}

// Last is the beginning of the seventh day.
func (w RegistrationWeek) Last() time.Time { return w.From.AddDate(0, 0, 6) }

// Total counts all of them.
func (w RegistrationWeek) Total() int { return w.ByLink + w.ByEntitlement }

// AccountOverview is an account at a glance, as every member may see it.
type AccountOverview struct {
	Members MemberCounts
	Weeks   []RegistrationWeek // the oldest first; the last one ends today
}

// RegistrationTotals counts the registrations of all weeks: by the link, and in all.
func (o AccountOverview) RegistrationTotals() (int, int) {
	byLink, total := 0, 0
	for _, week := range o.Weeks {
		byLink += week.ByLink
		total += week.Total()
	}
	return byLink, total
}

// Attention is whom a Super User should look after.
type Attention struct {
	ExpiringFirst []Membership // of those who expire within ExpiringDays with Identity, the soonest first
	ExpiringCount int          // how many they are in all
	IdleCount     int          // who did not sign in for IdleDays
}

// DashboardStore counts and lists what the dashboard shows.
type DashboardStore interface {
	// CountMembers counts the memberships of an account.
	CountMembers(ctx context.Context, accountID string) (MemberCounts, error)
	// CountRegistrations counts the registrations of each week, which follow one another, into it.
	CountRegistrations(ctx context.Context, accountID string, weeks []RegistrationWeek) error
	// Attention counts the members whom MemberQuery.Filter picks at that time, and lists those who expire, the soonest
	// first, at most limit.
	Attention(ctx context.Context, accountID string, at time.Time, limit int) (Attention, error)
	// Activities lists activities of an account with Actor and Subject, newest first, at most limit.
	Activities(ctx context.Context, accountID string, q ActivityQuery, limit int) ([]Activity, error)
}

// Dashboards are the rules of the dashboard.
type Dashboards struct {
	Store DashboardStore
	Clock Clock
}

// Overview gives the actor's current account at a glance. Every member may read it.
func (s Dashboards) Overview(ctx context.Context, by Actor) (AccountOverview, error) {
	if !by.Member() {
		return AccountOverview{}, Refuse(Forbidden, "members_only")
	}
	heads, err := s.Store.CountMembers(ctx, by.Account.ID)
	if err != nil {
		return AccountOverview{}, err
	}
	weeks := lastWeeks(s.Clock.Now())
	err = s.Store.CountRegistrations(ctx, by.Account.ID, weeks)
	return AccountOverview{Members: heads, Weeks: weeks}, err
}

// lastWeeks gives DashboardWeeks times seven whole days in UTC, of which the last is that of now.
func lastWeeks(now time.Time) []RegistrationWeek {
	today := time.Date(now.Year(), now.Month(), now.Day(), 0, 0, 0, 0, time.UTC)
	weeks := make([]RegistrationWeek, DashboardWeeks)
	for i := range weeks {
		weeks[i].From = today.AddDate(0, 0, 1-7*(DashboardWeeks-i))
	}
	return weeks
}

// Attention tells whom to look after, and names at most limit of those who expire. Only Super Users see it;
// for others it is empty.
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
