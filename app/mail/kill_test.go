package mail_test

import (
	"context"
	"sync"
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
