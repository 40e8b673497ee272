package db

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/uptrace/bun"
	"github.com/uptrace/bun/migrate"
)

// MigrationState says how a migration is related to a database.
type MigrationState string

// The states.
const (
	MigrationApplied MigrationState = "applied"
	MigrationPending MigrationState = "pending" // this program would apply it
	MigrationUnknown MigrationState = "unknown" // a later version of Reglink has applied it
)

// Migration is one step by which the tables came to be as they are.
type Migration struct {
	Name      string // a number, which orders them
	About     string // what it does, in a word or two; empty for one that is unknown
	State     MigrationState
	AppliedAt time.Time // zero if it is pending
}

// Migrations lists those that were applied to the database and those that this program would apply, in their order.
// It changes nothing, and needs a database that Migrated reports.
func (s *Store) Migrations(ctx context.Context) ([]Migration, error) {
	return listMigrations(ctx, s.bun)
}

// MigrateReport does what Migrate does and returns the migrations that it applied. What another program applies at
// the same time is not among them.
func (s *Store) MigrateReport(ctx context.Context) ([]Migration, error) {
	var applied []Migration
	err := s.engine.migrate(ctx, func(ctx context.Context, d *bun.DB) error {
		// The table of migrations has to be there to be asked what is missing.
		if err := migrate.NewMigrator(d, migrate.NewMigrations()).Init(ctx); err != nil {
			return err
		}
		all, err := listMigrations(ctx, d)
		if err != nil {
			return err
		}
		applied = slices.DeleteFunc(all, func(m Migration) bool { return m.State != MigrationPending })
		return applyMigrations(ctx, d)
	})
	if err != nil {
		return nil, fmt.Errorf("cannot migrate the database: %w", err)
	}
	return applied, nil
}

func listMigrations(ctx context.Context, d *bun.DB) ([]Migration, error) {
	known, err := discoverMigrations(d)
	if err != nil {
		return nil, err
	}
	applied, err := migrate.NewMigrator(d, known).AppliedMigrations(ctx)
	if err != nil {
		return nil, translate(err)
	}
	at := map[string]time.Time{}
	for _, m := range applied {
		at[m.Name] = m.MigratedAt.UTC()
	}
	var all []Migration
	for _, m := range known.Sorted() {
		one := Migration{Name: m.Name, About: strings.ReplaceAll(m.Comment, "_", " "), State: MigrationPending}
		if when, ok := at[m.Name]; ok {
			one.State, one.AppliedAt = MigrationApplied, when
		}
		all = append(all, one)
		delete(at, m.Name)
	}
	for name, when := range at {
		all = append(all, Migration{Name: name, State: MigrationUnknown, AppliedAt: when})
	}
	slices.SortFunc(all, func(a, b Migration) int { return strings.Compare(a.Name, b.Name) })
	return all, nil
}
