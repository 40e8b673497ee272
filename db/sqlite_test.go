package db_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/uptrace/bun"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// P-1: every connection of the pool syncs at each commit, keeps foreign keys and waits for the writer, not
// only the first one.
func TestSQLite_EveryPoolConnectionHasThePragmas(t *testing.T) {
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

func TestSQLite_FilesArePrivate(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "a b", "c%20d?#")
	s := dbtest.Open(t, "sqlite:"+folder+"/reglink.db")
	check(t, s.Migrate(t.Context()))
	newPortal(t, s)
	equal(t, "folder", must(os.Stat(folder))(t).Mode().Perm(), fs.FileMode(0o700))
	for _, name := range []string{"reglink.db", "reglink.db-wal", "reglink.db-shm"} {
		equal(t, name, must(os.Stat(filepath.Join(folder, name)))(t).Mode().Perm(), fs.FileMode(0o600))
	}
}

func TestSQLite_HeldConnectionsHaveThePragmas(t *testing.T) {
	t.Parallel()
	s := dbtest.New(t)
	for range 4 { // held, so that each is another one
		conn := must(s.Bun().Conn(t.Context()))(t)
		defer conn.Close()
		for pragma, want := range map[string]string{
			"busy_timeout": "5000", "journal_mode": "wal", "synchronous": "2", "foreign_keys": "1",
		} {
			var got string
			check(t, conn.QueryRowContext(t.Context(), "PRAGMA "+pragma).Scan(&got))
			equal(t, pragma, got, want)
		}
	}
}

// A transaction that may write holds the file from its beginning: one that read first could only fail when it writes.
func TestSQLite_TransactionsBeginAsWriters(t *testing.T) {
	t.Parallel()
	s := dbtest.New(t)
	check(t, s.Transact(t.Context(), func(ctx context.Context, _ bun.Tx) error {
		other := must(s.Bun().Conn(ctx))(t)
		defer other.Close()
		must(other.ExecContext(ctx, "PRAGMA busy_timeout = 0"))(t)
		_, err := other.ExecContext(ctx, "BEGIN IMMEDIATE")
		equal(t, "busy", messageIDOfKind(db.Translate(err), app.Unavailable), "busy")
		return nil
	}))
}

func TestSQLite_OldVersionIsRefused(t *testing.T) {
	t.Parallel()
	for version, fit := range map[string]bool{
		"3.51.3": true, "3.51.10": true, "3.52.0": true, "3.100.0": true, "4.0.0": true,
		"3.51.2": false, "3.9.9": false, "3.50.7": false, "2.99.99": false, "": false,
	} {
		equal(t, version, db.CheckSQLiteVersion(version) == nil, fit)
	}
}
