package web_test

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/mail"
)

// The operator sees every mail that is owed, and what it says, so as to hand it over where no mail server is.
func TestOutbox_ShowsMailsUntilTheirLinksAreUsed(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		olga := p.addOperator("olga@staff.example")
		p.clock.advance(time.Minute)
		p.createUser("ada@acme.example", app.StandardUser)
		p.register(p.generateLink(), "nia@acme.example")
		list := olga.get("/operator")
		for _, said := range []string{
			"ada@acme.example", "nia@acme.example", "sue@acme.example", en("letter_activate"),
			en("letter_confirm"), en("letter_registered"), en("delivery_queued"),
		} {
			if !strings.Contains(list.textAt("main"), said) {
				p.t.Errorf("the outbox does not show %q: %s", said, list.textAt("main"))
			}
		}
		shown := map[string]testResponse{}
		for _, email := range []string{"ada@acme.example", "nia@acme.example"} {
			id := p.queryOne("SELECT n.id FROM notices n JOIN identities i ON i.id = n.recipient_id WHERE n.letter <> "+
				"'registered' AND i.email = ?", email)
			if !list.has(`a[href="/operator/notices/` + id + `"]`) {
				p.t.Errorf("no way to the mail to %s", email)
			}
			shown[email] = olga.get("/operator/notices/" + id)
			if !shown[email].has(`main a[href="` + baseURL + p.mailedPath(email) + `"]`) {
				p.t.Errorf("the mail to %s is not shown with its link: %s", email, shown[email].textAt("main"))
			}
		}
		if got := olga.get("/operator").textAt("main"); !strings.Contains(got, en("delivery_sent")) {
			p.t.Errorf("after the delivery, the outbox shows %s", got)
		}
		p.activate(p.mailedPath("ada@acme.example"), "Ada", "Stone")
		over := olga.get(strings.Fields(shown["ada@acme.example"].request)[1])
		p.wantStatus(over, http.StatusOK)
		if strings.Contains(over.body, "rc1_") || !strings.Contains(over.textAt("main"), en("mail_over")) {
			p.t.Errorf("a mail whose link was used is still shown: %s", over.textAt("main"))
		}
		for _, id := range []string{"x", app.NewID(), "%00", strings.Repeat("A", 3000), "%ff"} {
			p.wantStatus(olga.get("/operator/notices/"+id), http.StatusNotFound)
		}
	})
}

// A mail that failed says why, and what a mail server said is shown as it is.
func TestOutbox_SaysWhyAMailFailed(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		olga := p.addOperator("olga@staff.example")
		p.createUser("ada@acme.example", app.StandardUser)
		outbox := app.Outbox{Store: p.store, Sealer: p.sealer, Clock: p.clock.Now}
		due, err := outbox.Claim(context.Background(), 1000)
		p.check(err)
		for _, d := range due {
			p.check(outbox.NotDelivered(context.Background(), d.Notice, "550 <x-eve>no such \x00mailbox\xff", true))
		}
		got := olga.get("/operator")
		wantNoInjectedMarkup(got)
		if main := got.textAt("main"); !strings.Contains(main, en("delivery_failed")) ||
			!strings.Contains(main, "550 <x-eve>no such") {
			p.t.Errorf("the outbox shows %s", main)
		}
	})
}

// The mailbox is the demo's alone; there it shows what would have been sent, to everybody.
func TestMailbox_IsForTheDemoAlone(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.wantStatus(p.sue.get("/mailbox"), http.StatusNotFound)
	recorder := &mail.Recorder{}
	p.restartWith(func(c *portalConfig) { c.Mailbox = recorder })
	empty := browser{p: p}.get("/mailbox")
	p.wantStatus(empty, http.StatusOK)
	if !strings.Contains(empty.textAt("main"), en("mailbox_none")) || !empty.has(`header a[href="/mailbox"]`) {
		t.Errorf("an empty mailbox: %s", empty.textAt("main"))
	}
	p.register(p.generateLink(), "nia@acme.example")
	p.deliverMails()
	for _, m := range p.mails {
		handover, err := recorder.Begin(t.Context(), m)
		p.check(err)
		p.check(handover.Finish())
	}
	got := browser{p: p}.get("/mailbox")
	if !got.has(`main a[href="`+baseURL+p.mailedPath("nia@acme.example")+`"]`) ||
		got.document().Find("article").Length() != len(p.mails) {
		t.Errorf("the mailbox shows %s", got.textAt("main"))
	}
}
