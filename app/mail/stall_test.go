package mail_test

import (
	"testing"
	"time"

	"reglink/app"
	"reglink/app/mail/mailtest"
)

// A mail server that falls silent in the middle of a mail is left when its time is over, be that of the step or of the whole try. The mail
// is put off and delivered later: once, or twice under one Message-ID where the silent server takes the first one after all (K-3).
func TestStalledMailIsDeliveredLater(t *testing.T) {
	t.Parallel()
	const short, long = 200 * time.Millisecond, time.Minute
	for name, test := range map[string]struct {
		at          mailtest.Step
		step, whole time.Duration
		arrives     int
	}{
		"a step at the recipient": {mailtest.OnRecipient, short, long, 1},
		"a step at the content":   {mailtest.OnContent, short, long, 2},
		"a try at the recipient":  {mailtest.OnRecipient, long, short, 1},
		"a try at the content":    {mailtest.OnContent, long, short, 2},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, server := newPortal(t), mailtest.Start(t)
			p.register(1)
			ok(t, settleAllBut(p, app.PersonRegistered))
			server.Script(test.at, mailtest.Stall)
			sender := smtpTo(t, server)
			sender.Impatient(test.step, test.whole)
			tried, began := countdown(sender, 1), time.Now()
			during(t, p.worker(tried, quiet()), func() { <-tried.done })
			if took := time.Since(began); took > long/4 {
				t.Errorf("the silent server is left after %v", took)
			}
			n := p.only(app.PersonRegistered)
			if n.Delivery != app.Queued || n.Attempts != 1 || n.LastError == "" || len(server.Mails()) != 0 {
				t.Errorf("the notice is %s after %d attempts: %q", n.Delivery, n.Attempts, n.LastError)
			}
			server.Resume()
			server.WaitFor(test.arrives - 1)
			p.pass(time.Hour)
			during(t, p.worker(smtpTo(t, server), quiet()), func() { server.WaitFor(test.arrives) })
			arrivedAs(t, server, p.only(app.PersonRegistered), test.arrives)
		})
	}
}

// arrivedAs wants a notice to be sent, and so many mails of its name and no other.
func arrivedAs(t *testing.T, server *mailtest.Server, n app.Notice, times int) {
	t.Helper()
	mails := server.Mails()
	if n.Delivery != app.Sent || n.Attempts != 2 || len(mails) != times {
		t.Errorf("the notice is %s after %d attempts, %d mails arrived", n.Delivery, n.Attempts, len(mails))
	}
	for _, m := range mails {
		if got := m.Header.Get("Message-Id"); got != "<"+n.ID+"@support.example.com>" {
			t.Errorf("Message-ID %s of notice %s", got, n.ID)
		}
	}
}
