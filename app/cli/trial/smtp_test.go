package trial_test

import (
	"database/sql"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app/cli/trial"
	"reglink/app/mail/mailtest"
	"reglink/db/dbtest"
)

// outbox is a portal whose mails have trouble on their way.
type outbox struct {
	t       *testing.T
	raw     *sql.DB
	site    *trial.Site
	server  *trial.Server
	crowds  []*trial.Load
	tries   int // that every notice has behind it
	arrived int // mails, before the trouble
}

// restart starts the portal anew, with its clock so far ahead that the pause before the next try is over.
func (o *outbox) restart(settings ...string) {
	o.t.Helper()
	if err := o.server.Stop(); err != nil {
		o.t.Error(err)
	}
	o.server.MustRestart(append(settings, trial.Ahead(time.Duration(o.tries*o.tries)*10*time.Minute))...)
}

// register has two people register, for which no mail server is needed.
func (o *outbox) register() {
	o.t.Helper()
	crowd := o.site.Load(trial.Mix{Registrants: 1, Forms: 2, Retries: true}, o.server)
	crowd.Finish()
	o.crowds = append(o.crowds, crowd)
}

func (o *outbox) queued() int { return count(o.t, o.raw, "notices WHERE delivery = 'queued'") }

// tried waits until every notice was tried once more. None may have arrived.
func (o *outbox) tried(what string) {
	o.t.Helper()
	o.tries++
	untilNone(o.t, "notices "+what, func() int {
		return count(o.t, o.raw, fmt.Sprintf(
			"notices WHERE delivery = 'queued' AND (lease_until IS NOT NULL OR attempts < %d)", o.tries))
	})
	if got := len(o.site.Post.Mails()); got != o.arrived {
		o.t.Errorf("%s: %d mails arrived", what, got-o.arrived)
	}
}

// meets has every notice meet a fault of the mail server.
func (o *outbox) meets(what string, at mailtest.Step, answer mailtest.Answer) {
	o.t.Helper()
	times := o.queued()
	if at == mailtest.OnHello {
		times *= 2 // whose EHLO is refused tries HELO
	}
	o.site.Post.Script(at, slices.Repeat([]mailtest.Answer{answer}, times)...)
	o.restart("SMTP_URL=" + o.site.Post.URL())
	o.tried(what)
}

// K-3: everything that a mail server may do, to the mails of one portal, one after the other.
func TestMailServerFaults(t *testing.T) {
	faults(t)
	eachEngine(t, func(t *testing.T, databaseURL, engine string) {
		site := trial.NewSite(t, databaseURL)
		o := &outbox{t: t, raw: dbtest.Raw(t, databaseURL), site: site, server: site.Start(databaseURL)}
		site.Settle(o.server, 2)
		site.Drain(time.Minute)
		o.arrived = len(site.Post.Mails())
		o.restart("SMTP_URL=smtp://" + dbtest.UnusedAddress(t))
		o.register()
		o.tried("with nobody there")
		o.restart("SMTP_URL=" + site.Post.URL() + "?tls=required")
		o.tried("with TLS stripped")
		o.meets("with 421 to the greeting", mailtest.OnHello, 421)
		o.meets("with 421 to the sender", mailtest.OnSender, 421)
		o.meets("with 450 to the recipient", mailtest.OnRecipient, 450)
		o.meets("with 451 to the mail", mailtest.OnContent, 451)
		o.meets("cut off before 250", mailtest.OnContent, mailtest.HangUp)
		site.Post.Script(mailtest.OnContent, mailtest.TakeAndHangUp, mailtest.TakeAndHangUp) // cut off after it
		// and half of the recipients with 550
		site.Refuse(site.Supers[1])
		o.restart()
		o.register()
		verdict := trial.Verdict{}
		for _, crowd := range o.crowds {
			verdict = verdict.And(site.Check(crowd, o.server, 0))
		}
		if verdict.GivenUp == 0 || verdict.Acknowledged != 4 {
			t.Errorf("got %+v, want four registrations and refused mails", verdict)
		}
		o.showsRefused()
		trial.Report(trial.Row{Run: "K-3 faults of the mail server, " + engine, Times: o.tries + 1, Verdict: verdict})
	})
}

// showsRefused: operators see what was given up, and why.
func (o *outbox) showsRefused() {
	o.t.Helper()
	if _, err := o.site.Reglink("operator", "add", o.site.Supers[0]); err != nil {
		o.t.Fatal(err)
	}
	status, shown := o.site.SignIn(o.server, o.site.Supers[0]).Read("/operator")
	if status != http.StatusOK || !strings.Contains(shown, "550") || !strings.Contains(shown, o.site.Supers[1]) {
		o.t.Errorf("the outbox (%d) does not show what was refused: %s", status, shown)
	}
}

// untilNone waits until there are none of those.
func untilNone(t *testing.T, what string, count func() int) {
	t.Helper()
	for end := time.Now().Add(time.Minute); count() > 0; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after a minute there are still %d %s", count(), what)
		}
	}
}
