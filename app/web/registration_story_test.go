package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"reglink/app"
)

// From the link to the first sign-in, and who is told (design.md, section 2).
func TestTheStory(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.member("ann@acme.example", app.SuperUser)
		p.member("stan@acme.example", app.StandardUser)
		p.member("sid@acme.example", app.SuperUser) // suspended, so not told
		p.run("UPDATE identities SET suspended_at = created_at WHERE email = 'sid@acme.example'")
		path := p.link()
		form := p.filledIn(path, "nia@acme.example")
		form["topics"] = []string{"case_activity", "security_advisories"}
		form.Set("phone", "+44 20 7946 0018")
		form.Set("job_title", "Engineer")
		sent := browser{p: p}.with("Accept-Language", "de").post(path, form)
		p.want(sent, http.StatusSeeOther)
		if got := (browser{p: p}).get(sent.leadsTo()).find("h1"); got != en("registered_title") {
			p.t.Errorf("what comes next: %s", got)
		}
		in := credentials("nia@acme.example", password)
		early := browser{p: p}.post("/sign-in", in)
		p.want(early, http.StatusUnprocessableEntity)
		if !strings.Contains(early.alert(), en("sign_in_unconfirmed")) || !early.has(`[role=alert] a[href="/confirm"]`) {
			p.t.Errorf("signing in too early says %q", early.alert())
		}
		confirm := p.mailed("nia@acme.example")
		opened := browser{p: p}.get(confirm)
		if !opened.has(`form[method=post][action="`+confirm+`"] button`) || !strings.Contains(opened.find("main"), "nia@acme.example") {
			p.t.Errorf("the page behind the mail: %s", opened.find("main"))
		}
		p.want(browser{p: p}.post("/sign-in", in), http.StatusUnprocessableEntity) // opening is not confirming
		p.want(browser{p: p}.post(confirm, nil), http.StatusOK)
		nia := p.signIn("nia@acme.example")
		if got := nia.get("/dashboard").find("h1"); got != "Acme Widgets" {
			p.t.Errorf("the dashboard is headed %q", got)
		}
		p.wantStored("nia@acme.example")
		p.wantTold("nia@acme.example", "sue@acme.example", "ann@acme.example")
	})
}

