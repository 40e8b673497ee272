package db

import (
	"context"
	"database/sql"
	"errors"

	"github.com/uptrace/bun"

	"reglink/app"
)

// letIn writes what lets the registration in, the link or the entitlement, and gives the admission as the link's policy has it. It must
// write: on a cluster a SELECT, even one that locks, would let somebody in through a link that another node has ended
// (references/security-reliability, finding 1). Once the row is written it is ours, so its policy is that of this moment.
func letIn(ctx context.Context, tx bun.Tx, a app.Admission) (app.Admission, error) {
	r := a.Registration
	if r.LinkID == "" {
		return a, useEntitlement(ctx, tx, r)
	}
	used, err := useLink(ctx, tx, a)
	if err != nil {
		return a, err
	}
	if !used {
		return a, whyNot(ctx, tx, a)
	}
	link := new(app.Link)
	err = locking(tx.NewSelect().Model(link).Where("link.id = ?", r.LinkID)).Scan(ctx)
	if err != nil {
		return a, err
	}
	return a.Under(link.LinkPolicy)
}

// useLink counts the registration, unless the link lets nobody in: its conditions are those of app.Link.State.
func useLink(ctx context.Context, tx bun.Tx, a app.Admission) (bool, error) {
	at := a.Registration.RegisteredAt
	answersFor := tx.NewSelect().TableExpr("memberships AS creator").ColumnExpr("1").
		Join("JOIN identities AS person ON person.id = creator.identity_id").
		Where("creator.identity_id = link.generated_by_id").Where("creator.account_id = link.account_id").
		Where("creator.role = ?", app.SuperUser).Where("creator.status = ?", app.Active).
		Where("creator.expires_on IS NULL OR creator.expires_on > ?", at).
		Where("person.suspended_at IS NULL")
	update := tx.NewUpdate().Model((*app.Link)(nil)).
		Set("used = used + 1").Set("last_used_at = ?", at).
		Where("link.id = ?", a.Registration.LinkID).Where("link.account_id = ?", a.Registration.AccountID).
		Where("link.active = ?", true).Where("link.stopped_at IS NULL").
		Where("link.expires_at IS NULL OR link.expires_at > ?", at).
		Where("link.max_uses = 0 OR link.used < link.max_uses").
		Where("EXISTS (?)", answersFor)
	if after := a.Most.GeneratedAfter(at); !after.IsZero() {
		update.Where("link.generated_at > ?", after)
	}
	return hit(update.Exec(ctx))
}

// whyNot gives the refusal of a link that let nobody in. A link that would do so by now was changed in between: look again.
func whyNot(ctx context.Context, tx bun.Tx, a app.Admission) error {
	link := new(app.Link)
	err := tx.NewSelect().Model(link).Relation("GeneratedBy").Relation("Creator").
		Where("link.id = ?", a.Registration.LinkID).Where("link.account_id = ?", a.Registration.AccountID).Scan(ctx)
	if errors.Is(err, sql.ErrNoRows) { // a link of another account
		return app.Refuse(app.Gone, "link_dead")
	}
	if err != nil {
		return err
	}
	if refusal := link.Refusal(a.Registration.RegisteredAt, a.Most); refusal != nil {
		return refusal
	}
	return raceError{errors.New("the link was changed while somebody registered by it")}
}
