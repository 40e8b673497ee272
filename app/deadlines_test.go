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

func TestRemindersDue(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for after, want := range map[time.Duration]int{
		0: 0, 2*day - time.Microsecond: 0, 2 * day: 1, 5*day - 1: 1, 5 * day: 2, 9 * day: 2, 10 * day: 3, 29 * day: 3,
	} {
		if got := (app.Membership{JoinedAt: noon}).RemindersDue(noon.Add(after)); got != want {
			t.Errorf("after %v: %d reminders, want %d", after, got, want)
		}
	}
}

// Letters about memberships are written only as long as what they say holds, and to whom it still concerns.
func TestClaimSkipsWhatWasSettled(t *testing.T) {
	t.Parallel()
	soon, far := noon.Add(24*time.Hour), noon.Add(8*24*time.Hour)
	super, operator := "SUEACME", &app.Identity{ID: "OPS", Operator: true}
	for _, test := range []struct {
		name   string
		notice app.Notice
		member app.Membership
		super  bool
		want   bool
	}{
		{"decided", app.Notice{Letter: app.MemberDecided, RecipientID: "SUE", EventID: "WHAT"}, app.Membership{}, true, true},
		{"decided, no Super User any more", app.Notice{Letter: app.MemberDecided, RecipientID: "SUE", EventID: "WHAT"}, app.Membership{}, false, false},
		{"decided, but what", app.Notice{Letter: app.MemberDecided, RecipientID: "SUE", EventID: "LOST"}, app.Membership{}, true, false},
		{"reminder", app.Notice{Letter: app.ApprovalReminder, RecipientID: "SUE"}, app.Membership{Status: app.Pending}, true, true},
		{"reminder of who was accepted", app.Notice{Letter: app.ApprovalReminder, RecipientID: "SUE"}, app.Membership{Status: app.Active}, true, false},
		{"reminder to who was demoted", app.Notice{Letter: app.ApprovalReminder, RecipientID: "SUE", Recipient: &app.Identity{}}, app.Membership{Status: app.Pending}, false, false},
		{"reminder to an operator", app.Notice{Letter: app.ApprovalReminder, RecipientID: "OPS", Recipient: operator}, app.Membership{Status: app.Pending}, false, true},
		{"end", app.Notice{Letter: app.MembershipEnding, RecipientID: "ANN"}, app.Membership{Status: app.Active, ExpiresOn: &soon}, false, true},
		{"end, to a Super User", app.Notice{Letter: app.MembershipEnding, RecipientID: "SUE"}, app.Membership{Status: app.Active, ExpiresOn: &soon}, true, true},
		{"end, to an operator", app.Notice{Letter: app.MembershipEnding, RecipientID: "OPS", Recipient: operator}, app.Membership{Status: app.Active, ExpiresOn: &soon}, false, false},
		{"end taken away", app.Notice{Letter: app.MembershipEnding, RecipientID: "ANN"}, app.Membership{Status: app.Active}, false, false},
		{"end moved", app.Notice{Letter: app.MembershipEnding, RecipientID: "ANN"}, app.Membership{Status: app.Active, ExpiresOn: &far}, false, false},
		{"end that is over", app.Notice{Letter: app.MembershipEnding, RecipientID: "ANN"}, app.Membership{Status: app.Active, ExpiresOn: &noon}, false, false},
		{"end of who was suspended", app.Notice{Letter: app.MembershipEnding, RecipientID: "ANN"}, app.Membership{Status: app.Suspended, ExpiresOn: &soon}, false, false},
	} {
		outbox, store, _ := newOutbox(t)
		store.supers[super] = test.super
		store.activity = &app.Activity{ID: "WHAT"}
		test.member.IdentityID, test.member.AccountID = "ANN", "ACME"
		store.member = &test.member
		test.notice.AccountID, test.notice.SubjectID = "ACME", "ANN"
		due, holds, err := outbox.Read(t.Context(), test.notice)
		wantNoError(t, err)
		if holds != test.want || due.Operator != (test.want && test.notice.RecipientID == "OPS") {
			t.Errorf("%s: holds %t, as operator %t, want %t", test.name, holds, due.Operator, test.want)
		}
		test.notice.SubjectID = "GONE"
		if _, holds, err := outbox.Read(t.Context(), test.notice); err != nil || (holds && test.notice.Letter != app.MemberDecided) {
			t.Errorf("%s about somebody who is gone: holds %t, error %v", test.name, holds, err)
		}
	}
}
