package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// bumpRevision begins every change of who may do what in an account. It writes the account's row, and so lets
// one such change in at a time, on a cluster too: two Super Users who demote each other write different
// memberships, and only this row tells them apart (references/security-reliability, 3.4, write skew).
func bumpRevision(ctx context.Context, tx *transaction, accountID string) error {
	_, err := tx.NewUpdate().Model((*app.Account)(nil)).Set("revision = revision + 1").Where("id = ?", accountID).Exec(ctx)
	return err
}

// bumpRevisionAsSuperUser begins what a Super User changes about the account or its members. The actor was one when
// the request came; two may act at once, though, and the later one may have been demoted by the other. So it
// is asked again, behind the lock.
func bumpRevisionAsSuperUser(ctx context.Context, tx *transaction, accountID, actorID string, at time.Time) error {
	if err := bumpRevision(ctx, tx, accountID); err != nil {
		return err
	}
	super, err := isSuperUser(ctx, tx, accountID, actorID, at)
	if err == nil && !super {
		return app.Refuse(app.Forbidden, "super_users_only")
	}
	return err
}

func isSuperUser(ctx context.Context, d bun.IDB, accountID, identityID string, at time.Time) (bool, error) {
	return activeSuperUsers(d, accountID).Where("membership.expires_on IS NULL OR membership.expires_on > ?", at).
		Where("membership.identity_id = ?", identityID).Exists(ctx)
}

// activeSuperUsers are the account's active Super Users whose login is not suspended, whenever their memberships end.
func activeSuperUsers(d bun.IDB, accountID string) *bun.SelectQuery {
	return d.NewSelect().Model((*app.Membership)(nil)).
		Join("JOIN identities AS person ON person.id = membership.identity_id").
		Where("membership.account_id = ?", accountID).
		Where("membership.role = ?", app.SuperUser).Where("membership.status = ?", app.Active).
		Where("person.suspended_at IS NULL")
}

// requireRemainingSuperUser ends every change that takes something from a member: Conflict where no Super
// User would be left who can sign in and whose membership has no end.
func requireRemainingSuperUser(ctx context.Context, tx *transaction, accountID string) error {
	left, err := activeSuperUsers(tx, accountID).Where("membership.expires_on IS NULL").
		Where("person.confirmed_at IS NOT NULL").Where("person.password_hash <> ''").Exists(ctx)
	if err == nil && !left {
		return app.Refuse(app.Conflict, "last_super_user")
	}
	return err
}

// IsSuperUser tells whether the identity is, at that time, an active Super User of the account.
func (s *Store) IsSuperUser(ctx context.Context, identityID, accountID string, at time.Time) (bool, error) {
	super, err := isSuperUser(ctx, s.bun, accountID, identityID, at)
	return super, translate(err)
}

// superUserIDs gives the identities who are active Super Users of the account at that time and may sign in.
func superUserIDs(ctx context.Context, d bun.IDB, accountID string, at time.Time) ([]string, error) {
	var ids []string
	err := activeSuperUsers(d, accountID).Where("membership.expires_on IS NULL OR membership.expires_on > ?", at).
		Column("membership.identity_id").OrderExpr("membership.identity_id").Scan(ctx, &ids)
	return ids, err
}
