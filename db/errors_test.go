package db_test

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/go-sql-driver/mysql"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

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

// sqliteTroubles are ways to an error of SQLite, which only its driver can make: statements of one connection, the last of which fails;
// those after "other" are another connection's.
func sqliteTroubles() map[int][]string {
	return map[int][]string{
		sqlite3.SQLITE_BUSY:                  {"other BEGIN IMMEDIATE", "BEGIN IMMEDIATE"},
		sqlite3.SQLITE_BUSY_SNAPSHOT:         {"BEGIN", "SELECT * FROM t", "other INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (3)"},
		sqlite3.SQLITE_FULL:                  {"PRAGMA max_page_count = 1", "CREATE TABLE u (x INTEGER)"},
		sqlite3.SQLITE_READONLY:              {"PRAGMA query_only = 1", "INSERT INTO t VALUES (2)"},
		sqlite3.SQLITE_CANTOPEN:              {"ATTACH '/nowhere/at/all' AS n"},
		sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: {"INSERT INTO t VALUES (1)"},
		sqlite3.SQLITE_CORRUPT: {
			"PRAGMA writable_schema = 1", "UPDATE sqlite_schema SET rootpage = 9999", "PRAGMA writable_schema = RESET", "SELECT * FROM t",
		},
		sqlite3.SQLITE_ERROR: {"SELECT nothing"},
	}
}

// sqliteErrors are what a SQLite file really answers, and what each leads to.
func sqliteErrors(t testing.TB) []outcome {
	t.Helper()
	var all []outcome
	ways := sqliteTroubles()
	for _, code := range slices.Sorted(maps.Keys(ways)) { // a fuzzer's numbers mean the same at every run
		statements := ways[code]
		err := troubled(t, statements)
		if lite, ok := errors.AsType[*sqlite.Error](err); !ok || lite.Code() != code {
			t.Fatalf("%q: got %v, want the code %d", statements, err, code)
		}
		told := sqliteOutcomes()[code]
		all = append(all, outcome{fmt.Errorf("wrapped: %w", err), told != "", told == "busy", told})
	}
	return all
}

func troubled(t testing.TB, statements []string) error {
	t.Helper()
	address := dbtest.SQLite(t)
	one, other := must(dbtest.Raw(t, address).Conn(t.Context()))(t), must(dbtest.Raw(t, address).Conn(t.Context()))(t)
	defer one.Close()
	defer other.Close()
	prepare := []string{"PRAGMA busy_timeout = 0", "PRAGMA journal_mode = WAL", "CREATE TABLE t (x INTEGER PRIMARY KEY)", "INSERT INTO t VALUES (1)"}
	var err error
	for _, statement := range append(prepare, statements...) {
		check(t, err)
		by, statement := connectionOf(statement, one, other)
		_, err = by.ExecContext(t.Context(), statement)
	}
	return err
}

func connectionOf(statement string, one, other *sql.Conn) (*sql.Conn, string) {
	if theirs, ok := strings.CutPrefix(statement, "other "); ok {
		return other, theirs
	}
	return one, statement
}

// sqliteOutcomes is the table of security-reliability, 3.3, for SQLite: what people are told. What they are told nothing of is final; of a
// Commit "busy" alone is certain.
func sqliteOutcomes() map[int]string {
	const busy, away = "busy", "database_away"
	return map[int]string{
		sqlite3.SQLITE_BUSY: busy, sqlite3.SQLITE_BUSY_SNAPSHOT: busy, sqlite3.SQLITE_BUSY_RECOVERY: busy,
		sqlite3.SQLITE_LOCKED: busy, sqlite3.SQLITE_LOCKED_SHAREDCACHE: busy,
		sqlite3.SQLITE_FULL: away, sqlite3.SQLITE_NOMEM: away, sqlite3.SQLITE_CANTOPEN: away, sqlite3.SQLITE_CANTOPEN_ISDIR: away,
		sqlite3.SQLITE_READONLY: away, sqlite3.SQLITE_READONLY_DBMOVED: away,
		sqlite3.SQLITE_IOERR: away, sqlite3.SQLITE_IOERR_WRITE: away, sqlite3.SQLITE_IOERR_FSYNC: away, sqlite3.SQLITE_IOERR_NOMEM: away,
		sqlite3.SQLITE_CONSTRAINT: "", sqlite3.SQLITE_CONSTRAINT_UNIQUE: "", sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: "",
		sqlite3.SQLITE_CORRUPT: "", sqlite3.SQLITE_NOTADB: "", sqlite3.SQLITE_ERROR: "", sqlite3.SQLITE_MISUSE: "", sqlite3.SQLITE_INTERRUPT: "",
	}
}

// Codes that no test can bring about, such as a disk's faults, are judged as such.
func TestSQLiteClasses(t *testing.T) {
	t.Parallel()
	for code, want := range sqliteOutcomes() {
		equal(t, fmt.Sprint("code ", code), db.SQLiteTold(code), want)
	}
}

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
