package db_test

import (
	"testing"

	"reglink/db/dbtest"
)

// P-1: every connection of the pool syncs at each commit, keeps foreign keys and waits for the writer, not only the first one.
func TestEveryConnectionOfSQLiteIsSafe(t *testing.T) {
	t.Parallel()
	s := dbtest.New(t)
	pool := s.Bun().DB
	for range pool.Stats().MaxOpenConnections { // all at once, so that each is another one
		conn, err := pool.Conn(t.Context())
		check(t, err)
		defer conn.Close()
		for pragma, want := range map[string]string{
			"synchronous": "2", "journal_mode": "wal", "foreign_keys": "1", "busy_timeout": "5000",
		} {
			var got string
			check(t, conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
			equal(t, pragma, got, want)
		}
	}
}
