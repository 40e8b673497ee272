package trial_test

import (
	"testing"
	"time"

	"reglink/app/cli/trial"
)

// A kill at work and one at rest, on both databases: what the long runs do two hundred times, so that it is
// known to work before they begin.
func TestOneKill(t *testing.T) {
	t.Parallel()
	eachEngine(t, func(t *testing.T, databaseURL, engine string) {
		site := trial.NewSite(t, databaseURL)
		server := site.Start(databaseURL)
		site.Settle(server, 2)
		// No number of forms: where the portal is slow, a link that is replaced meanwhile refuses any of them.
		crowd := site.Load(trial.Mix{Registrants: 4, Supers: 1, Retries: true, Pause: time.Second, Seed: "one kill"}, server)
		waitForRegistrations(t, crowd, 3)
		server.Kill()
		server.MustRestart()
		waitForRegistrations(t, crowd, crowd.Acknowledged()+3)
		crowd.Stop()
		server.Kill()
		server.MustRestart(trial.LeasesOver())
		got := site.Check(crowd, server, 2)
		if got.Acknowledged < 6 || got.Mails < 3*got.Acknowledged {
			t.Errorf("got %+v, want registrations and their mails", got)
		}
		if err := server.Stop(); err != nil {
			t.Errorf("stopping: %v\n%s", err, server.Said())
		}
		trial.Report(trial.Row{Run: "kill -9 at work and at rest, " + engine, Times: 2, Verdict: got})
	})
}

// waitForRegistrations waits until so many people were told that they are registered.
func waitForRegistrations(t *testing.T, crowd *trial.Load, n int) {
	t.Helper()
	const patience = 3 * time.Minute
	for end := time.Now().Add(patience); crowd.Acknowledged() < n; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%d registrations within %v, want %d", crowd.Acknowledged(), patience, n)
		}
	}
}
