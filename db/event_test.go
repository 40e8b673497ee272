package db_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"github.com/uptrace/bun"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// fakeWebhook is a further kind of delivery. It keeps a row for everything that an event has, in a table of
// its own.
type fakeWebhook struct {
	bun.BaseModel `bun:"table:fake_webhooks"`
	ID            string `bun:",pk"`
	Name          string
}

// errWebhook is the error of a webhook that cannot be stored.
var errWebhook = errors.New("the webhook cannot be stored")

// newWebhookPortal is a portal whose store has fake webhooks as well. While broken is true, storing one fails
// after its rows are there.
func newWebhookPortal(t *testing.T, s *db.Store, broken *bool) *portal {
	t.Helper()
	must(s.Bun().NewCreateTable().Model((*fakeWebhook)(nil)).Varchar(100).Exec(t.Context()))(t)
	s.AddDelivery(func(ctx context.Context, tx bun.Tx, e db.Event) error {
		var rows []fakeWebhook
		for _, what := range e.Activities {
			rows = append(rows, fakeWebhook{ID: what.ID, Name: string(what.Event)})
		}
		if e.Change != nil {
			rows = append(rows, fakeWebhook{ID: e.Change.ID, Name: string(e.Change.Event)})
		}
		for _, n := range e.Notices {
			rows = append(rows, fakeWebhook{ID: n.ID, Name: string(n.Kind)})
		}
		_, err := tx.NewInsert().Model(&rows).Exec(ctx)
		if err == nil && *broken {
			return errWebhook
		}
		return err
	})
	return newPortal(t, s)
}

// A kind of delivery that is added in one place sees whatever happens: no activity, credential change or
// notice is stored past it.
func TestRecord_EveryEventReachesEveryDelivery(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newWebhookPortal(t, s, new(bool))
		runEveryKindOfEvent(t, p)
		for _, name := range []string{
			string(app.LinkGenerated), string(app.LinkRegenerated), string(app.LinkDisabled),
			string(app.LinkPolicyChanged), string(app.LinkCopied), string(app.PersonJoined), string(app.JoinRequested),
			string(app.UserCreated), string(app.RoleChanged), string(app.MemberAccepted), string(app.SignInChanged),
			string(app.LinkJoinersSuspended), string(app.MemberSuspended), string(app.PendingExpired), string(app.LinkRevoked),
			string(app.SecondFactorRequired), string(app.SecondFactorOptional), string(app.SecondFactorRemoved),
			string(app.PasswordReset), string(app.PasswordChanged), string(app.AppAdded), string(app.FactorsRemoved),
			string(app.ConfirmAddress), string(app.PersonRegistered), string(app.MemberDecided), string(app.ApprovalReminder),
		} {
			equal(t, name+" reached the webhook", p.count(t, "fake_webhooks", "name = ?", name) > 0, true)
		}
		stored := 0
		for _, table := range []string{"activities", "credential_changes", "notices"} {
			stored += p.count(t, table, "1 = 1")
			equal(t, table+" past the webhook", p.count(t, table, "id NOT IN (SELECT id FROM fake_webhooks)"), 0)
		}
		equal(t, "webhooks", p.count(t, "fake_webhooks", "1 = 1"), stored)
	})
}

