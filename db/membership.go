package db

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// ChangeMembership lets decide say what becomes of a membership of the actor's account, and stores that with all that follows from it.
func (s *Store) ChangeMembership(
	ctx context.Context, by app.Actor, membershipID string, at time.Time,
	decide func(app.Membership) (app.MembershipChange, error),
) (*app.Membership, error) {
	var done app.Membership
	err := s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := actAsSuper(ctx, tx, by.Account.ID, by.Identity.ID, at); err != nil {
			return err
		}
		was, err := membershipOf(ctx, tx, by.Account.ID, membershipID)
		if err != nil {
			return err
		}
		change, err := decide(*was)
		if err != nil {
			return err
		}
		done = change.Is
		return settle(ctx, tx, change, at)
	})
	if err != nil {
		return nil, err
	}
	return &done, nil
}

// membershipOf gives a membership of the account with Identity, and keeps both from others until the transaction ends.
func membershipOf(ctx context.Context, tx bun.Tx, accountID, membershipID string) (*app.Membership, error) {
	m := &app.Membership{Identity: new(app.Identity)}
	whose := tx.NewSelect().Model((*app.Membership)(nil)).Column("identity_id").
		Where("id = ?", membershipID).Where("account_id = ?", accountID)
	if err := whose.Scan(ctx, &m.IdentityID); err != nil {
		return nil, found(err, "member_unknown")
	}
	if err := locking(tx.NewSelect().Model(m.Identity).Where("id = ?", m.IdentityID)).Scan(ctx); err != nil {
		return nil, err
	}
	return m, locking(tx.NewSelect().Model(m).Where("id = ?", membershipID)).Scan(ctx)
}

// settle stores a change and what follows from it, in the order of the locks.
func settle(ctx context.Context, tx bun.Tx, c app.MembershipChange, at time.Time) error {
	if c.Activity == nil {
		return nil
	}
	if err := store(ctx, tx, c); err != nil {
		return err
	}
	if c.LetsIn() {
		if err := forgetUnproven(ctx, tx, c.Was.IdentityID); err != nil {
			return err
		}
	}
	if c.TakesAccess(at) {
		if err := signOutEverywhere(ctx, tx, c.Was.IdentityID); err != nil {
			return err
		}
	}
	if c.TakesStanding(at) {
		if err := stopLinks(ctx, tx, c.Was.AccountID, at, c.Was.IdentityID); err != nil {
			return err
		}
	}
	if c.Weakens(at) {
		if err := keepsSuperUser(ctx, tx, c.Was.AccountID); err != nil {
			return err
		}
	}
	return record(ctx, tx, *c.Activity)
}

func store(ctx context.Context, tx bun.Tx, c app.MembershipChange) error {
	if !c.Removed {
		_, err := tx.NewUpdate().Model(&c.Is).Column("role", "status", "expires_on").WherePK().Exec(ctx)
		return err
	}
	_, err := tx.NewDelete().Model((*memberWord)(nil)).Where("membership_id = ?", c.Was.ID).Exec(ctx)
	if err != nil {
		return err
	}
	_, err = tx.NewDelete().Model((*app.Membership)(nil)).Where("id = ?", c.Was.ID).Exec(ctx)
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

// MembershipOf gives the identity's membership in the account with Identity, or NotFound.
func (s *Store) MembershipOf(ctx context.Context, identityID, accountID string) (*app.Membership, error) {
	m := new(app.Membership)
	err := s.bun.NewSelect().Model(m).Relation("Identity").
		Where("membership.identity_id = ?", identityID).Where("membership.account_id = ?", accountID).Scan(ctx)
	if err != nil {
		return nil, found(err, "member_unknown")
	}
	return m, nil
}
