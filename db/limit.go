package db

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// errLimitMoved says that a count is no longer as it was looked at.
var errLimitMoved = errors.New("somebody else counted meanwhile")

// TakeLimits counts one of each use, or none where one is used up: then it gives until when. It looks without a transaction, so that
// whoever is refused writes nothing and waits for no writer; the write has conditions of its own, and where they fail it looks
// again. What is over is removed in passing.
func (s *Store) TakeLimits(ctx context.Context, uses []app.LimitUse, at time.Time) ([]string, time.Time, error) {
	if len(uses) == 0 {
		return nil, time.Time{}, nil
	}
	spending, err := s.takeLimits(ctx, uses, at)
	if err != nil {
		return nil, time.Time{}, translate(err)
	}
	if len(spending.Begun) > 0 {
		err = s.sweepLimits(ctx, at)
	}
	return spending.Taken(), spending.Until, err
}

// limitRounds is how many times as often as any transaction it is tried: a count is what a flood meets in, and whoever is not counted is
// let in.
const limitRounds = 5

func (s *Store) takeLimits(ctx context.Context, uses []app.LimitUse, at time.Time) (app.Spending, error) {
	var spending app.Spending
	err := s.tried(ctx, limitRounds, func() error {
		known, err := s.limitCounts(ctx, uses)
		if err != nil {
			return err
		}
		spending = app.Spend(uses, known, at)
		if len(spending.Taken()) == 0 {
			return nil
		}
		var over []string
		for _, count := range spending.Begun {
			if _, ok := known[count.Name]; ok {
				over = append(over, count.Name)
			}
		}
		return s.once(ctx, func(ctx context.Context, tx bun.Tx) error { return spend(ctx, tx, spending, over, at) })
	})
	return spending, err
}

func (s *Store) limitCounts(ctx context.Context, uses []app.LimitUse) (map[string]app.LimitCount, error) {
	names := make([]string, len(uses))
	for i, use := range uses {
		names[i] = use.Name
	}
	var counts []app.LimitCount
	if err := s.bun.NewSelect().Model(&counts).Where("name IN (?)", bun.List(names)).Scan(ctx); err != nil {
		return nil, err
	}
	known := make(map[string]app.LimitCount, len(counts))
	for _, count := range counts {
		known[count.Name] = count
	}
	return known, nil
}

// spend writes what was decided, if that still holds. Counts that are over make way for those that begin.
func spend(ctx context.Context, tx bun.Tx, s app.Spending, over []string, at time.Time) error {
	if len(s.Running) > 0 {
		result, err := tx.NewUpdate().Model((*app.LimitCount)(nil)).Set("remaining = remaining - 1").
			Where("name IN (?)", bun.List(s.Running)).Where("remaining > 0").Where("ends_at > ?", at).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || int(n) != len(s.Running) {
			return raceError{errors.Join(errLimitMoved, err)}
		}
	}
	if len(s.Begun) == 0 {
		return nil
	}
	if len(over) > 0 {
		if err := removeLimits(ctx, tx, over, at); err != nil {
			return err
		}
	}
	err := addAll(ctx, tx, &s.Begun)
	if violates(err, tablePrimaryKey) {
		return raceError{err}
	}
	return err
}

// ReturnLimits takes back what was counted.
func (s *Store) ReturnLimits(ctx context.Context, taken []string, at time.Time) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewUpdate().Model((*app.LimitCount)(nil)).Set("remaining = remaining + 1").
			Where("name IN (?)", bun.List(taken)).Where("ends_at > ?", at).Exec(ctx)
		return err
	})
}

// limitsAtOnce bounds what one request removes; it is more than one can begin, so that they never pile up.
const limitsAtOnce = 100

// sweepLimits removes counts that are over.
func (s *Store) sweepLimits(ctx context.Context, at time.Time) error {
	var names []string
	err := s.bun.NewSelect().Model((*app.LimitCount)(nil)).Column("name").
		Where("ends_at <= ?", at).OrderExpr("ends_at").Limit(limitsAtOnce).Scan(ctx, &names)
	if err != nil || len(names) == 0 {
		return translate(err)
	}
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error { return removeLimits(ctx, tx, names, at) })
}

func removeLimits(ctx context.Context, tx bun.Tx, names []string, at time.Time) error {
	_, err := tx.NewDelete().Model((*app.LimitCount)(nil)).
		Where("name IN (?)", bun.List(names)).Where("ends_at <= ?", at).Exec(ctx)
	return err
}
