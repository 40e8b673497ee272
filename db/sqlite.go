package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect/feature"
	"github.com/uptrace/bun/dialect/sqlitedialect"
	"github.com/uptrace/bun/schema"
	_ "modernc.org/sqlite" // the driver "sqlite"

	"reglink/app"
	"reglink/app/fileowner"
)

// oldestSQLite is the first release that cannot lose committed transactions when a WAL is reset
// (sqlite.org/wal.html, "The WAL-Reset Bug"; references/security-reliability, finding 12).
const oldestSQLite = "3.51.3"

type sqliteFile struct{ path string }

func newSQLite(path string) (engine, error) {
	if path == "" || path == ":memory:" {
		return nil, errors.New("DATABASE_URL must name a file, as in sqlite:data/reglink.db")
	}
	return sqliteFile{filepath.Clean(path)}, nil
}

// dsn makes every connection wait for the writer before it (busy timeout), begin as a writer (txlock: a
// transaction that reads first and then writes could only fail), keep foreign keys, and lose nothing
// acknowledged when the power fails (synchronous).
func (f sqliteFile) dsn() string {
	options := url.Values{
		"_busy_timeout": {"5000"},
		"_journal_mode": {"WAL"},
		"_synchronous":  {"FULL"},
		"_foreign_keys": {"on"},
		"_txlock":       {"immediate"},
		"_timezone":     {"UTC"},
		"_dqs":          {"false"},
	}
	return "file:" + (&url.URL{Path: f.path}).EscapedPath() + "?" + options.Encode()
}

func (f sqliteFile) open(ctx context.Context) (*sql.DB, error) {
	if err := f.create(); err != nil {
		return nil, fmt.Errorf("cannot create the database %s: %w", f.path, err)
	}
	pool, err := sql.Open("sqlite", f.dsn())
	if err != nil {
		return nil, fmt.Errorf("cannot open the database %s: %w", f.path, err)
	}
	readers := max(4, 2*runtime.NumCPU())
	pool.SetMaxOpenConns(readers + f.writers())
	pool.SetMaxIdleConns(readers + f.writers())
	if err := f.checkVersion(ctx, pool); err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return pool, nil
}

// create makes the file before SQLite does, which would let everybody read it.
func (f sqliteFile) create() error {
	if err := fileowner.MkdirAll(filepath.Dir(f.path)); err != nil {
		return err
	}
	if err := fileowner.Create(f.path); err != nil {
		return err
	}
	file, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE, 0o600) // creates only where a link leads to nothing yet
	if err != nil {
		return err
	}
	return file.Close()
}

func (f sqliteFile) checkVersion(ctx context.Context, pool *sql.DB) error {
	var version string
	// Two processes that begin a new file at once can meet when it becomes a WAL database; that does not wait by itself.
	ask := func() error { return pool.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&version) }
	err := retry(ctx, 1, ask, func(error) {})
	if err != nil {
		return fmt.Errorf("cannot open the database %s: %w", f.path, err)
	}
	return checkSQLiteVersion(version)
}

func checkSQLiteVersion(version string) error {
	if slices.Compare(parseVersion(version), parseVersion(oldestSQLite)) < 0 {
		return fmt.Errorf("SQLite %s can lose data that was committed; Reglink needs %s or later", version, oldestSQLite)
	}
	return nil
}

func parseVersion(version string) []int {
	var all []int
	for part := range strings.SplitSeq(version, ".") {
		n, _ := strconv.Atoi(part)
		all = append(all, n)
	}
	return all
}

func (sqliteFile) dialect() schema.Dialect {
	return sqlitedialect.New(
		sqlitedialect.WithoutFeature(feature.Returning | feature.InsertReturning | feature.DeleteReturning))
}

// writers is one because SQLite has one at a time. Left to wait in SQLite they poll: of 40 at once the
// slowest 1% took 2 s instead of 50 ms, and all together six times as long (measured).
func (sqliteFile) writers() int { return 1 }

// migrate runs everything in one transaction on the only connection of a pool: whoever comes second waits for
// the file, and a migration that fails leaves nothing behind.
func (f sqliteFile) migrate(ctx context.Context, run func(context.Context, *bun.DB) error) error {
	pool, err := sql.Open("sqlite", f.dsn())
	if err != nil {
		return err
	}
	pool.SetMaxOpenConns(1)
	only := bun.NewDB(pool, f.dialect())
	return errors.Join(inOneTransaction(ctx, only, run), only.Close())
}

func inOneTransaction(ctx context.Context, only *bun.DB, run func(context.Context, *bun.DB) error) error {
	if _, err := only.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return err
	}
	if err := run(ctx, only); err != nil {
		return err // closing the connection takes everything back
	}
	_, err := only.ExecContext(ctx, "COMMIT")
	return err
}

// probeSize is more than a transaction of ours writes.
const probeSize = 256 << 10

// checkUsable tries whether the disk takes more: SQLite writes at the Commit, so a transaction that is taken
// back does not show it.
func (f sqliteFile) checkUsable(context.Context, *bun.DB) error {
	path := f.path + ".probe"
	err := os.WriteFile(path, make([]byte, probeSize), 0o600)
	if removed := os.Remove(path); err == nil {
		err = removed
	}
	if err != nil {
		return fmt.Errorf("%w: %w", app.DatabaseReadOnly, err)
	}
	return nil
}
