package cli

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"reglink/app/config"
	"reglink/db"
	"reglink/db/dbtest"
)

// onDatabase is an environment for a database of either kind, which is empty.
func onDatabase(t *testing.T, databaseURL string) env {
	t.Helper()
	return on(t).with(config.DatabaseURL, databaseURL, config.SecretKey, keyOf('k'))
}

// needDatabase are the lines of all commands that must not create a database.
func needDatabase(t *testing.T) [][]string {
	t.Helper()
	lines := []string{
		"account sign-in 1 --way both", "operator add ops@portal.example", "operator list",
		"operator remove ops@portal.example",
		"second-factor remove sue@acme.example", "sso forget sue@acme.example", "links kill-all --yes",
		"keys rotate --wait 0s",
		"migrate --status", "backup " + filepath.Join(t.TempDir(), "copy.db"),
		"import identities " + fileWith(t, "email,first_name,last_name\n"),
		"import accounts " + fileWith(t, "name,company_id,super_user\n"),
		"import entitlements " + fileWith(t, "company_id,proof,code\n"),
	}
	all := [][]string{accountArgs("Acme", "1", "sue@acme.example")}
	for _, line := range lines {
		all = append(all, strings.Fields(line))
	}
	return all
}

func TestCommands_RefuseWithoutADatabase(t *testing.T) {
	t.Parallel()
	e := on(t)
	for _, args := range needDatabase(t) {
		got := reglink(t, e, args...)
		want := "reglink: there is no database " + e.path() + ": check DATABASE_URL, or create one with reglink migrate\n"
		if got.code != exitFailed || got.out != "" || got.err != want {
			t.Errorf("%v: got exit %d, %q and %q, want a refusal", args, got.code, got.out, got.err)
		}
	}
	if _, err := os.Stat(filepath.Dir(e.path())); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("something was created: %v", err)
	}
}

