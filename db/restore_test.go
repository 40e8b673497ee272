package db_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reglink/db"
	"reglink/db/dbtest"
)

// backupFixture is a backup of a portal with an account of that name, and what was in its log.
type backupFixture struct{ file, log string }

func newBackup(t *testing.T, account string) backupFixture {
	t.Helper()
	databaseURL := dbtest.SQLite(t)
	s := must(db.Open(t.Context(), databaseURL))(t)
	check(t, s.Migrate(t.Context()))
	newPortal(t, s).createAccount(t, account, "olga@other.example")
	b := backupFixture{file: filepath.Join(t.TempDir(), account+".db")}
	check(t, s.Backup(t.Context(), b.file))
	b.log = string(must(os.ReadFile(strings.TrimPrefix(databaseURL, "sqlite:") + "-wal"))(t))
	check(t, s.Close())
	return b
}

// requireRestored wants the database of an address to be whole and to have the account.
func requireRestored(t *testing.T, databaseURL, account string) {
	t.Helper()
	var found string
	raw := dbtest.Raw(t, databaseURL)
	check(t, raw.QueryRow("PRAGMA integrity_check").Scan(&found))
	equal(t, "damage", found, "ok")
	check(t, raw.QueryRow("SELECT name FROM accounts WHERE name <> 'Acme'").Scan(&found))
	equal(t, "account", found, account)
}

// A log that has lost its database, or its draft, is not read into what is restored.
func TestRestore_KeepsStrayLogsOut(t *testing.T) {
	t.Parallel()
	old, wanted := newBackup(t, "Old"), newBackup(t, "Wanted")
	for _, beside := range []string{"", ".restoring"} {
		databaseURL := dbtest.SQLite(t)
		path := strings.TrimPrefix(databaseURL, "sqlite:")
		check(t, os.WriteFile(path+beside+"-wal", []byte(old.log), 0o600))
		kept, err := db.Restore(t.Context(), databaseURL,
			db.RestoreOptions{From: wanted.file, At: fixedTime, Check: acceptAny})
		check(t, err)
		requireRestored(t, databaseURL, "Wanted")
		if beside == "" {
			equal(t, "kept", string(must(os.ReadFile(kept))(t)), old.log)
			continue
		}
		equal(t, "kept of a draft", kept, "")
	}
}

func acceptAny(context.Context, *db.Store) error { return nil }

// A database that somebody reads while it is judged keeps its log, and is not put into place without it.
func TestRestore_RefusesADraftInUse(t *testing.T) {
	t.Parallel()
	wanted, databaseURL := newBackup(t, "Wanted"), dbtest.SQLite(t)
	path := strings.TrimPrefix(databaseURL, "sqlite:")
	reader := dbtest.Raw(t, "sqlite:"+path+".restoring")
	_, err := db.Restore(t.Context(), databaseURL, db.RestoreOptions{
		From: wanted.file, At: fixedTime,
		Check: func(ctx context.Context, _ *db.Store) error {
			_, err := reader.ExecContext(ctx, "SELECT 1 FROM accounts")
			return err
		},
	})
	if err == nil || !strings.Contains(err.Error(), "somebody uses") {
		t.Errorf("got %v", err)
	}
	equal(t, "left", len(must(filepath.Glob(path+"*"))(t)), 1) // the lock
}
