package db

import (
	"context"
	"time"

	"reglink/app"
)

// ConfirmationByToken gives a confirmation with its Identity, or NotFound.
func (s *Store) ConfirmationByToken(ctx context.Context, purpose app.ConfirmationPurpose,
	hash []byte,
) (*app.Confirmation, error) {
	c := new(app.Confirmation)
	err := s.bun.NewSelect().Model(c).Relation("Identity").
		Where("confirmation.token_hash = ?", hash).Where("confirmation.purpose = ?", purpose).Scan(ctx)
	if err != nil {
		return nil, orNotFound(err, "confirmation_unknown")
	}
	return c, nil
}

// ConfirmationByID gives the confirmation that a confirm or activate letter carries, or NotFound.
func (s *Store) ConfirmationByID(ctx context.Context, id string) (*app.Confirmation, error) {
	c := new(app.Confirmation)
	if err := s.bun.NewSelect().Model(c).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, orNotFound(err, "confirmation_unknown")
	}
	return c, nil
}

// ConfirmEmail uses the confirmation up and confirms its identity's address, or answers Gone where it was
// used or is expired.
func (s *Store) ConfirmEmail(ctx context.Context, id string, at time.Time) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		_, err := confirmEmail(ctx, tx, id, at)
		return err
	})
}

// ActivateIdentity does what Confirm does, stores FirstName, LastName, SearchText and PasswordHash of the
// identity, and the consent.
func (s *Store) ActivateIdentity(ctx context.Context, id string, person app.Identity, consent app.Consent) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		identityID, err := confirmEmail(ctx, tx, id, consent.AcceptedAt)
		if err != nil {
			return err
		}
		_, err = tx.NewUpdate().Model(&person).Column("first_name", "last_name", "search_text", "password_hash").
			Where("id = ?", identityID).Exec(ctx)
		if err != nil {
			return err
		}
		person.ID = identityID
		if err := reindexMember(ctx, tx, person); err != nil {
			return err
		}
		return insertAll(ctx, tx, &consent)
	})
}

// confirmEmail confirms the address of a confirmation's identity, whose id it returns. It uses the confirmation
// up and ends the others of that identity.
func confirmEmail(ctx context.Context, tx *transaction, id string, at time.Time) (string, error) {
	var identityID string
	err := tx.NewSelect().Model((*app.Confirmation)(nil)).Column("identity_id").Where("id = ?", id).Scan(ctx, &identityID)
	if err != nil {
		return "", orNotFound(err, "confirmation_unknown")
	}
	if err := lockRow(ctx, tx, (*app.Identity)(nil), identityID); err != nil {
		return "", err
	}
	first, err := markConfirmationUsed(ctx, tx, id, at)
	if err == nil && !first {
		return "", app.Refuse(app.Gone, "confirmation_over")
	}
	if err != nil {
		return "", err
	}
	if err := endConfirmations(ctx, tx, identityID, app.ToConfirm, at); err != nil {
		return "", err
	}
	_, err = tx.NewUpdate().Model((*app.Identity)(nil)).Set("confirmed_at = ?", at).
		Where("id = ?", identityID).Where("confirmed_at IS NULL").Exec(ctx)
	return identityID, err
}

// markConfirmationUsed tells whether this call is the one that uses the confirmation up.
func markConfirmationUsed(ctx context.Context, tx *transaction, id string, at time.Time) (bool, error) {
	return updatedOne(tx.NewUpdate().Model((*app.Confirmation)(nil)).Set("used_at = ?", at).Set("token_box = NULL").
		Where("id = ?", id).Where("used_at IS NULL").Where("expires_at > ?", at).Exec(ctx))
}

// IssueConfirmation stores a confirmation and its notice and ends older ones of the same identity; resets are
// apart from the others in that. Where the newest one was made after notSince, or app.MaxMailsPerDay of them
// in the 24 hours before, nothing is stored and nothing is said.
func (s *Store) IssueConfirmation(ctx context.Context, c app.Confirmation, n app.Notice, notSince time.Time) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := lockRow(ctx, tx, (*app.Identity)(nil), c.IdentityID); err != nil {
			return err
		}
		var today []app.Confirmation
		err := tx.NewSelect().Model(&today).Column("created_at").Where("identity_id = ?", c.IdentityID).
			Where(purposeCondition(c.Purpose), app.ToReset).Where("created_at > ?", c.CreatedAt.Add(-24*time.Hour)).
			OrderExpr("created_at DESC").Limit(app.MaxMailsPerDay).Scan(ctx)
		if err != nil || len(today) == app.MaxMailsPerDay || (len(today) > 0 && today[0].CreatedAt.After(notSince)) {
			return err
		}
		if err := renewConfirmation(ctx, tx, c); err != nil {
			return err
		}
		return tx.record(ctx, event{Notices: []app.Notice{n}})
	})
}

// renewConfirmation stores a confirmation in the place of those that its identity has open.
func renewConfirmation(ctx context.Context, tx *transaction, c app.Confirmation) error {
	if err := endConfirmations(ctx, tx, c.IdentityID, c.Purpose, c.CreatedAt); err != nil {
		return err
	}
	return insertAll(ctx, tx, &c)
}

// endConfirmations ends what an identity has open of that purpose and those like it.
func endConfirmations(ctx context.Context, tx *transaction, identityID string, purpose app.ConfirmationPurpose,
	at time.Time,
) error {
	_, err := tx.NewUpdate().Model((*app.Confirmation)(nil)).Set("used_at = ?", at).Set("token_box = NULL").
		Where("identity_id = ?", identityID).Where(purposeCondition(purpose), app.ToReset).Where("used_at IS NULL").Exec(ctx)
	return err
}

// purposeCondition is the condition that keeps resets apart from what a first sign-in needs: asking for one
// of them must never end the other.
func purposeCondition(purpose app.ConfirmationPurpose) string {
	if purpose == app.ToReset {
		return "purpose = ?"
	}
	return "purpose <> ?"
}
