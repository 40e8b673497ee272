package db

import (
	"context"
	"database/sql"
	"errors"
	"sync/atomic"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// txStats counts transactions.
type txStats struct {
	committed, refused, failed, unsettled, givenUp atomic.Int64
	retriedBusy, retriedAway                       atomic.Int64
}

// countRetry counts a try that was not the last one.
func (t *txStats) countRetry(err error) {
	if classify(err) == contended {
		t.retriedBusy.Add(1)
		return
	}
	t.retriedAway.Add(1)
}

// countEnd counts how a transaction ended; those that were stored are counted where they are.
func (t *txStats) countEnd(err error) {
	if err == nil {
		return
	}
	_, refused := errors.AsType[*app.Error](err)
	_, form := errors.AsType[app.Problems](err)
	switch {
	case classify(err) == outcomeUnknown:
		t.unsettled.Add(1)
	case retryable(err):
		t.givenUp.Add(1)
	case refused, form:
		t.refused.Add(1)
	default:
		t.failed.Add(1)
	}
}

// Transactions counts the transactions since Open.
func (s *Store) Transactions() app.TransactionCounts {
	t := &s.txStats
	return app.TransactionCounts{
		Committed: t.committed.Load(), Refused: t.refused.Load(), Failed: t.failed.Load(), CommitUnknown: t.unsettled.Load(),
		GivenUp: t.givenUp.Load(), RetriedBusy: t.retriedBusy.Load(), RetriedUnavailable: t.retriedAway.Load(),
	}
}

// Pool gives the numbers of the connections.
func (s *Store) Pool() sql.DBStats { return s.bun.Stats() }

// Backlog counts the notices that wait to be sent, for the metrics. Notices that were sent are not looked at.
func (s *Store) Backlog(ctx context.Context, at time.Time) (app.OutboxBacklog, error) {
	var counted []struct {
		State  string
		Number int
	}
	err := s.bun.NewSelect().Model((*app.Notice)(nil)).
		ColumnExpr("CASE WHEN delivery = ? THEN 'failed' WHEN lease_until > ? THEN 'sending' WHEN next_try_at <= ? THEN "+
			"'due' ELSE 'waiting' END AS state",
			app.Failed, at, at).
		ColumnExpr("COUNT(*) AS number").Where("delivery IN (?)", bun.List([]app.Delivery{app.Queued, app.Failed})).
		GroupExpr("state").Scan(ctx, &counted)
	if err != nil {
		return app.OutboxBacklog{}, translate(err)
	}
	var b app.OutboxBacklog
	into := map[string]*int{"failed": &b.Failed, "sending": &b.Sending, "due": &b.Due, "waiting": &b.Waiting}
	for _, c := range counted {
		*into[c.State] = c.Number
	}
	if b.Due == 0 {
		return b, nil
	}
	err = s.bun.NewSelect().Model((*app.Notice)(nil)).Column("next_try_at").Where(noticeDue, app.Queued, at, at).
		OrderExpr("next_try_at").Limit(1).Scan(ctx, &b.DueSince)
	if errors.Is(err, sql.ErrNoRows) { // sent meanwhile
		return b, nil
	}
	return b, translate(err)
}