func TestCommands_RefuseAnEmptyDatabase(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		e := onDatabase(t, databaseURL)
		dbtest.Raw(t, databaseURL) // makes the file, where it is one
		for _, args := range needDatabase(t) {
			got := reglink(t, e, args...)
			if got.code != exitFailed || got.out != "" || !strings.Contains(got.err,
				"there is no database "+db.Name(databaseURL)) {
				t.Errorf("%v: got exit %d, %q and %q, want a refusal", args, got.code, got.out, got.err)
			}
		}
		s, err := db.Open(t.Context(), databaseURL)
		if err != nil {
			t.Fatal(err)
		}
		if migrated, err := s.Migrated(t.Context()); migrated || err != nil {
			t.Errorf("got %t, %v, want no tables", migrated, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// A file of another program may be a database too.
func TestCommands_RefuseADatabaseOfSomebodyElse(t *testing.T) {
	t.Parallel()
	e := on(t).with(config.DatabaseURL, "sqlite:"+filepath.Join(t.TempDir(), "other.db"))
	other, err := sql.Open("sqlite", e.path())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := other.Exec("CREATE TABLE notes (text TEXT)"); err != nil {
		t.Fatal(err)
	}
	if err := other.Close(); err != nil {
		t.Fatal(err)
	}
	got := reglink(t, e, "operator", "list")
	if got.code != exitFailed || !strings.Contains(got.err, "there is no database "+e.path()) {
		t.Errorf("got exit %d and %q, want it refused", got.code, got.err)
	}
}

func TestCommands_NameTheDatabase(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		e := onDatabase(t, databaseURL)
		server := strings.HasPrefix(databaseURL, "mysql:")
		name, copied := db.Name(databaseURL), filepath.Join(t.TempDir(), "copy.db")
		if server && (strings.Contains(name, "@") || !strings.Contains(name, "/")) {
			t.Fatalf("%q is not host/database without a password", name)
		}
		if _, err := dbtest.Raw(t, databaseURL).ExecContext(t.Context(), "SELECT 1"); err != nil {
			t.Fatal(err)
		}
		lines := [][]string{
			{"migrate"},
			{"migrate"},
			{"migrate", "--status"},
			accountArgs("Acme", "1", "sue@acme.example"),
			{"account", "sign-in", "1", "--way", "password"},
			{"operator", "add", "ops@portal.example"},
			{"operator", "list"},
			{"operator", "remove", "ops@portal.example"},
			{"import", "identities", fileWith(t, "email,first_name,last_name\n")},
			{"links", "kill-all", "--yes"},
			{"keys", "rotate", "--wait", "0s"},
		}
		if !server {
			lines = append(lines, []string{"backup", copied}, []string{"restore", copied, "--replace"})
		}
		for _, args := range lines {
			if got := reglink(t, e, args...).done(t); !strings.Contains(got.out, name) {
				t.Errorf("%v: got %q, want %s named", args, got.out, name)
			}
		}
		if r := start(t, e); !strings.Contains(r.printed, "It uses the database "+name+"\n") {
			t.Errorf("serve: got %q, want %s named", r.printed, name)
		}
	})
}

// A new key would open nothing that the old one has sealed, and nobody would know why.
func TestRun_NeverReplacesAMissingKey(t *testing.T) {
	t.Parallel()
	e := created(t)
	reglink(t, e, accountArgs("Acme", "1", "sue@acme.example")...).done(t)
	key, copied := filepath.Join(filepath.Dir(e.path()), "secret.key"), filepath.Join(t.TempDir(), "copy.db")
	kept := readFile(t, key)
	reglink(t, e, "backup", copied).done(t)
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{
		"serve", "operator add ops@portal.example", "keys rotate --wait 0s", "links kill-all --yes",
		"restore " + copied + " --replace",
	} {
		got := reglink(t, e, strings.Fields(line)...)
		want := "the file with the key, " + key + ", is missing: put it back from your backup of it, or set SECRET_KEY\n"
		if got.code != exitFailed || !strings.HasSuffix(got.err, want) {
			t.Errorf("%s: got exit %d and %q, want %q", line, got.code, got.err, want)
		}
		if _, err := os.Stat(key); err == nil {
			t.Fatalf("%s made another key", line)
		}
	}
	if err := os.WriteFile(key, []byte(kept), 0o600); err != nil {
		t.Fatal(err)
	}
	reglink(t, e, "operator", "add", "ops@portal.example").done(t)
}

// migrate needs no key. The first server or command after it makes the key, for nothing is sealed yet.
func TestRun_MakesTheFirstKeyOfADatabaseThatWasOnlyMigrated(t *testing.T) {
	t.Parallel()
	e := created(t)
	key := filepath.Join(filepath.Dir(e.path()), "secret.key")
	if _, err := os.Stat(key); err == nil {
		t.Fatal("migrate made a key: this test proves nothing")
	}
	start(t, e).stopped().done(t)
	if _, err := os.Stat(key); err != nil {
		t.Errorf("no key was made: %v", err)
	}
}

// A server whose key file is deleted while it runs goes on with the key that it has, and does not make another.
func TestServe_MakesNoKeyWhileItRuns(t *testing.T) {
	t.Parallel()
	e := on(t)
	delete(e, config.BaseURL)
	r := start(t, e)
	key := filepath.Join(filepath.Dir(e.path()), "secret.key")
	if err := os.Remove(key); err != nil {
		t.Fatal(err)
	}
	settings, err := config.Parse(e.get)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newSealer(settings); err == nil { // what a server asks again when it meets a key that it does not know
		t.Error("a sealer was made without a key")
	}
	if _, err := os.Stat(key); err == nil {
		t.Error("another key was made")
	}
	r.stopped().done(t)
}

func TestMigrate_SaysWhatItDid(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		e, name := onDatabase(t, databaseURL), db.Name(databaseURL)
		first := reglink(t, e, "migrate").done(t).out
		all := migrations(t, e)
		if want := "Applied " + strconv.Itoa(len(all)) + " migrations to the database " + name +
			":\n  0001  installations\n"; !strings.HasPrefix(first, want) {
			t.Errorf("got %q, want %q", first, want)
		}
		if n := strings.Count(first, "\n"); n != len(all)+1 {
			t.Errorf("got %d lines, want one for each of %d migrations", n, len(all))
		}
		again := reglink(t, e, "migrate").done(t).out
		if want := "Nothing to do: the database " + name + " has every migration of this program.\n"; again != want {
			t.Errorf("got %q, want %q", again, want)
		}
		last := all[len(all)-1].Name
		if !strings.HasPrefix(databaseURL, "mysql:") {
			return // its statement would fail the second time
		}
		if _, err := dbtest.Raw(t, databaseURL).Exec("DELETE FROM bun_migrations WHERE name = ?", last); err != nil {
			t.Fatal(err)
		}
		if got := reglink(t, e, "migrate").done(t).out; !strings.HasPrefix(got,
			"Applied 1 migration to the database "+name+":\n  "+last) {
			t.Errorf("got %q, want the one that was missing", got)
		}
	})
}

