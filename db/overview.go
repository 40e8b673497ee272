package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// Overview counts an account in one statement; registrations from that time on.
func (s *Store) Overview(ctx context.Context, accountID string, since time.Time) (app.Overview, error) {
	members := func(status app.Status) *bun.SelectQuery {
		return s.bun.NewSelect().Model((*app.Membership)(nil)).ColumnExpr("COUNT(*)").
			Where("account_id = ?", accountID).Where("status = ?", status)
	}
	registered := func() *bun.SelectQuery {
		return s.bun.NewSelect().Model((*app.Registration)(nil)).ColumnExpr("COUNT(*)").
			Where("account_id = ?", accountID).Where("registered_at >= ?", since)
	}
	var o app.Overview
	err := s.bun.NewSelect().
		ColumnExpr("(?)", members(app.Active)).ColumnExpr("(?)", members(app.Pending)).
		ColumnExpr("(?)", registered()).ColumnExpr("(?)", registered().Where("link_id IS NOT NULL")).
		Scan(ctx, &o.Members, &o.Pending, &o.Registered, &o.ByLink)
	return o, translate(err)
}
