package mail_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/mail"
	"reglink/app/mail/mailtest"
	"reglink/views/email"
)

func TestWorker_MailsARegistration(t *testing.T) {
	t.Parallel()
	p, server := newTestPortal(t), mailtest.Start(t)
	p.register(1)
	runWhile(t, p.worker(newSMTP(t, server), discardLog()), func() { server.WaitFor(2) })

	confirm := server.WaitForMail("person0@acme.example", "/confirm/")
	link := confirm.Link(base + "/confirm/")
	rules := app.Confirmations{Store: p, Hasher: p.hasher, Sealer: p.sealer, Clock: p.clock}
	if err := rules.Confirm(t.Context(), strings.TrimPrefix(link, base+"/confirm/")); err != nil {
		t.Errorf("the mailed address %s does not confirm: %v", link, err)
	}
	if confirm.Subject != "Confirm your address for the support portal" ||
		!strings.Contains(confirm.Text, "support account of Acme") {
		t.Errorf("%s\n%s", confirm.Subject, confirm.Text)
	}
	told := server.WaitForMail("sue@acme.example", "person0@acme.example")
	if told.Subject != "Neue Registrierung für Ihr Konto" || told.Link(base) != base+"/members" {
		t.Errorf("%s\n%s", told.Subject, told.Text)
	}
	for _, letter := range []app.NoticeKind{app.ConfirmAddress, app.PersonRegistered} {
		if n := p.onlyNotice(letter); n.Delivery != app.Sent || n.Attempts != 1 || !n.SentAt.Equal(p.clock()) {
			t.Errorf("%s is %s after %d attempts, sent at %v", letter, n.Delivery, n.Attempts, n.SentAt)
		}
	}
}

