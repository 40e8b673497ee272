package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// AddJoinRequest stores a request and its notice. Where it is TooSoon, nothing is stored and nothing is said.
func (s *Store) AddJoinRequest(ctx context.Context, r app.JoinRequest, n app.Notice) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := lockRow(ctx, tx, (*app.Account)(nil), r.AccountID); err != nil {
			return err
		}
		if err := lockRow(ctx, tx, (*app.Identity)(nil), r.IdentityID); err != nil {
			return err
		}
		var earlier []time.Time
		err := tx.NewSelect().Model((*app.JoinRequest)(nil)).Column("created_at").
			Where("identity_id = ?", r.IdentityID).Where("account_id = ?", r.AccountID).
			Where("created_at > ?", r.CreatedAt.Add(-app.JoinRequestWindow)).Scan(ctx, &earlier)
		if err != nil || r.TooSoon(earlier) {
			return err
		}
		if err := insertAll(ctx, tx, &r); err != nil {
			return err
		}
		return tx.record(ctx, event{Notices: []app.Notice{n}})
	})
}

// JoinRequestByToken gives a request with Account, Identity and Link, which has GeneratedBy and Creator, or NotFound.
func (s *Store) JoinRequestByToken(ctx context.Context, hash []byte) (*app.JoinRequest, error) {
	r := new(app.JoinRequest)
	err := s.bun.NewSelect().Model(r).Relation("Account").Relation("Identity").Relation("Link").Relation(
		"Link.GeneratedBy").Relation("Link.Creator").
		Where("join_request.token_hash = ?", hash).Scan(ctx)
	if err != nil {
		return nil, orNotFound(err, "join_unknown")
	}
	return r, nil
}

// JoinRequestByID gives the request to be added that a join letter carries, or NotFound.
func (s *Store) JoinRequestByID(ctx context.Context, id string) (*app.JoinRequest, error) {
	r := new(app.JoinRequest)
	if err := s.bun.NewSelect().Model(r).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, orNotFound(err, "join_unknown")
	}
	return r, nil
}

// ConsumeJoinRequest uses the request up and stores its membership, as the link has it at that moment, the
// activity and a notice to each Super User, or nothing. Gone: the request is over, or its link does not admit
// the person any more. Conflict: the person is a member already.
func (s *Store) ConsumeJoinRequest(ctx context.Context, j app.ConfirmedJoin) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := bumpRevision(ctx, tx, j.Request.AccountID); err != nil {
			return err
		}
		if err := lockRow(ctx, tx, (*app.Identity)(nil), j.Request.IdentityID); err != nil {
			return err
		}
		m, err := membershipByLink(ctx, tx, j)
		if err != nil {
			return err
		}
		if err := consumeRequest(ctx, tx, j.Request, m.JoinedAt); err != nil {
			return err
		}
		err = insertMember(ctx, tx, m, *j.Request.Identity)
		if violates(err, memberKey) {
			return app.Refuse(app.Conflict, "already_member")
		}
		if err != nil {
			return err
		}
		supers, err := superUserIDs(ctx, tx, j.Request.AccountID, m.JoinedAt)
		if err != nil {
			return err
		}
		return tx.record(ctx, event{Activities: []app.Activity{j.Activity}, Notices: noticesTo(supers, j.NoticeTo)})
	})
}

// membershipByLink gives the membership as the request's link has it. It writes nothing of the link, for it
// counts no use: the account's row, which bumpRevision has written and the end of a link writes too, is what
// the two collide on.
func membershipByLink(ctx context.Context, tx *transaction, j app.ConfirmedJoin) (app.Membership, error) {
	link := new(app.Link)
	err := tx.NewSelect().Model(link).Relation("GeneratedBy").Relation("Creator").
		Where("link.id = ?", j.Request.LinkID).Where("link.account_id = ?", j.Request.AccountID).Scan(ctx)
	if err != nil {
		return app.Membership{}, orNotFound(err, "link_unknown")
	}
	return j.WithLink(*link)
}

// consumeRequest uses a request up, and with it the others of its person for the same account.
func consumeRequest(ctx context.Context, tx *transaction, r app.JoinRequest, at time.Time) error {
	use := func() *bun.UpdateQuery {
		return tx.NewUpdate().Model((*app.JoinRequest)(nil)).Set("used_at = ?", at).Set("token_box = NULL").
			Where("used_at IS NULL")
	}
	first, err := updatedOne(use().Where("id = ?", r.ID).Where("expires_at > ?", at).Exec(ctx))
	if err == nil && !first {
		return app.Refuse(app.Gone, "join_over")
	}
	if err != nil {
		return err
	}
	_, err = use().Where("identity_id = ?", r.IdentityID).Where("account_id = ?", r.AccountID).Exec(ctx)
	return err
}
