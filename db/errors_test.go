package db_test

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"slices"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/uptrace/bun"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// troubles gives one error of each kind that a database or the way to it may give, and what the table of security-reliability, 3.3, says
// of it. Those of SQLite are real ones, for nobody but its driver can make one.
func troubles(number uint16, text string, lite []outcome) []outcome {
	busy := slices.Contains([]uint16{1213, 1205, 8002, 8005, 9007}, number)
	away := slices.Contains([]uint16{1040, 1203, 1047, 1180, 1053, 1927, 1290, 1836, 1021, 1026, 1030, 1114}, number)
	all := append([]outcome{{err: &mysql.MySQLError{Number: number, Message: text}, passing: busy || away, settled: busy}}, lite...)
	for _, err := range []error{
		driver.ErrBadConn, mysql.ErrInvalidConn, io.EOF, io.ErrUnexpectedEOF, context.DeadlineExceeded, &net.OpError{Op: text, Err: errors.New(text)},
	} {
		all = append(all, outcome{err: err, passing: true})
	}
	for _, err := range []error{context.Canceled, app.Refuse(app.Gone, "link_dead"), errors.New(text)} {
		all = append(all, outcome{err: err})
	}
	return all
}

// inside wraps an error in whatever stands between.
func inside(err error, text string, wrap uint8) error {
	for range wrap % 4 {
		err = fmt.Errorf("%s: %w", text, err)
	}
	if wrap%8 > 3 {
		err = errors.Join(err, errors.New(text))
	}
	return err
}

// FuzzErrorClass: an error is tried again only where nothing was applied, whatever is wrapped around it, an unknown Commit never; and
// what people are told is one of two sentences, never the database's words.
func FuzzErrorClass(f *testing.F) {
	lite := sqliteErrors(f)
	for kind := range uint8(len(troubles(0, "", lite))) {
		f.Add(kind, uint16(1213), "Deadlock found when trying to get lock", kind)
	}
	for _, number := range []uint16{1205, 1062, 1047, 1180, 1053, 1290, 1836, 1927, 1021, 1026, 1030, 1114, 8002, 8005, 9007, 1317, 2006, 0, 65535} {
		f.Add(uint8(0), number, "database is locked", uint8(number))
	}
	f.Fuzz(func(t *testing.T, kind uint8, number uint16, text string, wrap uint8) {
		all := troubles(number, text, lite)
		row := all[int(kind)%len(all)]
		err, again, certain := inside(row.err, text, wrap), row.passing, row.settled
		if got := db.Passing(err); got != again {
			t.Errorf("%v: tried again is %t, want %t", err, got, again)
		}
		atCommit := db.Committed(err)
		if got := db.Passing(atCommit); got != certain {
			t.Errorf("%v at a Commit: tried again is %t, want %t", err, got, certain)
		}
		for _, told := range []error{db.Translate(err), db.Translate(atCommit)} {
			if told == nil || !errors.Is(told, err) {
				t.Errorf("%v is told as %v", err, told)
			}
			if id := message(told, app.Unavailable); !slices.Contains([]string{"", "busy", "database_away", "perhaps_done"}, id) {
				t.Errorf("%v is said as %q", err, id)
			}
		}
		if message(db.Translate(err), app.Unavailable) == "perhaps_done" {
			t.Errorf("%v is said to be done, perhaps, although it certainly was not", err)
		}
		if said := message(db.Translate(err), app.Unavailable) != ""; said != again {
			t.Errorf("%v: told to come again is %t, want %t", err, said, again)
		}
		if message(db.Translate(atCommit), app.Unavailable) == "" {
			t.Errorf("%v at a Commit passes for settled", err)
		}
	})
}

var errTakenBack = errors.New("taken back")

// FuzzEmailKeys: two addresses are one person in both databases if and only if their keys are equal (security-reliability, 5.2).
func FuzzEmailKeys(f *testing.F) {
	f.Add("nia@acme.example", "NIA@ACME.example")
	f.Add("nia@b\u00fccher.example", "nia@xn--bcher-kva.example")
	f.Add("anna@stra\u00dfe.example", "anna@strasse.example")
	f.Add("anna@\u0430pple.example", "anna@apple.example")
	f.Add("anna+tag@example.com", "anna@example.com")
	f.Add("anna@example.com", "anna @example.com")
	f.Add("a_b@example.com", "axb@example.com")
	f.Add("a%@example.com", "ab@example.com")
	stores := []*db.Store{dbtest.New(f), dbtest.NewMySQL(f)}
	f.Fuzz(func(t *testing.T, one, two string) {
		keys := [2]string{}
		for i, email := range []string{one, two} {
			key, problem := app.EmailKey(email)
			if problem.ID != "" {
				t.Skip("no address")
			}
			keys[i] = key
		}
		for _, s := range stores {
			taken := false
			err := s.Transact(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				first, second := person(one), person(two)
				if _, err := tx.NewInsert().Model(&first).Exec(ctx); err != nil {
					return err
				}
				known, err := tx.NewSelect().Model((*app.Identity)(nil)).Where("email_key = ?", keys[1]).Exists(ctx)
				if err != nil || known != (keys[0] == keys[1]) {
					t.Errorf("%q is found by %q: %t, %v", keys[0], keys[1], known, err)
				}
				_, err = tx.NewInsert().Model(&second).Exec(ctx)
				taken = err != nil
				return errTakenBack
			})
			if !errors.Is(err, errTakenBack) || taken != (keys[0] == keys[1]) {
				t.Errorf("%q and %q: taken is %t, %v", one, two, taken, err)
			}
		}
	})
}