// runEveryKindOfEvent is a story in which every part of the portal has something to tell.
func runEveryKindOfEvent(t *testing.T, p *portal) {
	t.Helper()
	first := must(p.links().Generate(t.Context(), p.super))(t)
	check(t, p.links().RecordCopy(t.Context(), p.super))
	check(t, p.register(t, first.Token, newRegistrationForm("ann@new.example")))
	policy := p.newPolicyForm(t, func(f *app.LinkPolicyForm) { f.MaxUses = "9" })
	check(t, p.links().ChangePolicy(t.Context(), p.super, policy))
	check(t, p.imports().AddIdentity(t.Context(), "lena@learn.example", "Lena", "Fischer", "de"))
	must(p.joinRequests().Join(t.Context(), p.requestToJoin(t, "lena@learn.example"), app.Client{}))(t)
	must(p.links().Regenerate(t.Context(), p.super))(t)
	must(p.links().Disable(t.Context(), p.super))(t)
	must(p.linkHistory().Suspend(t.Context(), p.super, *first.Link, first.Link.GeneratedAt))(t)

	p.createSuperUser(t, "two@acme.example")
	waiting := p.createPending(t, "eva@new.example", "tom@new.example")
	must(p.approvals().Accept(t.Context(), p.super, waiting[:1]))(t)
	must(p.members().ChangeRole(t.Context(), p.super, waiting[0], app.LimitedUser))(t)
	methods := app.SignInMethods{Store: p, Clock: p.clock}
	check(t, methods.Choose(t.Context(), p.super, app.PasswordOnly))

	p.addCodeApp(t)
	for _, required := range []bool{true, false} {
		check(t, app.Security{Store: p, Clock: p.clock}.RequireSecondFactor(t.Context(), p.super, required))
	}
	check(t, app.FactorRemovals{Store: p, Clock: p.clock}.Remove(t.Context(), "sue@acme.example"))
	check(t, p.confirmations().Reset(t.Context(), p.requestReset(t), changedPassword, app.Client{}))
	entry := must(p.signIns().SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: changedPassword},
		app.Client{}))(t)
	form := app.PasswordForm{Current: changedPassword, Password: password}
	must(p.signIns().ChangePassword(t.Context(), must(p.signIns().Actor(t.Context(), entry.Token))(t), form))(t)

	p.now = p.now.Add(app.ReminderDelays()[0])
	check(t, p.deadlines().Run(t.Context()))
	p.now = p.now.Add(app.PendingFor)
	check(t, p.deadlines().Run(t.Context()))
	p.super = p.signIn(t, "sue@acme.example")
	p.generateLink(t)
	must(app.RevokeAll(t.Context(), p, p.clock))(t)
}

// A delivery that fails undoes what it would tell of, and a transaction that is refused leaves nothing of it.
func TestRecord_RolledBackTransactionLeavesNoDelivery(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		broken := false
		p := newWebhookPortal(t, s, &broken)
		a, late := p.captureAdmission(t, "ann@new.example"), p.captureAdmission(t, "ann@new.example")
		tables := []string{"fake_webhooks", "activities", "notices", "identities", "registrations"}
		before := map[string]int{}
		for _, table := range tables {
			before[table] = p.count(t, table, "1 = 1")
		}
		broken = true
		if err := s.Register(t.Context(), a); !errors.Is(err, errWebhook) {
			t.Errorf("got %v, want the webhook's error", err)
		}
		for _, table := range tables {
			equal(t, table+" after a delivery that failed", p.count(t, table, "1 = 1"), before[table])
		}
		broken = false
		check(t, s.Register(t.Context(), a))
		equal(t, "once it works", p.count(t, "fake_webhooks", "id = ?", a.Activity.ID), 1)
		again := p.count(t, "fake_webhooks", "1 = 1")
		refused(t, s.Register(t.Context(), late), app.Problems{"email": app.EmailTaken()})
		equal(t, "after a refusal", p.count(t, "fake_webhooks", "1 = 1"), again)
	})
}

// Whoever delivers mail is called once there is some, and only then.
func TestOnNotices_IsCalledAfterACommitWithNotices(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		broken := false
		p := newWebhookPortal(t, s, &broken)
		var calls atomic.Int64
		due := 0
		s.OnNotices = func() {
			calls.Add(1)
			due = p.count(t, "notices", "delivery = ?", app.Queued)
		}
		a, late := p.captureAdmission(t, "ann@new.example"), p.captureAdmission(t, "ann@new.example")
		equal(t, "calls for a link", calls.Load(), 0)
		broken = true
		if s.Register(t.Context(), a) == nil {
			t.Error("registered")
		}
		equal(t, "calls for a registration that was rolled back", calls.Load(), 0)
		broken = false
		queued := p.count(t, "notices", "delivery = ?", app.Queued)
		check(t, s.Register(t.Context(), a))
		equal(t, "calls for a registration", calls.Load(), 1)
		equal(t, "notices that were there to deliver", due, queued+2)
		refused(t, s.Register(t.Context(), late), app.Problems{"email": app.EmailTaken()})
		check(t, p.links().RecordCopy(t.Context(), p.super))
		must(p.links().Disable(t.Context(), p.super))(t)
		equal(t, "calls for what nobody is mailed about", calls.Load(), 1)
	})
}
