package db

import (
	"context"
	"slices"

	"github.com/uptrace/bun"

	"reglink/app"
)

// PendingMembers lists pending memberships of an account with Identity, the one that waits longest first, at
// most limit.
func (s *Store) PendingMembers(ctx context.Context, accountID string, after app.Cursor, limit int) ([]app.Membership,
	error,
) {
	var found []app.Membership
	query := wherePending(s.bun.NewSelect().Model(&found).Relation("Identity"), accountID)
	if after.ID != "" {
		query.Where("membership.joined_at >= ?", after.At).Where("membership.joined_at > ? OR membership.id > ?", after.At,
			after.ID)
	}
	err := query.OrderExpr("membership.joined_at, membership.id").Limit(int64(limit)).Scan(ctx)
	return found, translate(err)
}

func wherePending(query *bun.SelectQuery, accountID string) *bun.SelectQuery {
	return query.Where("membership.account_id = ?", accountID).Where("membership.status = ?", app.Pending)
}

// PendingMembersByID gives those of the memberships that are pending in the account, with Identity, the one
// that waits longest first.
func (s *Store) PendingMembersByID(ctx context.Context, accountID string, ids []string) ([]app.Membership, error) {
	var found []app.Membership
	err := wherePending(s.bun.NewSelect().Model(&found).Relation("Identity"), accountID).
		Where("membership.id IN (?)", bun.List(ids)).OrderExpr("membership.joined_at, membership.id").Scan(ctx)
	return found, translate(err)
}

// PendingCount tells how many memberships of the account are pending.
func (s *Store) PendingCount(ctx context.Context, accountID string) (int, error) {
	n, err := wherePending(s.bun.NewSelect().Model((*app.Membership)(nil)), accountID).Count(ctx)
	return int(n), translate(err)
}

// DecidePending stores a decision with what it says about each membership, and a notice to each other Super
// User of the account.
func (s *Store) DecidePending(ctx context.Context, d app.Decision) (app.DecisionResult, error) {
	var done app.DecisionResult
	err := s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := bumpRevisionAsSuperUser(ctx, tx, d.By.Account.ID, d.By.Identity.ID, d.At); err != nil {
			return err
		}
		supers, err := superUserIDs(ctx, tx, d.By.Account.ID, d.At)
		if err != nil {
			return err
		}
		others := slices.DeleteFunc(supers, func(id string) bool { return id == d.By.Identity.ID })
		members, err := lockChosenMembers(ctx, tx, d)
		if err != nil {
			return err
		}
		done = app.DecisionResult{}
		for _, m := range members {
			mine, err := decideMember(ctx, tx, d, m, others)
			if err != nil {
				return err
			}
			if mine {
				done.Decided = append(done.Decided, m)
			}
		}
		gone, err := countDecidedBefore(ctx, tx, d, members)
		done.AlreadyDecided = len(members) - len(done.Decided) + gone
		if err == nil && len(members)+gone == 0 {
			return app.Refuse(app.NotFound, "pending_unknown")
		}
		return err
	})
	if err != nil {
		return app.DecisionResult{}, err
	}
	return done, nil
}

// lockChosenMembers gives those memberships of a decision that the account has, pending or not, with
// Identity. Their people are locked in an order that every transaction keeps to.
func lockChosenMembers(ctx context.Context, tx *transaction, d app.Decision) ([]app.Membership, error) {
	var members []app.Membership
	err := tx.NewSelect().Model(&members).Where("id IN (?)", bun.List(d.IDs)).Where("account_id = ?", d.By.Account.ID).
		OrderExpr("joined_at, id").Scan(ctx)
	if err != nil || len(members) == 0 {
		return nil, err
	}
	ids := make([]string, len(members))
	for i, m := range members {
		ids[i] = m.IdentityID
	}
	var people []app.Identity
	err = forUpdate(tx.NewSelect().Model(&people).Where("id IN (?)", bun.List(ids)).OrderExpr("id")).Scan(ctx)
	for i := range members {
		at := slices.IndexFunc(people, func(person app.Identity) bool { return person.ID == members[i].IdentityID })
		if at >= 0 {
			members[i].Identity = &people[at]
		}
	}
	return members, err
}

// decideMember stores what a verdict says about one membership, unless somebody decided about it before. The
// write tells.
func decideMember(ctx context.Context, tx *transaction, d app.Decision, m app.Membership, others []string) (bool,
	error,
) {
	if m.Status != app.Pending {
		return false, nil
	}
	settle := rejectMember
	if d.Verdict == app.Accept {
		settle = acceptMember
	}
	mine, err := settle(ctx, tx, m)
	if err != nil || !mine {
		return false, err
	}
	told := d.RecordFor(m)
	if told.Activation != nil {
		if err := clearUnconfirmedPassword(ctx, tx, m.IdentityID); err != nil {
			return false, err
		}
		if err := renewConfirmation(ctx, tx, *told.Activation); err != nil {
			return false, err
		}
	}
	return true, tx.record(ctx, event{
		Activities: []app.Activity{told.Activity}, Notices: append(told.Notices, noticesTo(others, told.NoticeTo)...),
	})
}

// acceptMember opens the account to who waits for it, also in the browsers where they are signed in and in no account.
func acceptMember(ctx context.Context, tx *transaction, m app.Membership) (bool, error) {
	mine, err := updatedOne(tx.NewUpdate().Model((*app.Membership)(nil)).Set("status = ?", app.Active).
		Where("id = ?", m.ID).Where("status = ?", app.Pending).Exec(ctx))
	if err != nil || !mine {
		return false, err
	}
	_, err = tx.NewUpdate().Model((*app.Session)(nil)).Set("account_id = ?", m.AccountID).
		Where("identity_id = ?", m.IdentityID).Where("account_id IS NULL").Exec(ctx)
	return true, err
}

// rejectMember ends a pending membership; its words go with it.
func rejectMember(ctx context.Context, tx *transaction, m app.Membership) (bool, error) {
	mine, err := updatedOne(tx.NewDelete().Model((*app.Membership)(nil)).
		Where("id = ?", m.ID).Where("status = ?", app.Pending).Exec(ctx))
	if err != nil || !mine {
		return false, err
	}
	return true, signOutEverywhere(ctx, tx, m.IdentityID)
}

// countDecidedBefore tells how many of the decision's other memberships the account had once. They are gone;
// what is left of them is the mail to their people.
func countDecidedBefore(ctx context.Context, tx *transaction, d app.Decision, members []app.Membership) (int, error) {
	if len(members) == len(d.IDs) {
		return 0, nil
	}
	var gone []string
	err := tx.NewSelect().Model((*app.Notice)(nil)).ColumnExpr("DISTINCT event_id").
		Where("event_id IN (?)", bun.List(d.IDs)).Where("account_id = ?", d.By.Account.ID).
		Where("letter IN (?)", bun.List([]app.NoticeKind{app.JoinAccepted, app.JoinRejected, app.JoinExpired})).Scan(ctx,
		&gone)
	gone = slices.DeleteFunc(gone, func(id string) bool {
		return slices.ContainsFunc(members, func(m app.Membership) bool { return m.ID == id })
	})
	return len(gone), err
}