func TestWorker_FailsFinalRefusalsAndRetriesOthers(t *testing.T) {
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
			p, server := newTestPortal(t), mailtest.Start(t)
			p.register(1)
			wantNoError(t, skipAllBut(p, app.PersonRegistered))
			server.Script(c.at, c.answer)
			tried := newCountingSender(newSMTP(t, server), 1)
			worker := p.worker(tried, discardLog())
			runWhile(t, worker, func() { <-tried.done })
			n := p.onlyNotice(app.PersonRegistered)
			counted := app.MailCounts{Deferred: 1}
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

func TestWorker_RetriesUnderTheSameMessageID(t *testing.T) {
	t.Parallel()
	p, server := newTestPortal(t), mailtest.Start(t)
	p.register(1)
	wantNoError(t, skipAllBut(p, app.PersonRegistered))
	server.Script(mailtest.OnContent, mailtest.HangUp, 451)
	for range 2 {
		tried := newCountingSender(newSMTP(t, server), 1)
		runWhile(t, p.worker(tried, discardLog()), func() { <-tried.done })
		p.advance(time.Hour)
	}
	runWhile(t, p.worker(newSMTP(t, server), discardLog()), func() { server.WaitFor(1) })
	n := p.onlyNotice(app.PersonRegistered)
	if got := server.Mails()[0].Header.Get("Message-Id"); got != "<"+n.ID+"@support.example.com>" {
		t.Errorf("Message-ID %s of notice %s", got, n.ID)
	}
	if n.Delivery != app.Sent || n.Attempts != 3 || n.LastError != "" {
		t.Errorf("the notice is %s after %d attempts: %q", n.Delivery, n.Attempts, n.LastError)
	}
}

func TestWorkers_SendEachNoticeOnce(t *testing.T) {
	t.Parallel()
	const people = 12
	p, server := newTestPortal(t), mailtest.Start(t)
	p.register(people)
	done := newCountingSender(newSMTP(t, server), 2*people)
	var workers sync.WaitGroup
	for range 2 {
		workers.Go(func() { runWhile(t, p.worker(done, discardLog()), func() { <-done.done }) })
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

// blockedSender is a Sender that sends when it is let.
type blockedSender struct {
	mail.Recorder

	began, release chan struct{}
}

func (h *blockedSender) Begin(ctx context.Context, m email.Mail) (mail.Handover, error) {
	close(h.began)
	<-h.release
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return h.Recorder.Begin(ctx, m)
}

func TestWorker_StopFinishesWhatWasBegun(t *testing.T) {
	t.Parallel()
	p := newTestPortal(t)
	p.register(1)
	wantNoError(t, skipAllBut(p, app.PersonRegistered))
	sender := &blockedSender{began: make(chan struct{}), release: make(chan struct{})}
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		p.worker(sender, discardLog()).Run(ctx)
	}()
	<-sender.began
	stop()
	select {
	case <-ended:
		t.Error("the worker left its mail alone")
	default:
	}
	close(sender.release)
	<-ended
	if n := p.onlyNotice(app.PersonRegistered); n.Delivery != app.Sent || len(sender.Mails()) != 1 {
		t.Errorf("the notice is %s, %d mails were sent", n.Delivery, len(sender.Mails()))
	}
}

func TestT04_LogsNameNoticesAndNobody(t *testing.T) {
	t.Parallel()
	p, server := newTestPortal(t), mailtest.Start(t)
	p.register(2)
	server.Script(mailtest.OnRecipient, 550, 450)
	server.Script(mailtest.OnContent, mailtest.HangUp)
	var lines bytes.Buffer
	tried := newCountingSender(newSMTP(t, server), 4)
	runWhile(t, p.worker(tried, slog.New(slog.NewJSONHandler(&lines, nil))), func() { <-tried.done })
	logged := lines.String()
	for _, want := range []string{
		`"msg":"mail sent","notice":"`, `"msg":"mail not sent"`, `"step":"recipient","code":550,"final":true`,
		`"step":"recipient","code":450,"final":false`, `"step":"content","code":0,"final":false`,
		p.noticeInState(app.Failed).ID,
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

// stoppingStore is a store that has the worker stopped once notices are leased, before anybody has read them.
type stoppingStore struct {
	app.NoticeStore

	stop func()
}

func (i stoppingStore) ClaimNotices(ctx context.Context, at time.Time, limit int) ([]app.Notice, error) {
	claimed, err := i.NoticeStore.ClaimNotices(ctx, at, limit)
	i.stop()
	return claimed, err
}

// A stop between the lease and the letter leaves no notice leased, which nobody could send for two minutes.
func TestWorker_StopDuringClaimLeavesNothingLeased(t *testing.T) {
	t.Parallel()
	p, server := newTestPortal(t), mailtest.Start(t)
	p.register(2)
	ctx, stop := context.WithCancel(t.Context())
	w := p.worker(newSMTP(t, server), discardLog())
	w.Outbox.Store = stoppingStore{p, stop}
	w.Run(ctx)
	all, err := p.Notices(t.Context(), 100)
	wantNoError(t, err)
	for _, n := range all {
		if n.LeaseUntil != nil || n.Delivery != app.Sent {
			t.Errorf("%s is %s, leased until %v", n.Kind, n.Delivery, n.LeaseUntil)
		}
	}
	if got := len(server.Mails()); got != 4 {
		t.Errorf("%d mails arrived, want 4", got)
	}
}

// A server that lacks the installation's key throws no mail away: one that has it sends it a little later.
func TestWorker_WithoutTheKeyLeavesMailsToOthers(t *testing.T) {
	t.Parallel()
	p, server := newTestPortal(t), mailtest.Start(t)
	p.register(1)
	other, err := app.NewSealer(bytes.Repeat([]byte{8}, app.KeySize))
	wantNoError(t, err)
	without := p.worker(newSMTP(t, server), discardLog())
	without.Outbox.Sealer = other
	runWhile(t, without, func() { server.WaitForMail("sue@acme.example", "") })
	if n := p.onlyNotice(app.ConfirmAddress); n.Delivery != app.Queued || n.LeaseUntil != nil || n.Attempts != 0 {
		t.Fatalf("the notice is %s, leased until %v, tried %d times", n.Delivery, n.LeaseUntil, n.Attempts)
	}
	p.advance(time.Minute)
	runWhile(t, p.worker(newSMTP(t, server), discardLog()),
		func() { server.WaitForMail("person0@acme.example", "/confirm/") })
}

// One address of a batch does not exist: it is shown as bounced, with what the mail server said, and every
// other one is mailed the link.
func TestWorker_MailsInvitationsAndRecordsBounces(t *testing.T) {
	t.Parallel()
	p, server := newTestPortal(t), mailtest.Start(t)
	rules := app.Invitations{Store: p, Sealer: p.sealer, Clock: p.clock}
	form := app.InvitationForm{Addresses: "gone@acme.example", Language: "de"}
	for i := range 9 {
		form.Addresses += fmt.Sprintf("\nPerson %d <person%d@acme.example>", i, i)
	}
	done, err := rules.Send(t.Context(), p.superUser(), form, []string{"en", "de"})
	wantNoError(t, err)
	server.Refuse("gone@acme.example", 550)
	tried := newCountingSender(newSMTP(t, server), 10)
	runWhile(t, p.worker(tried, discardLog()), func() { <-tried.done })

	progress, err := rules.Progress(t.Context(), p.superUser(), done.BatchID)
	wantNoError(t, err)
	if progress.Done() != 10 || progress.All() != 10 || progress.States[app.Failed] != 1 {
		t.Errorf("the progress is %+v", progress)
	}
	mails := server.Mails()
	if len(mails) != 9 {
		t.Fatalf("%d mails arrived, want 9", len(mails))
	}
	for _, m := range mails {
		if m.Link("/register/") != base+"/register/"+p.link || m.Subject != "Ihre Einladung zum Support-Portal" {
			t.Errorf("%s\n%s", m.Subject, m.Text)
		}
		if to := m.Header.Get("To"); to != "<"+m.To[0]+">" {
			t.Errorf("To is %s", to)
		}
	}
	page, err := rules.List(t.Context(), p.superUser(), app.Cursor{})
	wantNoError(t, err)
	if len(page.Entries) != 10 {
		t.Errorf("%d invitations are listed, want 10", len(page.Entries))
	}
	for _, i := range page.Entries {
		want := app.InvitationSent
		if i.Email == "gone@acme.example" {
			want = app.InvitationBounced
		}
		if i.State() != want || (want == app.InvitationBounced) != strings.Contains(i.Notice.LastError, "550") {
			t.Errorf("%s is %s: %q", i.Email, i.State(), i.Notice.LastError)
		}
	}
}
