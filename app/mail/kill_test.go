package mail_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/mail/mailtest"
)

// unmarked is a store that writes nothing down before so many mails wait for it, and counts how many wait at most.
type unmarked struct {
	app.NoticeStore

	mutex         sync.Mutex
	waiting, most int
	enough        int
	all           chan struct{} // closed when they are enough
	once          sync.Once
}

func (u *unmarked) SettleNotice(ctx context.Context, n app.Notice) error {
	u.mutex.Lock()
	u.waiting++
	u.most = max(u.most, u.waiting)
	if u.waiting == u.enough {
		u.once.Do(func() { close(u.all) })
	}
	u.mutex.Unlock()
	select {
	case <-u.all:
	case <-ctx.Done():
	}
	err := u.NoticeStore.SettleNotice(ctx, n)
	u.mutex.Lock()
	u.waiting--
	u.mutex.Unlock()
	return err
}

// What a kill can leave sent and not marked, and so has arrive again, is four mails and no more: what trial.Verdict allows for each kill.
func TestFourMailsAtMostAreSentAndNotMarked(t *testing.T) {
	t.Parallel()
	const people, atOnce = 5, 4
	p, server := newPortal(t), mailtest.Start(t)
	p.register(people)
	w := p.worker(smtpTo(t, server), quiet())
	store := &unmarked{NoticeStore: p, enough: atOnce, all: make(chan struct{})}
	w.Outbox.Store = store
	during(t, w, func() {
		select {
		case <-store.all:
		case <-time.After(15 * time.Second):
			t.Error("fewer mails are sent before the first is marked")
			return
		}
		if got := len(server.Mails()); got != atOnce {
			t.Errorf("%d mails are sent before the first is marked, want %d", got, atOnce)
		}
		server.WaitFor(2 * people)
	})
	if store.most != atOnce {
		t.Errorf("%d mails were sent and not marked at once, want %d", store.most, atOnce)
	}
}