// wantStored wants what a completed form stores, once.
func (p *portal) wantStored(email string) {
	p.t.Helper()
	person := p.one("SELECT id FROM identities WHERE email = ?", email)
	for query, want := range map[string]string{
		"SELECT phone FROM identities WHERE id = ?":                        "+44 20 7946 0018",
		"SELECT job_title FROM identities WHERE id = ?":                    "Engineer",
		"SELECT language FROM identities WHERE id = ?":                     "de",
		"SELECT eula_version FROM consents WHERE identity_id = ?":          app.EULAVersion,
		"SELECT topics FROM consents WHERE identity_id = ?":                "security_advisories case_activity",
		"SELECT language FROM consents WHERE identity_id = ?":              "de",
		"SELECT COUNT(*) FROM topic_choices WHERE identity_id = ?":         "2",
		"SELECT COUNT(*) FROM registrations WHERE identity_id = ?":         "1",
		"SELECT role FROM memberships WHERE identity_id = ?":               "standard",
		"SELECT event FROM activities WHERE subject_id = ?":                "person_registered",
		"SELECT SUBSTR(password_hash, 1, 10) FROM identities WHERE id = ?": "$argon2id$",
	} {
		if got := p.one(query, person); got != want {
			p.t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if got := p.one("SELECT used FROM links WHERE active = 1"); got != "1" {
		p.t.Errorf("the link was used %s times", got)
	}
}

// wantTold wants exactly these to have been mailed about a registration, each once and in the own language.
func (p *portal) wantTold(email string, supers ...string) {
	p.t.Helper()
	p.deliver()
	var told []string
	for _, m := range p.mails {
		if strings.Contains(m.Text, email) && m.To != email {
			told = append(told, m.To)
			if m.Subject != en("mail_registered_subject") || !strings.Contains(m.Text, "Nia Okafor") || strings.Contains(m.Text, "rl1_") {
				p.t.Errorf("%s is told %q: %s", m.To, m.Subject, m.Text)
			}
		}
	}
	slices.Sort(told)
	slices.Sort(supers)
	if !slices.Equal(told, supers) {
		p.t.Errorf("told of it were %q, want %q", told, supers)
	}
	if own := p.mailsTo(email); len(own) != 1 || !strings.Contains(own[0].HTML, `lang="de"`) {
		p.t.Errorf("%s received %d mails, want one in German", email, len(own))
	}
}

// A double click, the back button and fifty copies at once make one login, and every answer is success (T-30).
func TestT30FiftyCopiesMakeOneLogin(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		form := p.filledIn(path, "nia@acme.example")
		l := p.listen()
		answers := p.atOnce(50, func(i int) answer {
			b := browser{p: p, htmx: i%2 == 0}
			return l.send(b, b.request(http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode()))
		})
		form.Set("job_title", "Engineer")
		form.Set("password", "another quartz meadow lantern")
		for _, got := range append(answers, browser{p: p}.post(path, form)) {
			if led := got.leadsTo() + got.header.Get("HX-Redirect"); led != "/registered" {
				p.t.Errorf("a copy is answered %d and led to %q: %.200s", got.status, led, got.text())
			}
		}
		for _, table := range []string{"registrations", "links WHERE used = 1", "notices WHERE letter = 'registered'", "notices WHERE letter = 'confirm'"} {
			if got := p.one("SELECT COUNT(*) FROM " + table); got != "1" {
				p.t.Errorf("%s of %s, want 1", got, table)
			}
		}
		p.want(browser{p: p}.post(p.mailed("nia@acme.example"), nil), http.StatusOK)
		p.signIn("nia@acme.example") // with the first copy's password
	})
}

func TestManyPeopleAtOnce(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		forms := make([]url.Values, 20)
		for i := range forms {
			forms[i] = p.filledIn(path, fmt.Sprintf("n%d@acme.example", i))
		}
		l := p.listen()
		answers := p.atOnce(len(forms), func(i int) answer {
			b := browser{p: p}
			return l.send(b, b.request(http.MethodPost, path, "application/x-www-form-urlencoded", forms[i].Encode()))
		})
		for _, got := range answers {
			p.want(got, http.StatusSeeOther)
		}
		if got := p.one("SELECT used FROM links"); got != "20" {
			p.t.Errorf("the link counts %s registrations, want 20", got)
		}
		if got := p.sue.get("/account").find("#registration-link"); !strings.Contains(got, en("people", "Count", 20)) {
			p.t.Errorf("the panel says: %s", got)
		}
	})
}

// Whoever goes back and types a colleague's address into the sent form registers the colleague: another person, another login.
func TestTheSameFormForAColleague(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		form := p.filledIn(path, "nia@acme.example")
		p.want(browser{p: p}.post(path, form), http.StatusSeeOther)
		form.Set("email", "nils@acme.example")
		form.Set("first_name", "Nils")
		p.want(browser{p: p}.post(path, form), http.StatusSeeOther)
		if got := p.one("SELECT COUNT(*) FROM registrations"); got != "2" {
			p.t.Errorf("%s registrations, want 2", got)
		}
		again := p.filledIn(path, "nia@acme.example") // a form of its own: the address is taken, by herself
		p.want(browser{p: p}.post(path, again), http.StatusUnprocessableEntity)
	})
}

