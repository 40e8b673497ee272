package db

import (
	"context"

	"github.com/uptrace/bun"

	"reglink/app"
)

// CurrentLink gives the account's active link with GeneratedBy and Creator, or NotFound.
func (s *Store) CurrentLink(ctx context.Context, accountID string) (*app.Link, error) {
	link := new(app.Link)
	err := s.bun.NewSelect().Model(link).Relation("GeneratedBy").Relation("Creator").
		Where("link.account_id = ?", accountID).Where("link.active = ?", true).Scan(ctx)
	if err != nil {
		return nil, found(err, "link_unknown")
	}
	return link, nil
}

// AddLink stores the account's active link and the activity, or answers Conflict where one is active already.
func (s *Store) AddLink(ctx context.Context, link app.Link, what app.Activity) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := lock(ctx, tx, (*app.Account)(nil), link.AccountID); err != nil {
			return err
		}
		_, err := tx.NewInsert().Model(&link).Exec(ctx)
		if violates(err, activeLinkKey) {
			return app.Refuse(app.Conflict, "link_exists")
		}
		if err != nil {
			return err
		}
		return record(ctx, tx, what)
	})
}

// ReplaceLink ends the active link, if there is one, stores the new one and the activity. Of two at once, the later wins
// and neither fails.
func (s *Store) ReplaceLink(ctx context.Context, link app.Link, what app.Activity) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		if _, err := endLink(ctx, tx, link.AccountID, what); err != nil {
			return err
		}
		_, err := tx.NewInsert().Model(&link).Exec(ctx)
		if violates(err, activeLinkKey) { // on a cluster, where the lock holds on its own node only
			return raceError{err}
		}
		if err != nil {
			return err
		}
		return record(ctx, tx, what)
	})
}

// EndLink ends the active link and stores the activity; where none is active, it does nothing.
func (s *Store) EndLink(ctx context.Context, accountID string, what app.Activity) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		if ended, err := endLink(ctx, tx, accountID, what); err != nil || !ended {
			return err
		}
		return record(ctx, tx, what)
	})
}

// endLink ends the account's active link, by the activity's actor and at its time, and tells whether there was one. It writes the
// account's row too: a request to be added reads the link and writes nothing of it (Join), so on a cluster they collide there.
func endLink(ctx context.Context, tx bun.Tx, accountID string, what app.Activity) (bool, error) {
	if err := changeMembers(ctx, tx, accountID); err != nil {
		return false, err
	}
	return hit(tx.NewUpdate().Model((*app.Link)(nil)).
		Set("active = NULL").Set("token_box = NULL").
		Set("ended_at = ?", what.At).Set("ended_by_id = ?", bun.NullZero(what.ActorID)).
		Where("account_id = ?", accountID).Where("active = ?", true).Exec(ctx))
}

// RecordActivity stores an activity.
func (s *Store) RecordActivity(ctx context.Context, what app.Activity) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error { return record(ctx, tx, what) })
}

func record(ctx context.Context, tx bun.Tx, what app.Activity) error {
	_, err := tx.NewInsert().Model(&what).Exec(ctx)
	return err
}
