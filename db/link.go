package db

import (
	"context"
	"database/sql"
	"errors"
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
		last, err := lastLink(ctx, tx, link.AccountID)
		if err != nil {
			return err
		}
		policy, err = insertLink(ctx, tx, link, carry(last.LinkPolicy))
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

// lastLink returns the account's active link or, if it has none, the one that was generated last; the zero Link if it
// never had one. By time alone the last would be another, where the clocks of two servers differ.
func lastLink(ctx context.Context, tx *transaction, accountID string) (app.Link, error) {
	var link app.Link
	err := tx.NewSelect().Model(&link).Where("link.account_id = ?", accountID).
		OrderExpr("link.active DESC, link.generated_at DESC, link.id DESC").Limit(1).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return app.Link{}, nil
	}
	return link, err
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
) (app.LinkPolicy, *app.Link, error) {
	var policy app.LinkPolicy
	var ended *app.Link
	err := s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := bumpRevisionAsSuperUser(ctx, tx, link.AccountID, what.ActorID, what.At); err != nil {
			return err
		}
		last, err := lastLink(ctx, tx, link.AccountID)
		if err != nil {
			return err
		}
		if ended, err = endLink(ctx, tx, last, what, link.ID); err != nil {
			return err
		}
		policy, err = insertLink(ctx, tx, link, carry(last.LinkPolicy))
		if violates(err, activeLinkKey) { // on a cluster, where the lock holds on its own node only
			return raceError{err}
		}
		if err != nil {
			return err
		}
		return tx.record(ctx, happened(what))
	})
	return policy, ended, err
}

// EndLink implements app.LinkStore.
func (s *Store) EndLink(ctx context.Context, accountID string, what app.Activity) (*app.Link, error) {
	var ended *app.Link
	err := s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := bumpRevisionAsSuperUser(ctx, tx, accountID, what.ActorID, what.At); err != nil {
			return err
		}
		last, err := lastLink(ctx, tx, accountID)
		if err != nil {
			return err
		}
		if ended, err = endLink(ctx, tx, last, what, ""); err != nil || ended == nil {
			return err
		}
		return tx.record(ctx, happened(what))
	})
	return ended, err
}

// endLink ends the account's last link, by the activity's actor and at its time, and returns it as it is then; nil if
// it was not active. The account's row has been written before (bumpRevisionAsSuperUser), so nobody else ends or
// generates a link meanwhile. A request to be added reads the link and writes nothing of it (ConsumeJoinRequest), so on
// a cluster they collide there. What replaces the link does not exist yet, so that column has no foreign key.
func endLink(ctx context.Context, tx *transaction, last app.Link, what app.Activity, replacedByID string) (*app.Link,
	error,
) {
	if !last.Alive() {
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	_, err := endLinkQuery(tx, last.AccountID, what).Set("replaced_by_id = ?", bun.NullZero(replacedByID)).Exec(ctx)
	last.Active, last.TokenBox = nil, nil
	last.EndedAt, last.EndedByID, last.ReplacedByID = &what.At, what.ActorID, replacedByID
	return &last, err
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
