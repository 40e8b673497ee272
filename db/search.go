package db

import (
	"context"
	"unicode/utf8"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"reglink/app"
)

// Members lists memberships of an account with Identity and CreatedBy, newest first, at most limit. Without a search it walks the list's
// own index; with one it begins with the word that the fewest members have, unless every word is so common that walking finds a page
// sooner. So a search costs two statements, and one that nobody can match costs one.
func (s *Store) Members(ctx context.Context, accountID string, q app.MemberQuery, limit int) ([]app.Membership, error) {
	words := q.Words()
	rarest, n, err := s.rarest(ctx, accountID, words)
	if err != nil || (len(words) > 0 && n == 0) {
		return nil, translate(err)
	}
	var members []app.Membership
	query := s.bun.NewSelect().Model(&members).Relation("Identity").Relation("CreatedBy")
	if 0 < n && n <= few {
		s.startWith(query, accountID, words[rarest])
		words[rarest] = words[len(words)-1]
		words = words[:len(words)-1]
	}
	for _, word := range words {
		query.Where("EXISTS (?)", begins(s.words().ColumnExpr("1").Where("w.membership_id = membership.id"), word))
	}
	narrow(query.Where("membership.account_id = ?", accountID), q)
	err = query.OrderExpr("membership.joined_at DESC, membership.id DESC").Limit(int64(limit)).Scan(ctx)
	return members, translate(err)
}

// few is how many words are looked up one by one and sorted. Of a word that more members have, the walk meets one soon.
const few = 2000

// rarest tells which of the words the fewest members have, and how many; more than few are not counted.
func (s *Store) rarest(ctx context.Context, accountID string, words []string) (int, int, error) {
	if len(words) == 0 {
		return 0, 0, nil
	}
	counts, into := make([]int, len(words)), make([]any, len(words))
	query := s.bun.NewSelect()
	for i, word := range words {
		found := begins(s.words().ColumnExpr("1").Where("w.account_id = ?", accountID), word).Limit(few + 1)
		query.ColumnExpr("(SELECT COUNT(*) FROM (?) AS found)", found)
		into[i] = &counts[i]
	}
	if err := query.Scan(ctx, into...); err != nil {
		return 0, 0, err
	}
	least := 0
	for i, n := range counts {
		if n < counts[least] {
			least = i
		}
	}
	return least, counts[least], nil
}

func (s *Store) words() *bun.SelectQuery { return s.bun.NewSelect().TableExpr("member_words AS w") }

// begins leaves the words that begin with what was typed. LIKE would need escaping, and folds case in SQLite; the range is the same in
// both databases, for both compare this column by code point.
func begins(words *bun.SelectQuery, typed string) *bun.SelectQuery {
	return words.Where("w.word >= ?", typed).Where("w.word < ?", typed+string(utf8.MaxRune))
}

// startWith has the database look at the members who have a word, and at nobody else. Both would rather walk the list, whose order
// saves a sort, so they are told in which order to join.
func (s *Store) startWith(query *bun.SelectQuery, accountID, word string) {
	have := begins(s.words().ColumnExpr("DISTINCT w.membership_id").Where("w.account_id = ?", accountID), word)
	join := "CROSS JOIN" // SQLite keeps the order of one
	if query.Dialect().Name() == dialect.MySQL {
		join = "STRAIGHT_JOIN"
	}
	query.ModelTableExpr("(?) AS found "+join+" memberships AS membership ON membership.id = found.membership_id", have)
}

// narrow leaves the members whom the filters of a list let through, from its place on.
func narrow(query *bun.SelectQuery, q app.MemberQuery) {
	if q.Role != "" {
		query.Where("membership.role = ?", q.Role)
	}
	if q.Status != "" {
		query.Where("membership.status = ?", q.Status)
	}
	if q.LinkID != "" {
		query.Where("membership.link_id = ?", q.LinkID)
	}
	if !q.Since.IsZero() {
		query.Where("membership.joined_at >= ?", q.Since)
	}
	pick(query, q)
	if q.After.ID != "" {
		at := q.After.At
		query.Where("membership.joined_at <= ?", at).Where("membership.joined_at < ? OR membership.id < ?", at, q.After.ID)
	}
}

// pick leaves the active members whom somebody should look after. The query must know the identity.
func pick(query *bun.SelectQuery, q app.MemberQuery) {
	switch q.Show {
	case app.Expiring:
		query.Where("membership.status = ?", app.Active).
			Where("membership.expires_on > ?", q.At).Where("membership.expires_on <= ?", q.At.AddDate(0, 0, app.ExpiringDays))
	case app.Idle:
		query.Where("membership.status = ?", app.Active).
			Where("membership.expires_on IS NULL OR membership.expires_on > ?", q.At).
			Where("COALESCE(identity.signed_in_at, membership.joined_at) < ?", q.At.AddDate(0, 0, -app.IdleDays))
	}
}
