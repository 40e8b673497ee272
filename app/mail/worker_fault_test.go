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

// signallingSender is a Sender that says when so many mails wait for nothing but their end.
type signallingSender struct {
	mail.Sender

	enough sync.WaitGroup
}

func (b *signallingSender) Begin(ctx context.Context, m email.Mail) (mail.Handover, error) {
	handover, err := b.Sender.Begin(ctx, m)
	b.enough.Done()
	return handover, err
}

// blockedStore is a store that marks nothing before wait returns, and that looks, before each mark, how many
// mails lack theirs.
type blockedStore struct {
	app.NoticeStore

	server       *mailtest.Server
	wait         func()
	mutex        sync.Mutex
	marked       int
	mostUnmarked int
}

func (u *blockedStore) SettleNotice(ctx context.Context, n app.Notice) error {
	u.wait()
	u.mutex.Lock()
	defer u.mutex.Unlock()
	u.mostUnmarked = max(u.mostUnmarked, len(u.server.Mails())-u.marked)
	u.marked++
	return u.NoticeStore.SettleNotice(ctx, n)
}

// What a kill can leave sent and not marked, and so has arrive again, is one mail, though four are under way:
// what trial.Verdict allows for each kill.
func TestWorker_AtMostOneMailIsSentAndNotMarked(t *testing.T) {
	t.Parallel()
	const people, atOnce = 2, 4
	p, server := newTestPortal(t), mailtest.Start(t)
	p.register(people) // who confirm, and of whom a Super User is told: one batch
	sender := &signallingSender{Sender: newSMTP(t, server)}
	sender.enough.Add(atOnce)
	store := &blockedStore{NoticeStore: p, server: server, wait: sender.enough.Wait}
	w := p.worker(sender, discardLog())
	w.Outbox.Store = store
	runWhile(t, w, func() { server.WaitFor(2 * people) })
	if store.marked != 2*people || store.mostUnmarked != 1 {
		t.Errorf("%d mails were marked, and up to %d sent and not marked, want %d and 1", store.marked, store.mostUnmarked,
			2*people)
	}
}

// Who waits for the end of somebody else's mail keeps to the time of a try, and is not sent by somebody else meanwhile.
func TestWorker_MailWaitingForItsTurnTimesOut(t *testing.T) {
	t.Parallel()
	p, server := newTestPortal(t), mailtest.Start(t)
	p.register(1)
	const whole = 5 * time.Second
	sender := newSMTP(t, server)
	sender.SetTimeouts(whole, whole)
	tried := &signallingSender{Sender: sender}
	tried.enough.Add(2)
	var once sync.Once
	store := &blockedStore{NoticeStore: p, server: server, wait: func() {
		once.Do(func() {
			tried.enough.Wait()
			<-time.After(whole + time.Second) // as a database that is away has the first of them do
		})
	}}
	w := p.worker(tried, discardLog())
	w.Outbox.Store = store
	runWhile(t, w, func() { server.WaitFor(1) })
	if got := w.Counts(); got != (app.MailCounts{Sent: 1, Deferred: 1}) || len(server.Mails()) != 1 {
		t.Errorf("counted %+v, and %d mails arrived, want one that was sent and one that was put off", got,
			len(server.Mails()))
	}
}

