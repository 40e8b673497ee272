package trial_test

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"reglink/app/cli/trial"
	"reglink/app/crash"
	"reglink/db/dbtest"
)

// K-1: killed at random moments under load, again and again.
func TestKillAtRandom(t *testing.T) {
	faults(t)
	eachEngine(t, func(t *testing.T, databaseURL, engine string) {
		times, seed := rounds(t, 30), trial.Seed()
		t.Log("SEED", seed)
		site := trial.NewSite(t, databaseURL)
		server := site.Start(databaseURL)
		site.Settle(server, 2)
		crowd := site.Load(trial.Mix{Registrants: 6, Supers: 2, Retries: true, Pause: time.Second, Seed: seed}, server)
		random := crowd.Random("kills")
		for round := range times {
			if round%3 > 0 { // one in three is killed before it may have done anything
				untilOneMore(crowd)
			}
			time.Sleep(time.Duration(50+random.IntN(750)) * time.Millisecond)
			server.Kill()
			server.MustRestart()
		}
		waitForRegistrations(t, crowd, times) // a busy machine has some lives without any
		crowd.Stop()
		server.Kill()
		server.MustRestart(trial.LeasesOver())
		verdict := site.Check(crowd, server, times+1)
		if verdict.Acknowledged < times {
			t.Errorf("%d registrations in %d lives of the program: too few to say anything", verdict.Acknowledged, times)
		}
		trial.Report(trial.Row{Run: "K-1 kill -9 at random, " + engine, Times: times + 1, Seed: seed, Verdict: verdict})
	})
}

// untilOneMore waits until somebody else is registered, which on a busy machine takes as long as a password's
// hash does.
func untilOneMore(crowd *trial.Load) {
	before := crowd.Acknowledged()
	for end := time.Now().Add(time.Minute); crowd.Acknowledged() == before && time.Now().Before(end); {
		time.Sleep(5 * time.Millisecond)
	}
}

// crashFile is where a trial asks a program to end.
func crashFile(t *testing.T) string {
	t.Helper()
	if !crash.Possible {
		t.Skip("the program was built without the tag crashpoints")
	}
	return filepath.Join(t.TempDir(), "crash")
}

func ask(t *testing.T, file string, point crash.Point, meeting int) {
	t.Helper()
	if err := os.WriteFile(file, fmt.Appendf(nil, "%s=%d", point, meeting), 0o600); err != nil {
		t.Fatal(err)
	}
}

func asked(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

// step is a point and how many registrations are stored when the program has ended there.
type step struct {
	point  crash.Point
	stored int
}

func steps() []step {
	return []step{
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

// K-2: killed at each named point, with a client that asks again and with one that does not.
func TestKillAtPoints(t *testing.T) {
	faults(t)
	eachEngine(t, func(t *testing.T, databaseURL, engine string) {
		file, raw := crashFile(t), dbtest.Raw(t, databaseURL)
		site := trial.NewSite(t, databaseURL)
		server := site.Start(databaseURL, "REGLINK_CRASH_FILE="+file)
		site.Settle(server, 2)
		verdict, kills := trial.Verdict{}, 0
		for _, retries := range []bool{true, false} {
			for _, step := range steps() {
				crowd := site.Crowd(trial.Mix{Registrants: 1, Forms: 1, Retries: retries}, server)
				before := count(t, raw, "registrations")
				ask(t, file, step.point, 1)
				crowd.Begin()
				if err := server.Ended(); err == nil || asked(file) {
					t.Fatalf("%s: the program ended with %v", step.point, err)
				}
				kills++
				if got := count(t, raw, "registrations") - before; got != step.stored {
					t.Errorf("%s: %d registrations are stored, want %d", step.point, got, step.stored)
				}
				server.MustRestart(trial.Ahead(time.Duration(kills) * 3 * time.Minute))
				crowd.Finish()
				got := site.Check(crowd, server, kills)
				if got.Acknowledged != 1 {
					t.Errorf("%s: %d registrations were acknowledged in the end, want 1", step.point, got.Acknowledged)
				}
				if step.point == crash.AfterTaken && got.Twice == verdict.Twice {
					t.Errorf("%s: no mail arrived again", step.point)
				}
				verdict = verdict.And(got)
			}
		}
		trial.Report(trial.Row{
			Run: "K-2 kill -9 at 8 points, with and without retry, " + engine, Times: kills,
			Verdict: verdict,
		})
	})
}
