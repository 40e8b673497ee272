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

// benchmarkMembers is how many members the account of the benchmarks has.
const benchmarkMembers = 100_000

// memberListings are pages of a big account's members, as they are asked for.
func (p *portal) memberListings() []struct {
	name string
	q    app.MemberQuery
	want int // members on the page
} {
	middle := app.Cursor{At: p.now.Add(-benchmarkMembers / 2 * time.Minute), ID: "A"}
	return []struct {
		name string
		q    app.MemberQuery
		want int
	}{
		{"first page", app.MemberQuery{}, app.PageSize},
		{"a page in the middle", app.MemberQuery{After: middle}, app.PageSize},
		{"a rare word", app.MemberQuery{Search: "number4711"}, 11}, // and number47110 to 47119
		{"nobody", app.MemberQuery{Search: "nobody"}, 0},
		{"every member's prefix", app.MemberQuery{Search: "a"}, app.PageSize},
		{"a common word", app.MemberQuery{Search: "anna"}, app.PageSize},
		{"two common words", app.MemberQuery{Search: "anna stone"}, app.PageSize},
		{"a common and a rare word", app.MemberQuery{Search: "a number777"}, app.PageSize},
		{"common words that no member has together", app.MemberQuery{Search: "anna alan"}, 0},
		{"a common word, from the middle", app.MemberQuery{Search: "anna", After: middle}, app.PageSize},
		{"by a rare role", app.MemberQuery{Role: app.LimitedUser}, app.PageSize},
		{"by the rarest role", app.MemberQuery{Role: app.SuperUser}, 1},
		{"by a rare status", app.MemberQuery{Status: app.Suspended}, app.PageSize},
		{"by a status that nobody has", app.MemberQuery{Status: app.Pending}, 0},
		{"expiring", app.MemberQuery{Filter: app.ExpiringMembers}, 0},
		{"idle", app.MemberQuery{Filter: app.IdleMembers}, app.PageSize},
	}
}

// BenchmarkMembers is a page of the list of an account with 100,000 members.
func BenchmarkMembers(b *testing.B) {
	dbtest.Each(b, func(b *testing.B, s *db.Store) {
		b.Helper()
		p := newPortal(b, s)
		began := time.Now()
		p.fillMembers(b, benchmarkMembers)
		b.Logf("%d members were stored in %v", benchmarkMembers, time.Since(began).Round(time.Second))
		for _, l := range p.memberListings() {
			b.Run(l.name, func(b *testing.B) {
				for b.Loop() {
					page, err := p.members().List(b.Context(), p.super, l.q)
					if err != nil || len(page.Entries) != l.want {
						b.Fatalf("%d members, %v", len(page.Entries), err)
					}
				}
			})
		}
	})
}

// matchesQuery tells by the rules alone, without a database, whether a member is one of those whom a query finds.
func matchesQuery(m app.Membership, q app.MemberQuery) bool {
	words := app.SearchWords(m.Identity.SearchText)
	for _, typed := range app.SearchWords(q.Search) {
		if !slices.ContainsFunc(words, func(word string) bool { return strings.HasPrefix(word, typed) }) {
			return false
		}
	}
	soon := m.ExpiresOn != nil && m.ExpiresOn.After(q.At) && !m.ExpiresOn.After(q.At.AddDate(0, 0, app.ExpiringDays))
	return (q.Role == "" || m.Role == q.Role) && (q.Status == "" || m.Status == q.Status) &&
		(q.Filter != app.ExpiringMembers || (m.Status == app.Active && soon)) &&
		(q.After.ID == "" || m.JoinedAt.Before(q.After.At) || (m.JoinedAt.Equal(q.After.At) && m.ID < q.After.ID))
}

