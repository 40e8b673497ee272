package db

import (
	"context"
	"errors"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// errLimitChanged says that a count is no longer as it was looked at.
var errLimitChanged = errors.New("somebody else counted meanwhile")

// ConsumeLimits counts one of each use, or none where one is used up: then it gives until when. It looks
// without a transaction, so that whoever is refused writes nothing and waits for no writer; the write has
// conditions of its own, and where they fail it looks again. What is over is removed in passing.
func (s *Store) ConsumeLimits(ctx context.Context, uses []app.LimitUse, at time.Time) ([]string, time.Time, error) {
	if len(uses) == 0 {
		return nil, time.Time{}, nil
	}
	spending, err := s.consumeLimits(ctx, uses, at)
	if err != nil {
		return nil, time.Time{}, translate(err)
	}
	if len(spending.Begun) > 0 {
		err = s.sweepLimits(ctx, at)
	}
	return spending.Counted(), spending.Until, err
}

// limitRetryFactor is how many times as often as any transaction it is tried: a count is what a flood meets
// in, and whoever is not counted is let in.
const limitRetryFactor = 5

func (s *Store) consumeLimits(ctx context.Context, uses []app.LimitUse, at time.Time) (app.Consumption, error) {
	var spending app.Consumption
	err := s.retryCounted(ctx, limitRetryFactor, func() error {
		known, err := s.limitCounts(ctx, uses)
		if err != nil {
			return err
		}
		spending = app.Consume(uses, known, at)
		if len(spending.Counted()) == 0 {
			return nil
		}
		var over []string
		for _, count := range spending.Begun {
			if _, ok := known[count.Name]; ok {
				over = append(over, count.Name)
			}
		}
		return s.tryTransaction(ctx,
			func(ctx context.Context, tx *transaction) error { return applyConsumption(ctx, tx, spending, over, at) })
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

// applyConsumption writes what was decided, if that still holds. Counts that are over make way for those that begin.
func applyConsumption(ctx context.Context, tx *transaction, s app.Consumption, over []string, at time.Time) error {
	if len(s.Running) > 0 {
		result, err := tx.NewUpdate().Model((*app.LimitCount)(nil)).Set("remaining = remaining - 1").
			Where("name IN (?)", bun.List(s.Running)).Where("remaining > 0").Where("ends_at > ?", at).Exec(ctx)
		if err != nil {
			return err
		}
		if n, err := result.RowsAffected(); err != nil || int(n) != len(s.Running) {
			return raceError{errors.Join(errLimitChanged, err)}
		}
	}
	if len(s.Begun) == 0 {
		return nil
	}
	if len(over) > 0 {
		if err := deleteLimits(ctx, tx, over, at); err != nil {
			return err
		}
	}
	err := insertAll(ctx, tx, &s.Begun)
	if violates(err, tablePrimaryKey) {
		return raceError{err}
	}
	return err
}

// ReturnLimits takes back what was counted.
func (s *Store) ReturnLimits(ctx context.Context, taken []string, at time.Time) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		_, err := tx.NewUpdate().Model((*app.LimitCount)(nil)).Set("remaining = remaining + 1").
			Where("name IN (?)", bun.List(taken)).Where("ends_at > ?", at).Exec(ctx)
		return err
	})
}

// limitSweepSize bounds what one request removes; it is more than one can begin, so that they never pile up.
const limitSweepSize = 100

// sweepLimits removes counts that are over.
func (s *Store) sweepLimits(ctx context.Context, at time.Time) error {
	var names []string
	err := s.bun.NewSelect().Model((*app.LimitCount)(nil)).Column("name").
		Where("ends_at <= ?", at).OrderExpr("ends_at").Limit(limitSweepSize).Scan(ctx, &names)
	if err != nil || len(names) == 0 {
		return translate(err)
	}
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error { return deleteLimits(ctx, tx, names, at) })
}

func deleteLimits(ctx context.Context, tx *transaction, names []string, at time.Time) error {
	_, err := tx.NewDelete().Model((*app.LimitCount)(nil)).
		Where("name IN (?)", bun.List(names)).Where("ends_at <= ?", at).Exec(ctx)
	return err
}
