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

// errorCases gives one error of each kind that a database or the way to it may give, and what the table of
// security-reliability, 3.3, says of it. Those of SQLite are real ones, for nobody but its driver can make
// one.
func errorCases(number uint16, text string, lite []errorCase) []errorCase {
	busy := slices.Contains([]uint16{1213, 1205, 8002, 8005, 9007}, number)
	away := slices.Contains([]uint16{1040, 1203, 1047, 1180, 1053, 1927, 1290, 1836, 1021, 1026, 1030, 1114}, number)
	all := append([]errorCase{{err: &mysql.MySQLError{Number: number, Message: text}, retryable: busy ||
		away, retryableAtCommit: busy}}, lite...)
	for _, err := range []error{
		driver.ErrBadConn, mysql.ErrInvalidConn, io.EOF, io.ErrUnexpectedEOF, context.DeadlineExceeded,
		&net.OpError{Op: text, Err: errors.New(text)},
	} {
		all = append(all, errorCase{err: err, retryable: true})
	}
	for _, err := range []error{context.Canceled, app.Refuse(app.Gone, "link_dead"), errors.New(text)} {
		all = append(all, errorCase{err: err})
	}
	return all
}

// wrapError wraps an error in whatever stands between.
func wrapError(err error, text string, wrap uint8) error {
	for range wrap % 4 {
		err = fmt.Errorf("%s: %w", text, err)
	}
	if wrap%8 > 3 {
		err = errors.Join(err, errors.New(text))
	}
	return err
}

// FuzzErrors_RetriedOnlyWhereNothingWasApplied: an error is tried again only where nothing was applied,
// whatever is wrapped around it, an unknown Commit never; and what people are told is one of two sentences,
// never the database's words.
func FuzzErrors_RetriedOnlyWhereNothingWasApplied(f *testing.F) {
	lite := sqliteErrorCases(f)
	for kind := range uint8(len(errorCases(0, "", lite))) {
		f.Add(kind, uint16(1213), "Deadlock found when trying to get lock", kind)
	}
	for _, number := range []uint16{
		1205, 1062, 1047, 1180, 1053, 1290, 1836, 1927, 1021, 1026, 1030, 1114, 8002, 8005,
		9007, 1317, 2006, 0, 65535,
	} {
		f.Add(uint8(0), number, "database is locked", uint8(number))
	}
	f.Fuzz(func(t *testing.T, kind uint8, number uint16, text string, wrap uint8) {
		all := errorCases(number, text, lite)
		row := all[int(kind)%len(all)]
		err, again, certain := wrapError(row.err, text, wrap), row.retryable, row.retryableAtCommit
		if got := db.Retryable(err); got != again {
			t.Errorf("%v: tried again is %t, want %t", err, got, again)
		}
		atCommit := db.ClassifyCommit(err)
		if got := db.Retryable(atCommit); got != certain {
			t.Errorf("%v at a Commit: tried again is %t, want %t", err, got, certain)
		}
		for _, told := range []error{db.Translate(err), db.Translate(atCommit)} {
			if told == nil || !errors.Is(told, err) {
				t.Errorf("%v is told as %v", err, told)
			}
			if id := messageIDOfKind(told, app.Unavailable); !slices.Contains([]string{
				"", "busy", "database_away",
				"perhaps_done",
			}, id) {
				t.Errorf("%v is said as %q", err, id)
			}
		}
		if messageIDOfKind(db.Translate(err), app.Unavailable) == "perhaps_done" {
			t.Errorf("%v is said to be done, perhaps, although it certainly was not", err)
		}
		if said := messageIDOfKind(db.Translate(err), app.Unavailable) != ""; said != again {
			t.Errorf("%v: told to come again is %t, want %t", err, said, again)
		}
		if messageIDOfKind(db.Translate(atCommit), app.Unavailable) == "" {
			t.Errorf("%v at a Commit passes for settled", err)
		}
	})
}

// sqliteErrorStatements are ways to an error of SQLite, which only its driver can make: statements of one
// connection, the last of which fails; those after "other" are another connection's.
func sqliteErrorStatements() map[int][]string {
	return map[int][]string{
		sqlite3.SQLITE_BUSY: {"other BEGIN IMMEDIATE", "BEGIN IMMEDIATE"},
		sqlite3.SQLITE_BUSY_SNAPSHOT: {
			"BEGIN", "SELECT * FROM t", "other INSERT INTO t VALUES (2)", "INSERT INTO t VALUES (3)",
		},
		sqlite3.SQLITE_FULL:                  {"PRAGMA max_page_count = 1", "CREATE TABLE u (x INTEGER)"},
		sqlite3.SQLITE_READONLY:              {"PRAGMA query_only = 1", "INSERT INTO t VALUES (2)"},
		sqlite3.SQLITE_CANTOPEN:              {"ATTACH '/nowhere/at/all' AS n"},
		sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: {"INSERT INTO t VALUES (1)"},
		sqlite3.SQLITE_CORRUPT: {
			"PRAGMA writable_schema = 1", "UPDATE sqlite_schema SET rootpage = 9999", "PRAGMA writable_schema = RESET",
			"SELECT * FROM t",
		},
		sqlite3.SQLITE_ERROR: {"SELECT nothing"},
	}
}

