package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"reglink/app"
)

func TestRegistration_ByLinkIsCountedOnce(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		visitor := browser{p: p}
		if got := visitor.get(path).textAt("h1"); got != "Create your login for Acme Widgets" {
			p.t.Errorf("heading %q", got)
		}
		form := p.registrationForm(path, "nia@acme.example")
		answer := visitor.post(path, form)
		p.wantStatus(answer, http.StatusSeeOther)
		if got := answer.header.Get("Location"); got != "/registered" {
			p.t.Errorf("leads to %q", got)
		}
		again := visitor.withHTMX().post(path, form)
		p.wantStatus(again, http.StatusOK)
		if got := again.header.Get("HX-Redirect"); got != "/registered" {
			p.t.Errorf("HTMX leads to %q", got)
		}
		account := p.sue.get("/account")
		p.wantStatus(account, http.StatusOK)
		panel := account.textAt("#registration-link")
		if !strings.Contains(panel, "1 person") || !strings.Contains(panel, "Nia Okafor") {
			p.t.Errorf("the panel does not count the one registration: %s", panel)
		}
	})
}

func TestRegistration_RefusedFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		form := p.registrationForm(path, "not an address")
		form.Set("first_name", `<b>O'Neill</b>`)
		form.Del("eula")
		form.Set("password", "short")
		for _, b := range []browser{{p: p}, {p: p, htmx: true}} {
			answer := b.post(path, form)
			p.wantStatus(answer, http.StatusUnprocessableEntity)
			if answer.has("html[lang]") == b.htmx {
				p.t.Errorf("htmx=%v: page and fragment are mixed up", b.htmx)
			}
			if got := answer.value("#first_name"); got != `<b>O'Neill</b>` {
				p.t.Errorf("first name came back as %q", got)
			}
			for _, field := range []string{"email", "password", "eula"} {
				if answer.textAt("#problem-"+field) == "" {
					p.t.Errorf("no words beside %s", field)
				}
			}
			if strings.Contains(answer.body, "short\"") {
				p.t.Error("the password came back")
			}
			if !answer.has(`[name=topics][value=security_advisories][checked]`) {
				p.t.Error("the chosen topic was lost")
			}
		}
	})
}

func TestRegistration_EmailWithLoginIsRefused(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		answer := browser{p: p}.post(path, p.registrationForm(path, "SUE@acme.example"))
		p.wantStatus(answer, http.StatusUnprocessableEntity)
		said := answer.textAt("#problem-email")
		if !strings.Contains(said, "Members > Create New User") {
			p.t.Errorf("the refusal does not say what to do: %s", said)
		}
		check := browser{p: p, htmx: true}.post(path+"/check/email", p.registrationForm(path, "sue@acme.example"))
		p.wantStatus(check, http.StatusOK)
		if got := check.textAt("#problem-email"); got != said {
			p.t.Errorf("live check says %q, submit says %q", got, said)
		}
	})
}

func TestLiveCheck_AnswersTheFieldAlone(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		for _, field := range app.RegistrationFields() {
			form := p.registrationForm(path, "nia@acme.example")
			for _, name := range []string{"first_name", "last_name", "email", "password", "eula"} {
				form.Del(name)
			}
			answer := browser{p: p, htmx: true}.post(path+"/check/"+field, form)
			p.wantStatus(answer, http.StatusOK)
			if !answer.has("#field-" + field) {
				p.t.Errorf("%s: its field is not in the answer", field)
			}
			if fields := answer.document().Find("[data-field]").Length(); fields != 1 {
				p.t.Errorf("%s: %d fields in the answer", field, fields)
			}
		}
		p.wantStatus(browser{p: p, htmx: true}.post(path+"/check/role", p.registrationForm(path, "x@acme.example")),
			http.StatusNotFound)
	})
}

