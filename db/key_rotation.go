package db

import (
	"context"

	"github.com/uptrace/bun"

	"reglink/app"
	"reglink/app/crash"
)

// TurnKey stores KeyCheck, MacBox and OldKeys of the installation as is has them, unless they are no longer as was has them: then
// it is false.
func (s *Store) TurnKey(ctx context.Context, was, is app.Installation) (bool, error) {
	turned := false
	err := s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		var err error
		turned, err = hit(tx.NewUpdate().Model((*app.Installation)(nil)).
			Set("key_check = ?", is.KeyCheck).Set("mac_box = ?", is.MacBox).Set("old_keys = ?", bun.NullZero(is.OldKeys)).
			Where("id = 1").Where("key_check = ?", was.KeyCheck).Where("COALESCE(old_keys, '') = ?", was.OldKeys).Exec(ctx))
		return err
	})
	crash.At(crash.MidRotation)
	return turned, err
}

// Boxes lists the boxes of a place that do not begin with that header, by id, after that one and at most limit.
func (s *Store) Boxes(ctx context.Context, in app.SealedIn, header []byte, after string, limit int) ([]app.Box, error) {
	var boxes []app.Box
	column := bun.Ident(in.Column)
	err := s.bun.NewSelect().TableExpr("?", bun.Ident(in.Table)).ColumnExpr("id").ColumnExpr("? AS box", column).
		Where("id > ?", after).Where("? IS NOT NULL", column).Where("SUBSTR(?, 1, ?) <> ?", column, len(header), header).
		OrderExpr("id").Limit(int64(limit)).Scan(ctx, &boxes)
	return boxes, translate(err)
}

// Reseal replaces the boxes that are still what they were, and gives their number. Boxes that were wiped meanwhile stay so.
func (s *Store) Reseal(ctx context.Context, in app.SealedIn, boxes []app.Resealed) (int, error) {
	replaced := 0
	err := s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		replaced = 0
		column := bun.Ident(in.Column)
		for _, b := range boxes {
			mine, err := hit(tx.NewUpdate().TableExpr("?", bun.Ident(in.Table)).Set("? = ?", column, b.Is).
				Where("id = ?", b.ID).Where("? = ?", column, b.Was).Exec(ctx))
			if err != nil {
				return err
			}
			if mine {
				replaced++
			}
		}
		return nil
	})
	crash.At(crash.MidRotation)
	return replaced, err
}
