package mail_test

import (
	"fmt"
	"strings"
	"testing"

	"reglink/app"
	"reglink/app/mail/mailtest"
)

// One address of a batch does not exist: it is shown as bounced, with what the mail server said, and every other one is mailed the link.
func TestInvitationsAreMailed(t *testing.T) {
	t.Parallel()
	p, server := newPortal(t), mailtest.Start(t)
	rules := app.Invitations{Store: p, Sealer: p.sealer, Clock: p.clock}
	form := app.InvitationForm{Addresses: "gone@acme.example", Language: "de"}
	for i := range 9 {
		form.Addresses += fmt.Sprintf("\nPerson %d <person%d@acme.example>", i, i)
	}
	done, err := rules.Send(t.Context(), p.sue(), form, []string{"en", "de"})
	ok(t, err)
	server.Refuse("gone@acme.example", 550)
	tried := countdown(smtpTo(t, server), 10)
	during(t, p.worker(tried, quiet()), func() { <-tried.done })

	progress, err := rules.Progress(t.Context(), p.sue(), done.BatchID)
	ok(t, err)
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
	page, err := rules.List(t.Context(), p.sue(), app.Cursor{})
	ok(t, err)
	if len(page.Invitations) != 10 {
		t.Errorf("%d invitations are listed, want 10", len(page.Invitations))
	}
	for _, i := range page.Invitations {
		want := app.InvitationSent
		if i.Email == "gone@acme.example" {
			want = app.InvitationBounced
		}
		if i.State() != want || (want == app.InvitationBounced) != strings.Contains(i.Notice.LastError, "550") {
			t.Errorf("%s is %s: %q", i.Email, i.State(), i.Notice.LastError)
		}
	}
}
