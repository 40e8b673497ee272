package trial_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"reglink/app/cli/trial"
	"reglink/app/crash"
	"reglink/db/dbtest"
)

// K-1 in short: one kill under load and one at rest, on both databases. The long runs do this two hundred times; this
// one shows that it works before they begin.
func TestK1_OneKillLosesNothing(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, databaseURL, engine string) {
		site := trial.NewSite(t, databaseURL)
		server := site.Start(databaseURL)
		site.CreateAccount(server, 2)
		// No number of forms: on a slow portal, a link that is replaced meanwhile denies any of them.
		profile := trial.Profile{Registrants: 4, SuperUsers: 1, Retries: true, ThinkTime: time.Second, Seed: "one kill"}
		load := site.StartLoad(profile, server)
		awaitRegistrations(t, load, 3)
		server.Kill()
		server.MustRestart()
		awaitRegistrations(t, load, 3)
		load.Stop()
		server.Kill()
		server.MustRestart(trial.ClockPastLeases(1))
		got := site.Check(load, server, 2)
		if got.Acknowledged < 6 || got.Mails < 3*got.Acknowledged {
			t.Errorf("got %+v, want registrations and their mails", got)
		}
		if err := server.Stop(); err != nil {
			t.Errorf("stopping: %v\n%s", err, server.LogTail())
		}
		trial.Report(trial.Row{Run: "kill -9 at work and at rest, " + engine, Times: 2, Verdict: got})
	})
}

// K-1: killed at random moments under load, again and again.
func TestK1_KillsAtRandomLoseNothing(t *testing.T) {
	faultTest(t)
	eachEngine(t, func(t *testing.T, databaseURL, engine string) {
		times, seed := rounds(t, 30), trial.Seed()
		t.Log("SEED", seed)
		site := trial.NewSite(t, databaseURL)
		server := site.Start(databaseURL)
		site.CreateAccount(server, 2)
		profile := trial.Profile{Registrants: 6, SuperUsers: 2, Retries: true, ThinkTime: time.Second, Seed: seed}
		load := site.StartLoad(profile, server)
		random := load.Random("kills")
		for round := range times {
			if round%3 > 0 { // one in three is killed before it may have done anything
				awaitRegistrations(t, load, 1)
			}
			time.Sleep(time.Duration(50+random.IntN(750)) * time.Millisecond)
			server.Kill()
			server.MustRestart()
		}
		awaitRegistrations(t, load, times-load.Acknowledged()) // on a busy machine some lives have none
		load.Stop()
		server.Kill()
		server.MustRestart(trial.ClockPastLeases(1))
		verdict := site.Check(load, server, times+1)
		if verdict.Acknowledged < times {
			t.Errorf("%d registrations in %d lives of the program are too few", verdict.Acknowledged, times)
		}
		trial.Report(trial.Row{Run: "K-1 kill -9 at random, " + engine, Times: times + 1, Seed: seed, Verdict: verdict})
	})
}

// newCrashFile is the file in which a trial tells the program at which crash point to end.
func newCrashFile(t *testing.T) string {
	t.Helper()
	if !crash.Possible {
		t.Skip("the program was built without the tag crashpoints")
	}
	return filepath.Join(t.TempDir(), "crash")
}

// armCrash makes the program end when it passes a point for the n-th time.
func armCrash(t *testing.T, file string, point crash.Point, n int) {
	t.Helper()
	if err := os.WriteFile(file, fmt.Appendf(nil, "%s=%d", point, n), 0o600); err != nil {
		t.Fatal(err)
	}
}

