package db

import (
	"context"

	"reglink/app"
)

// AccountByCompanyID gives an account, or NotFound.
func (s *Store) AccountByCompanyID(ctx context.Context, companyID string) (*app.Account, error) {
	account := new(app.Account)
	if err := s.bun.NewSelect().Model(account).Where("company_id = ?", companyID).Scan(ctx); err != nil {
		return nil, orNotFound(err, "account_unknown")
	}
	return account, nil
}

// AddEntitlement stores an entitlement, or answers Conflict where its proof and code are known.
func (s *Store) AddEntitlement(ctx context.Context, e app.Entitlement) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		_, err := tx.NewInsert().Model(&e).Exec(ctx)
		if violates(err, entitlementKey) {
			return app.Refuse(app.Conflict, "entitlement_known")
		}
		return err
	})
}

// AddIdentity stores a login without a membership, or answers Conflict where its address has one.
func (s *Store) AddIdentity(ctx context.Context, person app.Identity) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		_, err := tx.NewInsert().Model(&person).Exec(ctx)
		if violates(err, emailKey) {
			return app.Refuse(app.Conflict, "identity_known")
		}
		return err
	})
}
