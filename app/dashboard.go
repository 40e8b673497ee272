package app

import (
	"context"
	"time"
)

// Overview is an account at a glance.
type Overview struct {
	Members    int // active memberships
	Pending    int // memberships that wait for a Super User
	Registered int // registrations in the last 90 days
	ByLink     int // of these, through a registration link
}

// OverviewStore counts and lists what the dashboard shows.
type OverviewStore interface {
	// Overview counts an account; registrations from that time on.
	Overview(ctx context.Context, accountID string, since time.Time) (Overview, error)
	// Activities lists activities of an account with Actor and Subject, newest first, at most limit.
	Activities(ctx context.Context, accountID string, q ActivityQuery, limit int) ([]Activity, error)
}

const overviewDays = 90

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
	return s.Store.Overview(ctx, by.Account.ID, s.Clock.Now().AddDate(0, 0, -overviewDays))
}

// Recent gives the newest limit activities, which only Super Users see; for other members it is empty.
func (s Dashboards) Recent(ctx context.Context, by Actor, limit int) ([]Activity, error) {
	if !by.SuperUser() {
		return nil, nil
	}
	return s.Store.Activities(ctx, by.Account.ID, ActivityQuery{}, limit)
}
