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
		return setSignIn(ctx, tx, way, what)
	})
}

// OverrideSignIn stores the way of the activity's account for those who run the portal.
func (s *Store) OverrideSignIn(ctx context.Context, way app.SignInWay, what app.Activity) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := changeMembers(ctx, tx, what.AccountID); err != nil {
			return err
		}
		return setSignIn(ctx, tx, way, what)
	})
}

func setSignIn(ctx context.Context, tx bun.Tx, way app.SignInWay, what app.Activity) error {
	_, err := tx.NewUpdate().Model((*app.Account)(nil)).Set("sign_in = ?", way).Where("id = ?", what.AccountID).Exec(ctx)
	if err != nil {
		return err
	}
	return addAll(ctx, tx, &what)
}