// Once a link's end is acknowledged, nobody gets in by it, and who got in before is counted (T-07, T-08).
func TestT07TheEndOfALinkIsTheEnd(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		forms := make([]url.Values, 24)
		for i := range forms {
			forms[i] = p.filledIn(path, fmt.Sprintf("n%d@acme.example", i))
		}
		l := p.listen()
		answers := p.atOnce(len(forms)/2+1, func(i int) answer {
			b := p.sue
			if i == len(forms)/2 {
				return l.send(b, b.request(http.MethodPost, "/account/link/disable", "", ""))
			}
			return l.send(b, b.request(http.MethodPost, path, "application/x-www-form-urlencoded", forms[i].Encode()))
		})
		admitted := 0
		for _, got := range answers[:len(forms)/2] {
			if got.status == http.StatusSeeOther {
				admitted++
			} else if got.status != http.StatusGone {
				p.t.Errorf("%s: status %d: %.200s", got.asked, got.status, got.text())
			}
		}
		for _, form := range forms[len(forms)/2:] {
			p.want(browser{p: p}.post(path, form), http.StatusGone)
		}
		for _, query := range []string{"SELECT used FROM links", "SELECT COUNT(*) FROM registrations", "SELECT COUNT(*) FROM memberships WHERE joined_by = 'link'"} {
			if got := p.one(query); got != fmt.Sprint(admitted) {
				p.t.Errorf("%s: %s, but %d were told that they registered", query, got, admitted)
			}
		}
	})
}

// The refusal of an address that has a login is the same whoever it belongs to, and touches nobody's rows (T-24, T-26).
func TestT24ATakenAddressIsTakenForEverybody(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		p.addAccount("Beta Works", "300400", "bob@beta.example")
		p.imported("lea@learn.example")
		p.create("una@acme.example", app.LimitedUser)
		p.register(path, "nia@acme.example")
		p.create("sid@acme.example", app.StandardUser)
		p.run("UPDATE identities SET suspended_at = created_at WHERE email = 'sid@acme.example'")
		forms := map[string]url.Values{}
		for _, email := range []string{"sue@acme.example", "bob@beta.example", "lea@learn.example", "una@acme.example", "nia@acme.example", "sid@acme.example", "SUE@ACME.EXAMPLE"} {
			forms[email] = p.filledIn(path, email)
		}
		before := p.stored()
		said := map[string]bool{}
		for email, form := range forms {
			got := browser{p: p}.post(path, form)
			p.want(got, http.StatusUnprocessableEntity)
			said[strings.ReplaceAll(strings.ReplaceAll(got.body, email, "EMAIL"), form.Get("submission_id"), "ID")] = true
		}
		if len(said) != 1 {
			p.t.Errorf("the refusal has %d versions", len(said))
		}
		p.onlyDenied("a taken address", "email_taken", before)
	})
}

// The page of a dead link does not tell how it died, nor whose it was: the same bytes for all of them (T-11).
func TestT11DeadLinksAreAlike(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.addAccount("Beta Works", "300400", "bob@beta.example")
		bob := p.signIn("bob@beta.example")
		var dead []string
		for b, end := range map[*browser]string{&p.sue: "disable", &bob: "regenerate"} {
			panel := b.withHTMX().post("/account/link/generate", nil)
			dead = append(dead, strings.TrimPrefix(panel.value("#registration-link-url"), baseURL))
			p.want(b.post("/account/link/"+end, nil), http.StatusSeeOther)
		}
		form := p.filledIn("/register", "nia@acme.example")
		for _, b := range []browser{{p: p}, {p: p, htmx: true}} {
			for _, ask := range []func(path string) answer{
				b.get, func(path string) answer { return b.post(path, form) }, func(path string) answer { return b.post(path, nil) },
				func(path string) answer { return b.post(path+"/check/email", form) },
			} {
				one, other := ask(dead[0]), ask(dead[1])
				p.want(one, http.StatusGone)
				p.want(other, http.StatusGone)
				if one.body != strings.ReplaceAll(other.body, dead[1], dead[0]) {
					p.t.Errorf("%s: a replaced link is told apart from a disabled one", one.asked)
				}
			}
		}
		if got := (browser{p: p}).get(dead[0]); got.find("h1") != en("denied_dead_title") || !got.has(`main a[href="/help/registration-link"]`) {
			p.t.Errorf("the denial says %s", got.find("main"))
		}
	})
}
