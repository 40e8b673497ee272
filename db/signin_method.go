package db

import (
	"context"

	"reglink/app"
)

// SetSignInMethod stores the account's way of signing in, with the activity. Forbidden where the actor is no
// Super User of it any more.
func (s *Store) SetSignInMethod(ctx context.Context, by app.Actor, way app.SignInMethod, what app.Activity) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := bumpRevisionAsSuperUser(ctx, tx, by.Account.ID, by.Identity.ID, what.At); err != nil {
			return err
		}
		return saveSignInMethod(ctx, tx, way, what)
	})
}

// OverrideSignInMethod stores the way of the activity's account for those who run the portal.
func (s *Store) OverrideSignInMethod(ctx context.Context, way app.SignInMethod, what app.Activity) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := bumpRevision(ctx, tx, what.AccountID); err != nil {
			return err
		}
		return saveSignInMethod(ctx, tx, way, what)
	})
}

func saveSignInMethod(ctx context.Context, tx *transaction, way app.SignInMethod, what app.Activity) error {
	_, err := tx.NewUpdate().Model((*app.Account)(nil)).Set("sign_in = ?", way).Where("id = ?", what.AccountID).Exec(ctx)
	if err != nil {
		return err
	}
	return tx.record(ctx, happened(what))
}
