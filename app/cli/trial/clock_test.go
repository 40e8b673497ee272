package trial_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"reglink/app/cli/trial"
	"reglink/db/dbtest"
)

// K-5: the clock of the machine is set back by an hour and then ahead by a day. Back: who is signed in stays
// so, the link works, and a mail that waits is late by an hour at most and not lost. Ahead: sessions and
// confirmations are over, as they are after a day; the link, which has no end, works; what waited is sent.
func TestClockIsSet(t *testing.T) {
	faults(t)
	eachEngine(t, func(t *testing.T, databaseURL, engine string) {
		site := trial.NewSite(t, databaseURL)
		o := &outbox{t: t, raw: dbtest.Raw(t, databaseURL), site: site, server: site.Start(databaseURL)}
		site.Settle(o.server, 2)
		site.Drain(time.Minute)
		sue := site.SignIn(o.server, site.Supers[0])
		o.set("SMTP_URL=smtp://" + dbtest.UnusedAddress(t))
		o.register()
		waiting := o.queued()

		o.set("SMTP_URL="+site.Post.URL(), trial.Ahead(-time.Hour))
		if !sue.SignedIn() {
			t.Error("an hour back, a Super User is not signed in any more")
		}
		o.register()
		untilNone(t, "notices beside those that are due in an hour", func() int { return o.queued() - waiting })
		confirm := linkOf(site, o.crowds[1])

		o.set(trial.Ahead(23*time.Hour + 30*time.Minute)) // a day and a half hour after what it was set to
		if sue.SignedIn() {
			t.Error("a day ahead, a session is still open")
		}
		if status, _ := site.SignIn(o.server, "").Read(confirm); status != http.StatusGone {
			t.Errorf("a day ahead, a confirmation answers %d", status)
		}
		o.register()
		verdict := trial.Verdict{}
		for _, crowd := range o.crowds {
			verdict = verdict.And(site.Check(crowd, o.server, 3))
		}
		if verdict.Acknowledged != 6 {
			t.Errorf("%d people could register, want 6", verdict.Acknowledged)
		}
		trial.Report(trial.Row{Run: "K-5 clock back by 1 h, ahead by 1 day, " + engine, Times: 2, Verdict: verdict})
	})
}

// set kills the portal and starts it with another clock.
func (o *outbox) set(settings ...string) {
	o.t.Helper()
	o.server.Kill()
	o.server.MustRestart(settings...)
}

// linkOf gives the path by which whoever registered confirms the address, as it was mailed.
func linkOf(site *trial.Site, crowd *trial.Load) string {
	for _, e := range crowd.Entries() {
		if e.Act == trial.Register {
			_, token, _ := strings.Cut(site.Post.WaitForMail(e.Email, "/confirm/").Link("/confirm/"), "/confirm/")
			return "/confirm/" + token
		}
	}
	return ""
}
