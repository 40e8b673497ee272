package db

import (
	"context"

	"github.com/uptrace/bun"

	"reglink/app"
	"reglink/app/crash"
)

// ReplaceInstallationKey stores KeyCheck, MacBox and OldKeys of the installation as is has them, unless they
// are no longer as was has them: then it is false.
func (s *Store) ReplaceInstallationKey(ctx context.Context, was, is app.Installation) (bool, error) {
	turned := false
	err := s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		var err error
		turned, err = updatedOne(tx.NewUpdate().Model((*app.Installation)(nil)).
			Set("key_check = ?", is.KeyCheck).Set("mac_box = ?", is.MacBox).Set("old_keys = ?", bun.NullZero(is.OldKeys)).
			Where("id = 1").Where("key_check = ?", was.KeyCheck).Where("COALESCE(old_keys, '') = ?", was.OldKeys).Exec(ctx))
		return err
	})
	crash.At(crash.MidRotation)
	return turned, err
}

// SealedValues lists the boxes of a place that do not begin with that header, by id, after that one and at most limit.
func (s *Store) SealedValues(ctx context.Context, in app.SealedColumn, header []byte, after string,
	limit int,
) ([]app.SealedValue, error) {
	var boxes []app.SealedValue
	column := bun.Ident(in.Column)
	err := s.bun.NewSelect().TableExpr("?", bun.Ident(in.Table)).ColumnExpr("id").ColumnExpr("? AS box", column).
		Where("id > ?", after).Where("? IS NOT NULL", column).Where("SUBSTR(?, 1, ?) <> ?", column, len(header), header).
		OrderExpr("id").Limit(int64(limit)).Scan(ctx, &boxes)
	return boxes, translate(err)
}

// ReplaceSealedValues replaces the boxes that are still what they were, and gives their number. Boxes that
// were wiped meanwhile stay so.
func (s *Store) ReplaceSealedValues(ctx context.Context, in app.SealedColumn, boxes []app.ResealedValue) (int, error) {
	replaced := 0
	err := s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		replaced = 0
		column := bun.Ident(in.Column)
		for _, b := range boxes {
			mine, err := updatedOne(tx.NewUpdate().TableExpr("?", bun.Ident(in.Table)).Set("? = ?", column, b.After).
				Where("id = ?", b.ID).Where("? = ?", column, b.Before).Exec(ctx))
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
