package dbtest

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"reglink/db"
)

// Migrate brings a database of SQLite or MySQL, which must be empty, to the program's present version: what Store.Migrate has made of
// another one in this process is copied, which takes a small part of the time. What migrations themselves do is for the tests of db.
func Migrate(t testing.TB, databaseURL string) {
	t.Helper()
	if path, ok := strings.CutPrefix(databaseURL, "sqlite:"); ok {
		file, err := migratedFile()
		if err == nil {
			err = os.WriteFile(path, file, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
		return
	}
	if !strings.Contains(databaseURL, "@localhost/") { // on a server of its own, which has no template
		if err := migrated(databaseURL); err != nil {
			t.Fatal(err)
		}
		return
	}
	tables, err := migratedTables()
	if err == nil {
		err = tables.copy(t.Context(), databaseURL)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Made when the first test asks, and never changed.
var (
	migratedFile   = sync.OnceValues(migrateFile)
	migratedTables = sync.OnceValues(migrateTables)
)

func migrated(databaseURL string) error {
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
	err = migrated("sqlite:" + path)
	if _, left := os.Stat(path + "-wal"); err == nil && left == nil {
		err = errors.New("the migrated database has a log that a copy would lack")
	}
	file, read := os.ReadFile(path) //nolint:gosec // our own
	return file, errors.Join(err, read, os.RemoveAll(folder))
}

// template is the name of the database on the process's MariaDB whose tables are copied.
const template = "template"

// schema is the statements that make the tables of the template, and the rows that its migrations have written.
type schema []string

func migrateTables() (schema, error) {
	s, err := shared()
	if err != nil {
		return nil, err
	}
	ctx := context.Background()
	if _, err := s.admin.ExecContext(ctx, "CREATE DATABASE "+template+" CHARACTER SET utf8mb4 COLLATE utf8mb4_bin"); err != nil {
		return nil, err
	}
	databaseURL := "mysql://root@localhost/" + template + "?socket=" + url.QueryEscape(s.socket)
	if err := migrated(databaseURL); err != nil {
		return nil, err
	}
	pool, err := rawPool(databaseURL)
	if err != nil {
		return nil, err
	}
	all, err := statements(ctx, pool)
	return all, errors.Join(err, pool.Close())
}

func statements(ctx context.Context, pool *sql.DB) (schema, error) {
	var names string
	const query = "SELECT GROUP_CONCAT(table_name ORDER BY table_name) FROM information_schema.tables WHERE table_schema = DATABASE()"
	if err := pool.QueryRowContext(ctx, query).Scan(&names); err != nil {
		return nil, err
	}
	all := schema{"SET FOREIGN_KEY_CHECKS = 0"} // they refer to each other in any order
	for name := range strings.SplitSeq(names, ",") {
		var create string
		if err := pool.QueryRowContext(ctx, "SHOW CREATE TABLE "+name).Scan(&name, &create); err != nil {
			return nil, err
		}
		all = append(all, create)
		var filled bool
		if err := pool.QueryRowContext(ctx, "SELECT EXISTS (SELECT 1 FROM "+name+")").Scan(&filled); err != nil {
			return nil, err
		}
		if filled {
			all = append(all, "INSERT INTO "+name+" SELECT * FROM "+template+"."+name)
		}
	}
	return all, nil
}

func (all schema) copy(ctx context.Context, databaseURL string) error {
	pool, err := rawPool(databaseURL)
	if err != nil {
		return err
	}
	pool.SetMaxOpenConns(1) // the first statement is about the connection
	for _, statement := range all {
		if _, err := pool.ExecContext(ctx, statement); err != nil {
			return errors.Join(err, pool.Close())
		}
	}
	return pool.Close()
}
