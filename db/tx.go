package db

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
)

// How often a transaction that was not applied is begun anew, and how long after its first beginning at the latest
// (references/security-reliability, 3.3): a person waits for the answer.
const (
	maxTries     = 5
	minBackoff   = 10 * time.Millisecond
	maxBackoff   = 80 * time.Millisecond // and as much again at most, by chance
	retryTimeout = 2 * time.Second
)

// transact runs do in a transaction and commits it. Where the database did not apply it (a deadlock, a lost
// connection, a busy file), do runs again from its beginning, so it must change nothing but the database and
// leave at its first error.
//
// The answer is nil only when everything is stored. A Commit whose outcome nobody knows is app.Unavailable
// and not tried again: the caller looks what became of it.
//
// Transactions lock in one order, account, identity, everything else, so that they wait for each other and do
// not deadlock.
func (s *Store) transact(ctx context.Context, do func(context.Context, *transaction) error) error {
	return translate(s.retryCounted(ctx, 1, func() error { return s.tryTransaction(ctx, do) }))
}

// transaction is one try of a transaction, in which events are recorded.
type transaction struct {
	bun.Tx
	deliveries []delivery
	hasNotices bool // whether it has stored any
}

// tryTransaction is one try. It is the only place where a transaction begins. Once what it stored is committed,
// OnNotices is called if there are notices in it.
func (s *Store) tryTransaction(ctx context.Context, do func(context.Context, *transaction) error) error {
	select {
	case s.writers <- struct{}{}:
		defer func() { <-s.writers }()
	case <-ctx.Done():
		return ctx.Err()
	}
	began, err := s.bun.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer func() { _ = began.Tx.Rollback() }() // nothing is left to roll back after a Commit
	tx := &transaction{Tx: began, deliveries: s.deliveries}
	if err := do(ctx, tx); err != nil {
		return err
	}
	if err := classifyCommit(tx.Commit()); err != nil {
		return err
	}
	s.txStats.committed.Add(1)
	if tx.hasNotices && s.OnNotices != nil {
		s.OnNotices()
	}
	return nil
}

// retryCounted is retry, counted.
func (s *Store) retryCounted(ctx context.Context, rounds int, once func() error) error {
	err := retry(ctx, rounds, once, s.txStats.countRetry)
	s.txStats.countEnd(err)
	return err
}

// retry calls once until it is done or cannot be helped by trying again. It tells again of each error after
// which it goes on. What somebody else is in the way of is tried so many rounds as often, and as long; a
// database that is away is not waited for any longer.
func retry(ctx context.Context, rounds int, once func() error, again func(error)) error {
	end := time.Now().Add(time.Duration(rounds) * retryTimeout)
	pause := minBackoff
	for try := 1; ; try++ {
		err := once()
		if !retryable(err) || try >= maxTriesFor(err, rounds) {
			return err
		}
		jittered := pause + rand.N(pause) //nolint:gosec // spreads load, guards nothing
		if time.Now().Add(jittered).After(end) || !sleep(ctx, jittered) {
			return err
		}
		again(err)
		pause = min(2*pause, maxBackoff)
	}
}

func maxTriesFor(err error, rounds int) int {
	if classify(err) == contended {
		return rounds * maxTries
	}
	return maxTries
}

// sleep tells whether ctx let it sleep to the end.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// lockRow keeps the row of an account or identity from other transactions until this one ends. In SQLite
// every transaction has the whole file to itself. A row that does not exist is left to the foreign keys.
func lockRow(ctx context.Context, tx *transaction, model any, id string) error {
	if tx.Dialect().Name() != dialect.MySQL {
		return nil
	}
	_, err := forUpdate(tx.NewSelect().Model(model).Column("id").Where("id = ?", id)).Exec(ctx)
	return err
}

// forUpdate makes a query lock the rows that it finds, where the database has more than one writer.
func forUpdate(q *bun.SelectQuery) *bun.SelectQuery {
	if q.Dialect().Name() == dialect.MySQL {
		return q.For("UPDATE")
	}
	return q
}

// insertAll inserts rows, or slices of rows, one after the other.
func insertAll(ctx context.Context, tx *transaction, rows ...any) error {
	for _, row := range rows {
		if _, err := tx.NewInsert().Model(row).Exec(ctx); err != nil {
			return err
		}
	}
	return nil
}
