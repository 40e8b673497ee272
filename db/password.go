package db

import (
	"context"

	"reglink/app"
)

// ResetPassword uses the reset up, or answers Gone where it was used or is expired. It stores the password
// and what is said of it, and ends the identity's other resets and its sessions; no passkey opens alone
// before it was used behind the new one.
func (s *Store) ResetPassword(ctx context.Context, id string, p app.NewPassword) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := lockRow(ctx, tx, (*app.Identity)(nil), p.Change.IdentityID); err != nil {
			return err
		}
		used, err := markConfirmationUsed(ctx, tx, id, p.Change.At)
		if err != nil {
			return err
		}
		set, err := updatedOne(tx.NewUpdate().Model((*app.Identity)(nil)).Set("password_hash = ?", p.Hash).
			Where("id = ?", p.Change.IdentityID).Where("suspended_at IS NULL").Exec(ctx))
		if err == nil && (!used || !set) {
			return app.Refuse(app.Gone, "reset_over")
		}
		if err != nil {
			return err
		}
		if err := signOutEverywhere(ctx, tx, p.Change.IdentityID); err != nil {
			return err
		}
		if err := endOldPasswordAccess(ctx, tx, p); err != nil {
			return err
		}
		return tx.record(ctx, event{Change: &p.Change, Notices: []app.Notice{p.Notice}})
	})
}

// ChangePassword stores the password and what is said of it, lets the session go on under its new hash, and
// ends the identity's other sessions and its open resets; no passkey opens alone before it was used behind
// the new one. Conflict where the password is not the old one any more or the identity was suspended,
// Unauthenticated where the session has ended.
func (s *Store) ChangePassword(ctx context.Context, p app.PasswordChange) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := lockRow(ctx, tx, (*app.Identity)(nil), p.Change.IdentityID); err != nil {
			return err
		}
		set, err := updatedOne(tx.NewUpdate().Model((*app.Identity)(nil)).Set("password_hash = ?", p.Hash).
			Where("id = ?", p.Change.IdentityID).Where("password_hash = ?", p.OldHash).Where("suspended_at IS NULL").Exec(ctx))
		if err == nil && !set {
			return app.Refuse(app.Conflict, "password_meanwhile")
		}
		if err != nil {
			return err
		}
		goesOn, err := updatedOne(tx.NewUpdate().Model((*app.Session)(nil)).Set("token_hash = ?", p.NewSessionHash).
			Where("token_hash = ?", p.SessionHash).Where("identity_id = ?", p.Change.IdentityID).Exec(ctx))
		if err == nil && !goesOn {
			return app.Refuse(app.Unauthenticated, "signed_out")
		}
		if err != nil {
			return err
		}
		if err := endOtherSessions(ctx, tx, p.Change.IdentityID, p.NewSessionHash); err != nil {
			return err
		}
		if err := endOldPasswordAccess(ctx, tx, p.NewPassword); err != nil {
			return err
		}
		return tx.record(ctx, event{Change: &p.Change, Notices: []app.Notice{p.Notice}})
	})
}

// endOldPasswordAccess ends what another password makes worthless: the open resets, and that passkeys open
// without it.
func endOldPasswordAccess(ctx context.Context, tx *transaction, p app.NewPassword) error {
	if err := endConfirmations(ctx, tx, p.Change.IdentityID, app.ToReset, p.Change.At); err != nil {
		return err
	}
	return endPasswordlessPasskeys(ctx, tx, p.Change.IdentityID)
}

// endPasswordlessPasskeys lets no passkey of the identity open alone before it was used behind the password.
func endPasswordlessPasskeys(ctx context.Context, tx *transaction, identityID string) error {
	_, err := tx.NewUpdate().Model((*app.Factor)(nil)).Set("alone = ?", false).
		Where("identity_id = ?", identityID).Where("kind = ?", app.Passkey).Exec(ctx)
	return err
}

// RehashPassword stores a new hash of the same password, unless the password was changed meanwhile.
func (s *Store) RehashPassword(ctx context.Context, identityID, old, hash string) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		_, err := tx.NewUpdate().Model((*app.Identity)(nil)).Set("password_hash = ?", hash).
			Where("id = ?", identityID).Where("password_hash = ?", old).Exec(ctx)
		return err
	})
}
