package email_test

import (
	"strings"
	"testing"

	"reglink/app"
	"reglink/views/email"
)

// Somebody who is invited has no login: the mail goes to the address alone, in the language that the Super User chose.
func TestInvitationMail_NeedsNoLogin(t *testing.T) {
	t.Parallel()
	for language, says := range map[string][]string{
		"en": {
			"Hello,\n", "Sue Perez invites you", acme.Name, base + "/register/rl1_token",
			"your name, this email address, a password", "ignore this email",
		},
		"de": {
			"Guten Tag", "Sue Perez lädt Sie", acme.Name, base + "/register/rl1_token", "Ihrem Namen, dieser E-Mail-Adresse",
			"ignorieren Sie",
		},
	} {
		d := outgoingMail(app.Invite, language)
		d.Notice.Recipient = nil
		m := compose(t, d)
		for _, want := range says {
			if !strings.Contains(m.Text, want) {
				t.Errorf("the text lacks %q:\n%s", want, m.Text)
			}
		}
		if m.To != "nia@acme.example" || m.ToName != "" || m.ID != "NOTICE" || strings.Contains(m.Text+m.HTML, "Nia") {
			t.Errorf("addressed to %q <%s>:\n%s", m.ToName, m.To, m.Text)
		}
	}
	for what, lacks := range map[string]func(*app.Notice){
		"account": func(n *app.Notice) { n.Account = nil }, "sender": func(n *app.Notice) { n.Subject = nil },
		"invitation": func(n *app.Notice) { n.Invitation, n.Recipient = nil, nil },
	} {
		d := outgoingMail(app.Invite, "en")
		lacks(&d.Notice)
		if m, err := email.Compose(strict(), d, base); err == nil {
			t.Errorf("without %s it was written:\n%s", what, m.Text)
		}
	}
}
