package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// AddRequest stores a request and its notice. Where it is TooSoon, nothing is stored and nothing is said.
func (s *Store) AddRequest(ctx context.Context, r app.JoinRequest, n app.Notice) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := lock(ctx, tx, (*app.Account)(nil), r.AccountID); err != nil {
			return err
		}
		if err := lock(ctx, tx, (*app.Identity)(nil), r.IdentityID); err != nil {
			return err
		}
		var earlier []time.Time
		err := tx.NewSelect().Model((*app.JoinRequest)(nil)).Column("created_at").
			Where("identity_id = ?", r.IdentityID).Where("account_id = ?", r.AccountID).
			Where("created_at > ?", r.CreatedAt.Add(-app.AsksCounted)).Scan(ctx, &earlier)
		if err != nil || r.TooSoon(earlier) {
			return err
		}
		return addAll(ctx, tx, &r, &n)
	})
}

// RequestByToken gives a request with Account, Identity and Link, which has GeneratedBy and Creator, or NotFound.
func (s *Store) RequestByToken(ctx context.Context, hash []byte) (*app.JoinRequest, error) {
	r := new(app.JoinRequest)
	err := s.bun.NewSelect().Model(r).Relation("Account").Relation("Identity").Relation("Link").Relation("Link.GeneratedBy").Relation("Link.Creator").
		Where("join_request.token_hash = ?", hash).Scan(ctx)
	if err != nil {
		return nil, found(err, "join_unknown")
	}
	return r, nil
}

// RequestOf gives the request to be added that a join letter carries, or NotFound.
func (s *Store) RequestOf(ctx context.Context, id string) (*app.JoinRequest, error) {
	r := new(app.JoinRequest)
	if err := s.bun.NewSelect().Model(r).Where("id = ?", id).Scan(ctx); err != nil {
		return nil, found(err, "join_unknown")
	}
	return r, nil
}

// Join uses the request up and stores its membership, as the link has it at that moment, the activity and a notice to each Super User,
// or nothing. Gone: the request is over, or its link does not admit the person any more. Conflict: the person is a member already.
func (s *Store) Join(ctx context.Context, j app.Joining) error {
	return s.transact(ctx, func(ctx context.Context, tx bun.Tx) error {
		if err := changeMembers(ctx, tx, j.Request.AccountID); err != nil {
			return err
		}
		if err := lock(ctx, tx, (*app.Identity)(nil), j.Request.IdentityID); err != nil {
			return err
		}
		m, err := joinByLink(ctx, tx, j)
		if err != nil {
			return err
		}
		if err := useRequest(ctx, tx, j.Request, m.JoinedAt); err != nil {
			return err
		}
		err = addMember(ctx, tx, m, *j.Request.Identity)
		if violates(err, memberKey) {
			return app.Refuse(app.Conflict, "already_member")
		}
		if err != nil {
			return err
		}
		return tellOfJoining(ctx, tx, j)
	})
}

// joinByLink gives the membership as the request's link has it. It writes nothing of the link, for it counts no use: the account's row,
// which changeMembers has written and the end of a link writes too, is what the two collide on.
func joinByLink(ctx context.Context, tx bun.Tx, j app.Joining) (app.Membership, error) {
	link := new(app.Link)
	err := tx.NewSelect().Model(link).Relation("GeneratedBy").Relation("Creator").
		Where("link.id = ?", j.Request.LinkID).Where("link.account_id = ?", j.Request.AccountID).Scan(ctx)
	if err != nil {
		return app.Membership{}, found(err, "link_unknown")
	}
	return j.Under(*link)
}

// useRequest uses a request up, and with it the others of its person for the same account.
func useRequest(ctx context.Context, tx bun.Tx, r app.JoinRequest, at time.Time) error {
	use := func() *bun.UpdateQuery {
		return tx.NewUpdate().Model((*app.JoinRequest)(nil)).Set("used_at = ?", at).Set("token_box = NULL").
			Where("used_at IS NULL")
	}
	first, err := hit(use().Where("id = ?", r.ID).Where("expires_at > ?", at).Exec(ctx))
	if err == nil && !first {
		return app.Refuse(app.Gone, "join_over")
	}
	if err != nil {
		return err
	}
	_, err = use().Where("identity_id = ?", r.IdentityID).Where("account_id = ?", r.AccountID).Exec(ctx)
	return err
}

func tellOfJoining(ctx context.Context, tx bun.Tx, j app.Joining) error {
	supers, err := superUsers(ctx, tx, j.Request.AccountID, j.Membership.JoinedAt)
	if err != nil {
		return err
	}
	var notices []app.Notice
	for _, id := range supers {
		notices = append(notices, j.NoticeTo(id))
	}
	if len(notices) == 0 {
		return addAll(ctx, tx, &j.Activity)
	}
	return addAll(ctx, tx, &notices, &j.Activity)
}
