package db_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// fits tells by the rules alone, without a database, whether a member is one of those whom a query finds.
func fits(m app.Membership, q app.MemberQuery) bool {
	words := app.Words(m.Identity.SearchText)
	for _, typed := range app.Words(q.Search) {
		if !slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, typed) }) {
			return false
		}
	}
	soon := m.ExpiresOn != nil && m.ExpiresOn.After(q.At) && !m.ExpiresOn.After(q.At.AddDate(0, 0, app.ExpiringDays))
	return (q.Role == "" || m.Role == q.Role) && (q.Status == "" || m.Status == q.Status) &&
		(q.Show != app.Expiring || (m.Status == app.Active && soon)) &&
		(q.After.ID == "" || m.JoinedAt.Before(q.After.At) || (m.JoinedAt.Equal(q.After.At) && m.ID < q.After.ID))
}

// paged follows the cursor to the end.
func (p *portal) paged(t *testing.T, q app.MemberQuery, limit int) []string {
	t.Helper()
	var ids []string
	for {
		page := must(p.Members(t.Context(), p.super.Account.ID, q, limit))(t)
		for _, m := range page {
			ids = append(ids, m.ID)
		}
		if len(page) < limit {
			return ids
		}
		q.After = app.Cursor{At: page[len(page)-1].JoinedAt, ID: page[len(page)-1].ID}
	}
}

// Whichever way the store takes to a page, by a rare word or along the list, it finds whom the rules find, in the list's order and
// from any place on.
func TestEveryWayFindsTheSame(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		other := p.account(t, "Other", "anna.other@other.example")
		p.fill(t, db.Few+300)
		must(s.Bun().NewUpdate().Table("memberships").Set("expires_on = ?", p.now.AddDate(0, 0, 9)).
			Where("role = ?", app.LimitedUser).Exec(t.Context()))(t)
		must(s.Bun().NewUpdate().Table("memberships").Set("joined_at = ?", p.now.Add(-time.Hour)).
			Where("joined_at > ?", p.now.Add(-2*time.Hour)).Exec(t.Context()))(t) // many at one moment
		all := must(s.Members(t.Context(), p.super.Account.ID, app.MemberQuery{}, 10_000))(t)
		equal(t, "members", len(all), db.Few+301)
		middle := app.Cursor{At: all[len(all)/2].JoinedAt, ID: all[len(all)/2].ID}
		crowd := app.Cursor{At: p.now.Add(-time.Hour), ID: "M"}
		for _, q := range []app.MemberQuery{
			{},
			{Search: "a"},
			{Search: "anna"},
			{Search: "number1"},
			{Search: "number17"},
			{Search: "anna stone"},
			{Search: "stone a"},
			{Search: "anna alan"},
			{Search: "crowd number2 hill"},
			{Search: "nobody a"},
			{Search: "a", Role: app.LimitedUser},
			{Search: "crowd example", Status: app.Suspended},
			{Role: app.SuperUser},
			{Status: app.Pending},
			{Show: app.Expiring},
			{Show: app.Expiring, Search: "a"},
			{Show: app.Expiring, Search: "number1", Role: app.LimitedUser},
			{Show: app.Expiring, Search: "crowd anna"},
		} {
			for _, q.After = range []app.Cursor{{}, middle, crowd} {
				q.At = p.now
				var want []string
				for _, m := range all {
					if fits(m, q) {
						want = append(want, m.ID)
					}
				}
				if got := p.paged(t, q, 700); !slices.Equal(got, want) {
					t.Errorf("%+v: got %d members, want %d", q, len(got), len(want))
				}
			}
		}
		equal(t, "the other account's", p.found(t, other, app.MemberQuery{Search: "a"}), "anna.other@other.example")
	})
}

// What a page of the list costs in statements does not grow with the account, also where everybody has a word that too many have to be
// looked up.
func TestListingCosts(t *testing.T) {
	t.Parallel()
	for _, members := range []int{0, 60, db.Few} {
		t.Run(fmt.Sprint(members), func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, s *db.Store) {
				p := newPortal(t, s)
				p.fill(t, members)
				for q, want := range map[app.MemberQuery]int{
					{}: 1, {Search: "sue"}: 2, {Search: "example"}: 2, {Search: "nobody"}: 1, {Search: "a sue"}: 2, {Search: "%"}: 0, {Show: app.Idle}: 1,
				} {
					n := dbtest.Count(t, s, func() { must(p.members().List(t.Context(), p.super, q))(t) })
					equal(t, fmt.Sprintf("statements for %+v", q), n, want)
				}
			})
		})
	}
}
