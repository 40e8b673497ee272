// Package dbtest gives tests real databases: a SQLite file each, and a database each on a MariaDB server that
// belongs to the test process and ends with it. Nothing is mocked. MariaDB stands in for MySQL: package db
// asks it for nothing that MySQL has not.
package dbtest

import (
	"path/filepath"
	"testing"

	"reglink/db"
)

// New gives a migrated store on a fresh SQLite file, closed when the test ends.
func New(t testing.TB) *db.Store {
	t.Helper()
	return Open(t, Migrate(t, SQLite(t)))
}

// NewMySQL gives a migrated store on a fresh database of the process's MariaDB.
func NewMySQL(t testing.TB) *db.Store {
	t.Helper()
	return Open(t, Migrate(t, MySQL(t)))
}

// SQLite gives the address of a SQLite file that does not exist yet.
func SQLite(t testing.TB) string {
	t.Helper()
	return "sqlite:" + filepath.Join(t.TempDir(), "reglink.db")
}

// Open opens a database for as long as the test runs, and does not migrate it: for tests that want two
// servers on one database.
func Open(t testing.TB, databaseURL string) *db.Store {
	t.Helper()
	s, err := db.Open(t.Context(), databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// runner is a test or a benchmark.
type runner[T any] interface {
	testing.TB
	Run(name string, f func(T)) bool
}

// Each runs a test or benchmark twice, as "sqlite" and "mysql", each time on a fresh migrated store.
func Each[T runner[T]](t T, run func(t T, s *db.Store)) {
	t.Helper()
	t.Run("sqlite", func(t T) { run(t, New(t)) })
	t.Run("mysql", func(t T) { run(t, NewMySQL(t)) })
}

// EachURL is Each with the address of a database that exists but is empty.
func EachURL[T runner[T]](t T, run func(t T, databaseURL string)) {
	t.Helper()
	t.Run("sqlite", func(t T) { run(t, SQLite(t)) })
	t.Run("mysql", func(t T) { run(t, MySQL(t)) })
}

// CountStatements gives how many SQL statements do costs on the store, BEGIN and COMMIT included. Nobody else
// may use the store meanwhile.
func CountStatements(t testing.TB, s *db.Store, do func()) int {
	t.Helper()
	before := s.Statements()
	do()
	return s.Statements() - before
}
