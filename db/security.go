package db

import (
	"context"
	"time"

	"reglink/app"
)

// SuperUserFactors counts the Super Users whose membership opens the account at that time, and those of them
// who have a password and no second factor.
func (s *Store) SuperUserFactors(ctx context.Context, accountID string, at time.Time) (int, int, error) {
	var counts struct{ Number, Without int }
	err := activeSuperUsers(s.bun, accountID).Where("membership.expires_on IS NULL OR membership.expires_on > ?", at).
		ColumnExpr("COUNT(*) AS number").
		ColumnExpr("COALESCE(SUM(CASE WHEN person.factors = 0 AND person.password_hash <> ? THEN 1 ELSE 0 END), 0) "+
			"AS without", app.NoPassword).
		Scan(ctx, &counts)
	return counts.Number, counts.Without, translate(err)
}

// RequireSecondFactor stores the account's choice and what is said of it; nothing where it is the choice
// already. Conflict where it is to be required by somebody who has none and whom the provider has not proven,
// Forbidden where the actor is no Super User any more.
func (s *Store) RequireSecondFactor(ctx context.Context, by app.Actor, required bool, what app.Activity) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := bumpRevisionAsSuperUser(ctx, tx, what.AccountID, what.ActorID, what.At); err != nil {
			return err
		}
		if required && by.Assurance != app.WithProvider {
			if err := requireFactor(ctx, tx, what.ActorID); err != nil {
				return err
			}
		}
		changed, err := updatedOne(tx.NewUpdate().Model((*app.Account)(nil)).Set("second_factor = ?", required).
			Where("id = ?", what.AccountID).Where("second_factor = ?", !required).Exec(ctx))
		if err != nil || !changed {
			return err
		}
		return tx.record(ctx, happened(what))
	})
}

// requireFactor answers Conflict where a person has no second factor.
func requireFactor(ctx context.Context, tx *transaction, identityID string) error {
	own, err := forUpdate(tx.NewSelect().Model((*app.Identity)(nil)).Column("id").
		Where("id = ?", identityID).Where("factors > 0")).Count(ctx)
	if err == nil && own == 0 {
		return app.Refuse(app.Conflict, "second_factor_first")
	}
	return err
}
