package db

import (
	"context"

	"reglink/app"
)

// removeCredential forgets something that an identity signs in with, ends its sessions and what waits for a
// second factor, and stores what is said of it.
func (s *Store) removeCredential(
	ctx context.Context, r app.CredentialRemoval, forget func(context.Context, *transaction, string) error,
) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		for _, what := range r.Activities {
			if err := lockRow(ctx, tx, (*app.Account)(nil), what.AccountID); err != nil {
				return err
			}
		}
		if err := forget(ctx, tx, r.IdentityID); err != nil {
			return err
		}
		if err := deleteSteps(ctx, tx, r.IdentityID); err != nil {
			return err
		}
		if err := signOutEverywhere(ctx, tx, r.IdentityID); err != nil {
			return err
		}
		return tx.record(ctx, event{
			Activities: r.Activities, Change: &r.Notice.Change, Notices: []app.Notice{r.Notice.Notice},
		})
	})
}

// RemoveSSOLogins implements app.RemovalStore.
func (s *Store) RemoveSSOLogins(ctx context.Context, r app.CredentialRemoval) error {
	return s.removeCredential(ctx, r, deleteSSOLogins)
}

func deleteSSOLogins(ctx context.Context, tx *transaction, identityID string) error {
	if err := lockRow(ctx, tx, (*app.Identity)(nil), identityID); err != nil {
		return err
	}
	gone, err := tx.NewDelete().Model((*app.SSOLogin)(nil)).Where("identity_id = ?", identityID).Exec(ctx)
	if err != nil {
		return err
	}
	n, err := gone.RowsAffected()
	if err == nil && n == 0 {
		return app.Refuse(app.Conflict, "sso_none")
	}
	return err
}

// RemoveFactors implements app.RemovalStore.
func (s *Store) RemoveFactors(ctx context.Context, r app.CredentialRemoval) error {
	return s.removeCredential(ctx, r, deleteAllFactors)
}

func deleteAllFactors(ctx context.Context, tx *transaction, identityID string) error {
	had, err := updatedOne(tx.NewUpdate().Model((*app.Identity)(nil)).Set("factors = 0").
		Where("id = ?", identityID).Where("factors > 0").Exec(ctx))
	if err == nil && !had {
		return app.Refuse(app.Conflict, "factor_none")
	}
	if err != nil {
		return err
	}
	_, err = deleteFactorsQuery(tx, identityID).Exec(ctx)
	return err
}
