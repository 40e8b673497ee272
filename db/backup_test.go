package db_test

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reglink/db"
	"reglink/db/dbtest"
)

func TestBackup_WritesAPrivateNewFileOrNamesTheTool(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		s := dbtest.Open(t, databaseURL)
		check(t, s.Migrate(t.Context()))
		p := newPortal(t, s)
		path := filepath.Join(t.TempDir(), "it's a copy.db")
		err := s.Backup(t.Context(), path)
		if engineName(databaseURL) == "mysql" {
			equal(t, "names the tool", strings.Contains(err.Error(), "mariadb-dump"), true)
			return
		}
		check(t, err)
		equal(t, "private", must(os.Stat(path))(t).Mode().Perm(), fs.FileMode(0o600))
		if err := s.Backup(t.Context(), path); err == nil {
			t.Error("a backup was overwritten")
		}
		if err := s.Backup(t.Context(), filepath.Join(path, "x")); err == nil {
			t.Error("a backup was written into a file")
		}
		copied := dbtest.Open(t, "sqlite:"+path)
		acme := must(copied.AccountByCompanyID(t.Context(), p.super.Account.CompanyID))(t)
		equal(t, "account", *acme, p.super.Account)
	})
}

// Whoever copies a backup away while it is written finds none, and then the whole one.
func TestBackup_AppearsOnlyWhenComplete(t *testing.T) {
	t.Parallel()
	s, folder := newLargeStore(t), t.TempDir()
	path := filepath.Join(folder, "monday.db")
	check(t, os.WriteFile(path+".1.writing", []byte("of a backup that was killed"), 0o600))
	done := make(chan error, 1)
	go func() { done <- s.Backup(t.Context(), path) }()
	seen := map[int64]bool{}
	for len(done) == 0 {
		if file, err := os.Stat(path); err == nil {
			seen[file.Size()] = true
		}
	}
	check(t, <-done)
	delete(seen, must(os.Stat(path))(t).Size())
	equal(t, "sizes before it was whole", len(seen), 0)
	equal(t, "files", len(must(os.ReadDir(folder))(t)), 2)
	var found string
	check(t, dbtest.Raw(t, "sqlite:"+path).QueryRow("PRAGMA integrity_check").Scan(&found))
	equal(t, "damage", found, "ok")
}

// newLargeStore is a database that takes a while to be copied.
func newLargeStore(t *testing.T) *db.Store {
	t.Helper()
	s := dbtest.New(t)
	must(s.Bun().ExecContext(t.Context(), "CREATE TABLE bulk AS SELECT randomblob(20000000) AS x"))(t)
	return s
}

func TestBackup_FailureLeavesNoFile(t *testing.T) {
	t.Parallel()
	s, folder := dbtest.New(t), t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Backup(ctx, filepath.Join(folder, "monday.db")); err == nil {
		t.Error("a backup that nobody waits for was written")
	}
	equal(t, "files", len(must(os.ReadDir(folder))(t)), 0)
}
