package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"reglink/app/config"
	"reglink/db"
)

// olderThanDatabase is what a program says of a database that a later version has changed.
const olderThanDatabase = "this program is older than its database, which a later version of Reglink has changed: " +
	"install that version, or restore a backup from before the upgrade"

func (l *commandLine) migrateCommand() *cobra.Command {
	var status, asJSON bool
	c := &cobra.Command{
		Use: "migrate", Short: "Bring the database to the version of this program, or create it. serve does it too.",
		Args: func(c *cobra.Command, args []string) error {
			if asJSON && !status {
				return errors.New("--json needs --status")
			}
			return needs()(c, args)
		},
		RunE: l.runs(func(ctx context.Context, _ []string) error {
			settings, err := l.settings()
			switch {
			case err != nil:
				return err
			case status:
				return l.printMigrations(ctx, settings, asJSON)
			}
			return l.migrate(ctx, settings)
		}),
	}
	c.Flags().BoolVar(&status, "status", false, "Change nothing; list applied and pending migrations")
	jsonFlag(c, &asJSON)
	c.Flags().SortFlags = false
	return c
}

func (l *commandLine) migrate(ctx context.Context, settings *config.Settings) error {
	store, err := db.Open(ctx, settings.DatabaseURL)
	if err != nil {
		return err
	}
	applied, err := store.MigrateReport(ctx)
	if err == nil {
		err = l.upgrade(ctx, settings, store) // nothing is left to do; it warns
	}
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	database := db.Name(settings.DatabaseURL)
	if len(applied) == 0 {
		fmt.Fprintf(l.Stdout, "Nothing to do: the database %s has every migration of this program.\n", database)
		return nil
	}
	fmt.Fprintf(l.Stdout, "Applied %s to the database %s:\n", count(len(applied), "migration"), database)
	for _, m := range applied {
		fmt.Fprintf(l.Stdout, "  %s  %s\n", m.Name, m.About)
	}
	return nil
}

// migrationRow is a migration as migrate --status prints it.
type migrationRow struct {
	Name      string            `json:"name"`
	About     string            `json:"about"` // empty if this program does not know it
	State     db.MigrationState `json:"state"`
	AppliedAt *time.Time        `json:"applied_at"` // null: pending
}

// migrationList is what migrate --status --json prints.
type migrationList struct {
	Database   string         `json:"database"`
	Older      bool           `json:"program_older_than_database"`
	Migrations []migrationRow `json:"migrations"`
}

func (l *commandLine) printMigrations(ctx context.Context, settings *config.Settings, asJSON bool) error {
	store, err := db.OpenExisting(ctx, settings.DatabaseURL)
	if err != nil {
		return err
	}
	all, err := store.Migrations(ctx)
	if err := errors.Join(err, store.Close()); err != nil {
		return err
	}
	found := migrationList{Database: db.Name(settings.DatabaseURL), Older: len(withState(all, db.MigrationUnknown)) > 0}
	for _, m := range all {
		one := migrationRow{Name: m.Name, About: m.About, State: m.State}
		if !m.AppliedAt.IsZero() {
			one.AppliedAt = &m.AppliedAt
		}
		found.Migrations = append(found.Migrations, one)
	}
	if asJSON {
		return writeJSON(l.Stdout, found)
	}
	fmt.Fprintf(l.Stdout, "Migrations of the database %s: %d applied, %d pending, %d unknown to this program\n",
		found.Database,
		len(withState(all, db.MigrationApplied)), len(withState(all, db.MigrationPending)), len(
			withState(all, db.MigrationUnknown)))
	table := tabwriter.NewWriter(l.Stdout, 0, 0, 2, ' ', 0)
	for _, m := range all {
		fmt.Fprintf(table, "  %s\t%s\t%s\n", m.Name, m.About, stateText(m))
	}
	if err := table.Flush(); err != nil || !found.Older {
		return err
	}
	fmt.Fprintf(l.Stdout, "Warning: %s.\n", olderThanDatabase)
	return nil
}

// stateText is a migration's state, and since when.
func stateText(m db.Migration) string {
	if m.AppliedAt.IsZero() {
		return string(m.State)
	}
	return string(m.State) + " " + m.AppliedAt.Format("2006-01-02 15:04 UTC")
}

func withState(all []db.Migration, state db.MigrationState) []db.Migration {
	var some []db.Migration
	for _, m := range all {
		if m.State == state {
			some = append(some, m)
		}
	}
	return some
}

// names joins the names of migrations.
func names(all []db.Migration) string {
	var some []string
	for _, m := range all {
		some = append(some, m.Name)
	}
	return strings.Join(some, ", ")
}