// From the link to the first sign-in, and who is told (design.md, section 2).
func TestRegistration_FromLinkToFirstSignIn(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addMember("ann@acme.example", app.SuperUser)
		p.addMember("stan@acme.example", app.StandardUser)
		p.addMember("sid@acme.example", app.SuperUser) // suspended, so not told
		p.exec("UPDATE identities SET suspended_at = created_at WHERE email = 'sid@acme.example'")
		path := p.generateLink()
		form := p.registrationForm(path, "nia@acme.example")
		form["topics"] = []string{"case_activity", "security_advisories"}
		form.Set("phone", "+44 20 7946 0018")
		form.Set("job_title", "Engineer")
		sent := browser{p: p}.withHeader("Accept-Language", "de").post(path, form)
		p.wantStatus(sent, http.StatusSeeOther)
		if got := (browser{p: p}).get(sent.location()).textAt("h1"); got != en("registered_title") {
			p.t.Errorf("what comes next: %s", got)
		}
		in := credentials("nia@acme.example", password)
		early := browser{p: p}.post("/sign-in", in)
		p.wantStatus(early, http.StatusUnprocessableEntity)
		if !strings.Contains(early.alert(), en("sign_in_unconfirmed")) || !early.has(`[role=alert] a[href="/confirm"]`) {
			p.t.Errorf("signing in too early says %q", early.alert())
		}
		confirm := p.mailedPath("nia@acme.example")
		opened := browser{p: p}.get(confirm)
		if !opened.has(`form[method=post][action="`+confirm+`"] button`) ||
			!strings.Contains(opened.textAt("main"), "nia@acme.example") {
			p.t.Errorf("the page behind the mail: %s", opened.textAt("main"))
		}
		p.wantStatus(browser{p: p}.post("/sign-in", in), http.StatusUnprocessableEntity) // opening is not confirming
		p.wantStatus(browser{p: p}.post(confirm, nil), http.StatusOK)
		nia := p.signIn("nia@acme.example")
		if got := nia.get("/dashboard").textAt("h1"); got != "Acme Widgets" {
			p.t.Errorf("the dashboard is headed %q", got)
		}
		p.wantRegistrationStored("nia@acme.example")
		p.wantRegistrationMailed("nia@acme.example", "sue@acme.example", "ann@acme.example")
	})
}

// wantRegistrationStored wants what a completed form stores, once.
func (p *portal) wantRegistrationStored(email string) {
	p.t.Helper()
	person := p.queryOne("SELECT id FROM identities WHERE email = ?", email)
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
		if got := p.queryOne(query, person); got != want {
			p.t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if got := p.queryOne("SELECT used FROM links WHERE active = 1"); got != "1" {
		p.t.Errorf("the link was used %s times", got)
	}
}

// wantRegistrationMailed wants exactly these to have been mailed about a registration, each once and in the
// own language.
func (p *portal) wantRegistrationMailed(email string, supers ...string) {
	p.t.Helper()
	p.deliverMails()
	var told []string
	for _, m := range p.mails {
		if strings.Contains(m.Text, email) && m.To != email {
			told = append(told, m.To)
			if m.Subject != en("mail_registered_subject") || !strings.Contains(m.Text, "Nia Okafor") ||
				strings.Contains(m.Text, "rl1_") {
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

// Whoever goes back and types a colleague's address into the sent form registers the colleague: another
// person, another login.
func TestRegistration_SameFormWithAnotherEmailIsAnotherPerson(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		form := p.registrationForm(path, "nia@acme.example")
		p.wantStatus(browser{p: p}.post(path, form), http.StatusSeeOther)
		form.Set("email", "nils@acme.example")
		form.Set("first_name", "Nils")
		p.wantStatus(browser{p: p}.post(path, form), http.StatusSeeOther)
		if got := p.queryOne("SELECT COUNT(*) FROM registrations"); got != "2" {
			p.t.Errorf("%s registrations, want 2", got)
		}
		again := p.registrationForm(path, "nia@acme.example") // a form of its own: the address is taken, by herself
		p.wantStatus(browser{p: p}.post(path, again), http.StatusUnprocessableEntity)
	})
}

// singleLeakedPassword is a set of one leaked password.
type singleLeakedPassword string

func (w singleLeakedPassword) Contains(password string) (bool, error) {
	return password == string(w), nil
}

// A common or leaked password is refused beside its field, in the same words while it is typed and when the
// form is sent.
func TestT34_CommonPasswordsAreRefusedBesideTheField(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		leaking := app.NewPasswordHasher(cheapHashParams)
		leaking.Breached = singleLeakedPassword("quiet meadow 17 kites")
		p.restartWith(func(c *portalConfig) { c.Hasher = leaking })
		path := p.generateLink()
		for password, want := range map[string]string{
			"liverpool chelsea": en("password_common"), "quiet meadow 17 kites": en("password_breached"),
		} {
			form := p.registrationForm(path, "ann@new.example")
			form.Set("password", password)
			checked := browser{p: p}.withHTMX().post(path+"/check/password", form)
			p.wantStatus(checked, http.StatusOK)
			sent := browser{p: p}.post(path, form)
			p.wantStatus(sent, http.StatusUnprocessableEntity)
			if checked.problems()["password"] != want || sent.problems()["password"] != want ||
				sent.value("#email") != "ann@new.example" {
				p.t.Errorf("%s: %q while it is typed, %q when it is sent", password, checked.problems(), sent.problems())
			}
		}
		p.register(path, "ann@new.example")
	})
}

// A registration by a link adds rows and changes nobody's: not those of a person whom a Super User added and
// who has not come yet, nor of anybody else. The link's count alone moves (T-26).
func TestT26_RegistrationTouchesNobodysRows(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.createUser("una@acme.example", app.LimitedUser)
		p.importIdentity("lea@learn.example")
		path := p.generateLink()
		p.register(path, "nils@acme.example")
		forms := []url.Values{
			p.registrationForm(path, "una@acme.example"), p.registrationForm(path, "LEA@learn.example"),
			p.registrationForm(path, "nils@acme.example"),
		}
		before := p.snapshot()
		for _, form := range forms {
			p.wantStatus(browser{p: p}.post(path, form), http.StatusUnprocessableEntity)
		}
		p.wantOnlyDenialRecorded("an address that has a login", "email_taken", before)
		before = p.snapshot()
		p.register(path, "nia@acme.example")
		for table, now := range p.snapshot() {
			if gone := linesNotIn(before[table], now); len(gone) > 0 && table != "links" && strings.Join(gone, "") != "" {
				p.t.Errorf("a registration changed %s: gone is %q", table, gone)
			}
		}
		p.activate(p.mailedPath("una@acme.example"), "Una", "Reed") // whom the attempts did not keep away
	})
}

