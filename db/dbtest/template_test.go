package dbtest

import (
	"strings"
	"testing"
)

// A copy is what the migrations make, and knows that they were made.
func TestMigrate_CopyEqualsTheMigratedSchema(t *testing.T) {
	t.Parallel()
	for _, empty := range []func(testing.TB) string{SQLite, MySQL} {
		if err := Open(t, Migrate(t, empty(t))).Ready(t.Context()); err != nil {
			t.Error(err)
		}
	}
	grown := MySQL(t)
	if err := migrate(grown); err != nil {
		t.Fatal(err)
	}
	tables := func(databaseURL string) string {
		made, err := runClient(t.Context(), "mariadb-dump", databaseURL, nil, "--compact", "--no-data")
		if err != nil {
			t.Fatal(err)
		}
		return string(made)
	}
	got, want := tables(Migrate(t, MySQL(t))), tables(grown)
	if strings.Count(want, "CREATE TABLE") < 20 || got != want {
		t.Errorf("the copy has\n%s\nwant\n%s", got, want)
	}
}
