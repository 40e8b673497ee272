package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// AccountsWithLink gives the ids of accounts that have an active link from before that moment, at most limit.
func (s *Store) AccountsWithLink(ctx context.Context, until time.Time, limit int) ([]string, error) {
	var accounts []string
	err := s.bun.NewSelect().Model((*app.Link)(nil)).Column("account_id").Where("active = ?", true).
		Where("generated_at <= ?", until).OrderExpr("id").Limit(int64(limit)).Scan(ctx, &accounts)
	return accounts, translate(err)
}

// RevokeLink ends the active link of the activity's account, if it is from before the activity, and stores
// that; or tells that there is none.
func (s *Store) RevokeLink(ctx context.Context, what app.Activity) (bool, error) {
	killed := false
	err := s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		killed = false
		if err := bumpRevision(ctx, tx, what.AccountID); err != nil { // as endLink does
			return err
		}
		ended, err := updatedOne(endLinkQuery(tx, what.AccountID, what).Where("generated_at <= ?", what.At).Exec(ctx))
		if err != nil || !ended {
			return err
		}
		killed = true
		return tx.record(ctx, happened(what))
	})
	return killed, err
}

// RevokeConfirmations uses up open confirmations from before that moment, at most limit, and gives their number.
func (s *Store) RevokeConfirmations(ctx context.Context, until time.Time, limit int) (int, error) {
	return s.revokeOpen(ctx, (*app.Confirmation)(nil), until, limit)
}

// RevokeJoinRequests uses up open requests to be added from before that moment, at most limit, and gives their number.
func (s *Store) RevokeJoinRequests(ctx context.Context, until time.Time, limit int) (int, error) {
	return s.revokeOpen(ctx, (*app.JoinRequest)(nil), until, limit)
}

func (s *Store) revokeOpen(ctx context.Context, model any, until time.Time, limit int) (int, error) {
	var open []string
	err := s.bun.NewSelect().Model(model).Column("id").Where("used_at IS NULL").Where("created_at <= ?", until).
		OrderExpr("id").Limit(int64(limit)).Scan(ctx, &open)
	if err != nil || len(open) == 0 {
		return 0, translate(err)
	}
	return len(open), s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		_, err := tx.NewUpdate().Model(model).Set("used_at = ?", until).Set("token_box = NULL").
			Where("id IN (?)", bun.List(open)).Where("used_at IS NULL").Exec(ctx)
		return err
	})
}

// RevokeSessions forgets sessions that began before that moment, at most limit, and gives their number.
func (s *Store) RevokeSessions(ctx context.Context, until time.Time, limit int) (int, error) {
	var open [][]byte
	err := s.bun.NewSelect().Model((*app.Session)(nil)).Column("token_hash").Where("created_at <= ?", until).
		OrderExpr("created_at").Limit(int64(limit)).Scan(ctx, &open)
	if err != nil || len(open) == 0 {
		return 0, translate(err)
	}
	return len(open), s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		_, err := tx.NewDelete().Model((*app.Session)(nil)).Where("token_hash IN (?)", bun.List(open)).Exec(ctx)
		return err
	})
}
