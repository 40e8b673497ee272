package db

import (
	"context"
	"database/sql"
	"errors"
	"maps"
	"slices"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// CurrentLink gives the account's active link with GeneratedBy and Creator, or NotFound.
func (s *Store) CurrentLink(ctx context.Context, accountID string) (*app.Link, error) {
	link := new(app.Link)
	err := s.bun.NewSelect().Model(link).Relation("GeneratedBy").Relation("Creator").
		Where("link.account_id = ?", accountID).Where("link.active = ?", true).Scan(ctx)
	if err != nil {
		return nil, found(err, "link_unknown")
	}
	return link, nil
}

// AddLink stores the account's active link and the activity, or answers Conflict where one is active already. It gives the link's
// policy: what carry makes of that of the account's newest link.
func (s *Store) AddLink(ctx context.Context, link app.Link, carry app.Carry, what app.Activity) (app.LinkPolicy, error) {
	var policy app.LinkPolicy
	err := s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := actAsSuper(ctx, tx, what.AccountID, what.ActorID, what.At); err != nil {
			return err
		}
		before, err := policyBefore(ctx, tx, link.AccountID)
		if err != nil {
			return err
		}
		policy, err = insertLink(ctx, tx, link, carry(before))
		if violates(err, activeLinkKey) {
			return app.Refuse(app.Conflict, "link_exists")
		}
		if err != nil {
			return err
		}
		return record(ctx, tx, what)
	})
	return policy, err
}

// policyBefore is the policy that the account's next link takes over: that of the active link, where there is one. By time alone the newest
// would be another, where the clocks of two servers differ.
func policyBefore(ctx context.Context, tx bun.Tx, accountID string) (app.LinkPolicy, error) {
	last := new(app.Link)
	err := tx.NewSelect().Model(last).Where("link.account_id = ?", accountID).
		OrderExpr("link.active DESC, link.generated_at DESC, link.id DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return app.LinkPolicy{}, nil
	}
	return last.LinkPolicy, err
}

// insertLink stores a link with the policy that is carried to it.
func insertLink(ctx context.Context, tx bun.Tx, link app.Link, policy app.LinkPolicy) (app.LinkPolicy, error) {
	link.LinkPolicy = policy
	_, err := tx.NewInsert().Model(&link).Exec(ctx)
	return policy, err
}

// ReplaceLink ends the active link, if there is one, and otherwise does as AddLink. Of two at once, the later wins and neither
// fails.
func (s *Store) ReplaceLink(ctx context.Context, link app.Link, carry app.Carry, what app.Activity) (app.LinkPolicy, error) {
	var policy app.LinkPolicy
	err := s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := actAsSuper(ctx, tx, link.AccountID, what.ActorID, what.At); err != nil {
			return err
		}
		before, err := policyBefore(ctx, tx, link.AccountID)
		if err != nil {
			return err
		}
		if _, err := endLink(ctx, tx, link.AccountID, what); err != nil {
			return err
		}
		policy, err = insertLink(ctx, tx, link, carry(before))
		if violates(err, activeLinkKey) { // on a cluster, where the lock holds on its own node only
			return raceError{err}
		}
		if err != nil {
			return err
		}
		return record(ctx, tx, what)
	})
	return policy, err
}

// UpdateLink has a rule change the policy of the actor's account's active link with that id, and stores it with the activity that the rule
// gives. Conflict where that link is not the active one any more.
func (s *Store) UpdateLink(
	ctx context.Context, by app.Actor, linkID string, at time.Time, rule func(*app.Link) (*app.Activity, error),
) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := actAsSuper(ctx, tx, by.Account.ID, by.Identity.ID, at); err != nil {
			return err
		}
		link := new(app.Link)
		err := locking(tx.NewSelect().Model(link).Where("link.id = ?", linkID).
			Where("link.account_id = ?", by.Account.ID).Where("link.active = ?", true)).Scan(ctx)
		if errors.Is(err, sql.ErrNoRows) {
			return app.Refuse(app.Conflict, "link_replaced")
		}
		if err != nil {
			return err
		}
		what, err := rule(link)
		if err != nil || what == nil {
			return err
		}
		if err := savePolicy(ctx, tx, *link); err != nil {
			return err
		}
		return record(ctx, tx, *what)
	})
}

// savePolicy writes all rules at once, so that of two Super Users one wins whole. On a cluster the link may have been used or ended
// since the rule looked: then the rule looks again.
func savePolicy(ctx context.Context, tx bun.Tx, link app.Link) error {
	saved, err := hit(tx.NewUpdate().Model((*app.Link)(nil)).
		Set("role = ?", link.Role).Set("expires_at = ?", link.ExpiresAt).Set("expire_days = ?", link.ExpireDays).
		Set("max_uses = ?", link.MaxUses).Set("domains = ?", link.Domains).Set("requires_approval = ?", link.RequiresApproval).
		Where("link.id = ?", link.ID).Where("link.active = ?", true).
		Where("? = 0 OR link.used <= ?", link.MaxUses, link.MaxUses).Exec(ctx))
	if err == nil && !saved {
		return raceError{errors.New("the link was used or ended while its policy was changed")}
	}
	return err
}

// EndLink ends the active link and stores the activity; where none is active, it does nothing.
func (s *Store) EndLink(ctx context.Context, accountID string, what app.Activity) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := actAsSuper(ctx, tx, accountID, what.ActorID, what.At); err != nil {
			return err
		}
		if ended, err := endLink(ctx, tx, accountID, what); err != nil || !ended {
			return err
		}
		return record(ctx, tx, what)
	})
}

// endLink ends the account's active link, by the activity's actor and at its time, and tells whether there was one. The account's row
// has been written before (actAsSuper): a request to be added reads the link and writes nothing of it (Join), so on a cluster they
// collide there.
func endLink(ctx context.Context, tx bun.Tx, accountID string, what app.Activity) (bool, error) {
	return hit(ending(tx, accountID, what).Exec(ctx))
}

func ending(tx bun.Tx, accountID string, what app.Activity) *bun.UpdateQuery {
	return tx.NewUpdate().Model((*app.Link)(nil)).
		Set("active = NULL").Set("token_box = NULL").
		Set("ended_at = ?", what.At).Set("ended_by_id = ?", bun.NullZero(what.ActorID)).
		Where("account_id = ?", accountID).Where("active = ?", true)
}

// RecordActivity stores an activity.
func (s *Store) RecordActivity(ctx context.Context, what app.Activity) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error { return record(ctx, tx, what) })
}

// RecordDenial stores the activity unless one of the same event, account, address and details was stored since then.
func (s *Store) RecordDenial(ctx context.Context, what app.Activity, since time.Time) error {
	var lately []app.Activity
	err := s.bun.NewSelect().Model(&lately).Column("details").
		Where("activity.account_id = ?", what.AccountID).Where("activity.at > ?", since).
		Where("activity.event = ?", what.Event).Where("activity.address = ?", what.Address).Scan(ctx)
	if err != nil {
		return translate(err)
	}
	known := func(a app.Activity) bool { return maps.Equal(a.Details, what.Details) }
	if slices.ContainsFunc(lately, known) {
		return nil
	}
	return s.RecordActivity(ctx, what)
}

func record(ctx context.Context, tx bun.Tx, what app.Activity) error {
	_, err := tx.NewInsert().Model(&what).Exec(ctx)
	return err
}
