package dbtest

import (
	"database/sql"
	"slices"
	"strings"
	"testing"
)

// made gives the statements that make the tables of a database, as the engine knows them.
func made(t *testing.T, databaseURL string) []string {
	t.Helper()
	pool := Raw(t, databaseURL)
	if !strings.HasPrefix(databaseURL, "sqlite:") {
		all, err := statements(t.Context(), pool)
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	rows, err := pool.QueryContext(t.Context(), "SELECT sql FROM sqlite_schema ORDER BY type, name")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var all []string
	for rows.Next() {
		var statement sql.NullString
		if err := rows.Scan(&statement); err != nil {
			t.Fatal(err)
		}
		all = append(all, statement.String)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return all
}

// A copy is what the migrations make, and knows that they were made.
func TestMigrateMakesWhatMigrationsMake(t *testing.T) {
	t.Parallel()
	for _, empty := range []func(testing.TB) string{SQLite, MySQL} {
		copied, grown := empty(t), empty(t)
		Migrate(t, copied)
		if err := Open(t, copied).Ready(t.Context()); err != nil {
			t.Error(err)
		}
		if err := Open(t, grown).Migrate(t.Context()); err != nil {
			t.Fatal(err)
		}
		if got, want := made(t, copied), made(t, grown); len(want) < 20 || !slices.Equal(got, want) {
			t.Errorf("the copy has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}
