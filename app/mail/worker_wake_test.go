package mail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"reglink/app"
	"reglink/app/mail"
)

// fakeNoticeStore is an outbox in memory: what is put into it is due.
type fakeNoticeStore struct {
	app.NoticeStore
	mutex   sync.Mutex
	due     []app.Notice
	settled []app.Notice
	broken  bool
}

func (q *fakeNoticeStore) add(id string) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	person := &app.Identity{Email: "sue@acme.example"}
	q.due = append(q.due, app.Notice{
		ID: id, Kind: app.PersonRegistered, Recipient: person, Subject: person, Account: &app.Account{Name: "Acme"},
	})
}

func (q *fakeNoticeStore) ClaimNotices(_ context.Context, _ time.Time, limit int) ([]app.Notice, error) {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	if q.broken {
		q.broken = false
		return nil, errors.New("the database is away")
	}
	n := min(limit, len(q.due))
	claimed := q.due[:n:n]
	q.due = q.due[n:]
	return claimed, nil
}

func (q *fakeNoticeStore) SettleNotice(_ context.Context, n app.Notice) error {
	q.mutex.Lock()
	defer q.mutex.Unlock()
	q.settled = append(q.settled, n)
	return nil
}

func (q *fakeNoticeStore) Installation(context.Context) (*app.Installation, error) {
	return nil, app.Refuse(app.NotFound, "installation_unknown")
}

func (q *fakeNoticeStore) ActivityByID(context.Context, string) (*app.Activity, error) {
	return nil, app.Refuse(app.NotFound, "notice_unknown")
}

func (q *fakeNoticeStore) MembershipByIdentity(context.Context, string, string) (*app.Membership, error) {
	return nil, app.Refuse(app.NotFound, "member_unknown")
}

func (q *fakeNoticeStore) JoinRequestByID(context.Context, string) (*app.JoinRequest, error) {
	return nil, app.Refuse(app.NotFound, "join_unknown")
}

func (*fakeNoticeStore) InvitationByID(context.Context, string) (*app.Invitation, error) {
	return nil, app.NotFound
}

func (q *fakeNoticeStore) ConfirmationByID(context.Context, string) (*app.Confirmation, error) {
	return nil, app.NotFound
}

func (q *fakeNoticeStore) CredentialChangeByID(context.Context, string) (*app.CredentialChange, error) {
	return nil, app.NotFound
}

func (q *fakeNoticeStore) IsSuperUser(context.Context, string, string, time.Time) (bool, error) {
	return true, nil
}

func TestWorker_DeliversOnWakeAndOnPoll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, box := &fakeNoticeStore{}, &mail.Recorder{}
		var lines bytes.Buffer
		w := &mail.Worker{
			Outbox: app.Outbox{Store: q}, Sender: box, BaseURL: base,
			Log: slog.New(slog.NewTextHandler(&lines, nil)),
		}
		w.Wake()
		w.Wake()
		wantSent := func(when string, want int) {
			t.Helper()
			synctest.Wait()
			if got := len(box.Mails()); got != want {
				t.Fatalf("%s: %d mails are sent, want %d", when, got, want)
			}
		}
		q.add("A")
		began := time.Now()
		runWhile(t, w, func() {
			wantSent("at the start", 1)
			q.add("B")
			wantSent("before anybody says so", 1)
			w.Wake()
			wantSent("after Wake", 2)
			if took := time.Since(began); took != 0 {
				t.Errorf("it took %s", took)
			}
			for i := range 9 {
				q.add(fmt.Sprint("C", i))
			}
			<-time.After(5 * time.Second)
			wantSent("at the next poll", 11)
			q.broken = true
			q.add("D")
			w.Wake()
			wantSent("while the database is away", 11)
			<-time.After(5 * time.Second)
			wantSent("when the database is back", 12)
		})
		if !strings.Contains(lines.String(), "outbox cannot be read") {
			t.Errorf("the log says nothing of the database:\n%s", lines.String())
		}
	})
}

// A worker that is paused claims nothing, so that others may, and goes on by itself.
func TestWorker_PausedOneClaimsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q, box := &fakeNoticeStore{}, &mail.Recorder{}
		var paused atomic.Bool
		paused.Store(true)
		w := &mail.Worker{Outbox: app.Outbox{Store: q}, Sender: box, BaseURL: base, Log: discardLog(), Paused: paused.Load}
		q.add("A")
		runWhile(t, w, func() {
			w.Wake()
			<-time.After(time.Minute)
			synctest.Wait()
			if got := len(box.Mails()); got != 0 || len(q.due) != 1 {
				t.Errorf("%d mails are sent and %d notices unclaimed while it is paused", got, len(q.due))
			}
			paused.Store(false)
			<-time.After(5 * time.Second)
			synctest.Wait()
			if got := len(box.Mails()); got != 1 {
				t.Errorf("%d mails are sent afterwards", got)
			}
		})
	})
}
