package trial_test

import (
	"testing"

	"reglink/app/cli/trial"
	"reglink/db/dbtest"
)

// A server whose clock is ahead believes that the leases of the others have expired, and sends the mails that they
// are sending. So a trial that sets a clock without stopping the other servers first must fail, instead of finding
// mails that were sent twice.
func TestServer_RunsAloneWhenItsClockIsSet(t *testing.T) {
	t.Parallel()
	databaseURL := dbtest.MySQL(t)
	site := trial.NewSite(t, databaseURL)
	first := site.Start(databaseURL)
	second := site.NewServer(databaseURL, trial.ClockPastLeases(1))
	if err := second.Restart(); err == nil {
		t.Error("a server whose clock is set started while another one ran")
	}
	site.StopAll()
	second.MustRestart()
	if err := first.Restart(); err == nil {
		t.Error("a server started while one ran whose clock is set")
	}
}
