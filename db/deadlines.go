package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// PendingMembersSince lists memberships that have been pending since that time or longer, the longest first.
func (s *Store) PendingMembersSince(ctx context.Context, since time.Time, limit int) ([]app.Membership, error) {
	return s.dueMemberships(ctx, limit, "membership.joined_at", func(q bun.QueryBuilder) {
		q.Where("membership.status = ?", app.Pending).Where("membership.joined_at <= ?", since)
	})
}

// dueMemberships lists memberships that meet a condition, in an order.
func (s *Store) dueMemberships(ctx context.Context, limit int, order string, where func(bun.QueryBuilder)) (
	[]app.Membership, error,
) {
	var found []app.Membership
	query := s.bun.NewSelect().Model(&found)
	where(query.QueryBuilder())
	err := query.OrderExpr(order).Limit(int64(limit)).Scan(ctx)
	return found, translate(err)
}

// runDeadline runs what belongs to one deadline in a transaction that begins with the account, and tells
// whether do did it.
func (s *Store) runDeadline(
	ctx context.Context, m app.Membership, do func(context.Context, *transaction) (bool, error),
) (bool, error) {
	var mine bool
	err := s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := bumpRevision(ctx, tx, m.AccountID); err != nil {
			return err
		}
		var err error
		mine, err = do(ctx, tx)
		return err
	})
	return mine && err == nil, err
}

// ExpirePending ends a pending membership with every session of its person.
func (s *Store) ExpirePending(ctx context.Context, l app.PendingExpiry) (bool, error) {
	return s.runDeadline(ctx, l.Membership, func(ctx context.Context, tx *transaction) (bool, error) {
		if err := lockRow(ctx, tx, (*app.Identity)(nil), l.Membership.IdentityID); err != nil {
			return false, err
		}
		mine, err := rejectMember(ctx, tx, l.Membership)
		if err != nil || !mine {
			return false, err
		}
		return true, tx.record(ctx, event{Activities: []app.Activity{l.Activity}, Notices: []app.Notice{l.Notice}})
	})
}

// MembersToRemind lists pending memberships that need a reminder at that time.
func (s *Store) MembersToRemind(ctx context.Context, at time.Time, limit int) ([]app.Membership, error) {
	return s.dueMemberships(ctx, limit, "membership.joined_at", func(q bun.QueryBuilder) {
		q.Where("membership.status = ?", app.Pending).Where("membership.joined_at <= ?", at.Add(-app.ReminderDelays()[0])).
			WhereGroup(" AND ", func(q bun.QueryBuilder) bun.QueryBuilder {
				for sent, after := range app.ReminderDelays() {
					q.WhereOr("membership.reminders <= ? AND membership.joined_at <= ?", sent, at.Add(-after))
				}
				return q
			})
	})
}

// RecordReminder stores a reminder, and a notice to each Super User of the account who can sign in, or to
// each operator where none can.
func (s *Store) RecordReminder(ctx context.Context, r app.Reminder) (bool, error) {
	return s.runDeadline(ctx, r.Membership, func(ctx context.Context, tx *transaction) (bool, error) {
		mine, err := updatedOne(tx.NewUpdate().Model((*app.Membership)(nil)).Set("reminders = ?", r.Number).
			Where("id = ?", r.Membership.ID).Where("status = ?", app.Pending).Where("reminders < ?", r.Number).Exec(ctx))
		if err != nil || !mine {
			return false, err
		}
		who, err := reminderRecipients(ctx, tx, r)
		if err != nil {
			return false, err
		}
		return true, tx.record(ctx, event{Notices: noticesTo(who, r.NoticeTo)})
	})
}

// reminderRecipients gives who can see to it that somebody is decided about: the account's Super Users who
// can sign in, else the operators.
func reminderRecipients(ctx context.Context, tx *transaction, r app.Reminder) ([]string, error) {
	supers, err := superUserIDs(ctx, tx, r.Membership.AccountID, r.At)
	if err != nil {
		return nil, err
	}
	able := func() *bun.SelectQuery {
		return tx.NewSelect().Model((*app.Identity)(nil)).Column("id").Where("suspended_at IS NULL").
			Where("confirmed_at IS NOT NULL").Where("password_hash <> ''").OrderExpr("id")
	}
	var who []string
	if len(supers) > 0 {
		if err := able().Where("id IN (?)", bun.List(supers)).Scan(ctx, &who); err != nil || len(who) > 0 {
			return who, err
		}
	}
	err = able().Where("operator = ?", true).Scan(ctx, &who)
	return who, err
}

