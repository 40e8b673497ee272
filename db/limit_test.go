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

var fixedTime = time.Date(2026, 11, 3, 9, 10, 0, 0, time.UTC)

func limitUse(name string, limit int) app.LimitUse {
	return app.LimitUse{Name: fmt.Sprintf("%043s", name), Max: limit, EndsAt: fixedTime.Add(time.Minute)}
}

// Of 200 who come at once on two servers, as many are let in as the limit has: where counting begins, in the
// middle, after a window and where two counts are for different people.
func TestConsumeLimits_ConcurrentServersNeverExceedTheMaximum(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		s := dbtest.Open(t, databaseURL)
		check(t, s.Migrate(t.Context()))
		servers := []*db.Store{s, dbtest.Open(t, databaseURL)}
		for round, at := range []time.Time{fixedTime, fixedTime.Add(30 * time.Second), fixedTime.Add(time.Minute)} {
			in := 0
			for i, err := range parallel(200, func(i int) error {
				uses := []app.LimitUse{limitUse(fmt.Sprint("own", i), 3), limitUse("shared", 30)}
				uses[1].EndsAt = at.Add(time.Minute)
				taken, until, err := servers[i%2].ConsumeLimits(t.Context(), uses, at)
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
func TestConsumeLimits_RefusalCostsOneStatement(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		uses := []app.LimitUse{limitUse("a", 2), limitUse("b", 9)}
		// look, BEGIN, INSERT, COMMIT, look for what is over; then look, BEGIN, UPDATE, COMMIT
		for i, want := range []int{5, 4, 1, 1} {
			n := dbtest.CountStatements(t, s, func() {
				_, until, err := s.ConsumeLimits(t.Context(), uses, fixedTime)
				check(t, err)
				equal(t, fmt.Sprint("refused ", i), !until.IsZero(), i > 1)
			})
			equal(t, fmt.Sprint("statements of try ", i), n, want)
		}
		equal(t, "nothing asked", dbtest.CountStatements(t, s, func() {
			_, _, err := s.ConsumeLimits(t.Context(), nil, fixedTime)
			check(t, err)
		}), 0)
	})
}

func TestReturnLimits_GivesBackWithinTheWindow(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		uses := []app.LimitUse{limitUse("a", 1), limitUse("b", 1)}
		for range 3 {
			taken, until, err := s.ConsumeLimits(t.Context(), uses, fixedTime)
			check(t, err)
			equal(t, "let in", until.IsZero(), true)
			check(t, s.ReturnLimits(t.Context(), taken, fixedTime))
		}
		taken, _, err := s.ConsumeLimits(t.Context(), uses, fixedTime)
		check(t, err)
		check(t, s.ReturnLimits(t.Context(), taken, fixedTime.Add(time.Minute))) // too late: what is over stays as it is
		_, until, err := s.ConsumeLimits(t.Context(), uses, fixedTime)
		check(t, err)
		equal(t, "until", until, fixedTime.Add(time.Minute))
	})
}

// What is over goes in passing, so many at once and no more.
func TestConsumeLimits_SweepsExpiredCounts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		for i := range 120 {
			_, _, err := s.ConsumeLimits(t.Context(),
				[]app.LimitUse{limitUse(fmt.Sprint(i), 1), limitUse(fmt.Sprint("x", i), 1)}, fixedTime)
			check(t, err)
		}
		equal(t, "kept", p.count(t, "limit_counts", "1 = 1"), 240)
		later := limitUse("later", 5)
		for i, want := range []int{141, 141, 41, 2} {
			at := fixedTime.Add(time.Duration(i/2+1) * time.Minute)
			later.EndsAt = at.Add(time.Minute)
			if i == 3 {
				later = limitUse("another", 5)
				later.EndsAt = at.Add(time.Minute)
			}
			_, until, err := s.ConsumeLimits(t.Context(), []app.LimitUse{later}, at)
			check(t, err)
			equal(t, "let in", until.IsZero(), true)
			equal(t, fmt.Sprint("kept after ", i), p.count(t, "limit_counts", "1 = 1"), want)
		}
	})
}

func TestConsumeLimits_UnreachableDatabaseRefusesNobody(t *testing.T) {
	t.Parallel()
	way := newProxy(t)
	p := newProxiedPortal(t, way)
	way.stop()
	taken, until, err := p.ConsumeLimits(t.Context(), []app.LimitUse{limitUse("a", 1)}, fixedTime)
	equal(t, "told", messageIDOfKind(err, app.Unavailable), "database_away")
	equal(t, "nothing is taken and nobody refused", len(taken) == 0 && until.IsZero(), true)
}

// BenchmarkConsumeLimits is what a sign-in's three counts cost.
func BenchmarkConsumeLimits(b *testing.B) {
	dbtest.Each(b, func(b *testing.B, s *db.Store) {
		b.Helper()
		uses := []app.LimitUse{limitUse("a", 1<<30), limitUse("b", 1<<30), limitUse("c", 1<<30)}
		for b.Loop() {
			taken, _, err := s.ConsumeLimits(b.Context(), uses, fixedTime)
			check(b, err)
			check(b, s.ReturnLimits(b.Context(), taken, fixedTime))
		}
	})
}
