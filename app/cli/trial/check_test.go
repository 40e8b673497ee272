package trial_test

import (
	"testing"
	"time"

	"reglink/app/cli/trial"
	"reglink/db/dbtest"
)

// A kill at work and one at rest, on both databases: what the long runs do two hundred times, so that it is known to work before they begin.
func TestOneKill(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		t.Parallel()
		site := trial.NewSite(t, databaseURL)
		server := site.Start(databaseURL)
		site.Settle(server, 2)
		crowd := site.Load(trial.Mix{Registrants: 4, Forms: 4, Supers: 1, Retries: true, Pause: 200 * time.Millisecond, Seed: "one kill"}, server)
		waitForAnswers(t, crowd, 3)
		server.Kill()
		server.MustRestart()
		crowd.Finish()
		server.Kill()
		server.MustRestart(trial.LeasesOver())
		got := site.Check(crowd, server, 2)
		if got.Acknowledged < 3 || got.Mails < 3*got.Acknowledged {
			t.Errorf("got %+v, want registrations and their mails", got)
		}
		if err := server.Stop(); err != nil {
			t.Errorf("stopping: %v\n%s", err, server.Said())
		}
	})
}

// waitForAnswers waits until so many forms were answered with success.
func waitForAnswers(t *testing.T, crowd *trial.Load, n int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		stored := 0
		for _, e := range crowd.Entries() {
			if e.Act == trial.Register && e.Outcome == trial.Stored {
				stored++
			}
		}
		if stored >= n {
			return
		}
	}
	t.Fatalf("fewer than %d registrations within a minute", n)
}
