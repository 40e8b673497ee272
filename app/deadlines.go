package app

import (
	"context"
	"errors"
	"time"
)

// ExpiryWarningPeriod is how long before a membership ends its person and the Super Users are told.
const ExpiryWarningPeriod = 7 * 24 * time.Hour

// Reminder is what reminds of one pending membership.
type Reminder struct {
	Membership Membership
	Number     int // how often there will have been a reminder
	At         time.Time
}

// NoticeTo makes the notice that reminds somebody who can see to it. Each reminder is an event of its own.
func (r Reminder) NoticeTo(recipientID string) Notice {
	n := newNotice(ApprovalReminder, NewID(), recipientID, r.At)
	n.AccountID, n.SubjectID = r.Membership.AccountID, r.Membership.IdentityID
	return n
}

// PendingExpiry is the end of a pending membership about which nobody decided in time.
type PendingExpiry struct {
	Membership Membership
	Activity   Activity
	Notice     Notice // to the person
}

func newPendingExpiry(m Membership, at time.Time) PendingExpiry {
	n := newNotice(JoinExpired, m.ID, m.IdentityID, at)
	n.AccountID = m.AccountID
	return PendingExpiry{Membership: m, Notice: n, Activity: Activity{
		ID: NewID(), AccountID: m.AccountID, At: at, Event: PendingExpired, SubjectID: m.IdentityID,
	}}
}

// ExpiryWarning is what tells of a membership that will end soon.
type ExpiryWarning struct {
	Membership Membership
	At         time.Time
}

// NoticeTo makes the notice for the person or for a Super User. A membership whose end was moved is told of
// again, so each is an event of its own.
func (e ExpiryWarning) NoticeTo(recipientID string) Notice {
	n := newNotice(MembershipEnding, NewID(), recipientID, e.At)
	n.AccountID, n.SubjectID = e.Membership.AccountID, e.Membership.IdentityID
	return n
}

// DeadlineStore finds what is due and stores that it was done. What lists is one read. What answers whether
// it did is one transaction, in which a conditional write decides: false where somebody else, or another
// server, was faster.
type DeadlineStore interface {
	// PendingMembersSince lists memberships that have been pending since that time or longer, the longest first.
	PendingMembersSince(ctx context.Context, since time.Time, limit int) ([]Membership, error)
	// ExpirePending ends a pending membership with every session of its person.
	ExpirePending(ctx context.Context, l PendingExpiry) (bool, error)
	// MembersToRemind lists pending memberships that need a reminder at that time.
	MembersToRemind(ctx context.Context, at time.Time, limit int) ([]Membership, error)
	// RecordReminder stores a reminder, and a notice to each Super User of the account who can sign in, or to
	// each operator where none can.
	RecordReminder(ctx context.Context, r Reminder) (bool, error)
	// MembersToWarn lists active memberships that end between at and until, of whose end nobody was told yet.
	MembersToWarn(ctx context.Context, at, until time.Time, limit int) ([]Membership, error)
	// RecordExpiryWarning stores that a membership's end is told, and a notice to the person and to each Super
	// User of the account.
	RecordExpiryWarning(ctx context.Context, e ExpiryWarning) (bool, error)
	// ExpiredWithAccess lists memberships that ended until at, and left a working link behind or, where they
	// ended after since, sessions.
	ExpiredWithAccess(ctx context.Context, since, at time.Time, limit int) ([]Membership, error)
	// CloseExpired ends what such a membership left behind.
	CloseExpired(ctx context.Context, m Membership, at time.Time) (bool, error)
}

// Deadlines are what happens by itself when its time has come. Several servers may keep them at once.
type Deadlines struct {
	Store DeadlineStore
	Clock Clock
}

// deadlineBatch bounds what one look finds.
const deadlineBatch = 100

// Run does what is due: it ends what waited too long, reminds, tells of memberships that end and closes those
// that have ended. Doing it twice does nothing twice.
func (d Deadlines) Run(ctx context.Context) error {
	at := d.Clock.Now()
	var failed error
	for _, step := range []struct {
		due func() ([]Membership, error)
		do  func(Membership) (bool, error)
	}{
		{
			due: func() ([]Membership, error) {
				return d.Store.PendingMembersSince(ctx, at.Add(-PendingFor), deadlineBatch)
			},
			do: func(m Membership) (bool, error) { return d.Store.ExpirePending(ctx, newPendingExpiry(m, at)) },
		}, {
			due: func() ([]Membership, error) { return d.Store.MembersToRemind(ctx, at, deadlineBatch) },
			do: func(m Membership) (bool, error) {
				return d.Store.RecordReminder(ctx, Reminder{Membership: m, Number: m.RemindersDue(at), At: at})
			},
		}, {
			due: func() ([]Membership, error) {
				return d.Store.MembersToWarn(ctx, at, at.Add(ExpiryWarningPeriod), deadlineBatch)
			},
			do: func(m Membership) (bool, error) {
				return d.Store.RecordExpiryWarning(ctx, ExpiryWarning{Membership: m, At: at})
			},
		}, {
			due: func() ([]Membership, error) {
				return d.Store.ExpiredWithAccess(ctx, at.Add(-SessionMax), at, deadlineBatch)
			},
			do: func(m Membership) (bool, error) { return d.Store.CloseExpired(ctx, m, at) },
		},
	} {
		failed = errors.Join(failed, runInBatches(step.due, step.do))
	}
	return failed
}

// runInBatches does what is due until nothing is, another server does all of it, or something failed. What
// fails keeps nothing else waiting: it stays due, and the oldest comes first.
func runInBatches(due func() ([]Membership, error), do func(Membership) (bool, error)) error {
	for {
		batch, err := due()
		if err != nil {
			return err
		}
		won := false
		var failed error
		for _, m := range batch {
			mine, err := do(m)
			won = won || mine
			failed = errors.Join(failed, err)
		}
		if failed != nil || !won || len(batch) < deadlineBatch {
			return failed
		}
	}
}
