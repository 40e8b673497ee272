package db

import (
	"context"

	"github.com/uptrace/bun"

	"reglink/app"
)

// Sessions gives the identity's sessions, the last used first.
func (s *Store) Sessions(ctx context.Context, identityID string) ([]app.Session, error) {
	var all []app.Session
	err := s.bun.NewSelect().Model(&all).Where("identity_id = ?", identityID).
		OrderExpr("seen_at DESC, created_at DESC, token_hash").Scan(ctx)
	return all, translate(err)
}

// EndOtherSessions forgets the identity's sessions but for one.
func (s *Store) EndOtherSessions(ctx context.Context, identityID string, keep []byte) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		return endOtherSessions(ctx, tx, identityID, keep)
	})
}

func endOtherSessions(ctx context.Context, tx bun.Tx, identityID string, keep []byte) error {
	_, err := tx.NewDelete().Model((*app.Session)(nil)).Where("identity_id = ?", identityID).
		Where("token_hash <> ?", keep).Exec(ctx)
	return err
}
