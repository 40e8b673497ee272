package db_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/uptrace/bun"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func TestTransact_ContendedTransactionIsRetried(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		tries := 0
		check(t, s.Transact(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			tries++
			who := newIdentity("ann@new.example")
			if _, err := tx.NewInsert().Model(&who).Exec(ctx); err != nil {
				return err // a duplicate, had the try before been kept
			}
			if tries < 4 {
				return &mysql.MySQLError{Number: 1213, Message: "Deadlock found"}
			}
			return nil
		}))
		equal(t, "tries", tries, 4)
		equal(t, "kept", must(s.EmailHasLogin(t.Context(), "ann@new.example"))(t), true)
	})
}

func TestTransact_GivesUpAsBusy(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		err := s.Transact(t.Context(), func(context.Context, bun.Tx) error { return &mysql.MySQLError{Number: 1205} })
		equal(t, "told", messageIDOfKind(err, app.Unavailable), "busy")
		ended, cancel := context.WithCancel(t.Context())
		tries := 0
		err = s.Transact(ended, func(context.Context, bun.Tx) error {
			tries++
			cancel()
			return &mysql.MySQLError{Number: 1213}
		})
		equal(t, "nobody waits any more", tries, 1)
		equal(t, "an error", err != nil, true)
		must(s.HasAccounts(t.Context()))(t)
		check(t, s.Transact(t.Context(), func(context.Context, bun.Tx) error { return nil }))
	})
}

// How often, and how long: by a clock that stands still while the tries run, so that a slow machine changes nothing.
func TestRetry_StopsAfterItsTriesOrItsTime(t *testing.T) {
	t.Parallel()
	contended, away := &mysql.MySQLError{Number: 1213}, driver.ErrBadConn
	for name, c := range map[string]struct {
		err    error
		rounds int
		takes  time.Duration // each try
		tries  int
		within time.Duration
	}{
		// 10, 20, 40 and 80 ms, and as much again at most
		"contended":               {contended, 1, 0, 5, 300 * time.Millisecond},
		"contended, five rounds":  {contended, 5, 0, 25, 3500 * time.Millisecond},
		"away":                    {away, 1, 0, 5, 300 * time.Millisecond},
		"away, five rounds":       {away, 5, 0, 5, 300 * time.Millisecond},
		"slow":                    {contended, 1, 1500 * time.Millisecond, 2, 3100 * time.Millisecond},
		"slow, five rounds":       {contended, 5, 3 * time.Second, 4, 13 * time.Second},
		"cannot be helped":        {errors.New("a fault"), 5, 0, 1, 0},
		"perhaps done, no second": {db.ClassifyCommit(away), 5, 0, 1, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				tries, began := 0, time.Now()
				err := db.Retry(t.Context(), c.rounds, func() error {
					tries++
					time.Sleep(c.takes)
					return c.err
				})
				equal(t, "error", err, c.err)
				equal(t, "tries", tries, c.tries)
				if took := time.Since(began); took > c.within || took < c.within/2 { // pauses are doubled by chance at most
					t.Errorf("gave up after %v, want %v at most and half of it at least", took, c.within)
				}
			})
		})
	}
}

// A refusal inside a transaction takes back what was written before it, and so does a panic.
func TestTransact_RollsBackOnErrorAndPanic(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		insert := func(then func() error) error {
			return s.Transact(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				who := newIdentity("ann@new.example")
				if _, err := tx.NewInsert().Model(&who).Exec(ctx); err != nil {
					return err
				}
				return then()
			})
		}
		refused(t, insert(func() error { return app.Refuse(app.Gone, "link_dead") }), app.Gone)
		func() {
			defer func() { _ = recover() }()
			_ = insert(func() error { panic("a bug") })
		}()
		equal(t, "stored", must(s.EmailHasLogin(t.Context(), "ann@new.example"))(t), false)
		check(t, insert(func() error { return nil }))
	})
}

// Two that lock in opposite order: the database ends one, and it runs again.
func TestTransact_DeadlockIsRetried(t *testing.T) {
	t.Parallel()
	s := dbtest.NewMySQL(t)
	p := newPortal(t, s)
	ids := []string{p.super.Identity.ID, p.createAccount(t, "Other", "olga@other.example").Identity.ID}
	var met sync.WaitGroup
	met.Add(2)
	tries := make([]int, 2)
	for i, err := range parallel(2, func(i int) error {
		return s.Transact(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			tries[i]++
			if err := touchIdentity(ctx, tx, ids[i]); err != nil {
				return err
			}
			if tries[i] == 1 { // the first try of each holds one row before it asks for the other
				met.Done()
				met.Wait()
			}
			return touchIdentity(ctx, tx, ids[1-i])
		})
	}) {
		if err != nil {
			t.Errorf("transaction %d: %v", i, err)
		}
	}
	equal(t, "one ran again", tries[0]+tries[1] > 2, true)
}

