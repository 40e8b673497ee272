package db

import (
	"context"

	"reglink/app"
)

// EntitlementByCode gives the entitlement of a proof and code with its Account, or NotFound.
func (s *Store) EntitlementByCode(ctx context.Context, proof app.EntitlementKind, code string) (*app.Entitlement,
	error,
) {
	right := new(app.Entitlement)
	err := s.bun.NewSelect().Model(right).Relation("Account").
		Where("entitlement.proof = ?", proof).Where("entitlement.code = ?", code).Scan(ctx)
	if err != nil {
		return nil, orNotFound(err, "entitlement_unknown")
	}
	return right, nil
}

// consumeEntitlement makes sure that the registration's entitlement is one of its account, and uses an auth code up.
func consumeEntitlement(ctx context.Context, tx *transaction, r app.Registration) error {
	right := new(app.Entitlement)
	err := tx.NewSelect().Model(right).Column("proof").
		Where("id = ?", r.EntitlementID).Where("account_id = ?", r.AccountID).Scan(ctx)
	if err != nil {
		return orNotFound(err, "entitlement_unknown")
	}
	if right.Kind != app.AuthCode {
		return nil
	}
	first, err := updatedOne(tx.NewUpdate().Model((*app.Entitlement)(nil)).Set("used_at = ?", r.RegisteredAt).
		Where("id = ?", r.EntitlementID).Where("used_at IS NULL").Exec(ctx))
	if err == nil && !first {
		return app.Problem(string(app.AuthCode), "entitlement_unknown")
	}
	return err
}
