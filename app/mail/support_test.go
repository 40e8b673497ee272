package mail_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/mail"
	"reglink/app/mail/mailtest"
	"reglink/db"
	"reglink/db/dbtest"
	"reglink/views/email"
	"reglink/views/messages"
)

const base = "https://support.example.com"

// portal is an installation with one account, its Super User Sue, and a registration link.
type portal struct {
	*db.Store
	t      *testing.T
	sealer *app.Sealer
	hasher *app.PasswordHasher
	link   string
	now    atomic.Int64 // microseconds, set by pass
}

func newTestPortal(t *testing.T) *portal {
	t.Helper()
	sealer, err := app.NewSealer(bytes.Repeat([]byte{7}, app.KeySize))
	wantNoError(t, err)
	p := &portal{
		Store: dbtest.New(t), t: t, sealer: sealer,
		hasher: app.NewPasswordHasher(app.HashParams{Memory: 8, Time: 1, Lanes: 1}),
	}
	p.now.Store(time.Date(2026, time.November, 3, 9, 30, 0, 0, time.UTC).UnixMicro())
	setUps := app.SetUps{Store: p, Hasher: p.hasher, Sealer: p.sealer, Clock: p.clock}
	token, err := setUps.Token(t.Context())
	wantNoError(t, err)
	form := app.SetUp{
		Account: app.NewAccount{Name: "Acme", CompanyID: "A1"}, FirstName: "Sue", LastName: "Perez",
		Email: "sue@acme.example", Password: "violet harbour 42 lanterns",
	}
	wantNoError(t, setUps.SetUp(t.Context(), token, form, app.Client{Language: "de"}))
	p.generateLink()
	return p
}

func wantNoError(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (p *portal) clock() time.Time { return time.UnixMicro(p.now.Load()) }

func (p *portal) advance(d time.Duration) { p.now.Add(d.Microseconds()) }

// superUser is the Super User at work.
func (p *portal) superUser() app.Actor {
	p.t.Helper()
	sue, err := p.IdentityByEmail(p.t.Context(), "sue@acme.example")
	wantNoError(p.t, err)
	memberships, err := p.Memberships(p.t.Context(), sue.ID)
	wantNoError(p.t, err)
	return app.Actor{Identity: *sue, Membership: memberships[0], Account: *memberships[0].Account}
}

func (p *portal) generateLink() {
	p.t.Helper()
	made, err := app.Links{Store: p, Sealer: p.sealer, Clock: p.clock}.Generate(p.t.Context(), p.superUser())
	wantNoError(p.t, err)
	p.link = made.Token
}

// register registers person0, person1 … Each owes two mails: theirs in English, and Sue's in German.
func (p *portal) register(people int) {
	p.t.Helper()
	rules := app.Registrations{Store: p, Hasher: p.hasher, Sealer: p.sealer, Clock: p.clock}
	for i := range people {
		form := app.RegistrationForm{
			FirstName: "Nia", LastName: "Okafor", Email: fmt.Sprintf("person%d@acme.example", i),
			Password: "violet harbour 42 lanterns", EULA: app.EULAVersion, SubmissionID: app.NewSubmissionID(),
		}
		wantNoError(p.t, rules.Register(p.t.Context(), p.link, form, app.Client{Language: "en"}))
	}
}

func (p *portal) worker(sender mail.Sender, log *slog.Logger) *mail.Worker {
	return &mail.Worker{
		Outbox: app.Outbox{Store: p, Sealer: p.sealer, Clock: p.clock}, Sender: sender, BaseURL: base, Log: log,
	}
}

// runWhile runs the worker while something happens, and waits until it has ended.
func runWhile(t *testing.T, w *mail.Worker, something func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(messages.With(t.Context(), messages.Strict()))
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.Run(ctx)
	}()
	something()
	cancel()
	<-ended
}

// onlyNotice gives the one notice of a letter.
func (p *portal) onlyNotice(letter app.NoticeKind) app.Notice {
	p.t.Helper()
	all, err := p.Notices(p.t.Context(), 100)
	wantNoError(p.t, err)
	var found []app.Notice
	for _, n := range all {
		if n.Kind == letter {
			found = append(found, n)
		}
	}
	if len(found) != 1 {
		p.t.Fatalf("%d notices of the letter %q, want 1", len(found), letter)
	}
	return found[0]
}

// countingSender is a Sender that says when n tries have ended.
type countingSender struct {
	mail.Sender

	left atomic.Int32
	done chan struct{}
}

func newCountingSender(sender mail.Sender, n int32) *countingSender {
	c := &countingSender{Sender: sender, done: make(chan struct{})}
	c.left.Store(n)
	return c
}

func (c *countingSender) countDown() {
	if c.left.Add(-1) == 0 {
		close(c.done)
	}
}

func (c *countingSender) Begin(ctx context.Context, m email.Mail) (mail.Handover, error) {
	handover, err := c.Sender.Begin(ctx, m)
	if err != nil {
		c.countDown()
	}
	return &countingHandover{handover, c}, err
}

type countingHandover struct {
	mail.Handover

	by *countingSender
}

func (h *countingHandover) Finish() error {
	defer h.by.countDown()
	return h.Handover.Finish()
}

func discardLog() *slog.Logger { return slog.New(slog.DiscardHandler) }

func newSMTP(t *testing.T, server *mailtest.Server) *mail.SMTP {
	t.Helper()
	s, err := mail.NewSMTP(server.URL(), base)
	wantNoError(t, err)
	return s
}

// skipAllBut skips every notice that is due except those of a letter.
func skipAllBut(p *portal, letter app.NoticeKind) error {
	all, err := p.Notices(p.t.Context(), 100)
	for _, n := range all {
		if n.Kind != letter {
			n.Delivery = app.Skipped
			err = errors.Join(err, p.SettleNotice(p.t.Context(), n))
		}
	}
	return err
}

// noticeInState gives one notice that stands so.
func (p *portal) noticeInState(as app.Delivery) app.Notice {
	p.t.Helper()
	all, err := p.Notices(p.t.Context(), 100)
	wantNoError(p.t, err)
	i := slices.IndexFunc(all, func(n app.Notice) bool { return n.Delivery == as })
	if i < 0 {
		p.t.Fatalf("none of %d notices is %s", len(all), as)
	}
	return all[i]
}
