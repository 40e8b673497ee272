package db

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"reglink/app"
)

// Factors gives an identity's factors and recovery codes, the oldest first.
func (s *Store) Factors(ctx context.Context, identityID string) ([]app.Factor, error) {
	var all []app.Factor
	err := s.bun.NewSelect().Model(&all).Where("identity_id = ?", identityID).OrderExpr("created_at, id").Scan(ctx)
	return all, translate(err)
}

// FactorOf gives the factor of a LookUp with Identity, or NotFound.
func (s *Store) FactorOf(ctx context.Context, lookUp []byte) (*app.Factor, error) {
	factor := new(app.Factor)
	err := s.bun.NewSelect().Model(factor).Relation("Identity").Where("factor.look_up = ?", lookUp).Scan(ctx)
	if err != nil {
		return nil, found(err, "factor_unknown")
	}
	return factor, nil
}

// ChangeFactors stores a change with what follows for the sessions. Conflict where password, factors or the answer's factor are not as
// they were any more, Unauthenticated where the session has ended. The row of the identity is written by every change, so that of
// two at once, on a cluster too, one finds it as it was.
func (s *Store) ChangeFactors(ctx context.Context, c app.FactorChange) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		still, err := hit(tx.NewUpdate().Model((*app.Identity)(nil)).Set("factors = ?", c.After()).
			Where("id = ?", c.IdentityID).Where("factors = ?", c.Was).
			Where("password_hash = ?", c.Proven).Where("suspended_at IS NULL").Exec(ctx))
		if err == nil && !still {
			return app.Refuse(app.Conflict, "factors_meanwhile")
		}
		if err != nil {
			return err
		}
		if c.Use != nil {
			if err := useFactor(ctx, tx, *c.Use); err != nil {
				return err
			}
		}
		if err := replaceFactors(ctx, tx, c); err != nil {
			return err
		}
		if err := goOn(ctx, tx, c); err != nil {
			return err
		}
		return addAll(ctx, tx, &c.Change, &c.Notice)
	})
}

// useFactor takes an answer, or refuses it with Conflict where its code was taken meanwhile, or its question answered.
func useFactor(ctx context.Context, tx bun.Tx, use app.FactorUse) error {
	q := tx.NewUpdate().Model((*app.Factor)(nil)).Set("used_at = ?", use.At).
		Where("id = ?", use.Factor.ID).Where("identity_id = ?", use.Factor.IdentityID)
	switch use.Factor.Kind {
	case app.RecoveryCode:
		q.Where("used_at IS NULL")
	case app.Passkey: // many do not count, and stay at 0
		q.Set("counter = ?", use.Step).Set("alone = ?", true).Where("counter = ?", use.Factor.Counter)
	default:
		q.Set("counter = ?", use.Step).Where("counter < ?", use.Step)
	}
	taken, err := hit(q.Exec(ctx))
	if err == nil && !taken {
		return app.Refuse(app.Conflict, usedUp(use.Factor))
	}
	if err != nil || use.Spent == nil {
		return err
	}
	if err = spendAttempt(ctx, tx, *use.Spent); errors.Is(err, app.Gone) {
		return app.Refuse(app.Conflict, "passkey_over")
	}
	return err
}

// usedUp is what is said where somebody was faster with an answer of that factor.
func usedUp(f app.Factor) string {
	if f.Kind == app.Passkey {
		return "passkey_over"
	}
	return "code_used"
}

func replaceFactors(ctx context.Context, tx bun.Tx, c app.FactorChange) error {
	if len(c.Remove) > 0 {
		if _, err := dropFactors(tx, c.IdentityID).Where("id IN (?)", bun.List(c.Remove)).Exec(ctx); err != nil {
			return err
		}
	}
	if c.NewCodes {
		if _, err := dropFactors(tx, c.IdentityID).Where("kind = ?", app.RecoveryCode).Exec(ctx); err != nil {
			return err
		}
	}
	if len(c.Add) == 0 {
		return nil
	}
	err := addAll(ctx, tx, &c.Add)
	if violates(err, factorKey) {
		return app.Refuse(app.Conflict, "factors_meanwhile")
	}
	return err
}

// dropFactors begins to forget factors of an identity.
func dropFactors(tx bun.Tx, identityID string) *bun.DeleteQuery {
	return tx.NewDelete().Model((*app.Factor)(nil)).Where("identity_id = ?", identityID)
}

// goOn lets the session go on, and where that is under a new hash, ends the others and what waits for a second factor. Unauthenticated
// where it has ended.
func goOn(ctx context.Context, tx bun.Tx, c app.FactorChange) error {
	session := tx.NewUpdate().Model((*app.Session)(nil)).Set("seen_at = ?", c.Change.At).
		Where("token_hash = ?", c.Session).Where("identity_id = ?", c.IdentityID)
	if c.NewSession != nil {
		session.Set("token_hash = ?", c.NewSession).Set("proven = ?", c.Proves)
	}
	goesOn, err := hit(session.Exec(ctx))
	if err == nil && !goesOn {
		return app.Refuse(app.Unauthenticated, "signed_out")
	}
	if err != nil || c.NewSession == nil {
		return err
	}
	if err := endSteps(ctx, tx, c.IdentityID); err != nil {
		return err
	}
	return endOtherSessions(ctx, tx, c.IdentityID, c.NewSession)
}
