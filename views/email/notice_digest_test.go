package email_test

import (
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// digestMail is a notice that is sent in one mail with another, which came a minute before it.
func digestMail(letter app.NoticeKind, language string) app.OutgoingMail {
	d := outgoingMail(letter, language)
	tom := &app.Identity{ID: "T", FirstName: "Tom", LastName: "<b>Ray</b>", Email: "tom@acme.example"}
	d.Notice.Others = []app.Notice{{ID: "OTHER", Kind: letter, Subject: tom, CreatedAt: at.Add(-time.Minute)}}
	return d
}

type digestCase struct {
	due     app.OutgoingMail
	subject string
	says    []string
}

// digestCases are the digests and the alert in both languages.
func digestCases() []digestCase {
	return []digestCase{
		{digestMail(app.PersonRegistered, "en"), "Several people registered for your account", []string{
			"2 people registered", acme.Name,
			"Tom <b>Ray</b>: tom@acme.example, 3 November 2026, 09:29 UTC\nSue Perez: sue@acme.example, 3 November 2026, " +
				"09:30 UTC",
			base + "/members\n", "at the full hour",
		}},
		{digestMail(app.PersonRegistered, "de"), "Mehrere Registrierungen für Ihr Konto", []string{
			"2 Personen", "Sue Perez: sue@acme.example, 3. November 2026, 09:30 Uhr UTC",
		}},
		{
			digestMail(app.ApprovalNeeded, "en"), "Several people wait for your approval",
			[]string{"2 people want to join", base + "/members/pending\n"},
		},
		{
			digestMail(app.ApprovalNeeded, "de"), "Mehrere Personen warten auf Ihre Freigabe",
			[]string{"2 Personen möchten", base + "/members/pending\n"},
		},
		{outgoingMail(app.RefusalAlert, "en"), "Many registrations for your account were refused", []string{
			"10 registrations", acme.Name, "When: 3 November 2026, 09:30 UTC", "Members > Create New User", base + "/account\n",
			"once an hour at most",
		}},
		{outgoingMail(app.RefusalAlert, "de"), "Viele Registrierungen für Ihr Konto wurden abgewiesen", []string{
			"10 Registrierungen", "Neuen Benutzer anlegen", base + "/account\n",
		}},
	}
}

// One mail tells of all who registered or wait, in the order in which they came, each with the address and
// when; and an alert names nobody.
func TestT54NoticeDigest_ListsEverybodyInOneMail(t *testing.T) {
	t.Parallel()
	for _, c := range digestCases() {
		m := compose(t, c.due)
		if m.Subject != c.subject || m.ID != c.due.Notice.MessageID() {
			t.Errorf("subject %q of %q, want %q", m.Subject, m.ID, c.subject)
		}
		for _, want := range c.says {
			if !strings.Contains(m.Text, want) {
				t.Errorf("the text lacks %q:\n%s", want, m.Text)
			}
		}
		if parseHTML(t, m.HTML).elements["b"] || (c.due.Notice.Kind == app.RefusalAlert && strings.Contains(m.Text, "sue@")) {
			t.Errorf("a name became markup, or an alert names somebody: %s", m.HTML)
		}
	}
}
