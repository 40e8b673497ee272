package db

import (
	"context"

	"reglink/app"
)

// StartSignInStep stores a step of a sign-in and forgets those of its identity that are over, and the oldest
// where there are too many.
func (s *Store) StartSignInStep(ctx context.Context, step app.SignInStep) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		_, err := tx.NewDelete().Model((*app.SignInStep)(nil)).Where("identity_id = ?", step.IdentityID).
			Where("expires_at <= ?", step.ExpiresAt.Add(-app.StepWithin)).Exec(ctx)
		if err != nil {
			return err
		}
		if err := pruneOldest(ctx, tx, (*app.SignInStep)(nil), step.IdentityID, "expires_at"); err != nil {
			return err
		}
		return insertAll(ctx, tx, &step)
	})
}

// SignInStepByToken gives the step of a token's hash with Identity, or NotFound.
func (s *Store) SignInStepByToken(ctx context.Context, hash []byte) (*app.SignInStep, error) {
	step := new(app.SignInStep)
	err := s.bun.NewSelect().Model(step).Relation("Identity").Where("sign_in_step.token_hash = ?", hash).Scan(ctx)
	if err != nil {
		return nil, orNotFound(err, "step_over")
	}
	return step, nil
}

// FinishSignIn ends a step, where there was one, and begins its session. A passkey behind the password opens
// alone from then on. Conflict where the answer's factor is used up meanwhile, Unauthenticated where the step
// is over or its person may not sign in any more.
func (s *Store) FinishSignIn(ctx context.Context, f app.FinishedStep) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := lockRow(ctx, tx, (*app.Account)(nil), f.Session.AccountID); err != nil {
			return err
		}
		begun, err := beginSession(ctx, tx, f.Session, f.PasswordHash, f.OldSessionHash)
		if err != nil {
			return err
		}
		waited, err := deleteStep(ctx, tx, f)
		if err == nil && (!waited || !begun) {
			return app.Refuse(app.Unauthenticated, "step_over")
		}
		if err != nil {
			return err
		}
		if err := useFactor(ctx, tx, f.Use); err != nil || f.Notice == nil {
			return err
		}
		return tx.record(ctx, event{Change: &f.Notice.Change, Notices: []app.Notice{f.Notice.Notice}})
	})
}

// deleteStep forgets a step, and tells whether it still waited.
func deleteStep(ctx context.Context, tx *transaction, f app.FinishedStep) (bool, error) {
	if f.StepHash == nil {
		return true, nil
	}
	return updatedOne(tx.NewDelete().Model((*app.SignInStep)(nil)).Where("token_hash = ?", f.StepHash).
		Where("identity_id = ?", f.Session.IdentityID).Exec(ctx))
}

func deleteSteps(ctx context.Context, tx *transaction, identityID string) error {
	_, err := tx.NewDelete().Model((*app.SignInStep)(nil)).Where("identity_id = ?", identityID).Exec(ctx)
	return err
}
