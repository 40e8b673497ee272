package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// countRefusalMails counts the mails of that subject, which name ten refusals and no address or link.
func (p *portal) countRefusalMails(address, subject string) int {
	p.t.Helper()
	n := 0
	for _, m := range p.mailsTo(address) {
		if m.Subject != subject {
			continue
		}
		n++
		if strings.Contains(m.Text, "stan@") || strings.Contains(m.Text, "rl1_") ||
			!strings.Contains(m.Text, p.base+"/account") || !strings.Contains(m.Text, "10") {
			p.t.Errorf("%s is told: %s", address, m.Text)
		}
	}
	return n
}

// The eleventh form within an hour that is refused because its address has a login is told to every Super
// User in the own language, by a mail that names no address, and stands in the activity; and that once an
// hour (T-24).
func TestT24_SuperUsersAreMailedOfManyRefusals(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addMember("ann@acme.example", app.SuperUser)
		p.addMember("stan@acme.example", app.StandardUser)
		p.exec("UPDATE identities SET language = 'de' WHERE email = 'ann@acme.example'")
		path := p.generateLink()
		refuse := func(times int) {
			for range times {
				p.wantStatus(browser{p: p}.post(path, p.registrationForm(path, "stan@acme.example")),
					http.StatusUnprocessableEntity)
			}
		}
		const english, german = "Many registrations for your account were refused",
			"Viele Registrierungen für Ihr Konto wurden abgewiesen"
		refuse(app.MaxTakenEmailsPerHour)
		if n := p.countRefusalMails("sue@acme.example", english); n != 0 {
			p.t.Errorf("told %d times of ten", n)
		}
		refuse(20)
		for _, who := range []struct {
			address, subject string
			want             int
		}{{"sue@acme.example", english, 1}, {"ann@acme.example", german, 1}, {"stan@acme.example", english, 0}} {
			if n := p.countRefusalMails(who.address, who.subject); n != who.want {
				p.t.Errorf("%s is told %d times, want %d", who.address, n, who.want)
			}
		}
		got := p.sue.get("/activity?what=registrations").text()
		if strings.Count(got, en("activity_many_refused", "Count", 10)) != 1 {
			p.t.Errorf("the activity says %s", got)
		}
		p.clock.advance(time.Hour)
		refuse(app.MaxTakenEmailsPerHour + 1)
		if n := p.countRefusalMails("sue@acme.example", english); n != 2 {
			p.t.Errorf("told %d times in two hours", n)
		}
	})
}

// Of fourteen people who register within an hour, a Super User is mailed ten times at once, and of the other
// four by one mail at the full hour, which lists them all. Each still has a notice of its own (T-54).
func TestT54_ManyRegistrationsAreMailedAsOneDigest(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.restartWith(enableLimits)
		path := p.generateLink()
		begun := len(p.mailsTo("sue@acme.example"))
		for i := range app.DigestThreshold + 4 {
			p.register(path, fmt.Sprintf("n%02d@acme.example", i))
			p.clock.advance(time.Second)
		}
		if n := len(p.mailsTo("sue@acme.example")) - begun; n != app.DigestThreshold {
			p.t.Errorf("%d mails at once, want %d", n, app.DigestThreshold)
		}
		p.clock.now = p.clock.now.Truncate(time.Hour).Add(time.Hour)
		mails := p.mailsTo("sue@acme.example")[begun:]
		last := mails[len(mails)-1]
		if len(mails) != app.DigestThreshold+1 || last.Subject != en("mail_together_subject") {
			p.t.Errorf("%d mails, the last one %q", len(mails), last.Subject)
		}
		for i := range app.DigestThreshold + 4 {
			address := fmt.Sprintf("n%02d@acme.example", i)
			if listed := strings.Contains(last.Text, address+", 22 November 2026, 09:30 UTC") &&
				strings.Contains(last.HTML, address); listed != (i >= app.DigestThreshold) {
				p.t.Errorf("%s is in the last mail: %v: %s", address, listed, last.Text)
			}
		}
		if n := p.queryOne("SELECT COUNT(*) FROM notices WHERE letter = 'registered' AND delivery = 'sent'"); n != fmt.Sprint(
			app.DigestThreshold+4) {
			p.t.Errorf("%s notices were sent", n)
		}
	})
}

