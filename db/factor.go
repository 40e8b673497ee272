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

// FactorByLookupHash gives the factor of a LookupHash with Identity, or NotFound.
func (s *Store) FactorByLookupHash(ctx context.Context, lookUp []byte) (*app.Factor, error) {
	factor := new(app.Factor)
	err := s.bun.NewSelect().Model(factor).Relation("Identity").Where("factor.look_up = ?", lookUp).Scan(ctx)
	if err != nil {
		return nil, orNotFound(err, "factor_unknown")
	}
	return factor, nil
}

// ChangeFactors stores a change with what follows for the sessions. Conflict where password, factors or the
// answer's factor are not as they were any more, Unauthenticated where the session has ended. The row of the
// identity is written by every change, so that of two at once, on a cluster too, one finds it as it was.
func (s *Store) ChangeFactors(ctx context.Context, c app.FactorChange) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		still, err := updatedOne(tx.NewUpdate().Model((*app.Identity)(nil)).Set("factors = ?", c.CountAfter()).
			Where("id = ?", c.IdentityID).Where("factors = ?", c.CountBefore).
			Where("password_hash = ?", c.PasswordHash).Where("suspended_at IS NULL").Exec(ctx))
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
		if err := continueSession(ctx, tx, c); err != nil {
			return err
		}
		return tx.record(ctx, event{Change: &c.Change, Notices: []app.Notice{c.Notice}})
	})
}

// useFactor takes an answer, or refuses it with Conflict where its code was taken meanwhile, or its question answered.
func useFactor(ctx context.Context, tx *transaction, use app.FactorUse) error {
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
	taken, err := updatedOne(q.Exec(ctx))
	if err == nil && !taken {
		return app.Refuse(app.Conflict, usedFactorMessage(use.Factor))
	}
	if err != nil || use.Spent == nil {
		return err
	}
	if err = consumeAttempt(ctx, tx, *use.Spent); errors.Is(err, app.Gone) {
		return app.Refuse(app.Conflict, "passkey_over")
	}
	return err
}

// usedFactorMessage is what is said where somebody was faster with an answer of that factor.
func usedFactorMessage(f app.Factor) string {
	if f.Kind == app.Passkey {
		return "passkey_over"
	}
	return "code_used"
}

func replaceFactors(ctx context.Context, tx *transaction, c app.FactorChange) error {
	if len(c.Remove) > 0 {
		if _, err := deleteFactorsQuery(tx, c.IdentityID).Where("id IN (?)", bun.List(c.Remove)).Exec(ctx); err != nil {
			return err
		}
	}
	if c.ReplaceCodes {
		if _, err := deleteFactorsQuery(tx, c.IdentityID).Where("kind = ?", app.RecoveryCode).Exec(ctx); err != nil {
			return err
		}
	}
	if len(c.Add) == 0 {
		return nil
	}
	err := insertAll(ctx, tx, &c.Add)
	if violates(err, factorKey) {
		return app.Refuse(app.Conflict, "factors_meanwhile")
	}
	return err
}

// deleteFactorsQuery begins to forget factors of an identity.
func deleteFactorsQuery(tx *transaction, identityID string) *bun.DeleteQuery {
	return tx.NewDelete().Model((*app.Factor)(nil)).Where("identity_id = ?", identityID)
}

// continueSession lets the session go on, and where that is under a new hash, ends the others and what waits
// for a second factor. Unauthenticated where it has ended.
func continueSession(ctx context.Context, tx *transaction, c app.FactorChange) error {
	session := tx.NewUpdate().Model((*app.Session)(nil)).Set("seen_at = ?", c.Change.At).
		Where("token_hash = ?", c.SessionHash).Where("identity_id = ?", c.IdentityID)
	if c.NewSessionHash != nil {
		session.Set("token_hash = ?", c.NewSessionHash).Set("proven = ?", c.Assurance)
	}
	goesOn, err := updatedOne(session.Exec(ctx))
	if err == nil && !goesOn {
		return app.Refuse(app.Unauthenticated, "signed_out")
	}
	if err != nil || c.NewSessionHash == nil {
		return err
	}
	if err := deleteSteps(ctx, tx, c.IdentityID); err != nil {
		return err
	}
	return endOtherSessions(ctx, tx, c.IdentityID, c.NewSessionHash)
}
