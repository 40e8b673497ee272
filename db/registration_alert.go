package db

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// RecordAlert stores the activity and a notice to each Super User of its account, unless one of the same
// event was stored since then. It looks before it begins a transaction, for whoever raises an alert may do so
// in a flood.
func (s *Store) RecordAlert(ctx context.Context, what app.Activity, since time.Time) error {
	known, err := alertExists(ctx, s.bun, what, since)
	if err != nil || known {
		return translate(err)
	}
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := bumpRevision(ctx, tx, what.AccountID); err != nil { // one alert at a time, on a cluster too
			return err
		}
		known, err := alertExists(ctx, tx, what, since)
		if err != nil || known {
			return err
		}
		supers, err := superUserIDs(ctx, tx, what.AccountID, what.At)
		if err != nil {
			return err
		}
		return tx.record(ctx, event{Activities: []app.Activity{what}, Notices: noticesTo(supers, what.AlertTo)})
	})
}

func alertExists(ctx context.Context, d bun.IDB, what app.Activity, since time.Time) (bool, error) {
	return d.NewSelect().Model((*app.Activity)(nil)).Where("account_id = ?", what.AccountID).
		Where("event = ?", what.Event).Where("at > ?", since).Exists(ctx)
}

// RecordDenial stores the activity unless one of the same event, account, address and details was stored since then.
func (s *Store) RecordDenial(ctx context.Context, what app.Activity, since time.Time) error {
	var lately []app.Activity
	err := s.bun.NewSelect().Model(&lately).Column("details").
		Where("activity.account_id = ?", what.AccountID).Where("activity.at > ?", since).
		Where("activity.event = ?", what.Event).Where("activity.address = ?", what.Address).Scan(ctx)
	if err != nil {
		return translate(err)
	}
	known := func(a app.Activity) bool { return maps.Equal(a.Details, what.Details) }
	if slices.ContainsFunc(lately, known) {
		return nil
	}
	return s.RecordActivity(ctx, what)
}