// migrations is what migrate --status --json lists.
func migrations(t *testing.T, e env) []migrationRow {
	t.Helper()
	var found migrationList
	if err := json.Unmarshal([]byte(reglink(t, e, "migrate", "--status", "--json").done(t).out), &found); err != nil {
		t.Fatal(err)
	}
	return found.Migrations
}

// insertUnknown records a migration that no version of Reglink has.
const insertUnknown = `INSERT INTO bun_migrations (name, group_id, migrated_at)
	VALUES ('9999', 1, '2027-01-02 03:04:05')`

func TestMigrateStatus_ListsAppliedPendingAndUnknown(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		e := onDatabase(t, databaseURL)
		reglink(t, e, "migrate").done(t)
		count := len(migrations(t, e))
		raw := dbtest.Raw(t, databaseURL)
		_, deleted := raw.Exec("DELETE FROM bun_migrations WHERE name = '0002'")
		_, added := raw.Exec(insertUnknown)
		if err := errors.Join(deleted, added); err != nil {
			t.Fatal(err)
		}
		got := reglink(t, e, "migrate", "--status").done(t).out
		for _, want := range []string{
			db.Name(databaseURL) + ": " + strconv.Itoa(count-1) + " applied, 1 pending, 1 unknown to this program\n",
			"\n  0001  installations ", "\n  0002  accounts ", " pending\n", "\n  9999 ", "unknown 2027-01-02 03:04 UTC\n",
			"\nWarning: this program is older than its database",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("got %q, want %q", got, want)
			}
		}
		rows := migrations(t, e)
		if second := rows[1]; second.Name != "0002" || second.State != db.MigrationPending || second.AppliedAt != nil {
			t.Errorf("got %+v, want 0002 pending", second)
		}
		if at := rows[0].AppliedAt; at == nil || time.Since(*at).Abs() > time.Hour {
			t.Errorf("got %v, want the time of the migration", at)
		}
		var left int
		if err := raw.QueryRow("SELECT COUNT(*) FROM bun_migrations WHERE name = '0002'").Scan(&left); err != nil ||
			left != 0 {
			t.Errorf("got %d, %v: --status has migrated", left, err)
		}
	})
}

func TestRun_WarnsIfTheDatabaseIsNewer(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		e := onDatabase(t, databaseURL).with(config.TrustedProxies, "127.0.0.1") // nothing else to be warned of
		if got := start(t, e).stopped().done(t); strings.Contains(got.err, "older") {
			t.Errorf("got %q, want no warning", got.err)
		}
		if _, err := dbtest.Raw(t, databaseURL).Exec(insertUnknown); err != nil {
			t.Fatal(err)
		}
		for what, log := range map[string]string{
			"serve":    start(t, e).stopped().done(t).err,
			"operator": reglink(t, e, "operator", "list").done(t).err,
			"migrate":  reglink(t, e, "migrate").done(t).err,
		} {
			if strings.Count(log, "this program is older than its database") != 1 || !strings.Contains(log, "level=WARN") ||
				!strings.Contains(log, "unknown=9999") {
				t.Errorf("%s: got %q, want one line that warns", what, log)
			}
		}
	})
}

// P-3, by a pipe.
func TestRestore_ReadsABackupFromStandardInput(t *testing.T) {
	t.Parallel()
	e := created(t)
	reglink(t, e, accountArgs("Acme", "1", "sue@acme.example")...).done(t)
	copied := filepath.Join(t.TempDir(), "copy.db")
	reglink(t, e, "backup", copied).done(t)
	reglink(t, e, accountArgs("Birch", "2", "bo@birch.example")...).done(t)
	got := reglinkReading(t, readFile(t, copied), e, "restore", "-", "--replace").done(t)
	if !strings.HasPrefix(got.out, "Restored the database "+e.path()+" from standard input.\n") {
		t.Errorf("got %q", got.out)
	}
	o := opened(t, e)
	if _, err := o.store.AccountByCompanyID(context.Background(), "2"); err == nil {
		t.Error("the account that is not in the backup is there")
	}
	if got := reglink(t, e, "restore", "-", "--replace"); got.code != exitFailed ||
		!strings.Contains(got.err, "is no database") {
		t.Errorf("without input: exit %d and %q", got.code, got.err)
	}
}
