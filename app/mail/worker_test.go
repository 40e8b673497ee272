package mail_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/mail"
	"reglink/app/mail/mailtest"
	"reglink/views/email"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

func smtpTo(t *testing.T, server *mailtest.Server) *mail.SMTP {
	t.Helper()
	s, err := mail.NewSMTP(server.URL(), base)
	ok(t, err)
	return s
}

func TestRegistrationIsMailed(t *testing.T) {
	t.Parallel()
	p, server := newPortal(t), mailtest.Start(t)
	p.register(1)
	during(t, p.worker(smtpTo(t, server), quiet()), func() { server.WaitFor(2) })

	confirm := server.WaitForMail("person0@acme.example", "/confirm/")
	link := confirm.Link(base + "/confirm/")
	rules := app.Confirmations{Store: p, Hasher: p.hasher, Sealer: p.sealer, Clock: p.clock}
	if err := rules.Confirm(t.Context(), strings.TrimPrefix(link, base+"/confirm/")); err != nil {
		t.Errorf("the mailed address %s does not confirm: %v", link, err)
	}
	if confirm.Subject != "Confirm your address for the support portal" || !strings.Contains(confirm.Text, "support account of Acme") {
		t.Errorf("%s\n%s", confirm.Subject, confirm.Text)
	}
	told := server.WaitForMail("sue@acme.example", "person0@acme.example")
	if told.Subject != "Neue Registrierung für Ihr Konto" || told.Link(base) != base+"/members" {
		t.Errorf("%s\n%s", told.Subject, told.Text)
	}
	for _, letter := range []app.Letter{app.ConfirmAddress, app.PersonRegistered} {
		if n := p.only(letter); n.Delivery != app.Sent || n.Attempts != 1 || !n.SentAt.Equal(p.clock()) {
			t.Errorf("%s is %s after %d attempts, sent at %v", letter, n.Delivery, n.Attempts, n.SentAt)
		}
	}
}

func TestRefusedMails(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name   string
		at     mailtest.Step
		answer mailtest.Answer
		ends   app.Delivery
		says   string
	}{
		{"for now", mailtest.OnRecipient, 450, app.Queued, "450"},
		{"for good", mailtest.OnRecipient, 550, app.Failed, "550"},
		{"as content, for good", mailtest.OnContent, 554, app.Failed, "554"},
		{"because of us", mailtest.OnSender, 553, app.Queued, "553"},
		{"without a word", mailtest.OnContent, mailtest.HangUp, app.Queued, "EOF"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p, server := newPortal(t), mailtest.Start(t)
			p.register(1)
			ok(t, settleAllBut(p, app.PersonRegistered))
			server.Script(c.at, c.answer)
			tried := countdown(smtpTo(t, server), 1)
			worker := p.worker(tried, quiet())
			during(t, worker, func() { <-tried.done })
			n := p.only(app.PersonRegistered)
			counted := app.MailCounts{PutOff: 1}
			if c.ends == app.Failed {
				counted = app.MailCounts{Refused: 1}
			}
			if got := worker.Counts(); got != counted {
				t.Errorf("counted: got %+v, want %+v", got, counted)
			}
			if n.Delivery != c.ends || n.Attempts != 1 || !strings.Contains(n.LastError, c.says) {
				t.Errorf("the notice is %s after %d attempts: %q", n.Delivery, n.Attempts, n.LastError)
			}
			if len(server.Mails()) != 0 {
				t.Error("a refused mail arrived")
			}
			if c.ends == app.Queued && n.NextTryAt.Sub(p.clock()) < 10*time.Second {
				t.Errorf("tried again after %s", n.NextTryAt.Sub(p.clock()))
			}
		})
	}
}

// settleAllBut skips every notice that is due except those of a letter.
func settleAllBut(p *portal, letter app.Letter) error {
	all, err := p.Notices(p.t.Context(), 100)
	for _, n := range all {
		if n.Letter != letter {
			n.Delivery = app.Skipped
			err = errors.Join(err, p.SettleNotice(p.t.Context(), n))
		}
	}
	return err
}

