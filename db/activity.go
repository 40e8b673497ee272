package db

import (
	"context"

	"github.com/uptrace/bun"

	"reglink/app"
)

// Activities lists activities of an account with Actor and Subject, newest first, at most limit.
func (s *Store) Activities(ctx context.Context, accountID string, q app.ActivityQuery, limit int) ([]app.Activity,
	error,
) {
	var all []app.Activity
	query := s.bun.NewSelect().Model(&all).Relation("Actor").Relation("Subject")
	if q.PersonID == "" {
		query = filterActivities(query, accountID, q)
	} else {
		query.Join("JOIN (?) AS theirs ON theirs.id = activity.id", s.activityIDsOfPerson(accountID, q, limit))
	}
	err := query.OrderExpr("activity.at DESC, activity.id DESC").Limit(int64(limit)).Scan(ctx)
	return all, translate(err)
}

// filterActivities has a query find what the other asks for, whoever it is about.
func filterActivities(query *bun.SelectQuery, accountID string, q app.ActivityQuery) *bun.SelectQuery {
	query.Where("activity.account_id = ?", accountID)
	if len(q.Events) > 0 {
		query.Where("activity.event IN (?)", bun.List(q.Events))
	}
	if !q.Since.IsZero() {
		query.Where("activity.at >= ?", q.Since)
	}
	if !q.Until.IsZero() {
		query.Where("activity.at < ?", q.Until)
	}
	if q.After.ID != "" {
		at := q.After.At
		query.Where("activity.at <= ?", at).Where("activity.at < ? OR activity.id < ?", at, q.After.ID)
	}
	return query
}

// activityIDsOfPerson finds the ids of the newest activities that a person did, and of those that a person
// had done. Each half reads its own index and stops; with OR, a database would read and sort everything about
// somebody who did much.
func (s *Store) activityIDsOfPerson(accountID string, q app.ActivityQuery, limit int) *bun.SelectQuery {
	half := func(column string) *bun.SelectQuery {
		newest := filterActivities(s.bun.NewSelect().Model((*app.Activity)(nil)).Column("activity.id"), accountID, q).
			Where("activity."+column+" = ?", q.PersonID).
			OrderExpr("activity.at DESC, activity.id DESC").Limit(int64(limit))
		return s.bun.NewSelect().TableExpr("(?) AS newest", newest).Column("newest.id")
	}
	return half("actor_id").Union(half("subject_id"))
}

// ActivityPerson gives an identity that is a member of the account, or did something there, or had it done,
// or NotFound.
func (s *Store) ActivityPerson(ctx context.Context, accountID, identityID string) (*app.Identity, error) {
	person := new(app.Identity)
	there := func(model any, column string) *bun.SelectQuery {
		return s.bun.NewSelect().Model(model).ColumnExpr("1").Where("account_id = ?", accountID).
			Where("? = ?", bun.Ident(column), identityID)
	}
	err := s.bun.NewSelect().Model(person).Where("identity.id = ?", identityID).
		WhereGroup(" AND ", func(q *bun.SelectQuery) *bun.SelectQuery {
			return q.Where("EXISTS (?)", there((*app.Membership)(nil), "identity_id")).
				WhereOr("EXISTS (?)", there((*app.Activity)(nil), "actor_id")).
				WhereOr("EXISTS (?)", there((*app.Activity)(nil), "subject_id"))
		}).Scan(ctx)
	if err != nil {
		return nil, orNotFound(err, "identity_unknown")
	}
	return person, nil
}

// RecordActivity stores an activity.
func (s *Store) RecordActivity(ctx context.Context, what app.Activity) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error { return tx.record(ctx, happened(what)) })
}

// ActivitiesAbout lists the newest activities that happened to an identity in an account, with Actor and Subject.
func (s *Store) ActivitiesAbout(ctx context.Context, accountID, identityID string, limit int) ([]app.Activity, error) {
	var all []app.Activity
	err := s.bun.NewSelect().Model(&all).Relation("Actor").Relation("Subject").
		Where("activity.account_id = ?", accountID).Where("activity.subject_id = ?", identityID).
		OrderExpr("activity.at DESC, activity.id DESC").Limit(int64(limit)).Scan(ctx)
	return all, translate(err)
}

// ActivityByID gives the activity that a decided letter tells of, with Actor and Subject, or NotFound.
func (s *Store) ActivityByID(ctx context.Context, id string) (*app.Activity, error) {
	a := new(app.Activity)
	err := s.bun.NewSelect().Model(a).Relation("Actor").Relation("Subject").Where("activity.id = ?", id).Scan(ctx)
	if err != nil {
		return nil, orNotFound(err, "notice_unknown")
	}
	return a, nil
}
