package db

import (
	"context"

	"github.com/uptrace/bun"

	"reglink/app"
)

// Sessions gives the identity's sessions, the last used first, as many as there may be.
func (s *Store) Sessions(ctx context.Context, identityID string) ([]app.Session, error) {
	var all []app.Session
	err := s.bun.NewSelect().Model(&all).Where("identity_id = ?", identityID).
		OrderExpr("seen_at DESC, created_at DESC, token_hash").Limit(app.MaxSessions).Scan(ctx)
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

// spare is how many of a person's sessions or steps are forgotten at a time: no more than a statement can name.
const spare = 500

// makeRoom forgets the oldest of an identity's sessions or steps, so that there may be another.
func makeRoom(ctx context.Context, tx bun.Tx, of any, identityID, age string) error {
	var hashes [][]byte
	err := tx.NewSelect().Model(of).Column("token_hash").Where("identity_id = ?", identityID).
		OrderExpr("? DESC, token_hash", bun.Ident(age)).Offset(app.MaxSessions-1).Limit(spare).Scan(ctx, &hashes)
	if err != nil || len(hashes) == 0 {
		return err
	}
	_, err = tx.NewDelete().Model(of).Where("token_hash IN (?)", bun.List(hashes)).Exec(ctx)
	return err
}
