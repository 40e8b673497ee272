package mail_test

import (
	"bytes"
	"context"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/mail/mailtest"
)

// interrupted is a store that has the worker stopped once notices are leased, before anybody has read them.
type interrupted struct {
	app.NoticeStore

	stop func()
}

func (i interrupted) ClaimNotices(ctx context.Context, at time.Time, limit int) ([]app.Notice, error) {
	claimed, err := i.NoticeStore.ClaimNotices(ctx, at, limit)
	i.stop()
	return claimed, err
}

// A stop between the lease and the letter leaves no notice leased, which nobody could send for two minutes.
func TestStopInTheMiddleOfAClaim(t *testing.T) {
	t.Parallel()
	p, server := newPortal(t), mailtest.Start(t)
	p.register(2)
	ctx, stop := context.WithCancel(t.Context())
	w := p.worker(smtpTo(t, server), quiet())
	w.Outbox.Store = interrupted{p, stop}
	w.Run(ctx)
	all, err := p.Notices(t.Context(), 100)
	ok(t, err)
	for _, n := range all {
		if n.LeaseUntil != nil || n.Delivery != app.Sent {
			t.Errorf("%s is %s, leased until %v", n.Letter, n.Delivery, n.LeaseUntil)
		}
	}
	if got := len(server.Mails()); got != 4 {
		t.Errorf("%d mails arrived, want 4", got)
	}
}

// A server that lacks the installation's key throws no mail away: one that has it sends it a little later.
func TestAServerWithoutTheKeyLeavesMailsToOthers(t *testing.T) {
	t.Parallel()
	p, server := newPortal(t), mailtest.Start(t)
	p.register(1)
	other, err := app.NewSealer(bytes.Repeat([]byte{8}, app.KeySize))
	ok(t, err)
	without := p.worker(smtpTo(t, server), quiet())
	without.Outbox.Sealer = other
	during(t, without, func() { server.WaitForMail("sue@acme.example", "") })
	if n := p.only(app.ConfirmAddress); n.Delivery != app.Queued || n.LeaseUntil != nil || n.Attempts != 0 {
		t.Fatalf("the notice is %s, leased until %v, tried %d times", n.Delivery, n.LeaseUntil, n.Attempts)
	}
	p.pass(time.Minute)
	during(t, p.worker(smtpTo(t, server), quiet()), func() { server.WaitForMail("person0@acme.example", "/confirm/") })
}