// A mail server that falls silent in the middle of a mail is left when its time is over, be that of the step
// or of the whole try. The mail is put off and delivered later: once, or twice under one Message-ID where the
// silent server takes the first one after all (K-3).
func TestWorker_StalledMailIsDeliveredLater(t *testing.T) {
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
			p, server := newTestPortal(t), mailtest.Start(t)
			p.register(1)
			wantNoError(t, skipAllBut(p, app.PersonRegistered))
			server.Script(test.at, mailtest.Stall)
			sender := newSMTP(t, server)
			sender.SetTimeouts(test.step, test.whole)
			tried, began := newCountingSender(sender, 1), time.Now()
			runWhile(t, p.worker(tried, discardLog()), func() { <-tried.done })
			if took := time.Since(began); took > long/4 {
				t.Errorf("the silent server is left after %v", took)
			}
			n := p.onlyNotice(app.PersonRegistered)
			if n.Delivery != app.Queued || n.Attempts != 1 || n.LastError == "" || len(server.Mails()) != 0 {
				t.Errorf("the notice is %s after %d attempts: %q", n.Delivery, n.Attempts, n.LastError)
			}
			server.Resume()
			server.WaitFor(test.arrives - 1)
			p.advance(time.Hour)
			runWhile(t, p.worker(newSMTP(t, server), discardLog()), func() { server.WaitFor(test.arrives) })
			wantArrivals(t, server, p.onlyNotice(app.PersonRegistered), test.arrives)
		})
	}
}

// wantArrivals wants a notice to be sent, and so many mails of its name and no other.
func wantArrivals(t *testing.T, server *mailtest.Server, n app.Notice, times int) {
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

// failingStore is a store that cannot write down how a try ended.
type failingStore struct {
	app.NoticeStore

	fails atomic.Int32
	with  error
}

func (f *failingStore) SettleNotice(ctx context.Context, n app.Notice) error {
	if f.fails.Add(-1) >= 0 {
		return f.with
	}
	return f.NoticeStore.SettleNotice(ctx, n)
}

// A crash between the server's consent and our mark sends the mail a second time, recognisably.
func TestWorker_UnmarkedMailIsSentAgainUnderItsID(t *testing.T) {
	t.Parallel()
	p, server := newTestPortal(t), mailtest.Start(t)
	p.register(1)
	wantNoError(t, skipAllBut(p, app.PersonRegistered))
	w := p.worker(newSMTP(t, server), discardLog())
	store := &failingStore{NoticeStore: p, with: errors.New("a fault")}
	store.fails.Store(1)
	w.Outbox.Store = store
	runWhile(t, w, func() { server.WaitFor(1) })
	if n := p.onlyNotice(app.PersonRegistered); n.Delivery != app.Queued || n.Attempts != 0 {
		t.Fatalf("the notice is %s after %d attempts", n.Delivery, n.Attempts)
	}
	p.advance(app.Lease)
	runWhile(t, w, func() { server.WaitFor(2) })
	mails := server.Mails()
	if first, second := mails[0].Header, mails[1].Header; first.Get("Message-Id") != second.Get("Message-Id") ||
		first.Get("Date") != second.Get("Date") {
		t.Errorf("sent as %v and as %v", first, second)
	}
	if n := p.onlyNotice(app.PersonRegistered); n.Delivery != app.Sent {
		t.Errorf("the notice is %s", n.Delivery)
	}
}

// A database that is away for a moment, as a cluster that has lost a node, has no mail sent twice.
func TestWorker_MarksSentOnceTheDatabaseIsBack(t *testing.T) {
	t.Parallel()
	p, server := newTestPortal(t), mailtest.Start(t)
	p.register(1)
	wantNoError(t, skipAllBut(p, app.PersonRegistered))
	w := p.worker(newSMTP(t, server), discardLog())
	store := &failingStore{NoticeStore: p, with: app.Refuse(app.Unavailable, "database_away")}
	store.fails.Store(2)
	w.Outbox.Store = store
	runWhile(t, w, func() {
		for end := time.Now().Add(10 * time.Second); p.onlyNotice(app.PersonRegistered).Delivery != app.Sent &&
			time.Now().Before(end); {
			time.Sleep(10 * time.Millisecond)
		}
	})
	if n := p.onlyNotice(app.PersonRegistered); n.Delivery != app.Sent || n.Attempts != 1 || len(server.Mails()) != 1 {
		t.Errorf("the notice is %s after %d attempts, %d mails arrived", n.Delivery, n.Attempts, len(server.Mails()))
	}
}
