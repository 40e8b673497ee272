package dbtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"reglink/db"
)

// Migrate brings an empty database that SQLite or MySQL gave to the program's present version, and gives its
// address: what Store.Migrate has made of another one in this process is copied, which takes a part of the
// time. What migrations do is for the tests of db.
func Migrate(t testing.TB, databaseURL string) string {
	t.Helper()
	var err error
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		var file []byte
		if file, err = migratedFile(); err == nil {
			err = os.WriteFile(path, file, 0o600)
		}
	} else {
		var dump string
		if dump, err = migratedDump(); err == nil {
			err = execSQL(t.Context(), databaseURL, dump)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return databaseURL
}

// Made when the first test asks, and never changed.
var (
	migratedFile = sync.OnceValues(migrateFile)
	migratedDump = sync.OnceValues(migrateDump)
)

func migrate(databaseURL string) error {
	s, err := db.Open(context.Background(), databaseURL)
	if err != nil {
		return err
	}
	return errors.Join(s.Migrate(context.Background()), s.Close())
}

func migrateFile() ([]byte, error) {
	folder, err := os.MkdirTemp("", "reglink-test-")
	if err != nil {
		return nil, err
	}
	path := filepath.Join(folder, "reglink.db")
	err = migrate("sqlite:" + path)
	if _, left := os.Stat(path + "-wal"); err == nil && left == nil {
		err = errors.New("the migrated database has a log that a copy would lack")
	}
	file, read := os.ReadFile(path) //nolint:gosec // our own
	return file, errors.Join(err, read, os.RemoveAll(folder))
}

func migrateDump() (string, error) {
	s, err := sharedServer()
	if err != nil {
		return "", err
	}
	const name = "template"
	ctx := context.Background()
	if _, err := s.admin.ExecContext(ctx, createDatabaseSQL(name)); err != nil {
		return "", err
	}
	if err := migrate(s.url(name)); err != nil {
		return "", err
	}
	dump, err := runClient(ctx, "mariadb-dump", s.url(name), nil, "--compact")
	return "SET FOREIGN_KEY_CHECKS = 0;\n" + string(dump), err // tables refer to each other in any order
}

// execSQL runs statements on a connection of their own.
func execSQL(ctx context.Context, databaseURL, statements string) error {
	pool, err := openRaw(databaseURL)
	if err != nil {
		return err
	}
	_, err = pool.ExecContext(ctx, statements)
	return errors.Join(err, pool.Close())
}
