package db

import (
	"context"
	"errors"
	"slices"

	"github.com/uptrace/bun"

	"reglink/app"
)

// Links lists an account's links, dead and alive, with GeneratedBy, Creator, EndedBy and Replaced, newest
// first, at most limit.
func (s *Store) Links(ctx context.Context, accountID string, after app.Cursor, limit int) ([]app.Link, error) {
	var links []app.Link
	query := s.linkHistoryQuery(&links, accountID)
	if after.ID != "" {
		query.Where("link.generated_at <= ?", after.At).Where("link.generated_at < ? OR link.id < ?", after.At, after.ID)
	}
	err := query.OrderExpr("link.generated_at DESC, link.id DESC").Limit(int64(limit)).Scan(ctx)
	return links, translate(err)
}

// Link gives a link of the account with GeneratedBy, Creator, EndedBy and Replaced, or NotFound.
func (s *Store) Link(ctx context.Context, accountID, linkID string) (*app.Link, error) {
	link := new(app.Link)
	if err := s.linkHistoryQuery(link, accountID).Where("link.id = ?", linkID).Scan(ctx); err != nil {
		return nil, orNotFound(err, "past_link_unknown")
	}
	return link, nil
}

// linkHistoryQuery selects links without their secrets.
func (s *Store) linkHistoryQuery(into any, accountID string) *bun.SelectQuery {
	return s.bun.NewSelect().Model(into).ExcludeColumn("token_hash", "token_box").
		Relation("GeneratedBy").Relation("Creator").Relation("EndedBy").Where("link.account_id = ?", accountID)
}

// whereLinkJoiners leaves those of the query whom the actor may take out again.
func whereLinkJoiners(query *bun.SelectQuery, n app.LinkJoiners) *bun.SelectQuery {
	return query.Where("membership.account_id = ?", n.By.Account.ID).Where("membership.link_id = ?", n.LinkID).
		Where("membership.joined_at >= ?", n.Since).Where("membership.identity_id <> ?", n.By.Identity.ID).
		Where("membership.status IN (?, ?)", app.Active, app.Pending)
}

// PreviewLinkSuspend counts newcomers, and gives the newest with Identity, at most limit.
func (s *Store) PreviewLinkSuspend(ctx context.Context, n app.LinkJoiners, limit int) (app.SuspendPreview, error) {
	var a app.SuspendPreview
	err := whereLinkJoiners(s.bun.NewSelect().Model((*app.Membership)(nil)), n).
		ColumnExpr("COUNT(*)").ColumnExpr("COALESCE(SUM(CASE WHEN membership.role = ? THEN 1 ELSE 0 END), 0)", app.SuperUser).
		Scan(ctx, &a.Count, &a.SuperUsers)
	if err != nil || a.Count == 0 {
		return a, translate(err)
	}
	err = whereLinkJoiners(s.bun.NewSelect().Model(&a.Newest).Relation("Identity"), n).
		OrderExpr("membership.joined_at DESC, membership.id DESC").Limit(int64(limit)).Scan(ctx)
	return a, translate(err)
}

// SuspendLinkJoiners suspends them all at once, ends every session of theirs, stops the link where a Super
// User among them generated it, and stores the activities. It gives the number; where it is none, nothing is
// stored.
func (s *Store) SuspendLinkJoiners(ctx context.Context, n app.LinkJoiners, what app.Activity) (int, error) {
	suspended := 0
	err := s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := bumpRevisionAsSuperUser(ctx, tx, what.AccountID, what.ActorID, what.At); err != nil {
			return err
		}
		var them []app.Membership
		err := forUpdate(whereLinkJoiners(tx.NewSelect().Model(&them).Column("id", "identity_id", "role"), n)).
			OrderExpr("membership.id").Scan(ctx)
		if err != nil {
			return err
		}
		if suspended = len(them); suspended == 0 {
			return errNoMembers
		}
		for some := range slices.Chunk(them, batchSize) {
			if err := suspendMembers(ctx, tx, some, what); err != nil {
				return err
			}
		}
		if slices.ContainsFunc(them, func(m app.Membership) bool { return m.Role == app.SuperUser }) {
			if err := requireRemainingSuperUser(ctx, tx, what.AccountID); err != nil {
				return err
			}
		}
		return tx.record(ctx, happened(what.WithCount(suspended)))
	})
	if errors.Is(err, errNoMembers) {
		return 0, nil
	}
	return suspended, err
}

// errNoMembers undoes a transaction that met nobody.
var errNoMembers = errors.New("there is nobody to suspend")

// batchSize bounds a statement: databases refuse one that is too long.
const batchSize = 500

// suspendMembers takes their access from some members, and stores an activity about each.
func suspendMembers(ctx context.Context, tx *transaction, them []app.Membership, what app.Activity) error {
	var ids, people, supers []string
	var each []app.Activity
	for _, m := range them {
		ids, people = append(ids, m.ID), append(people, m.IdentityID)
		each = append(each, what.ForSubject(app.MemberSuspended, m.IdentityID))
		if m.Role == app.SuperUser {
			supers = append(supers, m.IdentityID)
		}
	}
	_, err := tx.NewUpdate().Model((*app.Membership)(nil)).Set("status = ?", app.Suspended).
		Where("id IN (?)", bun.List(ids)).Exec(ctx)
	if err != nil {
		return err
	}
	if err := signOutEverywhere(ctx, tx, people...); err != nil {
		return err
	}
	if err := stopLinks(ctx, tx, what.AccountID, what.At, supers...); err != nil {
		return err
	}
	return tx.record(ctx, event{Activities: each})
}
