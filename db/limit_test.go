package db_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

var tenPast = time.Date(2026, 11, 3, 9, 10, 0, 0, time.UTC)

func limitUse(name string, limit int) app.LimitUse {
	return app.LimitUse{Name: fmt.Sprintf("%043s", name), Max: limit, EndsAt: tenPast.Add(time.Minute)}
}

// Of 200 who come at once on two servers, as many are let in as the limit has: where counting begins, in the middle, after a window
// and where two counts are for different people.
func TestLimitsHoldAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		s := dbtest.Open(t, databaseURL)
		check(t, s.Migrate(t.Context()))
		servers := []*db.Store{s, dbtest.Open(t, databaseURL)}
		for round, at := range []time.Time{tenPast, tenPast.Add(30 * time.Second), tenPast.Add(time.Minute)} {
			in := 0
			for i, err := range parallel(200, func(i int) error {
				uses := []app.LimitUse{limitUse(fmt.Sprint("own", i), 3), limitUse("shared", 30)}
				uses[1].EndsAt = at.Add(time.Minute)
				taken, until, err := servers[i%2].TakeLimits(t.Context(), uses, at)
				if err == nil && until.IsZero() != (len(taken) == 2) {
					return fmt.Errorf("took %d until %v", len(taken), until)
				}
				if err == nil && until.IsZero() {
					return app.Gone // stands for: let in
				}
				return err
			}) {
				if errors.Is(err, app.Gone) {
					in++
				} else if err != nil {
					t.Errorf("round %d, caller %d: %v", round, i, err)
				}
			}
			equal(t, fmt.Sprint("let in, round ", round), in, []int{30, 0, 30}[round])
		}
	})
}

// Whoever is refused writes nothing and waits for no writer: a look, no transaction.
func TestRefusingIsCheap(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		uses := []app.LimitUse{limitUse("a", 2), limitUse("b", 9)}
		for i, want := range []int{5, 4, 1, 1} { // look, BEGIN, INSERT, COMMIT, look for what is over; then look, BEGIN, UPDATE, COMMIT
			n := dbtest.Count(t, s, func() {
				_, until, err := s.TakeLimits(t.Context(), uses, tenPast)
				check(t, err)
				equal(t, fmt.Sprint("refused ", i), !until.IsZero(), i > 1)
			})
			equal(t, fmt.Sprint("statements of try ", i), n, want)
		}
		equal(t, "nothing asked", dbtest.Count(t, s, func() {
			_, _, err := s.TakeLimits(t.Context(), nil, tenPast)
			check(t, err)
		}), 0)
	})
}

func TestLimitsAreTakenBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		uses := []app.LimitUse{limitUse("a", 1), limitUse("b", 1)}
		for range 3 {
			taken, until, err := s.TakeLimits(t.Context(), uses, tenPast)
			check(t, err)
			equal(t, "let in", until.IsZero(), true)
			check(t, s.ReturnLimits(t.Context(), taken, tenPast))
		}
		taken, _, err := s.TakeLimits(t.Context(), uses, tenPast)
		check(t, err)
		check(t, s.ReturnLimits(t.Context(), taken, tenPast.Add(time.Minute))) // too late: what is over stays as it is
		_, until, err := s.TakeLimits(t.Context(), uses, tenPast)
		check(t, err)
		equal(t, "until", until, tenPast.Add(time.Minute))
	})
}

// What is over goes in passing, so many at once and no more.
func TestLimitsThatAreOverGo(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		for i := range 120 {
			_, _, err := s.TakeLimits(t.Context(), []app.LimitUse{limitUse(fmt.Sprint(i), 1), limitUse(fmt.Sprint("x", i), 1)}, tenPast)
			check(t, err)
		}
		equal(t, "kept", p.count(t, "limit_counts", "1 = 1"), 240)
		later := limitUse("later", 5)
		for i, want := range []int{141, 141, 41, 2} {
			at := tenPast.Add(time.Duration(i/2+1) * time.Minute)
			later.EndsAt = at.Add(time.Minute)
			if i == 3 {
				later = limitUse("another", 5)
				later.EndsAt = at.Add(time.Minute)
			}
			_, until, err := s.TakeLimits(t.Context(), []app.LimitUse{later}, at)
			check(t, err)
			equal(t, "let in", until.IsZero(), true)
			equal(t, fmt.Sprint("kept after ", i), p.count(t, "limit_counts", "1 = 1"), want)
		}
	})
}

func TestLimitsOfADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	way := newProxy(t)
	p := through(t, way)
	way.stop()
	taken, until, err := p.TakeLimits(t.Context(), []app.LimitUse{limitUse("a", 1)}, tenPast)
	equal(t, "told", message(err, app.Unavailable), "database_away")
	equal(t, "nothing is taken and nobody refused", len(taken) == 0 && until.IsZero(), true)
}

// BenchmarkLimits is what a sign-in's three counts cost.
func BenchmarkLimits(b *testing.B) {
	dbtest.Each(b, func(b *testing.B, s *db.Store) {
		b.Helper()
		uses := []app.LimitUse{limitUse("a", 1<<30), limitUse("b", 1<<30), limitUse("c", 1<<30)}
		for b.Loop() {
			taken, _, err := s.TakeLimits(b.Context(), uses, tenPast)
			check(b, err)
			check(b, s.ReturnLimits(b.Context(), taken, tenPast))
		}
	})
}
