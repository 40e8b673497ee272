package db_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/uptrace/bun"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// Each way in which a transaction can end is counted once, and each further try by what made it necessary.
func TestTransactions_EachOutcomeIsCountedOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		ending := func(errs ...error) {
			_ = s.Transact(t.Context(), func(context.Context, bun.Tx) error {
				err := errs[0]
				if len(errs) > 1 {
					errs = errs[1:]
				}
				return err
			})
		}
		deadlock, down := &mysql.MySQLError{Number: 1213}, &mysql.MySQLError{Number: 1053}
		ending(nil)
		ending(deadlock, down, deadlock, nil)
		ending(app.Refuse(app.Gone, "link_dead"))
		ending(app.Problem("email", "email_taken"))
		ending(errors.New("a fault"))
		ending(deadlock)
		equal(t, "counted", s.Transactions(), app.TransactionCounts{
			Committed: 2, Refused: 2, Failed: 1, GivenUp: 1, RetriedBusy: 2 + 4, RetriedUnavailable: 1,
		})
	})
}

func TestTransactions_LostCommitCountsAsUnsettled(t *testing.T) {
	t.Parallel()
	way := newProxy(t)
	s := newProxiedPortal(t, way).Store
	before := s.Transactions()
	way.commitFates <- dropCommitReply
	err := s.Transact(t.Context(), func(context.Context, bun.Tx) error { return nil })
	equal(t, "told", messageIDOfKind(err, app.Unavailable) != "", true)
	after := s.Transactions()
	equal(t, "unsettled", after.CommitUnknown-before.CommitUnknown, 1)
	equal(t, "committed", after.Committed-before.Committed, 0)
	equal(t, "tried again", after.RetriedUnavailable-before.RetriedUnavailable, 0)
}

func TestBacklog_CountsByStateAndGivesTheOldestDue(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s) // its first notice is due
		since := p.now.Add(-time.Minute)
		for _, address := range []string{"ann@new.example", "bob@new.example", "cid@new.example", "dan@new.example"} {
			p.createMember(t, address, app.StandardUser)
		}
		at := p.now
		set := func(notice int, what string, value any) {
			ids := must(s.Notices(t.Context(), 10))(t)
			must(s.Bun().NewUpdate().Model((*app.Notice)(nil)).Set(what+" = ?", value).Where("id = ?",
				ids[notice].ID).Exec(t.Context()))(t)
		}
		set(0, "lease_until", at.Add(time.Minute))
		set(1, "next_try_at", at.Add(time.Minute))
		set(2, "delivery", app.Failed)
		set(3, "lease_until", at.Add(-time.Second)) // its worker has died
		got := must(s.Backlog(t.Context(), at))(t)
		equal(t, "the longest due", got.DueSince, since)
		got.DueSince = time.Time{}
		equal(t, "counted", got, app.OutboxBacklog{Due: 2, Sending: 1, Waiting: 1, Failed: 1})
		set(3, "delivery", app.Sent)
		set(4, "delivery", app.Skipped)
		equal(t, "nothing is due", must(s.Backlog(t.Context(), at))(t), app.OutboxBacklog{Sending: 1, Waiting: 1, Failed: 1})
	})
}
