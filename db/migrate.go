package db

import (
	"context"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"

	"github.com/go-sql-driver/mysql"
	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/migrate"

	"reglink/app/crash"
)

// One file is one DDL statement on MySQL, which cannot take one back; the same names stand in both folders.
//
//go:embed migrations
var migrations embed.FS

// Migrate brings the tables up to date. It does nothing where they are, and several servers may start at
// once: one migrates, the others wait for it. A migration that fails is not recorded and runs again the next
// time.
func (s *Store) Migrate(ctx context.Context) error {
	if err := s.engine.migrate(ctx, applyMigrations); err != nil {
		return fmt.Errorf("cannot migrate the database: %w", err)
	}
	return nil
}

func discoverMigrations(d *bun.DB) (*migrate.Migrations, error) {
	folder := "migrations/sqlite"
	if d.Dialect().Name() == dialect.MySQL {
		folder = "migrations/mysql"
	}
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return nil, err
	}
	all := migrate.NewMigrations()
	return all, all.Discover(files)
}

// checkMigrationsKnown refuses a database that is none of ours, or that a later version has migrated.
func (s *Store) checkMigrationsKnown(ctx context.Context) error {
	var done []string
	if err := s.bun.NewSelect().Table("bun_migrations").Column("name").OrderExpr("name").Scan(ctx, &done); err != nil ||
		len(done) == 0 {
		return errors.New("it is no database of Reglink")
	}
	all, err := discoverMigrations(s.bun)
	if err != nil {
		return err
	}
	for _, name := range done {
		if !slices.ContainsFunc(all.Sorted(), func(m migrate.Migration) bool { return m.Name == name }) {
			return fmt.Errorf("a later version of Reglink wrote it (migration %s)", name)
		}
	}
	return nil
}

func applyMigrations(ctx context.Context, d *bun.DB) error {
	all, err := discoverMigrations(d)
	if err != nil {
		return err
	}
	migrator := migrate.NewMigrator(d, resumable(all), migrate.WithMarkAppliedOnSuccess(true))
	if err := migrator.Init(ctx); err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx); err != nil {
		return err
	}
	return indexMissingMembers(ctx, d)
}

// resumable gives the migrations with one that was cut off between its statement and its record taken for
// what it is. SQLite takes the statement back with the transaction around all of them. MySQL does not, and
// would refuse it the second time: so that a migration has begun is written down before, and what an earlier
// start has begun may be there already, whole, as it is one statement. Where none has begun it, what is in
// its way is somebody else's and stays an error, at every start: what the server refused has not begun.
func resumable(all *migrate.Migrations) *migrate.Migrations {
	again := migrate.NewMigrations()
	for _, m := range all.Sorted() {
		up := m.Up
		m.Up = func(ctx context.Context, migrator *migrate.Migrator, m *migrate.Migration) error {
			before, err := markBegun(ctx, migrator.DB(), m.Name)
			if err != nil {
				return err
			}
			err = up(ctx, migrator, m)
			switch {
			case before && alreadyApplied(err):
			case !before && refusedByServer(err):
				return errors.Join(err, unmarkBegun(ctx, migrator.DB(), m.Name))
			case err != nil:
				return err
			}
			crash.At(crash.MidMigration)
			return nil
		}
		again.Add(m)
	}
	return again
}

// markBegun writes down that a migration begins, and tells whether an earlier start has done so.
func markBegun(ctx context.Context, d *bun.DB, name string) (bool, error) {
	if d.Dialect().Name() != dialect.MySQL {
		return false, nil
	}
	const table = "CREATE TABLE IF NOT EXISTS bun_migrations_begun (name VARCHAR(100) CHARACTER SET ascii COLLATE " +
		"ascii_bin NOT NULL PRIMARY KEY)"
	if _, err := d.ExecContext(ctx, table); err != nil {
		return false, err
	}
	_, err := d.ExecContext(ctx, "INSERT INTO bun_migrations_begun (name) VALUES (?)", name)
	if violates(err, tablePrimaryKey) {
		return true, nil
	}
	return false, err
}

// unmarkBegun takes back what markBegun has written down.
func unmarkBegun(ctx context.Context, d *bun.DB, name string) error {
	_, err := d.ExecContext(ctx, "DELETE FROM bun_migrations_begun WHERE name = ?", name)
	return err
}

const mysqlQueryInterrupted = 1317 // by somebody who killed the query: whatever it was doing then

// refusedByServer tells whether a MySQL server itself said that it has not run a statement.
func refusedByServer(err error) bool {
	my, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && my.Number != mysqlQueryInterrupted && classify(err) != unavailable
}

// alreadyApplied tells whether a statement found its own work done: a column or a key that it would make
// exists, or one that it would drop does not. Tables are made where they do not exist.
func alreadyApplied(err error) bool {
	my, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && slices.Contains([]uint16{1060, 1061, 1091}, my.Number)
}
