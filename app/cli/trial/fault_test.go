package trial_test

import (
	"os"
	"strconv"
	"testing"

	"reglink/db/dbtest"
)

// faults is for runs that take minutes: they are begun by task test:faults, and skipped by go test ./...
func faults(t *testing.T) {
	t.Helper()
	if os.Getenv("FAULTS") == "" {
		t.Skip("a long run: task test:faults")
	}
	t.Parallel()
}

// rounds is how often a thing is done: as often as ROUNDS in the environment says, or the usual times.
func rounds(t *testing.T, usual int) int {
	t.Helper()
	asked := os.Getenv("ROUNDS")
	if asked == "" {
		return usual
	}
	n, err := strconv.Atoi(asked)
	if err != nil || n < 1 {
		t.Fatalf("ROUNDS is %q and must be a number from 1", asked)
	}
	return n
}

// eachEngine runs a trial on an empty SQLite file and on an empty database of MariaDB, beside one another.
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