// sqliteErrorCases are what a SQLite file really answers, and what each leads to.
func sqliteErrorCases(t testing.TB) []errorCase {
	t.Helper()
	var all []errorCase
	ways := sqliteErrorStatements()
	for _, code := range slices.Sorted(maps.Keys(ways)) { // a fuzzer's numbers mean the same at every run
		statements := ways[code]
		err := provokeSQLiteError(t, statements)
		if lite, ok := errors.AsType[*sqlite.Error](err); !ok || lite.Code() != code {
			t.Fatalf("%q: got %v, want the code %d", statements, err, code)
		}
		told := sqliteMessageIDs()[code]
		all = append(all, errorCase{fmt.Errorf("wrapped: %w", err), told != "", told == "busy", told})
	}
	return all
}

func provokeSQLiteError(t testing.TB, statements []string) error {
	t.Helper()
	address := dbtest.SQLite(t)
	one, other := must(dbtest.Raw(t, address).Conn(t.Context()))(t), must(dbtest.Raw(t, address).Conn(t.Context()))(t)
	defer one.Close()
	defer other.Close()
	prepare := []string{
		"PRAGMA busy_timeout = 0", "PRAGMA journal_mode = WAL", "CREATE TABLE t (x INTEGER PRIMARY KEY)",
		"INSERT INTO t VALUES (1)",
	}
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

// sqliteMessageIDs is the table of security-reliability, 3.3, for SQLite: what people are told. What they are
// told nothing of is final; of a Commit "busy" alone is certain.
func sqliteMessageIDs() map[int]string {
	const busy, away = "busy", "database_away"
	return map[int]string{
		sqlite3.SQLITE_BUSY: busy, sqlite3.SQLITE_BUSY_SNAPSHOT: busy, sqlite3.SQLITE_BUSY_RECOVERY: busy,
		sqlite3.SQLITE_LOCKED: busy, sqlite3.SQLITE_LOCKED_SHAREDCACHE: busy,
		sqlite3.SQLITE_FULL: away, sqlite3.SQLITE_NOMEM: away, sqlite3.SQLITE_CANTOPEN: away,
		sqlite3.SQLITE_CANTOPEN_ISDIR: away,
		sqlite3.SQLITE_READONLY:       away, sqlite3.SQLITE_READONLY_DBMOVED: away,
		sqlite3.SQLITE_IOERR: away, sqlite3.SQLITE_IOERR_WRITE: away, sqlite3.SQLITE_IOERR_FSYNC: away,
		sqlite3.SQLITE_IOERR_NOMEM: away,
		sqlite3.SQLITE_CONSTRAINT:  "", sqlite3.SQLITE_CONSTRAINT_UNIQUE: "", sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY: "",
		sqlite3.SQLITE_CORRUPT: "", sqlite3.SQLITE_NOTADB: "", sqlite3.SQLITE_ERROR: "", sqlite3.SQLITE_MISUSE: "",
		sqlite3.SQLITE_INTERRUPT: "",
	}
}

// Codes that no test can bring about, such as a disk's faults, are judged as such.
func TestErrors_SQLiteCodesAreClassified(t *testing.T) {
	t.Parallel()
	for code, want := range sqliteMessageIDs() {
		equal(t, fmt.Sprint("code ", code), db.SQLiteMessageID(code), want)
	}
}

// errorCase is what an error of the database leads to.
type errorCase struct {
	err               error
	retryable         bool // may be tried again
	retryableAtCommit bool // so it is at a Commit too
	messageID         string
}

func mysqlErrorCases() []errorCase {
	number := func(n uint16) error { return fmt.Errorf("wrapped: %w", &mysql.MySQLError{Number: n}) }
	dial := &net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}
	return []errorCase{
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

func TestErrors_AreClassifiedAndTranslated(t *testing.T) {
	t.Parallel()
	for _, row := range append(mysqlErrorCases(), sqliteErrorCases(t)...) {
		equal(t, fmt.Sprint("passing ", row.err), db.Retryable(row.err), row.retryable)
		told := db.Translate(row.err)
		equal(t, fmt.Sprint("keeps ", row.err), errors.Is(told, row.err), true)
		equal(t, fmt.Sprint("becomes ", row.err), messageIDOfKind(told, app.Unavailable), row.messageID)

		atCommit := db.ClassifyCommit(row.err)
		equal(t, fmt.Sprint("tried again after a Commit ", row.err), db.Retryable(atCommit), row.retryableAtCommit)
		unsure := "perhaps_done"
		if row.retryableAtCommit {
			unsure = row.messageID
		}
		equal(t, fmt.Sprint("told after a Commit ", row.err), messageIDOfKind(db.Translate(atCommit), app.Unavailable),
			unsure)
	}
	equal(t, "success", db.Translate(db.ClassifyCommit(nil)) == nil, true)
}

// messageIDOfKind gives the message id of an error of that kind.
func messageIDOfKind(err error, kind app.Kind) string {
	if refusal, ok := errors.AsType[*app.Error](err); ok && refusal.Kind == kind {
		return refusal.Message.ID
	}
	return ""
}
