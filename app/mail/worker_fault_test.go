package mail_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/mail"
	"reglink/app/mail/mailtest"
	"reglink/views/email"
)

// begun is a Sender that says when so many mails wait for nothing but their end.
type begun struct {
	mail.Sender

	enough sync.WaitGroup
}

func (b *begun) Begin(ctx context.Context, m email.Mail) (mail.Handover, error) {
	handover, err := b.Sender.Begin(ctx, m)
	b.enough.Done()
	return handover, err
}

// unmarked is a store that marks nothing before wait returns, and that looks, before each mark, how many mails lack theirs.
type unmarked struct {
	app.NoticeStore

	server *mailtest.Server
	wait   func()
	mutex  sync.Mutex
	marked int
	most   int
}

func (u *unmarked) SettleNotice(ctx context.Context, n app.Notice) error {
	u.wait()
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.most = max(u.most, len(u.server.Mails())-u.marked)
	u.marked++
	return u.NoticeStore.SettleNotice(ctx, n)
}

// What a kill can leave sent and not marked, and so has arrive again, is one mail, though four are under way: what trial.Verdict
// allows for each kill.
func TestOneMailAtMostIsSentAndNotMarked(t *testing.T) {
	t.Parallel()
	const people, atOnce = 2, 4
	p, server := newPortal(t), mailtest.Start(t)
	p.register(people) // who confirm, and of whom a Super User is told: one batch
	sender := &begun{Sender: smtpTo(t, server)}
	sender.enough.Add(atOnce)
	store := &unmarked{NoticeStore: p, server: server, wait: sender.enough.Wait}
	w := p.worker(sender, quiet())
	w.Outbox.Store = store
	during(t, w, func() { server.WaitFor(2 * people) })
	if store.marked != 2*people || store.most != 1 {
		t.Errorf("%d mails were marked, and up to %d sent and not marked, want %d and 1", store.marked, store.most, 2*people)
	}
}

// Who waits for the end of somebody else's mail keeps to the time of a try, and is not sent by somebody else meanwhile.
func TestAMailThatWaitsForItsTurnIsLeftInTime(t *testing.T) {
	t.Parallel()
	p, server := newPortal(t), mailtest.Start(t)
	p.register(1)
	const whole = 5 * time.Second
	sender := smtpTo(t, server)
	sender.Impatient(whole, whole)
	tried := &begun{Sender: sender}
	tried.enough.Add(2)
	var once sync.Once
	store := &unmarked{NoticeStore: p, server: server, wait: func() {
		once.Do(func() {
			tried.enough.Wait()
			<-time.After(whole + time.Second) // as a database that is away has the first of them do
		})
	}}
	w := p.worker(tried, quiet())
	w.Outbox.Store = store
	during(t, w, func() { server.WaitFor(1) })
	if got := w.Counts(); got != (app.MailCounts{Sent: 1, PutOff: 1}) || len(server.Mails()) != 1 {
		t.Errorf("counted %+v, and %d mails arrived, want one that was sent and one that was put off", got, len(server.Mails()))
	}
}

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

// forgetful is a store that cannot write down how a try ended.
type forgetful struct {
	app.NoticeStore

	fails atomic.Int32
	with  error
}

func (f *forgetful) SettleNotice(ctx context.Context, n app.Notice) error {
	if f.fails.Add(-1) >= 0 {
		return f.with
	}
	return f.NoticeStore.SettleNotice(ctx, n)
}

// A crash between the server's consent and our mark sends the mail a second time, recognisably.
func TestSentButNotWrittenDown(t *testing.T) {
	t.Parallel()
	p, server := newPortal(t), mailtest.Start(t)
	p.register(1)
	ok(t, settleAllBut(p, app.PersonRegistered))
	w := p.worker(smtpTo(t, server), quiet())
	store := &forgetful{NoticeStore: p, with: errors.New("a fault")}
	store.fails.Store(1)
	w.Outbox.Store = store
	during(t, w, func() { server.WaitFor(1) })
	if n := p.only(app.PersonRegistered); n.Delivery != app.Queued || n.Attempts != 0 {
		t.Fatalf("the notice is %s after %d attempts", n.Delivery, n.Attempts)
	}
	p.pass(app.Lease)
	during(t, w, func() { server.WaitFor(2) })
	mails := server.Mails()
	if first, second := mails[0].Header, mails[1].Header; first.Get("Message-Id") != second.Get("Message-Id") || first.Get("Date") != second.Get("Date") {
		t.Errorf("sent as %v and as %v", first, second)
	}
	if n := p.only(app.PersonRegistered); n.Delivery != app.Sent {
		t.Errorf("the notice is %s", n.Delivery)
	}
}

// A database that is away for a moment, as a cluster that has lost a node, has no mail sent twice.
func TestWrittenDownWhenTheDatabaseIsBack(t *testing.T) {
	t.Parallel()
	p, server := newPortal(t), mailtest.Start(t)
	p.register(1)
	ok(t, settleAllBut(p, app.PersonRegistered))
	w := p.worker(smtpTo(t, server), quiet())
	store := &forgetful{NoticeStore: p, with: app.Refuse(app.Unavailable, "database_away")}
	store.fails.Store(2)
	w.Outbox.Store = store
	during(t, w, func() {
		for end := time.Now().Add(10 * time.Second); p.only(app.PersonRegistered).Delivery != app.Sent && time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
	})
	if n := p.only(app.PersonRegistered); n.Delivery != app.Sent || n.Attempts != 1 || len(server.Mails()) != 1 {
		t.Errorf("the notice is %s after %d attempts, %d mails arrived", n.Delivery, n.Attempts, len(server.Mails()))
	}
}
