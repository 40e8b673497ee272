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

// fakeDeadlineStore is a DeadlineStore in memory that plays another server: it wins every second race.
type fakeDeadlineStore struct {
	app.DeadlineStore
	overdue  []app.Membership
	lists    int
	lapses   []app.PendingExpiry
	skipNext bool
	skipAll  bool // lists what nobody can do, over and over
}

func (d *fakeDeadlineStore) PendingMembersSince(_ context.Context, since time.Time, limit int) ([]app.Membership,
	error,
) {
	d.lists++
	if !since.Equal(noon.Add(-app.PendingFor)) {
		return nil, fmt.Errorf("asked since %v", since)
	}
	return slices.Clone(d.overdue[:min(limit, len(d.overdue))]), nil
}

func (d *fakeDeadlineStore) ExpirePending(_ context.Context, l app.PendingExpiry) (bool, error) {
	if d.skipAll {
		return false, nil
	}
	d.overdue = slices.DeleteFunc(d.overdue, func(m app.Membership) bool { return m.ID == l.Membership.ID })
	d.skipNext = !d.skipNext
	if !d.skipNext {
		return false, nil
	}
	d.lapses = append(d.lapses, l)
	return true, nil
}

func (d *fakeDeadlineStore) MembersToRemind(context.Context, time.Time, int) ([]app.Membership, error) {
	return nil, nil
}

func (d *fakeDeadlineStore) MembersToWarn(context.Context, time.Time, time.Time, int) ([]app.Membership, error) {
	return nil, nil
}

func (d *fakeDeadlineStore) ExpiredWithAccess(context.Context, time.Time, time.Time, int) ([]app.Membership, error) {
	return nil, nil
}

// failingDeadlineStore is a calendar whose oldest entry cannot be written.
type failingDeadlineStore struct{ fakeDeadlineStore }

func (d *failingDeadlineStore) ExpirePending(ctx context.Context, l app.PendingExpiry) (bool, error) {
	if l.Membership.ID == "OLDEST" {
		return false, errBroken
	}
	return d.fakeDeadlineStore.ExpirePending(ctx, l)
}

func (d *failingDeadlineStore) ExpiredWithAccess(context.Context, time.Time, time.Time, int) ([]app.Membership, error) {
	d.lists += 100
	return nil, nil
}

// What fails stays due, is told, and keeps nothing else waiting.
func TestDeadlines_FaultBlocksNothingElse(t *testing.T) {
	t.Parallel()
	clock := &fakeClock{noon}
	store := &failingDeadlineStore{fakeDeadlineStore{overdue: []app.Membership{{ID: "OLDEST"}, {ID: app.NewID()}}}}
	err := app.Deadlines{Store: store, Clock: clock.now}.Run(t.Context())
	if !errors.Is(err, errBroken) || len(store.lapses) != 1 || store.lists != 101 {
		t.Errorf("error %v, %d done, %d looks", err, len(store.lapses), store.lists)
	}
}

// Keep goes on until nothing is due, also where another server does half of it, and gives up where nothing gets done.
func TestDeadlines_RunUntilNothingIsDue(t *testing.T) {
	t.Parallel()
	clock := &fakeClock{noon}
	store := &fakeDeadlineStore{}
	for range 250 {
		store.overdue = append(store.overdue, app.Membership{ID: app.NewID(), IdentityID: "ANN", AccountID: "ACME"})
	}
	wantNoError(t, app.Deadlines{Store: store, Clock: clock.now}.Run(t.Context()))
	if len(store.overdue) != 0 || len(store.lapses) != 125 || store.lists != 3 {
		t.Errorf("%d left, %d done, %d looks", len(store.overdue), len(store.lapses), store.lists)
	}
	l := store.lapses[0]
	if l.Notice.Kind != app.JoinExpired || l.Notice.RecipientID != "ANN" || l.Notice.EventID != l.Membership.ID ||
		l.Activity.Event != app.PendingExpired || l.Activity.ActorID != "" || l.Activity.SubjectID != "ANN" {
		t.Errorf("lapse %+v", l)
	}
	store = &fakeDeadlineStore{skipAll: true, overdue: make([]app.Membership, 300)}
	err := app.Deadlines{Store: store, Clock: clock.now}.Run(t.Context())
	if err != nil || len(store.lapses) != 0 || store.lists != 1 {
		t.Errorf("without success: error %v, %d done, %d looks", err, len(store.lapses), store.lists)
	}
}