func TestTriedAgainUnderTheSameMessageID(t *testing.T) {
	t.Parallel()
	p, server := newPortal(t), mailtest.Start(t)
	p.register(1)
	ok(t, settleAllBut(p, app.PersonRegistered))
	server.Script(mailtest.OnContent, mailtest.HangUp, 451)
	for range 2 {
		tried := countdown(smtpTo(t, server), 1)
		during(t, p.worker(tried, quiet()), func() { <-tried.done })
		p.pass(time.Hour)
	}
	during(t, p.worker(smtpTo(t, server), quiet()), func() { server.WaitFor(1) })
	n := p.only(app.PersonRegistered)
	if got := server.Mails()[0].Header.Get("Message-Id"); got != "<"+n.ID+"@support.example.com>" {
		t.Errorf("Message-ID %s of notice %s", got, n.ID)
	}
	if n.Delivery != app.Sent || n.Attempts != 3 || n.LastError != "" {
		t.Errorf("the notice is %s after %d attempts: %q", n.Delivery, n.Attempts, n.LastError)
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

func TestTwoWorkersSendEachNoticeOnce(t *testing.T) {
	t.Parallel()
	const people = 12
	p, server := newPortal(t), mailtest.Start(t)
	p.register(people)
	done := countdown(smtpTo(t, server), 2*people)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() { during(t, p.worker(done, quiet()), func() { <-done.done }) })
	}
	workers.Wait()
	var ids []string
	for _, m := range server.Mails() {
		ids = append(ids, m.Header.Get("Message-Id"))
	}
	slices.Sort(ids)
	if unique := len(slices.Compact(slices.Clone(ids))); len(ids) != 2*people || unique != 2*people {
		t.Errorf("%d mails with %d ids, want %d", len(ids), unique, 2*people)
	}
}

// held is a Sender that sends when it is let.
type held struct {
	mail.Recorder

	began, let chan struct{}
}

func (h *held) Begin(ctx context.Context, m email.Mail) (mail.Handover, error) {
	close(h.began)
	<-h.let
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return h.Recorder.Begin(ctx, m)
}

func TestStopEndsWhatWasBegun(t *testing.T) {
	t.Parallel()
	p := newPortal(t)
	p.register(1)
	ok(t, settleAllBut(p, app.PersonRegistered))
	sender := &held{began: make(chan struct{}), let: make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.worker(sender, quiet()).Run(ctx)
	}()
	<-sender.began
	stop()
	select {
	case <-ended:
		t.Error("the worker left its mail alone")
	default:
	}
	close(sender.let)
	<-ended
	if n := p.only(app.PersonRegistered); n.Delivery != app.Sent || len(sender.Mails()) != 1 {
		t.Errorf("the notice is %s, %d mails were sent", n.Delivery, len(sender.Mails()))
	}
}

func TestT04LogsNameNoticesAndNobody(t *testing.T) {
	t.Parallel()
	p, server := newPortal(t), mailtest.Start(t)
	p.register(2)
	server.Script(mailtest.OnRecipient, 550, 450)
	server.Script(mailtest.OnContent, mailtest.HangUp)
	var lines bytes.Buffer
	tried := countdown(smtpTo(t, server), 4)
	during(t, p.worker(tried, slog.New(slog.NewJSONHandler(&lines, nil))), func() { <-tried.done })
	logged := lines.String()
	for _, want := range []string{
		`"msg":"mail sent","notice":"`, `"msg":"mail not sent"`, `"step":"recipient","code":550,"final":true`,
		`"step":"recipient","code":450,"final":false`, `"step":"content","code":0,"final":false`, p.delivered(app.Failed).ID,
	} {
		if !strings.Contains(logged, want) {
			t.Errorf("the log lacks %s", want)
		}
	}
	for _, never := range []string{"acme", "Okafor", "rc1_", "/confirm/", "Perez"} {
		if strings.Contains(logged, never) {
			t.Errorf("the log holds %q", never)
		}
	}
	if t.Failed() {
		t.Log(logged)
	}
}

// delivered gives one notice that stands so.
func (p *portal) delivered(as app.Delivery) app.Notice {
	p.t.Helper()
	all, err := p.Notices(p.t.Context(), 100)
	ok(p.t, err)
	i := slices.IndexFunc(all, func(n app.Notice) bool { return n.Delivery == as })
	if i < 0 {
		p.t.Fatalf("none of %d notices is %s", len(all), as)
	}
	return all[i]
}
