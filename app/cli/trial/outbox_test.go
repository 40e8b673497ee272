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

// outboxTrial is a portal whose mails cannot be delivered at first.
type outboxTrial struct {
	t        *testing.T
	db       *sql.DB
	site     *trial.Site
	server   *trial.Server
	loads    []*trial.Load
	attempts int // that were made for every notice
	arrived  int // mails, before the first fault
}

// newOutboxTrial starts a portal whose outbox is empty.
func newOutboxTrial(t *testing.T, databaseURL string) *outboxTrial {
	t.Helper()
	site := trial.NewSite(t, databaseURL)
	o := &outboxTrial{t: t, db: dbtest.Raw(t, databaseURL), site: site, server: site.Start(databaseURL)}
	site.CreateAccount(o.server, 2)
	site.DrainOutbox(time.Minute)
	o.arrived = len(site.MailServer.Mails())
	return o
}

// restartPastRetryDelay restarts the portal with its clock so far ahead that the next attempt is due.
func (o *outboxTrial) restartPastRetryDelay(settings ...string) {
	o.t.Helper()
	o.site.StopAll()
	delay := time.Duration(o.attempts*o.attempts) * 10 * time.Minute
	o.server.MustRestart(append(settings, trial.ClockAhead(delay))...)
}

// killAndRestart kills the portal and starts it with other settings.
func (o *outboxTrial) killAndRestart(settings ...string) {
	o.t.Helper()
	o.server.Kill()
	o.server.MustRestart(settings...)
}

// register has two people register, which needs no mail server.
func (o *outboxTrial) register() {
	o.t.Helper()
	load := o.site.StartLoad(trial.Profile{Registrants: 1, Forms: 2, Retries: true}, o.server)
	load.Finish()
	o.loads = append(o.loads, load)
}

// check checks all loads; kills is how often the portal was killed.
func (o *outboxTrial) check(kills int) trial.Verdict {
	o.t.Helper()
	verdict := trial.Verdict{}
	for _, load := range o.loads {
		verdict = verdict.Then(o.site.Check(load, o.server, kills))
	}
	return verdict
}

func (o *outboxTrial) queued() int { return count(o.t, o.db, "notices WHERE delivery = 'queued'") }

// awaitFailedAttempts waits until one more attempt was made for every notice. None may have arrived.
func (o *outboxTrial) awaitFailedAttempts(fault string) {
	o.t.Helper()
	o.attempts++
	const waiting = "notices WHERE delivery = 'queued' AND (lease_until IS NOT NULL OR attempts < %d)"
	awaitZero(o.t, "notices to be tried "+fault, func() int {
		return count(o.t, o.db, fmt.Sprintf(waiting, o.attempts))
	})
	if got := len(o.site.MailServer.Mails()); got != o.arrived {
		o.t.Errorf("%s: %d mails arrived", fault, got-o.arrived)
	}
}

// inject makes the mail server answer an attempt for every notice with a fault.
func (o *outboxTrial) inject(fault string, at mailtest.Step, answer mailtest.Answer) {
	o.t.Helper()
	times := o.queued()
	if at == mailtest.OnHello {
		times *= 2 // a client whose EHLO is refused tries HELO
	}
	o.site.MailServer.Script(at, slices.Repeat([]mailtest.Answer{answer}, times)...)
	o.restartPastRetryDelay("SMTP_URL=" + o.site.MailServer.URL())
	o.awaitFailedAttempts(fault)
}

// expectRefusalShown checks that operators see which mail was refused, and why.
func (o *outboxTrial) expectRefusalShown() {
	o.t.Helper()
	if _, err := o.site.CLI("operator", "add", o.site.SuperUsers[0]); err != nil {
		o.t.Fatal(err)
	}
	status, text := o.site.SignIn(o.server, o.site.SuperUsers[0]).Get("/operator")
	if status != http.StatusOK || !strings.Contains(text, "550") || !strings.Contains(text, o.site.SuperUsers[1]) {
		o.t.Errorf("the outbox (%d) does not show what was refused: %s", status, text)
	}
}

