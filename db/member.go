package db

import (
	"context"
	"database/sql"
	"errors"

	"reglink/app"
)

// Member implements app.MemberStore.
func (s *Store) Member(ctx context.Context, accountID, membershipID string) (*app.Membership, error) {
	m := new(app.Membership)
	err := s.bun.NewSelect().Model(m).Relation("Identity").Relation("CreatedBy").
		Where("membership.id = ?", membershipID).Where("membership.account_id = ?", accountID).Scan(ctx)
	if err != nil {
		return nil, orNotFound(err, "member_unknown")
	}
	return m, nil
}

// CreateMember implements app.MemberStore.
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

// createMember stores a new member, as ForExisting has it if the address has a login. A password of that login counts
// only if its owner has shown that the address is theirs.
func createMember(ctx context.Context, tx *transaction, c app.NewMember) (app.NewMember, error) {
	existing, err := lockIdentityByEmail(ctx, tx, c.Identity.EmailKey)
	switch {
	case err != nil:
		return c, err
	case existing != nil:
		c, err = c.ForExisting(*existing), clearUnconfirmedPassword(ctx, tx, existing.ID)
	default:
		err = insertIdentity(ctx, tx, c.Identity)
	}
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

// lockIdentityByEmail returns the login of an address and keeps it from others until the transaction ends; nil if there
// is none.
func lockIdentityByEmail(ctx context.Context, tx *transaction, emailKey string) (*app.Identity, error) {
	person := new(app.Identity)
	err := forUpdate(tx.NewSelect().Model(person).Where("email_key = ?", emailKey)).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil // there is none, and that is no error
	}
	return person, err
}

// insertIdentity stores a new member's login. Another may be just as fast with the same address: then the whole
// transaction runs again and finds that one.
func insertIdentity(ctx context.Context, tx *transaction, person app.Identity) error {
	_, err := tx.NewInsert().Model(&person).Exec(ctx)
	if violates(err, emailKey) {
		return raceError{err}
	}
	return err
}

// SendActivation implements app.MemberStore.
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
