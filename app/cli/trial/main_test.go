package trial_test

import (
	"database/sql"
	"fmt"
	"os"
	"strconv"
	"testing"
	"time"

	"reglink/app/cli/trial"
	"reglink/db/dbtest"
)

func TestMain(m *testing.M) { trial.Main(m) }

// faultTest is for runs that take minutes: task test:faults starts them, and go test ./... skips them.
func faultTest(t *testing.T) {
	t.Helper()
	if os.Getenv("FAULTS") == "" {
		t.Skip("a long run: task test:faults")
	}
	t.Parallel()
}

// rounds is how often a fault is injected: ROUNDS in the environment, or the default.
func rounds(t *testing.T, byDefault int) int {
	t.Helper()
	text := os.Getenv("ROUNDS")
	if text == "" {
		return byDefault
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("ROUNDS is %q and must be a number from 1", text)
	}
	return n
}

// eachEngine runs a trial on an empty SQLite file and on an empty database of MariaDB, in parallel.
func eachEngine(t *testing.T, run func(t *testing.T, databaseURL, engine string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		run(t, dbtest.SQLite(t), "SQLite")
	})
	t.Run("mysql", func(t *testing.T) {
		t.Parallel()
		run(t, dbtest.MySQL(t), "MariaDB")
	})
}

// patience bounds a wait for what must happen but may take long on a busy machine.
const patience = 3 * time.Minute

// awaitZero waits until nothing remains of something, and fails the test if that takes longer than patience.
func awaitZero(t *testing.T, what string, remaining func() int) {
	t.Helper()
	for end := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		n := remaining()
		if n <= 0 {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("after %v, %d remain: %s", patience, n, what)
		}
	}
}

// awaitRegistrations waits until that many more registrations are acknowledged.
func awaitRegistrations(t *testing.T, load *trial.Load, more int) {
	t.Helper()
	want := load.Acknowledged() + more
	awaitZero(t, "people to be registered", func() int { return want - load.Acknowledged() })
}

// count returns the number of rows in a table, or in a table with a WHERE clause.
func count(t *testing.T, db *sql.DB, table string) int {
	t.Helper()
	var n int
	if err := db.QueryRowContext(t.Context(), "SELECT COUNT(*) FROM "+table).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// column returns the values that a query finds, which are one at least.
func column(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.QueryContext(t.Context(), query)
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

// execSQL runs a statement that changes what is stored behind the portal's back.
func execSQL(t *testing.T, db *sql.DB, statement string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), statement); err != nil {
		t.Fatal(fmt.Errorf("%s: %w", statement, err))
	}
}
