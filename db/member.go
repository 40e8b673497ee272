package db

import (
	"context"
	"database/sql"
	"errors"

	"reglink/app"
)

// Member gives a membership of the account with Identity and CreatedBy, or NotFound.
func (s *Store) Member(ctx context.Context, accountID, membershipID string) (*app.Membership, error) {
	m := new(app.Membership)
	err := s.bun.NewSelect().Model(m).Relation("Identity").Relation("CreatedBy").
		Where("membership.id = ?", membershipID).Where("membership.account_id = ?", accountID).Scan(ctx)
	if err != nil {
		return nil, orNotFound(err, "member_unknown")
	}
	return m, nil
}

// CreateMember stores a creation; where the address has a login, its Joining. It gives what was stored.
// Problems where the person is a member already.
func (s *Store) CreateMember(ctx context.Context, creation app.NewMember) (app.NewMember, error) {
	var done app.NewMember
	err := s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		what := creation.Activity
		if err := bumpRevisionAsSuperUser(ctx, tx, what.AccountID, what.ActorID, what.At); err != nil {
			return err
		}
		var err error
		done, err = createMember(ctx, tx, creation)
		return err
	})
	if err != nil {
		return app.NewMember{}, err
	}
	return done, nil
}

// createMember stores a creation, or its Joining where the address has a login.
func createMember(ctx context.Context, tx *transaction, c app.NewMember) (app.NewMember, error) {
	c, err := findOrInsertIdentity(ctx, tx, c)
	if err != nil {
		return c, err
	}
	err = insertMember(ctx, tx, c.Membership, c.Identity)
	if violates(err, memberKey) {
		return c, app.Problem("email", "already_member")
	}
	if err != nil {
		return c, err
	}
	if c.Activation != nil {
		if err := renewConfirmation(ctx, tx, *c.Activation); err != nil {
			return c, err
		}
	}
	return c, tx.record(ctx, event{Activities: []app.Activity{c.Activity}, Notices: c.Notices})
}

// clearUnconfirmedPassword takes the password from a login whose address was never confirmed.
func clearUnconfirmedPassword(ctx context.Context, tx *transaction, identityID string) error {
	_, err := tx.NewUpdate().Model((*app.Identity)(nil)).Set("password_hash = ''").
		Where("id = ?", identityID).Where("confirmed_at IS NULL").Exec(ctx)
	return err
}

// findOrInsertIdentity finds the login of the creation's address or stores it. Another may be just as fast
// with the same address: then the whole transaction runs again and finds that one.
func findOrInsertIdentity(ctx context.Context, tx *transaction, c app.NewMember) (app.NewMember, error) {
	existing := new(app.Identity)
	err := forUpdate(tx.NewSelect().Model(existing).Where("email_key = ?", c.Identity.EmailKey)).Scan(ctx)
	if err == nil {
		return c.ForExisting(*existing), clearUnconfirmedPassword(ctx, tx, existing.ID)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return c, err
	}
	_, err = tx.NewInsert().Model(&c.Identity).Exec(ctx)
	if violates(err, emailKey) {
		return c, raceError{err}
	}
	return c, err
}

// SendActivation stores a confirmation, its notice and the activity, and ends older ones of the identity.
func (s *Store) SendActivation(ctx context.Context, c app.Confirmation, n app.Notice, what app.Activity) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := lockRow(ctx, tx, (*app.Account)(nil), what.AccountID); err != nil {
			return err
		}
		if err := lockRow(ctx, tx, (*app.Identity)(nil), c.IdentityID); err != nil {
			return err
		}
		if err := renewConfirmation(ctx, tx, c); err != nil {
			return err
		}
		return tx.record(ctx, event{Activities: []app.Activity{what}, Notices: []app.Notice{n}})
	})
}
