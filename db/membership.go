package db

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"reglink/app"
)

// ChangeMembership lets decide say what becomes of a membership of the actor's account, and stores that with
// all that follows from it.
func (s *Store) ChangeMembership(
	ctx context.Context, by app.Actor, membershipID string, at time.Time,
	decide func(app.Membership) (app.MembershipChange, error),
) (*app.Membership, error) {
	var done app.Membership
	err := s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := bumpRevisionAsSuperUser(ctx, tx, by.Account.ID, by.Identity.ID, at); err != nil {
			return err
		}
		was, err := lockMembership(ctx, tx, by.Account.ID, membershipID)
		if err != nil {
			return err
		}
		change, err := decide(*was)
		if err != nil {
			return err
		}
		done = change.After
		return applyMembershipChange(ctx, tx, change, at)
	})
	if err != nil {
		return nil, err
	}
	return &done, nil
}

// lockMembership gives a membership of the account with Identity, and keeps both from others until the
// transaction ends.
func lockMembership(ctx context.Context, tx *transaction, accountID, membershipID string) (*app.Membership, error) {
	m := &app.Membership{Identity: new(app.Identity)}
	whose := tx.NewSelect().Model((*app.Membership)(nil)).Column("identity_id").
		Where("id = ?", membershipID).Where("account_id = ?", accountID)
	if err := whose.Scan(ctx, &m.IdentityID); err != nil {
		return nil, orNotFound(err, "member_unknown")
	}
	if err := forUpdate(tx.NewSelect().Model(m.Identity).Where("id = ?", m.IdentityID)).Scan(ctx); err != nil {
		return nil, err
	}
	return m, forUpdate(tx.NewSelect().Model(m).Where("id = ?", membershipID)).Scan(ctx)
}

// applyMembershipChange stores a change and what follows from it, in the order of the locks.
func applyMembershipChange(ctx context.Context, tx *transaction, c app.MembershipChange, at time.Time) error {
	if c.Activity == nil {
		return nil
	}
	if err := saveMembership(ctx, tx, c); err != nil {
		return err
	}
	if c.ReinstatesUnaccepted() {
		if err := clearUnconfirmedPassword(ctx, tx, c.Before.IdentityID); err != nil {
			return err
		}
	}
	if c.RevokesAccess(at) {
		if err := signOutEverywhere(ctx, tx, c.Before.IdentityID); err != nil {
			return err
		}
	}
	if c.RevokesSuperUser(at) {
		if err := stopLinks(ctx, tx, c.Before.AccountID, at, c.Before.IdentityID); err != nil {
			return err
		}
	}
	if c.WeakensSuperUser(at) {
		if err := requireRemainingSuperUser(ctx, tx, c.Before.AccountID); err != nil {
			return err
		}
	}
	return tx.record(ctx, happened(*c.Activity))
}

func saveMembership(ctx context.Context, tx *transaction, c app.MembershipChange) error {
	if !c.Removed {
		_, err := tx.NewUpdate().Model(&c.After).Column("role", "status", "expires_on").WherePK().Exec(ctx)
		return err
	}
	_, err := tx.NewDelete().Model((*memberWord)(nil)).Where("membership_id = ?", c.Before.ID).Exec(ctx)
	if err != nil {
		return err
	}
	_, err = tx.NewDelete().Model((*app.Membership)(nil)).Where("id = ?", c.Before.ID).Exec(ctx)
	return err
}

// Memberships gives the identity's memberships with Account, in the order of the accounts' names, capitals or not.
func (s *Store) Memberships(ctx context.Context, identityID string) ([]app.Membership, error) {
	var all []app.Membership
	err := s.bun.NewSelect().Model(&all).Relation("Account").Where("membership.identity_id = ?", identityID).Scan(ctx)
	if err != nil {
		return nil, translate(err)
	}
	slices.SortFunc(all, func(a, b app.Membership) int { // here, for the databases fold case differently
		return cmp.Or(cmp.Compare(strings.ToLower(a.Account.Name), strings.ToLower(b.Account.Name)), cmp.Compare(a.ID, b.ID))
	})
	return all, nil
}

// MembershipByIdentity gives the identity's membership in the account with Identity, or NotFound.
func (s *Store) MembershipByIdentity(ctx context.Context, identityID, accountID string) (*app.Membership, error) {
	m := new(app.Membership)
	err := s.bun.NewSelect().Model(m).Relation("Identity").
		Where("membership.identity_id = ?", identityID).Where("membership.account_id = ?", accountID).Scan(ctx)
	if err != nil {
		return nil, orNotFound(err, "member_unknown")
	}
	return m, nil
}
