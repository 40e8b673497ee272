package app_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"reglink/app"
)

// calendar is a DeadlineStore in memory that plays another server: it wins every second race.
type calendar struct {
	app.DeadlineStore
	overdue  []app.Membership
	listed   int
	lapses   []app.Lapse
	loses    bool
	stubborn bool // lists what nobody can do, over and over
}

func (d *calendar) PendingSince(_ context.Context, since time.Time, limit int) ([]app.Membership, error) {
	d.listed++
	if !since.Equal(noon.Add(-app.PendingFor)) {
		return nil, fmt.Errorf("asked since %v", since)
	}
	return slices.Clone(d.overdue[:min(limit, len(d.overdue))]), nil
}

func (d *calendar) Lapse(_ context.Context, l app.Lapse) (bool, error) {
	if d.stubborn {
		return false, nil
	}
	d.overdue = slices.DeleteFunc(d.overdue, func(m app.Membership) bool { return m.ID == l.Membership.ID })
	d.loses = !d.loses
	if !d.loses {
		return false, nil
	}
	d.lapses = append(d.lapses, l)
	return true, nil
}

func (d *calendar) Unreminded(context.Context, time.Time, int) ([]app.Membership, error) {
	return nil, nil
}

func (d *calendar) EndingUntold(context.Context, time.Time, time.Time, int) ([]app.Membership, error) {
	return nil, nil
}

func (d *calendar) EndedOpen(context.Context, time.Time, time.Time, int) ([]app.Membership, error) {
	return nil, nil
}

// brokenCalendar is a calendar whose oldest entry cannot be written.
type brokenCalendar struct{ calendar }

func (d *brokenCalendar) Lapse(ctx context.Context, l app.Lapse) (bool, error) {
	if l.Membership.ID == "OLDEST" {
		return false, errBroken
	}
	return d.calendar.Lapse(ctx, l)
}

func (d *brokenCalendar) EndedOpen(context.Context, time.Time, time.Time, int) ([]app.Membership, error) {
	d.listed += 100
	return nil, nil
}

// What fails stays due, is told, and keeps nothing else waiting.
func TestAFaultKeepsNothingElseWaiting(t *testing.T) {
	t.Parallel()
	clock := &hands{noon}
	store := &brokenCalendar{calendar{overdue: []app.Membership{{ID: "OLDEST"}, {ID: app.NewID()}}}}
	mail, err := app.Deadlines{Store: store, Clock: clock.clock}.Keep(t.Context())
	if !errors.Is(err, errBroken) || !mail || len(store.lapses) != 1 || store.listed != 101 {
		t.Errorf("mail %t, error %v, %d done, %d looks", mail, err, len(store.lapses), store.listed)
	}
}

// Keep goes on until nothing is due, also where another server does half of it, and gives up where nothing gets done.
func TestKeepGoesOnUntilNothingIsDue(t *testing.T) {
	t.Parallel()
	clock := &hands{noon}
	store := &calendar{}
	for range 250 {
		store.overdue = append(store.overdue, app.Membership{ID: app.NewID(), IdentityID: "ANN", AccountID: "ACME"})
	}
	mail, err := app.Deadlines{Store: store, Clock: clock.clock}.Keep(t.Context())
	wantNoError(t, err)
	if !mail || len(store.overdue) != 0 || len(store.lapses) != 125 || store.listed != 3 {
		t.Errorf("mail %t, %d left, %d done, %d looks", mail, len(store.overdue), len(store.lapses), store.listed)
	}
	l := store.lapses[0]
	if l.Notice.Letter != app.JoinExpired || l.Notice.RecipientID != "ANN" || l.Notice.EventID != l.Membership.ID ||
		l.Activity.Event != app.PendingExpired || l.Activity.ActorID != "" || l.Activity.SubjectID != "ANN" {
		t.Errorf("lapse %+v", l)
	}
	store = &calendar{stubborn: true, overdue: make([]app.Membership, 300)}
	mail, err = app.Deadlines{Store: store, Clock: clock.clock}.Keep(t.Context())
	if err != nil || mail || store.listed != 1 {
		t.Errorf("without success: mail %t, error %v, %d looks", mail, err, store.listed)
	}
}
