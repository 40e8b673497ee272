package trial_test

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"reglink/app/cli/trial"
	"reglink/app/crash"
	"reglink/db/dbtest"
)

// K-2: killed after each migration was done and before that is recorded. The next start must go on from
// there, to the same tables.
func TestKillInMigrations(t *testing.T) {
	faults(t)
	eachEngine(t, func(t *testing.T, databaseURL, engine string) {
		file := crashFile(t)
		site := trial.NewSite(t, databaseURL)
		server := site.NewServer(databaseURL, "REGLINK_CRASH_FILE="+file)
		kills, all := 0, migrations(t)
		for n := 1; n <= all; n++ {
			meeting := 1 // MySQL keeps what was done, so each start gets one further
			if engine == "SQLite" {
				meeting = n // and SQLite takes all of it back
			}
			ask(t, file, crash.MidMigration, meeting)
			if err := server.Restart(); err == nil || asked(file) {
				t.Fatalf("migration %d: %v", n, err)
			}
			kills++
		}
		server.MustRestart()
		if got, want := tables(t, databaseURL), tables(t, migrated(t, engine)); got != want {
			t.Errorf("got other tables than a migration without a kill makes:\n%s\nwant\n%s", got, want)
		}
		site.Settle(server, 2)
		crowd := site.Load(trial.Mix{Registrants: 1, Forms: 1, Retries: true}, server)
		crowd.Finish()
		verdict := site.Check(crowd, server, 0)
		trial.Report(trial.Row{Run: "K-2 kill -9 in each migration, " + engine, Times: kills, Verdict: verdict})
	})
}

func migrations(t *testing.T) int {
	t.Helper()
	files, err := filepath.Glob("../../../db/migrations/mysql/*.up.sql")
	if err != nil || len(files) < 20 {
		t.Fatalf("found %d migrations, %v", len(files), err)
	}
	return len(files)
}

func migrated(t *testing.T, engine string) string {
	t.Helper()
	databaseURL := dbtest.SQLite(t)
	if engine != "SQLite" {
		databaseURL = dbtest.MySQL(t)
	}
	if err := dbtest.Open(t, databaseURL).Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	return databaseURL
}

// tables gives what the database says of how its tables are made.
func tables(t *testing.T, databaseURL string) string {
	t.Helper()
	raw := dbtest.Raw(t, databaseURL)
	if strings.HasPrefix(databaseURL, "sqlite:") {
		return strings.Join(column(t, raw,
			"SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'bun%' AND sql IS NOT NULL ORDER BY name"), "\n")
	}
	var made []string
	for _, name := range column(t, raw,
		"SELECT table_name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name NOT LIKE 'bun%' "+
			"ORDER BY table_name") {
		var sql string
		if err := raw.QueryRowContext(t.Context(), "SHOW CREATE TABLE "+name).Scan(&name, &sql); err != nil {
			t.Fatal(err)
		}
		made = append(made, sql)
	}
	return strings.Join(made, "\n")
}

func column(t *testing.T, raw *sql.DB, query string) []string {
	t.Helper()
	rows, err := raw.QueryContext(t.Context(), query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			t.Fatal(err)
		}
		all = append(all, text)
	}
	if err := rows.Err(); err != nil || len(all) == 0 {
		t.Fatalf("%s: %d rows, %v", query, len(all), err)
	}
	return all
}

func count(t *testing.T, raw *sql.DB, table string) int {
	t.Helper()
	var n int
	if err := raw.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}