// Nobody is stored without a consent to the version that is in force, nor with one of a topic that there is not (T-29).
func TestT29_NobodyRegistersWithoutConsent(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		before := p.snapshot()
		for how, c := range map[string]struct {
			field  string
			values []string
		}{
			"the box not ticked": {"eula", nil}, "an older version": {"eula", []string{"2025-01"}},
			"no version":   {"eula", []string{"on"}},
			"two versions": {"eula", []string{app.EULAVersion, "2025-01"}}, "an unknown topic": {"topics", []string{"gossip"}},
		} {
			form := p.registrationForm(path, "nia@acme.example")
			form[c.field] = c.values
			got := browser{p: p}.post(path, form)
			p.wantStatus(got, http.StatusUnprocessableEntity)
			if got.problems()[c.field] == "" {
				p.t.Errorf("%s: says %q", how, got.problems())
			}
		}
		p.wantUnchanged("a form without consent", before)
		form := p.registrationForm(path, "nia@acme.example")
		before = p.snapshot()
		p.allowServerErrors = true
		p.exec("ALTER TABLE consents RENAME TO consents_elsewhere") // as when the disk is full in that very moment
		p.wantStatus(browser{p: p}.post(path, form), http.StatusInternalServerError)
		p.exec("ALTER TABLE consents_elsewhere RENAME TO consents")
		p.wantUnchanged("a registration whose consent could not be stored", before)
		p.wantStatus(browser{p: p}.post(path, form), http.StatusSeeOther)
		if got := p.queryOne("SELECT c.eula_version FROM consents c JOIN identities i ON i.id = c.identity_id WHERE " +
			"i.email = 'nia@acme.example'"); got != app.EULAVersion {
			p.t.Errorf("agreed to %q", got)
		}
	})
}

// Whoever registered cannot sign in before the address is proven, by pressing the button behind the mailed
// address, and not with a mail that another has replaced (T-25).
func TestT25_NoSignInBeforeTheAddressIsProven(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.register(p.generateLink(), "nia@acme.example")
		in := credentials("nia@acme.example", password)
		refused := func(when string) {
			p.t.Helper()
			if got := (browser{p: p}).post("/sign-in", in); got.status != http.StatusUnprocessableEntity ||
				got.cookie("session") != "" {
				p.t.Errorf("%s: status %d, a session %q", when, got.status, got.cookie("session"))
			}
		}
		refused("at once")
		first := p.mailedPath("nia@acme.example")
		p.wantStatus(browser{p: p}.get(first), http.StatusOK)
		refused("after opening the mailed address")
		p.clock.advance(app.ResendAfter + 1)
		p.wantStatus(browser{p: p}.post("/confirm", url.Values{"email": {"nia@acme.example"}}), http.StatusOK)
		second := p.mailedPath("nia@acme.example")
		if second == first {
			p.t.Fatal("no other mail was sent")
		}
		p.clock.advance(app.ConfirmWithin + 1)
		p.wantStatus(browser{p: p}.post(second, nil), http.StatusGone)
		refused("with a mail of the day before")
		p.wantStatus(browser{p: p}.post("/confirm", url.Values{"email": {"nia@acme.example"}}), http.StatusOK)
		p.wantStatus(browser{p: p}.post(first, nil), http.StatusGone)
		refused("with a mail that was replaced")
		p.wantStatus(browser{p: p}.post(p.mailedPath("nia@acme.example"), nil), http.StatusOK)
		p.signIn("nia@acme.example")
		if n := p.queryOne("SELECT COUNT(*) FROM sessions"); n != "2" { // with Sue's
			p.t.Errorf("%s sessions", n)
		}
	})
}
