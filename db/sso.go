package db

import (
	"context"
	"errors"

	"github.com/uptrace/bun"

	"reglink/app"
)

// IdentityBySSO gives the identity of a login at the provider, or NotFound.
func (s *Store) IdentityBySSO(ctx context.Context, keyHash []byte) (*app.Identity, error) {
	person := new(app.Identity)
	err := s.bun.NewSelect().Model(person).Join("JOIN sso_logins AS login ON login.identity_id = identity.id").
		Where("login.key_hash = ?", keyHash).Scan(ctx)
	if err != nil {
		return nil, found(err, "identity_unknown")
	}
	return person, nil
}

// Consented tells whether the identity has accepted a licence agreement.
func (s *Store) Consented(ctx context.Context, identityID string) (bool, error) {
	done, err := s.bun.NewSelect().Model((*app.Consent)(nil)).Where("identity_id = ?", identityID).Exists(ctx)
	return done, translate(err)
}

// RenewConfirmation stores a confirmation in the place of those that its identity has open.
func (s *Store) RenewConfirmation(ctx context.Context, c app.Confirmation) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := lock(ctx, tx, (*app.Identity)(nil), c.IdentityID); err != nil {
			return err
		}
		return renewConfirmation(ctx, tx, c)
	})
}

// EnterBySSO spends the attempt, stores the login unless it is known, confirms the address of an identity that never was, and starts
// the session in the place of the old one. It stores what its person is told, where there is something, and gives what
// happened. Gone: the attempt was used before, or its login was known and is forgotten. Forbidden: the identity has another
// login at that provider, or that login is another's. Conflict: the identity was suspended meanwhile.
func (s *Store) EnterBySSO(ctx context.Context, entry app.SSOEntry) (app.SSOOutcome, error) {
	var outcome app.SSOOutcome
	err := s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := lock(ctx, tx, (*app.Account)(nil), entry.Session.AccountID); err != nil {
			return err
		}
		if err := lock(ctx, tx, (*app.Identity)(nil), entry.Login.IdentityID); err != nil {
			return err
		}
		if err := spendAttempt(ctx, tx, entry.Attempt); err != nil {
			return err
		}
		changed, err := changeBySSO(ctx, tx, entry)
		if err != nil {
			return err
		}
		outcome = changed
		return addSession(ctx, tx, entry.Session, entry.Old)
	})
	return outcome, err
}

// changeBySSO stores what a sign-in through the provider changes about its person, and what that one is told of it.
func changeBySSO(ctx context.Context, tx bun.Tx, entry app.SSOEntry) (app.SSOOutcome, error) {
	var outcome app.SSOOutcome
	var err error
	if outcome.Linked, err = addLogin(ctx, tx, entry); err != nil {
		return outcome, err
	}
	if outcome.Forgotten, err = confirmBySSO(ctx, tx, entry); err != nil {
		return outcome, err
	}
	told := entry.Tell(outcome)
	if told == nil {
		return outcome, nil
	}
	return outcome, addAll(ctx, tx, &told.Change, &told.Notice)
}

// spendAttempt keeps that an attempt was used, and forgets those that are too old to be used anyway.
func spendAttempt(ctx context.Context, tx bun.Tx, a app.SpentAttempt) error {
	_, err := tx.NewInsert().Model(&a).Exec(ctx)
	if violates(err, tablePrimaryKey) {
		return app.Refuse(app.Gone, "sso_over")
	}
	if err != nil {
		return err
	}
	_, err = tx.NewDelete().Model((*app.SpentAttempt)(nil)).Where("spent_at < ?", a.SpentAt.Add(-6*app.SSOWithin)).Exec(ctx)
	return err
}

// addLogin stores a login, unless it is known as the identity's, and tells whether it did. A login that was known when its person was
// recognised is not stored anew: it was forgotten meanwhile, and nobody has looked at the address.
func addLogin(ctx context.Context, tx bun.Tx, entry app.SSOEntry) (bool, error) {
	login := entry.Login
	var owner []string
	err := tx.NewSelect().Model((*app.SSOLogin)(nil)).Column("identity_id").Where("key_hash = ?", login.KeyHash).Scan(ctx, &owner)
	if err != nil {
		return false, err
	}
	if len(owner) == 1 && owner[0] == login.IdentityID {
		return false, nil
	}
	if entry.Known {
		return false, app.Refuse(app.Gone, "sso_over")
	}
	_, err = tx.NewInsert().Model(&login).Exec(ctx)
	if violates(err, ssoPersonKey) {
		return false, app.Refuse(app.Forbidden, "sso_other")
	}
	if violates(err, tablePrimaryKey) {
		return false, raceError{errors.New("the login was stored while its person signed in")}
	}
	return err == nil, err
}

// confirmBySSO notes the sign-in and, of an identity that was never confirmed, that the address is proven: what was chosen as a
// password before that is forgotten, with every session and every open mail (T-25).
func confirmBySSO(ctx context.Context, tx bun.Tx, entry app.SSOEntry) (bool, error) {
	at, id := entry.Session.CreatedAt, entry.Login.IdentityID
	person := new(app.Identity)
	err := tx.NewSelect().Model(person).Where("id = ?", id).Scan(ctx)
	if err != nil {
		return false, found(err, "identity_unknown")
	}
	update := tx.NewUpdate().Model((*app.Identity)(nil)).Set("signed_in_at = ?", at).
		Where("id = ?", id).Where("suspended_at IS NULL")
	unproven := person.ConfirmedAt == nil
	if unproven {
		update.Set("confirmed_at = ?", at)
	}
	if unproven || person.PasswordHash == "" {
		update.Set("password_hash = ?", app.NoPassword)
	}
	still, err := hit(update.Exec(ctx))
	if err == nil && !still {
		return false, app.Refuse(app.Conflict, "busy")
	}
	if err != nil || !unproven {
		return false, err
	}
	if err := signOutEverywhere(ctx, tx, id); err != nil {
		return false, err
	}
	return person.HasPassword(), endConfirmations(ctx, tx, id, app.ToConfirm, at)
}
