package db_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/uptrace/bun"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// outcome is what an error of the database leads to.
type outcome struct {
	err      error
	passing  bool // may be tried again
	settled  bool // so it is at a Commit too
	becoming string
}

func errorClasses() []outcome {
	number := func(n uint16) error { return fmt.Errorf("wrapped: %w", &mysql.MySQLError{Number: n}) }
	dial := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	return []outcome{
		{number(1213), true, true, "busy"},
		{number(1205), true, true, "busy"},
		{number(8002), true, true, "busy"},
		{number(9007), true, true, "busy"},
		{number(8005), true, true, "busy"},
		{number(1047), true, false, "database_away"},
		{number(1180), true, false, "database_away"},
		{number(1040), true, false, "database_away"},
		{number(1053), true, false, "database_away"},
		{number(1290), true, false, "database_away"},
		{number(1836), true, false, "database_away"},
		{number(1203), true, false, "database_away"},
		{number(1927), true, false, "database_away"},
		{number(1021), true, false, "database_away"},
		{number(1026), true, false, "database_away"},
		{number(1030), true, false, "database_away"},
		{number(1114), true, false, "database_away"},
		{driver.ErrBadConn, true, false, "database_away"},
		{mysql.ErrInvalidConn, true, false, "database_away"},
		{io.ErrUnexpectedEOF, true, false, "database_away"},
		{dial, true, false, "database_away"},
		{context.DeadlineExceeded, true, false, "database_away"},
		{number(1062), false, false, ""},
		{number(1452), false, false, ""},
		{number(1406), false, false, ""},
		{context.Canceled, false, false, ""},
		{app.Refuse(app.Gone, "link_dead"), false, false, ""},
		{errors.New("a fault"), false, false, ""},
	}
}

func TestErrorClasses(t *testing.T) {
	t.Parallel()
	for _, row := range append(errorClasses(), sqliteErrors(t)...) {
		equal(t, fmt.Sprint("passing ", row.err), db.Passing(row.err), row.passing)
		told := db.Translate(row.err)
		equal(t, fmt.Sprint("keeps ", row.err), errors.Is(told, row.err), true)
		equal(t, fmt.Sprint("becomes ", row.err), message(told, app.Unavailable), row.becoming)

		atCommit := db.Committed(row.err)
		equal(t, fmt.Sprint("tried again after a Commit ", row.err), db.Passing(atCommit), row.settled)
		unsure := "perhaps_done"
		if row.settled {
			unsure = row.becoming
		}
		equal(t, fmt.Sprint("told after a Commit ", row.err), message(db.Translate(atCommit), app.Unavailable), unsure)
	}
	equal(t, "success", db.Translate(db.Committed(nil)) == nil, true)
}

// message gives the message id of an error of that kind.
func message(err error, kind app.Kind) string {
	if refusal, ok := errors.AsType[*app.Error](err); ok && refusal.Kind == kind {
		return refusal.Message.ID
	}
	return ""
}

func TestKeyNames(t *testing.T) {
	t.Parallel()
	const key = "identities_email_key"
	for text, want := range map[string]bool{
		"Duplicate entry 'a@b.c' for key 'identities_email_key'":                                          true,
		"Duplicate entry 'a@b.c' for key 'identities.identities_email_key'":                               true,
		"Doppelter Eintrag 'a@b.c' für Schlüssel 'identities_email_key'":                                  true,
		"target: x.-.primary: Duplicate entry 'a' for key 'identities.identities_email_key' (errno 1062)": true,
		"Duplicate entry 'identities_email_key@b.c' for key 'PRIMARY'":                                    false,
		"Duplicate entry 'a@b.c' for key 'other_identities_email_key'":                                    false,
		"Duplicate entry 'a@b.c' for key 'identities_email_key_2'":                                        false,
	} {
		equal(t, text, db.NamesKey(text, key), want)
	}
}

func TestTransactionIsTriedAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		tries := 0
		check(t, s.Transact(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			tries++
			who := person("ann@new.example")
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

func TestTransactionGivesUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		err := s.Transact(t.Context(), func(context.Context, bun.Tx) error { return &mysql.MySQLError{Number: 1205} })
		equal(t, "told", message(err, app.Unavailable), "busy")
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
func TestTriesEnd(t *testing.T) {
	t.Parallel()
	contended, away := &mysql.MySQLError{Number: 1213}, driver.ErrBadConn
	for name, c := range map[string]struct {
		err    error
		rounds int
		takes  time.Duration // each try
		tries  int
		within time.Duration
	}{
		"contended":               {contended, 1, 0, 5, 300 * time.Millisecond}, // 10, 20, 40 and 80 ms, and as much again at most
		"contended, five rounds":  {contended, 5, 0, 25, 3500 * time.Millisecond},
		"away":                    {away, 1, 0, 5, 300 * time.Millisecond},
		"away, five rounds":       {away, 5, 0, 5, 300 * time.Millisecond},
		"slow":                    {contended, 1, 1500 * time.Millisecond, 2, 3100 * time.Millisecond},
		"slow, five rounds":       {contended, 5, 3 * time.Second, 4, 13 * time.Second},
		"cannot be helped":        {errors.New("a fault"), 5, 0, 1, 0},
		"perhaps done, no second": {db.Committed(away), 5, 0, 1, 0},
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
func TestTransactionTakesBack(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		insert := func(then func() error) error {
			return s.Transact(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				who := person("ann@new.example")
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
func TestDeadlockIsSurvived(t *testing.T) {
	t.Parallel()
	s := dbtest.NewMySQL(t)
	p := newPortal(t, s)
	ids := []string{p.super.Identity.ID, p.account(t, "Other", "olga@other.example").Identity.ID}
	var met sync.WaitGroup
	met.Add(2)
	tries := make([]int, 2)
	for i, err := range parallel(2, func(i int) error {
		return s.Transact(t.Context(), func(ctx context.Context, tx bun.Tx) error {
			tries[i]++
			if err := touch(ctx, tx, ids[i]); err != nil {
				return err
			}
			if tries[i] == 1 { // the first try of each holds one row before it asks for the other
				met.Done()
				met.Wait()
			}
			return touch(ctx, tx, ids[1-i])
		})
	}) {
		if err != nil {
			t.Errorf("transaction %d: %v", i, err)
		}
	}
	equal(t, "one ran again", tries[0]+tries[1] > 2, true)
}

func touch(ctx context.Context, tx bun.Tx, id string) error {
	_, err := tx.NewUpdate().Model((*app.Identity)(nil)).Set("phone = ?", id).Where("id = ?", id).Exec(ctx)
	return err
}
