package trial_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"reglink/app/cli/trial"
	"reglink/db/dbtest"
)

// K-5: the clock of the machine is set back by an hour and then ahead by a day. Back: who is signed in stays so, the link works, and a
// mail that waits is late by an hour at most and not lost. Ahead: sessions and confirmations are over, as they are after a day; the
// link, which has no end, works; what waited is sent.
func TestClockIsSet(t *testing.T) {
	faults(t)
	eachEngine(t, func(t *testing.T, databaseURL, engine string) {
		raw := dbtest.Raw(t, databaseURL)
		site := trial.NewSite(t, databaseURL)
		server := site.Start(databaseURL)
		site.Settle(server, 2)
		site.Drain(time.Minute)
		sue := site.SignIn(server, site.Supers[0])
		restart := func(settings ...string) {
			t.Helper()
			server.Kill()
			server.MustRestart(settings...)
		}
		verdict, crowds := trial.Verdict{}, []*trial.Load{}
		register := func() {
			t.Helper()
			crowd := site.Crowd(trial.Mix{Registrants: 1, Forms: 1}, server)
			crowd.Begin()
			crowd.Finish()
			if crowd.Acknowledged() != 1 {
				t.Error("nobody could register")
			}
			crowds = append(crowds, crowd)
		}
		restart("SMTP_URL=smtp://" + dbtest.DeadHost(t))
		register()
		waiting := count(t, raw, "notices WHERE delivery = 'queued'")

		restart("SMTP_URL="+site.Post.URL(), trial.Ahead(-time.Hour))
		if !sue.SignedIn() {
			t.Error("an hour back, a Super User is not signed in any more")
		}
		register()
		untilNone(t, "notices beside those that are due in an hour", func() int {
			return count(t, raw, "notices WHERE delivery = 'queued'") - waiting
		})

		confirm := linkOf(site, crowds[1])
		restart(trial.Ahead(23*time.Hour + 30*time.Minute)) // a day and a half hour after what it was set to
		if sue.SignedIn() {
			t.Error("a day ahead, a session is still open")
		}
		if status, _ := site.SignIn(server, "").Read(confirm); status != http.StatusGone {
			t.Errorf("a day ahead, a confirmation answers %d", status)
		}
		register()
		for _, crowd := range crowds {
			verdict = verdict.And(site.Check(crowd, server, 3))
		}
		trial.Report(trial.Row{Run: "K-5 clock back by 1 h, ahead by 1 day, " + engine, Times: 2, Verdict: verdict})
	})
}

// linkOf gives the path by which whoever registered confirms the address, as it was mailed.
func linkOf(site *trial.Site, crowd *trial.Load) string {
	for _, e := range crowd.Entries() {
		if e.Act == trial.Register {
			address := site.Post.WaitForMail(e.Email, "/confirm/").Link("/confirm/")
			return address[strings.Index(address, "/confirm/"):]
		}
	}
	return ""
}
