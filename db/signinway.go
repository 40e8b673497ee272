package db

import (
	"context"

	"github.com/uptrace/bun"

	"reglink/app"
)

// SetSignIn stores the account's way of signing in, with the activity. Forbidden where the actor is no Super User of it any more.
func (s *Store) SetSignIn(ctx context.Context, by app.Actor, way app.SignInWay, what app.Activity) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := actAsSuper(ctx, tx, by.Account.ID, by.Identity.ID, what.At); err != nil {
			return err
		}
		_, err := tx.NewUpdate().Model((*app.Account)(nil)).Set("sign_in = ?", way).Where("id = ?", by.Account.ID).Exec(ctx)
		if err != nil {
			return err
		}
		return addAll(ctx, tx, &what)
	})
}