// crashArmed reports whether the program has not yet ended at the point.
func crashArmed(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// crashCase is a point and how many registrations are stored when the program has ended there.
type crashCase struct {
	point  crash.Point
	stored int
}

func crashCases() []crashCase {
	return []crashCase{
		{crash.AfterBegin, 0},
		{crash.AfterUserInsert, 0},
		{crash.AfterOutboxInsert, 0},
		{crash.BeforeCommit, 0},
		{crash.AfterCommit, 1},
		{crash.AfterClaim, 1},
		{crash.BeforeData, 1},
		{crash.AfterTaken, 1},
	}
}

// K-2: killed at each crash point of a registration, with a client that retries and with one that does not.
func TestK2_CrashAtAnyPointLosesNothing(t *testing.T) {
	faultTest(t)
	eachEngine(t, func(t *testing.T, databaseURL, engine string) {
		file, db := newCrashFile(t), dbtest.Raw(t, databaseURL)
		site := trial.NewSite(t, databaseURL)
		server := site.Start(databaseURL, "REGLINK_CRASH_FILE="+file)
		site.CreateAccount(server, 2)
		verdict, kills := trial.Verdict{}, 0
		for _, retries := range []bool{true, false} {
			for _, c := range crashCases() {
				load := site.NewLoad(trial.Profile{Registrants: 1, Forms: 1, Retries: retries}, server)
				before := count(t, db, "registrations")
				armCrash(t, file, c.point, 1)
				load.Start()
				if err := server.Wait(); err == nil || crashArmed(file) {
					t.Fatalf("%s: the program ended with %v", c.point, err)
				}
				kills++
				if got := count(t, db, "registrations") - before; got != c.stored {
					t.Errorf("%s: %d registrations are stored, want %d", c.point, got, c.stored)
				}
				server.MustRestart(trial.ClockPastLeases(kills))
				load.Finish()
				got := site.Check(load, server, kills)
				if got.Acknowledged != 1 {
					t.Errorf("%s: %d registrations were acknowledged in the end, want 1", c.point, got.Acknowledged)
				}
				if c.point == crash.AfterTaken && got.Duplicates == verdict.Duplicates {
					t.Errorf("%s: no mail arrived again", c.point)
				}
				verdict = verdict.Then(got)
			}
		}
		what := "K-2 kill -9 at 8 points, with and without retry, " + engine
		trial.Report(trial.Row{Run: what, Times: kills, Verdict: verdict})
	})
}

// K-2: killed after each migration was done and before that is recorded. The next start goes on from there, to the
// same tables.
func TestK2_CrashedMigrationResumes(t *testing.T) {
	faultTest(t)
	eachEngine(t, func(t *testing.T, databaseURL, engine string) {
		file := newCrashFile(t)
		site := trial.NewSite(t, databaseURL)
		server := site.NewServer(databaseURL, "REGLINK_CRASH_FILE="+file)
		kills := 0
		for n := 1; n <= countMigrations(t); n++ {
			migration := 1 // MariaDB keeps what was done, so each start gets one further
			if engine == "SQLite" {
				migration = n // and SQLite rolls all of it back
			}
			armCrash(t, file, crash.MidMigration, migration)
			if err := server.Restart(); err == nil || crashArmed(file) {
				t.Fatalf("migration %d: %v", n, err)
			}
			kills++
		}
		server.MustRestart()
		if got, want := schema(t, databaseURL), schema(t, migratedDatabase(t, engine)); got != want {
			t.Errorf("the tables are not those of a migration without a kill:\n%s\nwant\n%s", got, want)
		}
		site.CreateAccount(server, 2)
		load := site.StartLoad(trial.Profile{Registrants: 1, Forms: 1, Retries: true}, server)
		load.Finish()
		verdict := site.Check(load, server, 0)
		trial.Report(trial.Row{Run: "K-2 kill -9 in each migration, " + engine, Times: kills, Verdict: verdict})
	})
}

func countMigrations(t *testing.T) int {
	t.Helper()
	files, err := filepath.Glob("../../../db/migrations/mysql/*.up.sql")
	if err != nil || len(files) < 20 {
		t.Fatalf("found %d migrations, %v", len(files), err)
	}
	return len(files)
}

// migratedDatabase returns the address of a database that was migrated without a kill.
func migratedDatabase(t *testing.T, engine string) string {
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

// schema returns the statements that would create the tables of a database.
func schema(t *testing.T, databaseURL string) string {
	t.Helper()
	db := dbtest.Raw(t, databaseURL)
	if strings.HasPrefix(databaseURL, "sqlite:") {
		const statements = "SELECT sql FROM sqlite_schema WHERE name NOT LIKE 'bun%' AND sql IS NOT NULL ORDER BY name"
		return strings.Join(column(t, db, statements), "\n")
	}
	const names = "SELECT table_name FROM information_schema.tables " +
		"WHERE table_schema = DATABASE() AND table_name NOT LIKE 'bun%' ORDER BY table_name"
	var statements []string
	for _, name := range column(t, db, names) {
		var statement string
		if err := db.QueryRowContext(t.Context(), "SHOW CREATE TABLE "+name).Scan(&name, &statement); err != nil {
			t.Fatal(err)
		}
		statements = append(statements, statement)
	}
	return strings.Join(statements, "\n")
}

// K-2: killed between the steps of a key rotation, which is then started again. Links work all the time, Super Users
// see them, and in the end the new key alone opens everything.
func TestK2_CrashedKeyRotationResumes(t *testing.T) {
	faultTest(t)
	eachEngine(t, func(t *testing.T, databaseURL, engine string) {
		file, db := newCrashFile(t), dbtest.Raw(t, databaseURL)
		site := trial.NewSite(t, databaseURL)
		server := site.Start(databaseURL)
		site.CreateAccount(server, 2)
		load := site.StartLoad(trial.Profile{Registrants: 3, Retries: true}, server)
		awaitRegistrations(t, load, 1)
		bothKeys, onlyNew := site.NewSecretKey()
		server.Kill()
		server.MustRestart(bothKeys...)
		kills := 0
		for range 20 {
			armCrash(t, file, crash.MidRotation, 1) // what is done by then stays done, so each run gets further
			err := site.CLIProcess(append(bothKeys, "REGLINK_CRASH_FILE="+file), "keys", "rotate", "--wait", "8s")
			if crashArmed(file) {
				t.Fatalf("it finished before it passed the point: %v", err)
			}
			kills++
			expectLinkShown(t, site, server, load)
			awaitRegistrations(t, load, 1)
			if count(t, db, "installations WHERE COALESCE(old_keys, '') <> ''") == 0 {
				break // the last step is done
			}
		}
		if err := site.CLIProcess(bothKeys, "keys", "rotate"); err != nil {
			t.Fatal(err)
		}
		if kills < 3 {
			t.Errorf("killed %d times, which is not between all steps", kills)
		}
		load.Stop()
		site.StopAll()
		server.MustRestart(onlyNew, "SECRET_KEY_OLD=", trial.ClockPastLeases(1))
		expectLinkShown(t, site, server, load)
		verdict := site.Check(load, server, 1)
		what := "K-2 kill -9 in a change of the secret key, " + engine
		trial.Report(trial.Row{Run: what, Times: kills, Verdict: verdict})
	})
}

// expectLinkShown checks that a Super User sees the link by which people register.
func expectLinkShown(t *testing.T, site *trial.Site, server *trial.Server, load *trial.Load) {
	t.Helper()
	got := site.SignIn(server, site.SuperUsers[0]).InputValue("/account", "#registration-link-url")
	if !strings.HasSuffix(got, "/register/"+load.Token()) {
		t.Errorf("the panel shows %q and not the link", got)
	}
}
