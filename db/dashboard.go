package db

import (
	"context"
	"time"

	"github.com/uptrace/bun"

	"reglink/app"
)

// CountMembers implements app.DashboardStore. It is answered from an index alone.
func (s *Store) CountMembers(ctx context.Context, accountID string) (app.MemberCounts, error) {
	var counts app.MemberCounts
	err := s.bun.NewSelect().Model((*app.Membership)(nil)).Column("role", "status").ColumnExpr("COUNT(*) AS number").
		Where("account_id = ?", accountID).Group("role", "status").Scan(ctx, &counts)
	return counts, translate(err)
}

// CountRegistrations implements app.DashboardStore. It is one statement: neither database knows the weeks of the
// other, so each row is told where its week begins.
func (s *Store) CountRegistrations(ctx context.Context, accountID string, weeks []app.RegistrationWeek) error {
	var counted []struct{ Place, Total, ByLink int }
	place, args := weekIndexExpr(weeks)
	end := weeks[len(weeks)-1].From.AddDate(0, 0, 7)
	err := s.bun.NewSelect().Model((*app.Registration)(nil)).
		ColumnExpr(place+" AS place", args...).ColumnExpr("COUNT(*) AS total").ColumnExpr("COUNT(link_id) AS by_link").
		Where("account_id = ?", accountID).Where("registered_at >= ?", weeks[0].From).Where("registered_at < ?", end).
		GroupExpr("place").Scan(ctx, &counted)
	for _, c := range counted {
		weeks[c.Place].ByLink, weeks[c.Place].ByEntitlement = c.ByLink, c.Total-c.ByLink
	}
	return translate(err)
}

// weekIndexExpr is the number of the week in which somebody registered, in SQL.
func weekIndexExpr(weeks []app.RegistrationWeek) (string, []any) {
	expr := "CASE"
	var args []any
	for i := len(weeks) - 1; i >= 0; i-- {
		expr += " WHEN registered_at >= ? THEN ?"
		args = append(args, weeks[i].From, i)
	}
	return expr + " END", args
}

// Attention implements app.DashboardStore.
func (s *Store) Attention(ctx context.Context, accountID string, at time.Time, limit int) (app.Attention, error) {
	picked := func(show app.MemberFilter, into any) *bun.SelectQuery {
		query := s.bun.NewSelect().Model(into).Where("membership.account_id = ?", accountID)
		applyShow(query, app.MemberQuery{Filter: show, At: at})
		return query
	}
	count := func(show app.MemberFilter) *bun.SelectQuery {
		return picked(show, (*app.Membership)(nil)).ColumnExpr("COUNT(*)")
	}
	var a app.Attention
	err := s.bun.NewSelect().ColumnExpr("(?)", count(app.ExpiringMembers)).ColumnExpr("(?)", count(app.IdleMembers)).
		Scan(ctx, &a.ExpiringCount, &a.IdleCount)
	if err != nil || a.ExpiringCount == 0 {
		return a, translate(err)
	}
	err = picked(app.ExpiringMembers, &a.ExpiringFirst).Relation("Identity").
		OrderExpr("membership.expires_on, membership.id").Limit(int64(limit)).Scan(ctx)
	return a, translate(err)
}
