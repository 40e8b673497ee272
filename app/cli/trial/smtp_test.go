package trial_test

import (
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

// K-3: everything that a mail server may do, to mails of one portal, one after the other. Between them the portal is started anew
// with its clock so far ahead that the pause before the next try is over.
func TestMailServerFaults(t *testing.T) {
	faults(t)
	eachEngine(t, func(t *testing.T, databaseURL, engine string) {
		raw := dbtest.Raw(t, databaseURL)
		site := trial.NewSite(t, databaseURL)
		server := site.Start(databaseURL)
		site.Settle(server, 2)
		site.Drain(time.Minute)
		arrived := len(site.Post.Mails())
		var forms []*trial.Load
		register := func() {
			crowd := site.Crowd(trial.Mix{Registrants: 1, Forms: 2, Retries: true}, server)
			crowd.Begin()
			crowd.Finish()
			forms = append(forms, crowd)
		}
		attempts := 0
		tried := func(what string) { // each notice once more
			t.Helper()
			attempts++
			untilNone(t, "notices "+what, func() int {
				return count(t, raw, fmt.Sprintf("notices WHERE delivery = 'queued' AND (lease_until IS NOT NULL OR attempts < %d)", attempts))
			})
			if got := len(site.Post.Mails()); got != arrived {
				t.Errorf("%s: %d mails arrived", what, got-arrived)
			}
		}
		restart := func(settings ...string) {
			t.Helper()
			if err := server.Stop(); err != nil {
				t.Error(err)
			}
			server.MustRestart(append(settings, trial.Ahead(time.Duration(attempts*attempts)*10*time.Minute))...)
		}
		restart("SMTP_URL=smtp://" + dbtest.DeadHost(t))
		register() // nobody has to be there for that
		tried("with nobody there")
		restart("SMTP_URL=" + site.Post.URL() + "?tls=required")
		tried("with TLS stripped")
		for _, fault := range []struct {
			name   string
			at     mailtest.Step
			answer mailtest.Answer
		}{
			{"with 421 to the greeting", mailtest.OnHello, 421},
			{"with 421 to the sender", mailtest.OnSender, 421},
			{"with 450 to the recipient", mailtest.OnRecipient, 450},
			{"with 451 to the mail", mailtest.OnContent, 451},
			{"cut off before 250", mailtest.OnContent, mailtest.HangUp},
		} {
			queued := count(t, raw, "notices WHERE delivery = 'queued'")
			if fault.at == mailtest.OnHello {
				queued *= 2 // whose EHLO is refused tries HELO
			}
			site.Post.Script(fault.at, slices.Repeat([]mailtest.Answer{fault.answer}, queued)...)
			restart("SMTP_URL=" + site.Post.URL())
			tried(fault.name)
		}
		site.Post.Script(mailtest.OnContent, mailtest.TakeAndHang, mailtest.TakeAndHang)
		site.Refuse(site.Supers[1])
		restart()
		register()
		verdict := trial.Verdict{}
		for _, crowd := range forms {
			verdict = verdict.And(site.Check(crowd, server, 0))
		}
		if verdict.GivenUp == 0 || verdict.Acknowledged != 4 {
			t.Errorf("got %+v, want four registrations and refused mails", verdict)
		}
		if _, err := site.Reglink("operator", "add", site.Supers[0]); err != nil {
			t.Fatal(err)
		}
		status, shown := site.SignIn(server, site.Supers[0]).Read("/operator")
		if status != http.StatusOK || !strings.Contains(shown, "550") || !strings.Contains(shown, site.Supers[1]) {
			t.Errorf("the outbox (%d) does not show what was refused: %s", status, shown)
		}
		trial.Report(trial.Row{Run: "K-3 faults of the mail server, " + engine, Times: attempts + 1, Verdict: verdict})
	})
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