// Waking the mail worker is what makes a mail arrive immediately: whatever stores a notice does it.
func TestNotice_WakesTheMailWorker(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	path := p.generateLink()
	p.register(path, "pat@acme.example")
	p.clock.advance(app.ResendAfter)
	woken := 0
	p.store.OnNotices = func() { woken++ }
	for what, act := range map[string]func() testResponse{
		"a registration": func() testResponse {
			return browser{p: p}.post(path, p.registrationForm(path, "nia@acme.example"))
		},
		"a new user": func() testResponse {
			return p.sue.post("/members", newUserForm("ada@acme.example", app.StandardUser))
		},
		"a new mail": func() testResponse {
			return browser{p: p}.post("/confirm", map[string][]string{"email": {"pat@acme.example"}})
		},
	} {
		before := woken
		if got := act(); got.status >= 400 || woken != before+1 {
			t.Errorf("%s: status %d, woken %d times", what, got.status, woken-before)
		}
	}
	before := woken
	p.wantStatus(browser{p: p}.post(path, nil), http.StatusUnprocessableEntity)
	if woken != before {
		t.Error("a refused form woke the worker")
	}
}

// No mail goes to who is no Super User any more when it is sent, although they were when it was owed: it is
// closed as skipped, while the others have theirs (T-53).
func TestT53_FormerSuperUsersAreNotMailed(t *testing.T) {
	t.Parallel()
	for how, change := range map[string]string{
		"suspended": "status = 'suspended'", "demoted": "role = 'standard'", "over": "expires_on = joined_at",
		"pending": "status = 'pending'",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(p *portal) {
				p.addMember("sam@acme.example", app.SuperUser)
				path := p.generateLink()
				p.deliverMails()
				before := len(p.mailsTo("sam@acme.example"))
				p.register(path, "nia@acme.example")
				p.setLinkRule("requires_approval", "1")
				p.register(path, "nils@acme.example")
				p.wantStatus(p.sue.post("/members/pending/accept",
					url.Values{"member": {p.membershipID("nils@acme.example", "Acme Widgets")}}), http.StatusSeeOther)
				sam := p.identityID("sam@acme.example")
				p.exec("UPDATE memberships SET "+change+" WHERE identity_id = ?", sam)
				if got := len(p.mailsTo("sam@acme.example")) - before; got != 0 {
					p.t.Errorf("%d mails to somebody who is no Super User", got)
				}
				skipped := p.queryColumn(
					"SELECT letter FROM notices WHERE recipient_id = ? AND delivery = 'skipped' ORDER BY letter", sam)
				if strings.Join(skipped, " ") != "approval_needed decided registered" {
					p.t.Errorf("closed as skipped: %q", skipped)
				}
				if got := p.queryOne("SELECT COUNT(*) FROM notices WHERE delivery = 'queued'"); got != "0" {
					p.t.Errorf("%s notices are left", got)
				}
				if told := p.mailsTo("sue@acme.example"); len(told) < 2 || tokenStartPattern.MatchString(told[len(told)-1].Text) {
					p.t.Errorf("the other Super User has %d mails", len(told))
				}
			})
		})
	}
}

// Reminders and ends are mailed by the same letters that the worker sends; who was accepted is not reminded of.
func TestDeadlines_RemindersAndEndsAreMailed(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addLoginWithoutAccount("lea@learn.example")
		id := p.addJoinRequest("lea@learn.example")
		keep := func(pass time.Duration) {
			p.t.Helper()
			p.clock.advance(pass)
			err := app.Deadlines{Store: p.store, Clock: p.clock.Now}.Run(context.Background())
			p.check(err)
		}
		keep(2 * 24 * time.Hour)
		mails := p.mailsTo("sue@acme.example")
		last := mails[len(mails)-1]
		if last.Subject != en("mail_reminder_subject") ||
			!strings.Contains(last.Text, "Lea Center has been waiting since 22 November 2026") {
			p.t.Errorf("reminded by %q: %s", last.Subject, last.Text)
		}
		p.clock.advance(3 * 24 * time.Hour)
		keep(0)
		p.sue = p.signIn("sue@acme.example")
		p.wantStatus(p.sue.post("/members/pending/accept", memberValues(id)), http.StatusSeeOther)
		if n := len(p.mailsTo("sue@acme.example")); n != len(mails) {
			p.t.Errorf("a reminder of who was accepted is mailed: %d mails, were %d", n, len(mails))
		}
		p.exec("UPDATE memberships SET expires_on = '2026-12-01 00:00:00' WHERE id = ?", id)
		keep(0)
		keep(time.Hour)
		if got := p.mailSubjects("lea@learn.example"); got[len(got)-1] != en("mail_expiring_subject") ||
			got[len(got)-2] == en("mail_expiring_subject") {
			p.t.Errorf("told of the end: %q", got)
		}
	})
}
