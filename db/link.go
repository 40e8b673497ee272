package db

import (
	"context"
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
		return nil, orNotFound(err, "link_unknown")
	}
	return link, nil
}

// AddLink stores the account's active link and the activity, or answers Conflict where one is active already.
// It gives the link's policy: what carry makes of that of the account's newest link.
func (s *Store) AddLink(ctx context.Context, link app.Link, carry app.PolicyCarry, what app.Activity) (app.LinkPolicy,
	error,
) {
	var policy app.LinkPolicy
	err := s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := bumpRevisionAsSuperUser(ctx, tx, what.AccountID, what.ActorID, what.At); err != nil {
			return err
		}
		before, err := previousPolicy(ctx, tx, link.AccountID)
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
		return tx.record(ctx, happened(what))
	})
	return policy, err
}

// insertLink stores a link with the policy that is carried to it.
func insertLink(ctx context.Context, tx *transaction, link app.Link, policy app.LinkPolicy) (app.LinkPolicy, error) {
	link.LinkPolicy = policy
	_, err := tx.NewInsert().Model(&link).Exec(ctx)
	return policy, err
}

// ReplaceLink ends the active link, if there is one, and otherwise does as AddLink. Of two at once, the later
// wins and neither fails.
func (s *Store) ReplaceLink(ctx context.Context, link app.Link, carry app.PolicyCarry,
	what app.Activity,
) (app.LinkPolicy, error) {
	var policy app.LinkPolicy
	err := s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := bumpRevisionAsSuperUser(ctx, tx, link.AccountID, what.ActorID, what.At); err != nil {
			return err
		}
		before, err := previousPolicy(ctx, tx, link.AccountID)
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
		return tx.record(ctx, happened(what))
	})
	return policy, err
}

// EndLink ends the active link and stores the activity; where none is active, it does nothing.
func (s *Store) EndLink(ctx context.Context, accountID string, what app.Activity) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := bumpRevisionAsSuperUser(ctx, tx, accountID, what.ActorID, what.At); err != nil {
			return err
		}
		if ended, err := endLink(ctx, tx, accountID, what); err != nil || !ended {
			return err
		}
		return tx.record(ctx, happened(what))
	})
}

// endLink ends the account's active link, by the activity's actor and at its time, and tells whether there
// was one. The account's row has been written before (bumpRevisionAsSuperUser): a request to be added reads the link
// and writes nothing of it (Join), so on a cluster they collide there.
func endLink(ctx context.Context, tx *transaction, accountID string, what app.Activity) (bool, error) {
	return updatedOne(endLinkQuery(tx, accountID, what).Exec(ctx))
}

func endLinkQuery(tx *transaction, accountID string, what app.Activity) *bun.UpdateQuery {
	return tx.NewUpdate().Model((*app.Link)(nil)).
		Set("active = NULL").Set("token_box = NULL").
		Set("ended_at = ?", what.At).Set("ended_by_id = ?", bun.NullZero(what.ActorID)).
		Where("account_id = ?", accountID).Where("active = ?", true)
}

// stopLinks stops the account's link where one of these people generated it, who are no Super Users any more.
// The write is what a registration on another node of a cluster collides with.
func stopLinks(ctx context.Context, tx *transaction, accountID string, at time.Time, identityIDs ...string) error {
	if len(identityIDs) == 0 {
		return nil
	}
	_, err := tx.NewUpdate().Model((*app.Link)(nil)).Set("stopped_at = ?", at).
		Where("account_id = ?", accountID).Where("active = ?", true).Where("stopped_at IS NULL").
		Where("generated_by_id IN (?)", bun.List(identityIDs)).Exec(ctx)
	return err
}