// confirmPath is the path in the mail that asks a person of a load to confirm the address.
func (o *outboxTrial) confirmPath(load *trial.Load) string {
	o.t.Helper()
	for _, e := range load.Entries() {
		if e.Action == trial.Register {
			link := o.site.MailServer.WaitForMail(e.Email, "/confirm/").Link("/confirm/")
			_, token, _ := strings.Cut(link, "/confirm/")
			return "/confirm/" + token
		}
	}
	o.t.Fatal("nobody has registered")
	return ""
}

// K-3: everything that a mail server may do to the mails of one portal, one fault after the other.
func TestK3_MailServerFaultsLoseNoMail(t *testing.T) {
	faultTest(t)
	eachEngine(t, func(t *testing.T, databaseURL, engine string) {
		o := newOutboxTrial(t, databaseURL)
		o.restartPastRetryDelay("SMTP_URL=smtp://" + dbtest.UnusedAddress(t))
		o.register()
		o.awaitFailedAttempts("with nobody there")
		o.restartPastRetryDelay("SMTP_URL=" + o.site.MailServer.URL() + "?tls=required")
		o.awaitFailedAttempts("with TLS stripped")
		o.inject("with 421 to the greeting", mailtest.OnHello, 421)
		o.inject("with 421 to the sender", mailtest.OnSender, 421)
		o.inject("with 450 to the recipient", mailtest.OnRecipient, 450)
		o.inject("with 451 to the mail", mailtest.OnContent, 451)
		o.inject("cut off before 250", mailtest.OnContent, mailtest.HangUp)
		// Cut off after 250, and half of the recipients refused with 550.
		o.site.MailServer.Script(mailtest.OnContent, mailtest.TakeAndHangUp, mailtest.TakeAndHangUp)
		o.site.RefuseMailTo(o.site.SuperUsers[1])
		o.restartPastRetryDelay()
		o.register()
		verdict := o.check(0)
		if verdict.Undeliverable == 0 || verdict.Acknowledged != 4 {
			t.Errorf("got %+v, want four registrations and refused mails", verdict)
		}
		o.expectRefusalShown()
		what := "K-3 faults of the mail server, " + engine
		trial.Report(trial.Row{Run: what, Times: o.attempts + 1, Verdict: verdict})
	})
}

// K-5: the clock of the machine is set back by an hour and then ahead by a day. Back: sessions stay valid, the link
// works, and a queued mail is late by an hour at most and not lost. Ahead: sessions and confirmations have expired,
// as they do after a day; the link, which does not expire, works; queued mails are sent.
func TestK5_ClockChangesLoseNothing(t *testing.T) {
	faultTest(t)
	eachEngine(t, func(t *testing.T, databaseURL, engine string) {
		o := newOutboxTrial(t, databaseURL)
		sue := o.site.SignIn(o.server, o.site.SuperUsers[0])
		o.killAndRestart("SMTP_URL=smtp://" + dbtest.UnusedAddress(t))
		o.register()
		dueLater := o.queued()

		o.killAndRestart("SMTP_URL="+o.site.MailServer.URL(), trial.ClockAhead(-time.Hour))
		if !sue.SignedIn() {
			t.Error("an hour back, a Super User is no longer signed in")
		}
		o.register()
		awaitZero(t, "notices other than those that are due in an hour", func() int { return o.queued() - dueLater })
		confirm := o.confirmPath(o.loads[1])

		const dayAndHalfAnHour = 24*time.Hour + 30*time.Minute
		o.killAndRestart(trial.ClockAhead(-time.Hour + dayAndHalfAnHour))
		if sue.SignedIn() {
			t.Error("a day ahead, a session is still valid")
		}
		if status, _ := o.site.Anonymous(o.server).Get(confirm); status != http.StatusGone {
			t.Errorf("a day ahead, a confirmation answers %d", status)
		}
		o.register()
		verdict := o.check(3)
		if verdict.Acknowledged != 6 {
			t.Errorf("%d people could register, want 6", verdict.Acknowledged)
		}
		trial.Report(trial.Row{Run: "K-5 clock back by 1 h, ahead by 1 day, " + engine, Times: 2, Verdict: verdict})
	})
}
