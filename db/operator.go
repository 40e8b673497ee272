package db

import (
	"context"

	"github.com/uptrace/bun"

	"reglink/app"
)

// SetOperator makes the login of a canonical address an operator's, or no longer one. NotFound where there is none.
func (s *Store) SetOperator(ctx context.Context, emailKey string, operator bool) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		known, err := hit(tx.NewUpdate().Model((*app.Identity)(nil)).Set("operator = ?", operator).
			Where("email_key = ?", emailKey).Exec(ctx))
		if err == nil && !known {
			return app.Refuse(app.NotFound, "login_unknown")
		}
		return err
	})
}

// AddOperator stores a login without a membership, its confirmation and its notice. Conflict where the address has one.
func (s *Store) AddOperator(ctx context.Context, person app.Identity, c app.Confirmation, n app.Notice) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		_, err := tx.NewInsert().Model(&person).Exec(ctx)
		if violates(err, emailKey) {
			return app.Refuse(app.Conflict, "email_taken")
		}
		if err != nil {
			return err
		}
		return addAll(ctx, tx, &c, &n)
	})
}
