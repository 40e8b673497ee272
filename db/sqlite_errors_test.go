package db_test

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"reglink/db"
	"reglink/db/dbtest"
)

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
