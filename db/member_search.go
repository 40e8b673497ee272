package db

import (
	"context"
	"unicode/utf8"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"

	"reglink/app"
)

// Members implements app.MemberStore. It first finds the page's ids, for which indexes suffice, and reads the members
// of that page alone. A search costs a statement more, and one that nobody can match costs that one only.
func (s *Store) Members(ctx context.Context, accountID string, q app.MemberQuery, limit int) ([]app.Membership, error) {
	words := q.Words()
	rarest, n, err := s.rarestWord(ctx, accountID, words)
	if err != nil || (len(words) > 0 && n == 0) {
		return nil, translate(err)
	}
	page := s.bun.NewSelect().Model((*app.Membership)(nil)).Column("membership.id")
	switch { // where to look for them
	case 0 < n && n <= lookupLimit(words):
		words[0], words[rarest] = words[rarest], words[0]
		s.joinIDs(page, s.membersWithWords(accountID, words))
	case q.Filter == app.ExpiringMembers:
		s.joinIDs(page, s.expiringMembers(accountID, q))
		s.whereAllWords(page, "membership.id", words)
	case q.Filter == app.IdleMembers:
		page.ForceIndex("memberships_status") // MariaDB would take one that all accounts share
		s.whereAllWords(page, "membership.id", words)
	default:
		s.whereAllWords(page, "membership.id", words)
	}
	applyFilters(page.Where("membership.account_id = ?", accountID), q)
	var members []app.Membership
	query := s.bun.NewSelect().Model(&members).Relation("Identity").Relation("CreatedBy")
	s.joinIDs(query, newestFirst(page).Limit(int64(limit)))
	return members, translate(newestFirst(query).Scan(ctx))
}

func newestFirst(q *bun.SelectQuery) *bun.SelectQuery {
	return q.OrderExpr("membership.joined_at DESC, membership.id DESC")
}

// fewMatches and manyMatches are how many members may have the rarest word of a search so that they are
// looked up and sorted. Of a word that more have, walking the list meets a page's members soon; of several
// words, only if they often come together, so more are looked up then.
const (
	fewMatches  = 2_000
	manyMatches = 20_000
)

func lookupLimit(words []string) int {
	if len(words) > 1 {
		return manyMatches
	}
	return fewMatches
}

// rarestWord tells which of the words the fewest members have, and how many; it counts no further than needed.
func (s *Store) rarestWord(ctx context.Context, accountID string, words []string) (int, int, error) {
	if len(words) == 0 {
		return 0, 0, nil
	}
	counts, into := make([]int, len(words)), make([]any, len(words))
	query := s.bun.NewSelect()
	for i, word := range words {
		found := whereWordBegins(s.wordQuery().ColumnExpr("1").Where("w.account_id = ?", accountID),
			word).Limit(int64(lookupLimit(words)) + 1)
		query.ColumnExpr("(SELECT COUNT(*) FROM (?) AS counted)", found)
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

func (s *Store) wordQuery() *bun.SelectQuery { return s.bun.NewSelect().TableExpr("member_words AS w") }

// whereWordBegins leaves the words that begin with what was typed. LIKE would need escaping, and folds case
// in SQLite; the range is the same in both databases, for both compare this column by code point.
func whereWordBegins(words *bun.SelectQuery, typed string) *bun.SelectQuery {
	return words.Where("w.word >= ?", typed).Where("w.word < ?", typed+string(utf8.MaxRune))
}

// membersWithWords gives the ids of the members of an account who have all of the words, found by the first.
func (s *Store) membersWithWords(accountID string, words []string) *bun.SelectQuery {
	first := whereWordBegins(s.wordQuery().ColumnExpr("DISTINCT w.membership_id AS id").Where("w.account_id = ?",
		accountID), words[0])
	s.whereAllWords(first, "w.membership_id", words[1:])
	return first
}

// whereAllWords leaves the members who have all of the words. It compares what a subquery gives and does not
// ask whether it gives anything: of EXISTS, MariaDB makes a table of every word of every account.
func (s *Store) whereAllWords(q *bun.SelectQuery, id string, words []string) {
	for _, word := range words {
		one := s.bun.NewSelect().TableExpr("member_words AS has").ColumnExpr("1").Where("has.membership_id = ?",
			bun.Safe(id)).
			Where("has.word >= ?", word).Where("has.word < ?", word+string(utf8.MaxRune)).Limit(1)
		q.Where("(?) = 1", one)
	}
}

// expiringMembers gives the ids of the members whose end is shown.
func (s *Store) expiringMembers(accountID string, q app.MemberQuery) *bun.SelectQuery {
	query := s.bun.NewSelect().Model((*app.Membership)(nil)).Column("membership.id").
		Where("membership.account_id = ?", accountID)
	applyShow(query, q)
	return query
}

// joinIDs has the database look at the members of those ids, and at nobody else. Both would rather walk the
// list, whose order saves a sort, so they are told in which order to join.
func (s *Store) joinIDs(query, ids *bun.SelectQuery) {
	join := "CROSS JOIN" // SQLite keeps the order of one
	if query.Dialect().Name() == dialect.MySQL {
		join = "STRAIGHT_JOIN"
	}
	query.ModelTableExpr("(?) AS found "+join+" memberships AS membership ON membership.id = found.id", ids)
}

// applyFilters leaves the members whom the filters of a list let through, from its place on.
func applyFilters(query *bun.SelectQuery, q app.MemberQuery) {
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
	applyShow(query, q)
	if q.After.ID != "" {
		at := q.After.At
		query.Where("membership.joined_at <= ?", at).Where("membership.joined_at < ? OR membership.id < ?", at, q.After.ID)
	}
}

// applyShow leaves the active members whom somebody should look after. The last sign-in is asked for member
// by member, for a join would have MariaDB sort them all.
func applyShow(query *bun.SelectQuery, q app.MemberQuery) {
	switch q.Filter {
	case app.ExpiringMembers:
		query.Where("membership.status = ?", app.Active).
			Where("membership.expires_on > ?", q.At).Where("membership.expires_on <= ?", q.At.AddDate(0, 0, app.ExpiringDays))
	case app.IdleMembers:
		since := q.At.AddDate(0, 0, -app.IdleDays)
		query.Where("membership.status = ?", app.Active).
			Where("membership.expires_on IS NULL OR membership.expires_on > ?", q.At).
			Where("membership.joined_at < ?", since).
			Where("COALESCE((SELECT person.signed_in_at FROM identities AS person WHERE person.id = membership.identity_id), "+
				"membership.joined_at) < ?", since)
	}
}
