package db

import (
	"context"

	"reglink/app"
)

// RenewActivation implements app.ActivationStore.
func (s *Store) RenewActivation(ctx context.Context, c app.Confirmation, n app.Notice) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := lockRow(ctx, tx, (*app.Identity)(nil), c.IdentityID); err != nil {
			return err
		}
		if err := renewConfirmation(ctx, tx, c); err != nil {
			return err
		}
		return tx.record(ctx, event{Notices: []app.Notice{n}})
	})
}