// memberIDs follows the cursor to the end.
func (p *portal) memberIDs(t *testing.T, q app.MemberQuery, limit int) []string {
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

// Whichever way the store takes to a page, by a rare word or along the list, it finds whom the rules find, in
// the list's order and from any place on.
func TestMembers_EveryQueryPlanFindsTheSame(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		other := p.createAccount(t, "Other", "anna.other@other.example")
		p.fillMembers(t, db.FewMatches+300)
		must(s.Bun().NewUpdate().Table("memberships").Set("expires_on = ?", p.now.AddDate(0, 0, 9)).
			Where("role = ?", app.LimitedUser).Exec(t.Context()))(t)
		must(s.Bun().NewUpdate().Table("memberships").Set("joined_at = ?", p.now.Add(-time.Hour)).
			Where("joined_at > ?", p.now.Add(-2*time.Hour)).Exec(t.Context()))(t) // many at one moment
		all := must(s.Members(t.Context(), p.super.Account.ID, app.MemberQuery{}, 10_000))(t)
		equal(t, "members", len(all), db.FewMatches+301)
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
			{Filter: app.ExpiringMembers},
			{Filter: app.ExpiringMembers, Search: "a"},
			{Filter: app.ExpiringMembers, Search: "number1", Role: app.LimitedUser},
			{Filter: app.ExpiringMembers, Search: "crowd anna"},
		} {
			for _, q.After = range []app.Cursor{{}, middle, crowd} {
				q.At = p.now
				var want []string
				for _, m := range all {
					if matchesQuery(m, q) {
						want = append(want, m.ID)
					}
				}
				if got := p.memberIDs(t, q, 700); !slices.Equal(got, want) {
					t.Errorf("%+v: got %d members, want %d", q, len(got), len(want))
				}
			}
		}
		equal(t, "the other account's", p.searchEmails(t, other, app.MemberQuery{Search: "a"}), "anna.other@other.example")
	})
}

// What a page of the list costs in statements does not grow with the account, also where everybody has a word
// that too many have to be looked up.
func TestMembers_StatementsDoNotGrowWithTheAccount(t *testing.T) {
	t.Parallel()
	for _, members := range []int{0, 60, db.FewMatches} {
		t.Run(fmt.Sprint(members), func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, s *db.Store) {
				p := newPortal(t, s)
				p.fillMembers(t, members)
				for q, want := range map[app.MemberQuery]int{
					{}: 1, {Search: "sue"}: 2, {Search: "example"}: 2, {Search: "nobody"}: 1, {Search: "a sue"}: 2, {Search: "%"}: 0,
					{Filter: app.IdleMembers}: 1,
				} {
					n := dbtest.CountStatements(t, s, func() { must(p.members().List(t.Context(), p.super, q))(t) })
					equal(t, fmt.Sprintf("statements for %+v", q), n, want)
				}
			})
		})
	}
}

func TestMembers_ArePagedByKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		for i := range 12 { // three at each moment
			if i%3 == 0 {
				p.now = p.now.Add(time.Microsecond)
			}
			p.createMember(t, fmt.Sprintf("m%d@acme.example", i), app.StandardUser)
		}
		whole := must(s.Members(t.Context(), p.super.Account.ID, app.MemberQuery{}, 100))(t)
		equal(t, "all", len(whole), 13)
		ordered := slices.IsSortedFunc(whole, func(a, b app.Membership) int {
			if c := b.JoinedAt.Compare(a.JoinedAt); c != 0 {
				return c
			}
			return slices.Compare([]byte(b.ID), []byte(a.ID))
		})
		equal(t, "newest first, then by id", ordered, true)
		equal(t, "creator", whole[0].CreatedBy.Email, "sue@acme.example")
		equal(t, "nobody created the first", whole[12].CreatedBy == nil, true)

		var q app.MemberQuery
		var paged []app.Membership
		for range 10 {
			page := must(s.Members(t.Context(), p.super.Account.ID, q, 2))(t)
			if len(page) == 0 {
				break
			}
			paged = append(paged, page...)
			q.After = app.Cursor{At: page[len(page)-1].JoinedAt, ID: page[len(page)-1].ID}
		}
		for i := range whole {
			equal(t, fmt.Sprint("paged ", i), paged[i].ID, whole[i].ID)
		}
		equal(t, "paged in all", len(paged), len(whole))
	})
}

