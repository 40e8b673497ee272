package email_test

import (
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/views/email"
)

// addMembershipData gives a letter about a membership what it tells of: Sue, about whom Nia decided, is
// reminded of or told.
func addMembershipData(d *app.OutgoingMail) {
	switch d.Notice.Kind {
	case app.MemberDecided:
		tom := &app.Identity{ID: "T", FirstName: "Tom", LastName: "Ray", Email: "tom@acme.example"}
		d.Decided = &app.Activity{Event: app.MemberAccepted, Actor: tom, Subject: sue, At: at}
	case app.ApprovalReminder, app.MembershipEnding:
		end := at.Add(7 * 24 * time.Hour)
		d.Member = &app.Membership{IdentityID: sue.ID, Identity: sue, JoinedAt: at, ExpiresOn: &end}
	}
}

func membershipPaths() map[app.NoticeKind]string {
	return map[app.NoticeKind]string{
		app.JoinAccepted: "/sign-in", app.JoinRejected: "/", app.JoinExpired: "/", app.MemberDecided: "/members",
		app.ApprovalReminder: "/members/pending", app.MembershipEnding: "/",
	}
}

func membershipMails() []expectedMail {
	return []expectedMail{
		{app.JoinAccepted, "en", "You are a member of a support account now", []string{
			"A Super User of " + acme.Name + " accepted you", "one step", base + "/sign-in",
		}},
		{
			app.JoinAccepted, "de", "Sie sind jetzt Mitglied eines Support-Kontos",
			[]string{"angenommen", acme.Name, "fehlt noch ein Schritt"},
		},
		{app.JoinRejected, "en", "You were not added to a support account", []string{
			"decided not to add you", acme.Name, "Your login stays", "a mistake?",
		}},
		{
			app.JoinRejected, "de", "Sie wurden nicht in ein Support-Konto aufgenommen",
			[]string{"haben entschieden", acme.Name},
		},
		{
			app.JoinExpired, "en", "Your request for a support account has expired",
			[]string{"For 30 days", acme.Name, "ask again"},
		},
		{app.JoinExpired, "de", "Ihre Anfrage für ein Support-Konto ist abgelaufen", []string{"30 Tage lang", acme.Name}},
		{app.MemberDecided, "en", "A pending membership was decided", []string{
			"Tom Ray accepted Sue Perez", acme.Name, "Email: sue@acme.example", "Decided: 3 November 2026, 09:30 UTC",
			"nothing left for you to do",
		}},
		{
			app.MemberDecided, "de", "Über eine ausstehende Mitgliedschaft wurde entschieden",
			[]string{"Tom Ray hat Sue Perez als Mitglied"},
		},
		{app.ApprovalReminder, "en", "Somebody still waits for your approval", []string{
			"Sue Perez has been waiting since 3 November 2026", acme.Name, "Expires: 3 December 2026", base + "/members/pending",
			"because you are a Super User",
		}},
		{
			app.ApprovalReminder, "de", "Jemand wartet noch auf Ihre Freigabe",
			[]string{"Sue Perez wartet seit 3. November 2026"},
		},
		{app.MembershipEnding, "en", "A membership of a support account ends soon", []string{
			"The membership of Sue Perez", acme.Name, "ends on 10 November 2026, 09:30 UTC", "set another date",
		}},
		{
			app.MembershipEnding, "de", "Eine Mitgliedschaft in einem Support-Konto endet bald",
			[]string{"Die Mitgliedschaft von Sue Perez", "10. November 2026"},
		},
	}
}

// The same letters in their other cases: a rejection, an operator's reminder, one's own end, and a person who
// can sign in.
func TestMembershipMails_SayWhatTheirCaseNeeds(t *testing.T) {
	t.Parallel()
	rejected, operators, own, ready := outgoingMail(app.MemberDecided, "en"), outgoingMail(app.ApprovalReminder, "en"),
		outgoingMail(app.MembershipEnding, "en"), outgoingMail(app.JoinAccepted, "en")
	rejected.Decided.Event = app.MemberRejected
	operators.Operator = true
	own.Notice.Recipient, own.Notice.RecipientID = sue, sue.ID
	ready.Notice.Recipient = sue
	for _, c := range []struct {
		due         app.OutgoingMail
		says, lacks string
	}{
		{rejected, "Tom Ray rejected Sue Perez", "accepted"},
		{operators, base + "/operator", "/members/pending"},
		{operators, "has no Super User who can sign in", "because you are a Super User"},
		{own, "Your membership of the support account", "The membership of"},
		{own, "ask a Super User", "because you are a Super User"},
		{ready, "accepted you", "one step"},
	} {
		text := compose(t, c.due).Text
		if !strings.Contains(text, c.says) || strings.Contains(text, c.lacks) {
			t.Errorf("want %q and no %q in\n%s", c.says, c.lacks, text)
		}
	}
}

// Whoever was not added is not told by whom.
func TestRejectionMail_DoesNotNameWhoDecided(t *testing.T) {
	t.Parallel()
	for _, letter := range []app.NoticeKind{app.JoinRejected, app.JoinExpired, app.JoinAccepted} {
		m := compose(t, outgoingMail(letter, "en"))
		if strings.Contains(m.Text+m.HTML, "Sue") || strings.Contains(m.Text+m.HTML, "Perez") {
			t.Errorf("%s names who decided:\n%s", letter, m.Text)
		}
	}
}

func TestMembershipMails_FailWithoutAccountOrPerson(t *testing.T) {
	t.Parallel()
	for letter := range membershipPaths() {
		d := outgoingMail(letter, "en")
		d.Notice.Account = nil
		if m, err := email.Compose(strict(), d, base); err == nil {
			t.Errorf("%s was written without an account:\n%s", letter, m.Text)
		}
		d = outgoingMail(letter, "en")
		if d.Decided == nil && d.Member == nil {
			continue
		}
		d.Decided, d.Member = nil, nil
		if m, err := email.Compose(strict(), d, base); err == nil {
			t.Errorf("%s was written about nobody:\n%s", letter, m.Text)
		}
	}
}