// Two servers, or a server and a command, share one database. Transactions that read first and then write
// wait for each other too.
func TestTransact_TwoServersShareOneDatabase(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		s := dbtest.Open(t, databaseURL)
		check(t, s.Migrate(t.Context()))
		p := newPortal(t, s)
		servers := []app.Members{p.members(), p.members()}
		servers[1].Store = dbtest.Open(t, databaseURL)
		for i, err := range parallel(40, func(i int) error {
			_, err := servers[i%2].Create(t.Context(), p.super,
				app.NewUser{
					FirstName: "N", LastName: "N", Email: fmt.Sprintf("n%d@acme.example", i), Role: app.StandardUser,
					Language: "en",
				})
			return err
		}) {
			if err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		}
		equal(t, "members", p.count(t, "memberships", "1 = 1"), 41)
	})
}

// The connection is lost at the Commit. Applied or not, the person gets a true answer: what was not is stored
// once more, and only whoever loses two connections is told that nobody knows.
func TestRegister_LostCommitIsSettledOrReportedUnknown(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name   string
		fates  []int
		told   string
		stored int
	}{
		{"applied", []int{dropCommitReply}, "", 1},
		{"not applied", []int{dropCommit}, "", 1},
		{"not applied, then applied", []int{dropCommit, dropCommitReply}, "", 1},
		{"not applied twice", []int{dropCommit, dropCommit}, "perhaps_done", 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			way := newProxy(t)
			p := newProxiedPortal(t, way)
			token, sent := p.generateLink(t), newRegistrationForm("ann@new.example")
			for _, fate := range test.fates {
				way.commitFates <- fate
			}
			told := ""
			if err := p.register(t, token, sent); err != nil {
				told = messageIDOfKind(err, app.Unavailable)
			}
			equal(t, "told", told, test.told)
			equal(t, "fates that nobody met", len(way.commitFates), 0)
			equal(t, "stored", p.count(t, "registrations", "1 = 1"), test.stored)
			check(t, p.register(t, token, sent))
			equal(t, "sent again", p.count(t, "registrations", "1 = 1"), 1)
			equal(t, "used", must(p.CurrentLink(t.Context(), p.super.Account.ID))(t).Used, 1)
		})
	}
}

// A transaction whose connection is lost before its Commit was not applied and runs again.
func TestTransact_ConnectionLostBeforeCommitRunsAgain(t *testing.T) {
	t.Parallel()
	way := newProxy(t)
	p := newProxiedPortal(t, way)
	tries := 0
	check(t, p.Transact(t.Context(), func(ctx context.Context, tx bun.Tx) error {
		tries++
		who := newIdentity("ann@new.example")
		if _, err := tx.NewInsert().Model(&who).Exec(ctx); err != nil {
			return err
		}
		if tries == 1 {
			way.closeConnections()
		}
		return touchIdentity(ctx, tx, p.super.Identity.ID)
	}))
	equal(t, "tries", tries, 2)
	equal(t, "stored", p.count(t, "identities", "email_key = ?", "ann@new.example"), 1)
}

func TestStore_UnreachableDatabaseIsUnavailable(t *testing.T) {
	t.Parallel()
	way := newProxy(t)
	p := newProxiedPortal(t, way)
	token := p.generateLink(t)
	way.stop()
	err := p.register(t, token, newRegistrationForm("ann@new.example"))
	equal(t, "told", messageIDOfKind(err, app.Unavailable), "database_away")
	equal(t, "the cause is kept for the log", strings.Contains(err.Error(), "unix"), true)
	_, err = p.CurrentLink(t.Context(), p.super.Account.ID)
	equal(t, "a reader is told", messageIDOfKind(err, app.Unavailable), "database_away")
	_, err = p.Members(t.Context(), p.super.Account.ID, app.MemberQuery{}, 5)
	equal(t, "a list too", messageIDOfKind(err, app.Unavailable), "database_away")
	equal(t, "readiness", errors.Is(p.Ready(t.Context()), app.DatabaseUnresponsive), true)
}

// A reader waits for no writer, and those who wait to write hold no connection that a reader needs.
func TestTransact_WaitingWritersDoNotBlockReaders(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		const writers = 60
		writing, done := make(chan struct{}), make(chan struct{})
		answers := make(chan error, writers)
		var once sync.Once
		for range writers {
			go func() {
				answers <- s.Transact(t.Context(), func(ctx context.Context, tx bun.Tx) error {
					once.Do(func() { close(writing) })
					<-done
					return touchIdentity(ctx, tx, p.super.Identity.ID)
				})
			}()
		}
		<-writing
		for range 50 {
			must(s.IdentityByEmail(t.Context(), "sue@acme.example"))(t)
		}
		close(done)
		for range writers {
			check(t, <-answers)
		}
	})
}

func TestTransact_WaitingWriterEndsWithItsContext(t *testing.T) {
	t.Parallel()
	s := dbtest.New(t)
	err := s.Transact(t.Context(), func(context.Context, bun.Tx) error {
		impatient, cancel := context.WithCancel(t.Context())
		cancel()
		return s.RecordActivity(impatient, app.Activity{})
	})
	equal(t, "cancelled", errors.Is(err, context.Canceled), true)
}
