package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// The eleventh form within an hour that is refused because its address has a login is told to every Super User in the own language, by a
// mail that names no address, and stands in the activity; and that once an hour (T-24).
func TestT24SuperUsersAreToldOfManyRefusals(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.member("ann@acme.example", app.SuperUser)
		p.member("stan@acme.example", app.StandardUser)
		p.run("UPDATE identities SET language = 'de' WHERE email = 'ann@acme.example'")
		path := p.link()
		refuse := func(times int) {
			for range times {
				p.want(browser{p: p}.post(path, p.filledIn(path, "stan@acme.example")), http.StatusUnprocessableEntity)
			}
		}
		told := func(address, subject string) int {
			n := 0
			for _, m := range p.mailsTo(address) {
				if m.Subject != subject {
					continue
				}
				n++
				if strings.Contains(m.Text, "stan@") || strings.Contains(m.Text, "rl1_") || !strings.Contains(m.Text, p.base+"/account") || !strings.Contains(m.Text, "10") {
					p.t.Errorf("%s is told: %s", address, m.Text)
				}
			}
			return n
		}
		const english, german = "Many registrations for your account were refused", "Viele Registrierungen für Ihr Konto wurden abgewiesen"
		refuse(app.TakenAnHour)
		if n := told("sue@acme.example", english); n != 0 {
			p.t.Errorf("told %d times of ten", n)
		}
		refuse(20)
		for _, who := range []struct {
			address, subject string
			want             int
		}{{"sue@acme.example", english, 1}, {"ann@acme.example", german, 1}, {"stan@acme.example", english, 0}} {
			if n := told(who.address, who.subject); n != who.want {
				p.t.Errorf("%s is told %d times, want %d", who.address, n, who.want)
			}
		}
		if got := p.sue.get("/activity?what=registrations").text(); strings.Count(got, en("activity_many_refused", "Count", 10)) != 1 {
			p.t.Errorf("the activity says %s", got)
		}
		p.clock.pass(time.Hour)
		refuse(app.TakenAnHour + 1)
		if n := told("sue@acme.example", english); n != 2 {
			p.t.Errorf("told %d times in two hours", n)
		}
	})
}

// asking checks an address live, and gives what stands beside its field.
func asking(b browser, path, email string) string {
	b.p.t.Helper()
	form := map[string][]string{"email": {email}}
	got := b.withHTMX().post(path+"/check/email", form)
	b.p.want(got, http.StatusOK)
	return strings.ReplaceAll(got.body, email, "EMAIL")
}

// A live check tells who has a login as often as forms may be sent, counted for all servers; from then on it answers alike for every
// address, while others, and the form itself, go on as before. With a link and without (T-24).
func TestT24LiveChecksAskAsOftenAsForms(t *testing.T) {
	t.Parallel()
	if app.AddressLimit.Rules()[0].Max > app.RegistrationLimit.Rules()[0].Max || app.AddressLimit.Rules()[1].Max > app.RegistrationLimit.Rules()[1].Max {
		t.Error("a live check may ask more often than forms may be sent")
	}
	eachInstallation(t, func(p *portal, servers []*portal) {
		link := p.link()
		form := p.filledIn(link, "sue@acme.example")
		for i, path := range []string{link, "/register"} {
			eve := func(n int) browser { return browser{p: servers[n%3]}.from(fmt.Sprintf("203.0.113.%d", i)) }
			free := asking(eve(0), path, "free@acme.example")
			for n := range ofBlock(app.AddressLimit) - 1 {
				if got := asking(eve(n), path, "sue@acme.example"); got == free || !strings.Contains(got, "problem-email") {
					p.t.Fatalf("%s: check %d does not tell: %s", path, n, got)
				}
			}
			for n := range 3 {
				servers[n].serve(limited) // as after a restart
				if got := asking(eve(n), path, "sue@acme.example"); got != free {
					p.t.Errorf("%s: an address that has a login is told apart: %s", path, got)
				}
				if got := asking(eve(n), path, "no address"); got == free {
					p.t.Errorf("%s: what is no address is not said any more", path)
				}
			}
			if got := asking(browser{p: p}.from("198.51.100.7"), path, "sue@acme.example"); got == free {
				p.t.Errorf("%s: somebody else is not told", path)
			}
		}
		got := browser{p: p}.from("203.0.113.0").post(link, form)
		p.want(got, http.StatusUnprocessableEntity)
		if got.problems()["email"] != en("email_taken") {
			p.t.Errorf("the form says %q", got.problems())
		}
	})
}

// Of fourteen people who register within an hour, a Super User is mailed ten times at once, and of the other four by one mail at the full
// hour, which lists them all. Each still has a notice of its own (T-54).
func TestT54ManyRegistrationsAreOneMail(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.serve(limited)
		path := p.link()
		begun := len(p.mailsTo("sue@acme.example"))
		for i := range app.ToldSingly + 4 {
			p.register(path, fmt.Sprintf("n%02d@acme.example", i))
			p.clock.pass(time.Second)
		}
		if n := len(p.mailsTo("sue@acme.example")) - begun; n != app.ToldSingly {
			p.t.Errorf("%d mails at once, want %d", n, app.ToldSingly)
		}
		p.clock.now = p.clock.now.Truncate(time.Hour).Add(time.Hour)
		mails := p.mailsTo("sue@acme.example")[begun:]
		last := mails[len(mails)-1]
		if len(mails) != app.ToldSingly+1 || last.Subject != en("mail_together_subject") {
			p.t.Errorf("%d mails, the last one %q", len(mails), last.Subject)
		}
		for i := range app.ToldSingly + 4 {
			address := fmt.Sprintf("n%02d@acme.example", i)
			if listed := strings.Contains(last.Text, address+", 22 November 2026, 09:30 UTC") && strings.Contains(last.HTML, address); listed != (i >= app.ToldSingly) {
				p.t.Errorf("%s is in the last mail: %v: %s", address, listed, last.Text)
			}
		}
		if n := p.one("SELECT COUNT(*) FROM notices WHERE letter = 'registered' AND delivery = 'sent'"); n != fmt.Sprint(app.ToldSingly+4) {
			p.t.Errorf("%s notices were sent", n)
		}
	})
}