// MembersToWarn lists active memberships that end between at and until, of whose end nobody was told yet.
func (s *Store) MembersToWarn(ctx context.Context, at, until time.Time, limit int) ([]app.Membership, error) {
	return s.dueMemberships(ctx, limit, "membership.expires_on",
		func(q bun.QueryBuilder) { whereExpiryUnannounced(q, at, until) })
}

// whereExpiryUnannounced is what makes the end of a membership one to tell of, for the look and for the write
// that decides.
func whereExpiryUnannounced(q bun.QueryBuilder, at, until time.Time) {
	q.Where("status = ?", app.Active).Where("expires_on > ?", at).Where("expires_on <= ?", until).
		Where("expiry_told_for IS NULL OR expiry_told_for <> expires_on")
}

// RecordExpiryWarning stores that a membership's end is told, and a notice to the person and to each Super
// User of the account.
func (s *Store) RecordExpiryWarning(ctx context.Context, e app.ExpiryWarning) (bool, error) {
	m := e.Membership
	return s.runDeadline(ctx, m, func(ctx context.Context, tx *transaction) (bool, error) {
		update := tx.NewUpdate().Model((*app.Membership)(nil)).Set("expiry_told_for = expires_on").Where("id = ?", m.ID)
		whereExpiryUnannounced(update.QueryBuilder(), e.At, e.At.Add(app.ExpiryWarningPeriod))
		mine, err := updatedOne(update.Exec(ctx))
		if err != nil || !mine {
			return false, err
		}
		supers, err := superUserIDs(ctx, tx, m.AccountID, e.At)
		if err != nil {
			return false, err
		}
		return true, tx.record(ctx, event{Notices: noticesTo(prependUnique(supers, m.IdentityID), e.NoticeTo)})
	})
}

// prependUnique gives the ids and this one, once.
func prependUnique(ids []string, id string) []string {
	all := []string{id}
	for _, other := range ids {
		if other != id {
			all = append(all, other)
		}
	}
	return all
}

// ExpiredWithAccess lists memberships that have ended and left a working link behind, or, since the given
// time, sessions. What began after the end is not of them.
func (s *Store) ExpiredWithAccess(ctx context.Context, since, at time.Time, limit int) ([]app.Membership, error) {
	sessions := s.bun.NewSelect().TableExpr("sessions AS s").ColumnExpr("1").
		Where("membership.expires_on > ?", since).
		Where("s.identity_id = membership.identity_id").Where("s.created_at < membership.expires_on")
	links := s.bun.NewSelect().TableExpr("links AS l").ColumnExpr("1").
		Where("l.account_id = membership.account_id").Where("l.active = ?", true).
		Where("l.stopped_at IS NULL").Where("l.generated_by_id = membership.identity_id")
	return s.dueMemberships(ctx, limit, "membership.expires_on", func(q bun.QueryBuilder) {
		q.Where("membership.expires_on <= ?", at).
			Where("EXISTS (?) OR EXISTS (?)", sessions, links)
	})
}

// CloseExpired ends what such a membership left behind, unless its end was moved meanwhile.
func (s *Store) CloseExpired(ctx context.Context, m app.Membership, at time.Time) (bool, error) {
	return s.runDeadline(ctx, m, func(ctx context.Context, tx *transaction) (bool, error) {
		over, err := tx.NewSelect().Model((*app.Membership)(nil)).Where("id = ?", m.ID).Where("expires_on <= ?", at).
			Exists(ctx)
		if err != nil || !over {
			return false, err
		}
		_, err = tx.NewDelete().Model((*app.Session)(nil)).
			Where("identity_id = ?", m.IdentityID).Where("created_at < ?", *m.ExpiresOn).Exec(ctx)
		if err != nil {
			return false, err
		}
		return true, stopLinks(ctx, tx, m.AccountID, at, m.IdentityID)
	})
}
