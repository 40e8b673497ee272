package db_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func TestOpenExisting_CreatesNothing(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "data")
	_, err := db.OpenExisting(t.Context(), "sqlite:"+filepath.Join(folder, "reglink.db"))
	if !errors.Is(err, db.ErrNoDatabase) {
		t.Errorf("got %v, want no database", err)
	}
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder was made: %v", err)
	}
}

func TestOpenExisting_OpensWhatReglinkMade(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		s := dbtest.Open(t, databaseURL)
		if _, err := db.OpenExisting(t.Context(), databaseURL); !errors.Is(err, db.ErrNoDatabase) {
			t.Errorf("without tables: got %v, want no database", err)
		}
		check(t, s.Migrate(t.Context()))
		again := must(db.OpenExisting(t.Context(), databaseURL))(t)
		check(t, again.Close())
	})
}

func TestSealed_IsTrueFromTheFirstKeyOn(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		s := dbtest.Open(t, databaseURL)
		equal(t, "without tables", must(s.Sealed(t.Context()))(t), false)
		check(t, s.Migrate(t.Context()))
		equal(t, "without a row", must(s.Sealed(t.Context()))(t), false)
		must(s.EnsureInstallation(t.Context(), app.Installation{ID: 1, KeyCheck: []byte{1}, CreatedAt: time.Now()}))(t)
		equal(t, "with one", must(s.Sealed(t.Context()))(t), true)
	})
}

func TestName_HoldsNoPassword(t *testing.T) {
	t.Parallel()
	for address, want := range map[string]string{
		"sqlite:data/../data/reglink.db":                      "data/reglink.db",
		"mysql://u:hunter2@db.example/reglink":                "db.example:3306/reglink",
		"mysql://u:hunter2@one:3307,two:3306/portal?tls=true": "one:3307,two:3306/portal",
		"mysql://u:hunt%2Fer2@[2001:db8::1]:3306/portal":      "[2001:db8::1]:3306/portal",
		"postgres://u:hunter2@db/x":                           "",
	} {
		got := db.Name(address)
		if got != want || strings.Contains(got, "hunt") {
			t.Errorf("%s: got %q, want %q", address, got, want)
		}
	}
}
