package db

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"reglink/app"
)

// UpdateLink has a rule change the policy of the actor's account's active link with that id, and stores it
// with the activity that the rule gives. Conflict where that link is not the active one any more.
func (s *Store) UpdateLink(
	ctx context.Context, by app.Actor, linkID string, at time.Time, rule func(*app.Link) (*app.Activity, error),
) error {
	return s.transact(ctx, func(ctx context.Context, tx *transaction) error {
		if err := bumpRevisionAsSuperUser(ctx, tx, by.Account.ID, by.Identity.ID, at); err != nil {
			return err
		}
		link := new(app.Link)
		err := forUpdate(tx.NewSelect().Model(link).Where("link.id = ?", linkID).
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
		return tx.record(ctx, happened(*what))
	})
}

// savePolicy writes all rules at once, so that of two Super Users one wins whole. On a cluster the link may
// have been used or ended since the rule looked: then the rule looks again.
func savePolicy(ctx context.Context, tx *transaction, link app.Link) error {
	saved, err := updatedOne(tx.NewUpdate().Model((*app.Link)(nil)).
		Set("role = ?", link.Role).Set("expires_at = ?", link.ExpiresAt).Set("expire_days = ?", link.ExpireDays).
		Set("max_uses = ?", link.MaxUses).Set("domains = ?", link.Domains).Set("requires_approval = ?",
		link.RequiresApproval).
		Where("link.id = ?", link.ID).Where("link.active = ?", true).
		Where("? = 0 OR link.used <= ?", link.MaxUses, link.MaxUses).Exec(ctx))
	if err == nil && !saved {
		return raceError{errors.New("the link was used or ended while its policy was changed")}
	}
	return err
}
