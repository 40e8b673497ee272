package db

import (
	"context"
	"embed"
	"fmt"
	"io/fs"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/dialect"
	"github.com/uptrace/bun/migrate"
)

// One file is one DDL statement on MySQL, which cannot take one back; the same names stand in both folders.
//
//go:embed migrations
var migrations embed.FS

// Migrate brings the tables up to date. It does nothing where they are, and several servers may start at once: one migrates, the
// others wait for it. A migration that fails is not recorded and runs again the next time.
func (s *Store) Migrate(ctx context.Context) error {
	if err := s.engine.migrate(ctx, applyMigrations); err != nil {
		return fmt.Errorf("cannot migrate the database: %w", err)
	}
	return nil
}

func applyMigrations(ctx context.Context, d *bun.DB) error {
	folder := "migrations/sqlite"
	if d.Dialect().Name() == dialect.MySQL {
		folder = "migrations/mysql"
	}
	files, err := fs.Sub(migrations, folder)
	if err != nil {
		return err
	}
	all := migrate.NewMigrations()
	if err := all.Discover(files); err != nil {
		return err
	}
	migrator := migrate.NewMigrator(d, all, migrate.WithMarkAppliedOnSuccess(true))
	if err := migrator.Init(ctx); err != nil {
		return err
	}
	if _, err := migrator.Migrate(ctx); err != nil {
		return err
	}
	return indexMembers(ctx, d)
}
