package db

import (
	"context"

	"reglink/app"
)

// SetOperator makes the login of a canonical address an operator's, or no longer one. NotFound where there is
// none. A password whose owner has not shown that the address is theirs is forgotten, as by Creation.Joining.
func (s *Store) SetOperator(ctx context.Context, emailKey string, operator bool) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		var id string
		err := forUpdate(tx.NewSelect().Model((*app.Identity)(nil)).Column("id").Where("email_key = ?", emailKey)).Scan(ctx,
			&id)
		if err != nil {
			return orNotFound(err, "login_unknown")
		}
		_, err = tx.NewUpdate().Model((*app.Identity)(nil)).Set("operator = ?", operator).Where("id = ?", id).Exec(ctx)
		if err != nil {
			return err
		}
		return clearUnconfirmedPassword(ctx, tx, id)
	})
}

// AddOperator stores a login without a membership, its confirmation and its notice. Conflict where the address has one.
func (s *Store) AddOperator(ctx context.Context, person app.Identity, c app.Confirmation, n app.Notice) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		_, err := tx.NewInsert().Model(&person).Exec(ctx)
		if violates(err, emailKey) {
			return app.Refuse(app.Conflict, "email_taken")
		}
		if err != nil {
			return err
		}
		if err := insertAll(ctx, tx, &c); err != nil {
			return err
		}
		return tx.record(ctx, event{Notices: []app.Notice{n}})
	})
}
