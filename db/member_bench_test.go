package db_test

import (
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// crowd is how many members the account of the benchmarks has.
const crowd = 100_000

// listings are pages of a big account's members, as they are asked for.
func (p *portal) listings() []struct {
	name string
	q    app.MemberQuery
	want int // members on the page
} {
	middle := app.Cursor{At: p.now.Add(-crowd / 2 * time.Minute), ID: "A"}
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
		{"expiring", app.MemberQuery{Show: app.Expiring}, 0},
		{"idle", app.MemberQuery{Show: app.Idle}, app.PageSize},
	}
}

// BenchmarkMembers is a page of the list of an account with 100,000 members.
func BenchmarkMembers(b *testing.B) {
	dbtest.Each(b, func(b *testing.B, s *db.Store) {
		b.Helper()
		p := newPortal(b, s)
		began := time.Now()
		p.fill(b, crowd)
		b.Logf("%d members were stored in %v", crowd, time.Since(began).Round(time.Second))
		for _, l := range p.listings() {
			b.Run(l.name, func(b *testing.B) {
				for b.Loop() {
					page, err := p.members().List(b.Context(), p.super, l.q)
					if err != nil || len(page.Members) != l.want {
						b.Fatalf("%d members, %v", len(page.Members), err)
					}
				}
			})
		}
	})
}