func TestMembers_AreSearchedByWordsAndFilters(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.generateLink(t)
		for email, name := range map[string][2]string{
			"zoe_x@new.example": {"Zoë", "O'Neill"},
			"zoe.x@new.example": {"Zoe", "100% Sure"},
			"back@new.example":  {`Back\slash`, "Ünal!"},
		} {
			f := newRegistrationForm(email)
			f.FirstName, f.LastName = name[0], name[1]
			check(t, p.register(t, token, f))
		}
		p.createMember(t, "lim@acme.example", app.LimitedUser)
		link := must(s.CurrentLink(t.Context(), p.super.Account.ID))(t)
		for _, row := range []struct {
			q    app.MemberQuery
			want int
		}{
			{app.MemberQuery{Search: "zoë"}, 1},
			{app.MemberQuery{Search: "ZOË o'neill"}, 1},
			{app.MemberQuery{Search: "zoe"}, 2},
			{app.MemberQuery{Search: "zoe_x"}, 2},
			{app.MemberQuery{Search: "oe"}, 0},
			{app.MemberQuery{Search: "100%"}, 1},
			{app.MemberQuery{Search: "%"}, 0},
			{app.MemberQuery{Search: `\`}, 0},
			{app.MemberQuery{Search: `ack\sla`}, 0},
			{app.MemberQuery{Search: `ba\sl`}, 1},
			{app.MemberQuery{Search: `"?`}, 0},
			{app.MemberQuery{Search: "ÜNAL!"}, 1},
			{app.MemberQuery{Search: "new.example zoe neill"}, 1},
			{app.MemberQuery{Search: "new.example nobody"}, 0},
			{app.MemberQuery{Role: app.LimitedUser}, 1},
			{app.MemberQuery{Status: app.Active}, 5},
			{app.MemberQuery{Status: app.Pending}, 0},
			{app.MemberQuery{LinkID: link.ID}, 3},
			{app.MemberQuery{LinkID: link.ID, Search: "back", Role: app.StandardUser}, 1},
		} {
			page := must(p.members().List(t.Context(), p.super, row.q))(t)
			equal(t, fmt.Sprintf("%+v", row.q), len(page.Entries), row.want)
		}
		other := p.createAccount(t, "Other", "olga@other.example")
		equal(t, "another account's",
			len(must(p.members().List(t.Context(), other, app.MemberQuery{Search: "zoe"}))(t).Entries), 0)
	})
}

// The picks of the list, at their edges.
func TestMembers_ExpiringAndIdleAtTheirEdges(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		day := 24 * time.Hour
		for name, row := range map[string]struct {
			status  app.Status
			expires time.Duration // from now; 0: never
			joined  time.Duration // ago
			signed  time.Duration // in, ago; 0: never
		}{
			"new":       {app.Active, 0, day, 0},
			"quiet":     {app.Active, 0, 61 * day, 0},
			"sixty":     {app.Active, 0, 60 * day, 0},
			"back":      {app.Active, 0, 90 * day, 59 * day},
			"gone":      {app.Active, 0, 90 * day, 61 * day},
			"suspended": {app.Suspended, 10 * day, 90 * day, 0},
			"pending":   {app.Pending, 10 * day, 90 * day, 0},
			"soon":      {app.Active, 30 * day, day, 0},
			"later":     {app.Active, 30*day + time.Second, day, 0},
			"over":      {app.Active, -time.Second, 90 * day, 0},
			"both":      {app.Active, time.Second, 61 * day, 0},
		} {
			email := name + "@acme.example"
			p.createMember(t, email, app.StandardUser)
			p.update(t, "memberships", "status = ?", row.status, email)
			p.update(t, "memberships", "joined_at = ?", p.now.Add(-row.joined), email)
			if row.expires != 0 {
				p.update(t, "memberships", "expires_on = ?", p.now.Add(row.expires), email)
			}
			if row.signed != 0 {
				_, err := s.Bun().NewUpdate().Table("identities").Set("signed_in_at = ?", p.now.Add(-row.signed)).
					Where("email = ?", email).Exec(t.Context())
				check(t, err)
			}
		}
		for q, want := range map[app.MemberQuery]string{
			{Filter: app.ExpiringMembers}:                   "both@acme.example soon@acme.example",
			{Filter: app.IdleMembers}:                       "both@acme.example gone@acme.example quiet@acme.example",
			{Filter: app.IdleMembers, Search: "go"}:         "gone@acme.example",
			{Filter: app.IdleMembers, Role: app.SuperUser}:  "",
			{Filter: "everybody"}:                           "",
			{Filter: app.ExpiringMembers, Status: "active"}: "both@acme.example soon@acme.example",
		} {
			equal(t, fmt.Sprintf("%+v", q), p.searchEmails(t, p.super, q), want)
		}
	})
}

// searchEmails lists the addresses of those whom a search finds, sorted.
func (p *portal) searchEmails(t *testing.T, by app.Actor, q app.MemberQuery) string {
	t.Helper()
	var all []string
	for _, m := range must(p.members().List(t.Context(), by, q))(t).Entries {
		all = append(all, m.Identity.Email)
	}
	slices.Sort(all)
	return strings.Join(all, " ")
}
