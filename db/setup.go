package db

import (
	"context"
	"errors"
	"time"

	"reglink/app"
)

// Installation gives the row, which it stores as given where there is none yet. A zero row is not stored: NotFound.
func (s *Store) Installation(ctx context.Context, fresh app.Installation) (*app.Installation, error) {
	row, err := s.loadInstallation(ctx)
	if !errors.Is(err, app.NotFound) || fresh.ID == 0 {
		return row, err
	}
	err = s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		_, err := tx.NewInsert().Model(&fresh).Exec(ctx)
		if violates(err, tablePrimaryKey) { // another server starts at the same time
			return nil
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	return s.loadInstallation(ctx)
}

func (s *Store) loadInstallation(ctx context.Context) (*app.Installation, error) {
	row := new(app.Installation)
	if err := s.bun.NewSelect().Model(row).Where("id = 1").Scan(ctx); err != nil {
		return nil, orNotFound(err, "installation_unknown")
	}
	return row, nil
}

// HasAccounts tells whether any account exists.
func (s *Store) HasAccounts(ctx context.Context) (bool, error) {
	exists, err := s.bun.NewSelect().Model((*app.Account)(nil)).Exists(ctx)
	return exists, translate(err)
}

// SetUp stores the first account and its Super User and marks the installation, or answers Gone where that was done.
func (s *Store) SetUp(
	ctx context.Context, account app.Account, person app.Identity, m app.Membership, what app.Activity,
) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if first, err := markSetUp(ctx, tx, account.CreatedAt); err != nil || !first {
			return orSetUpDone(err)
		}
		if exists, err := tx.NewSelect().Model((*app.Account)(nil)).Exists(ctx); err != nil || exists {
			return orSetUpDone(err)
		}
		if err := insertAll(ctx, tx, &account); err != nil {
			return err
		}
		_, err := tx.NewInsert().Model(&person).Exec(ctx)
		if violates(err, emailKey) {
			return app.Problems{"email": app.EmailTaken()}
		}
		if err != nil {
			return err
		}
		if err := insertMember(ctx, tx, m, person); err != nil {
			return err
		}
		return tx.record(ctx, happened(what))
	})
}

func orSetUpDone(err error) error {
	if err != nil {
		return err
	}
	return app.Refuse(app.Gone, "set_up_done")
}

// markSetUp marks the installation as set up and tells whether it was not yet.
func markSetUp(ctx context.Context, tx *transaction, at time.Time) (bool, error) {
	return updatedOne(tx.NewUpdate().Model((*app.Installation)(nil)).Set("set_up_at = ?", at).
		Where("id = 1").Where("set_up_at IS NULL").Exec(ctx))
}

// CreateAccount stores an account and the creation of its first Super User. It gives what was stored;
// Problems where the company ID is taken. From the first account on, the set-up address is worthless.
func (s *Store) CreateAccount(ctx context.Context, account app.Account, c app.NewMember) (app.NewMember, error) {
	var done app.NewMember
	err := s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if _, err := markSetUp(ctx, tx, account.CreatedAt); err != nil {
			return err
		}
		_, err := tx.NewInsert().Model(&account).Exec(ctx)
		if violates(err, companyIDKey) {
			return app.Problem("company_id", "company_id_taken")
		}
		if err != nil {
			return err
		}
		done, err = createMember(ctx, tx, c)
		return err
	})
	if err != nil {
		return app.NewMember{}, err
	}
	return done, nil
}
