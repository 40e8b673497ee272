package db

import (
	"context"
	"errors"

	"reglink/app"
)

// IdentityBySSO gives the identity of a login at the provider, or NotFound.
func (s *Store) IdentityBySSO(ctx context.Context, keyHash []byte) (*app.Identity, error) {
	person := new(app.Identity)
	err := s.bun.NewSelect().Model(person).Join("JOIN sso_logins AS login ON login.identity_id = identity.id").
		Where("login.key_hash = ?", keyHash).Scan(ctx)
	if err != nil {
		return nil, orNotFound(err, "identity_unknown")
	}
	return person, nil
}

// HasConsented tells whether the identity has accepted a licence agreement.
func (s *Store) HasConsented(ctx context.Context, identityID string) (bool, error) {
	done, err := s.bun.NewSelect().Model((*app.Consent)(nil)).Where("identity_id = ?", identityID).Exists(ctx)
	return done, translate(err)
}

// ReplaceConfirmation stores a confirmation in the place of those that its identity has open.
func (s *Store) ReplaceConfirmation(ctx context.Context, c app.Confirmation) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := lockRow(ctx, tx, (*app.Identity)(nil), c.IdentityID); err != nil {
			return err
		}
		return renewConfirmation(ctx, tx, c)
	})
}

// SignInBySSO spends the attempt, stores the login unless it is known, confirms the address of an identity
// that never was, and starts the session in the place of the old one. It stores what its person is told,
// where there is something, and gives what happened. Gone: the attempt was used before, or its login was
// known and is forgotten. Forbidden: the identity has another login at that provider, or that login is
// another's. Conflict: the identity was suspended meanwhile.
func (s *Store) SignInBySSO(ctx context.Context, entry app.SSOSignIn) (app.SSOOutcome, error) {
	var outcome app.SSOOutcome
	err := s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := lockRow(ctx, tx, (*app.Account)(nil), entry.Session.AccountID); err != nil {
			return err
		}
		if err := lockRow(ctx, tx, (*app.Identity)(nil), entry.Login.IdentityID); err != nil {
			return err
		}
		if err := consumeAttempt(ctx, tx, entry.Attempt); err != nil {
			return err
		}
		changed, err := applySSOSignIn(ctx, tx, entry)
		if err != nil {
			return err
		}
		outcome = changed
		return addSession(ctx, tx, entry.Session, entry.OldSessionHash)
	})
	return outcome, err
}

// applySSOSignIn stores what a sign-in through the provider changes about its person, and what that one is told of it.
func applySSOSignIn(ctx context.Context, tx *transaction, entry app.SSOSignIn) (app.SSOOutcome, error) {
	var outcome app.SSOOutcome
	var err error
	if outcome.Linked, err = insertSSOLogin(ctx, tx, entry); err != nil {
		return outcome, err
	}
	if outcome.PasswordCleared, err = confirmIdentityBySSO(ctx, tx, entry); err != nil {
		return outcome, err
	}
	told := entry.CredentialNotice(outcome)
	if told == nil {
		return outcome, nil
	}
	return outcome, tx.record(ctx, event{Change: &told.Change, Notices: []app.Notice{told.Notice}})
}

// consumeAttempt keeps that an attempt was used, and forgets those that are too old to be used anyway.
func consumeAttempt(ctx context.Context, tx *transaction, a app.SpentAttempt) error {
	_, err := tx.NewInsert().Model(&a).Exec(ctx)
	if violates(err, tablePrimaryKey) {
		return app.Refuse(app.Gone, "sso_over")
	}
	if err != nil {
		return err
	}
	_, err = tx.NewDelete().Model((*app.SpentAttempt)(nil)).Where("spent_at < ?", a.SpentAt.Add(-6*app.SSOWithin)).
		Exec(ctx)
	return err
}

// insertSSOLogin stores a login, unless it is known as the identity's, and tells whether it did. A login that
// was known when its person was recognised is not stored anew: it was forgotten meanwhile, and nobody has
// looked at the address.
func insertSSOLogin(ctx context.Context, tx *transaction, entry app.SSOSignIn) (bool, error) {
	login := entry.Login
	var owner []string
	err := tx.NewSelect().Model((*app.SSOLogin)(nil)).Column("identity_id").Where("key_hash = ?", login.KeyHash).
		Scan(ctx, &owner)
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

// confirmIdentityBySSO notes the sign-in and, of an identity that was never confirmed, that the address is
// proven: what was chosen as a password before that is forgotten, with every session and every open mail
// (T-25).
func confirmIdentityBySSO(ctx context.Context, tx *transaction, entry app.SSOSignIn) (bool, error) {
	at, id := entry.Session.CreatedAt, entry.Login.IdentityID
	person := new(app.Identity)
	err := tx.NewSelect().Model(person).Where("id = ?", id).Scan(ctx)
	if err != nil {
		return false, orNotFound(err, "identity_unknown")
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
	still, err := updatedOne(update.Exec(ctx))
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
