package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"reglink/app"
)

// interceptedStore is a store in front of whose registrations something else happens: between the look at the
// link, or at the address, and the write that decides lies the hashing of a password, which takes its time.
type interceptedStore struct {
	app.Store
	beforeWrite func()
}

func (s interceptedStore) Register(ctx context.Context, a app.Admission) error {
	s.beforeWrite()
	return s.Store.Register(ctx, a)
}

func (s interceptedStore) ActivateIdentity(ctx context.Context, id string, person app.Identity,
	consent app.Consent,
) error {
	s.beforeWrite()
	return s.Store.ActivateIdentity(ctx, id, person, consent)
}

// interceptWrites serves the portal anew so that something happens before it writes; the rival asks a server beside it.
func (p *portal) interceptWrites(meanwhile func(rival *portal)) {
	rival := *p
	rival.sue.p = &rival
	p.restartWith(func(c *portalConfig) { c.Store = interceptedStore{c.Store, func() { meanwhile(&rival) }} })
}

// Of two who follow one activation mail, the first sets the password, and a mail that was replaced sets none.
func TestActivation_FirstToFinishSetsThePassword(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.createUser("ada@acme.example", app.StandardUser)
		p.createUser("una@acme.example", app.StandardUser)
		other := activationForm("Eve", "Evil")
		other.Set("password", "another quartz meadow lantern")
		ada, una := p.mailedPath("ada@acme.example"), p.mailedPath("una@acme.example")
		server := p.app
		p.interceptWrites(func(rival *portal) { rival.activate(ada, "Ada", "Stone") })
		p.wantStatus(browser{p: p}.post(ada, other), http.StatusOK)
		p.app = server
		p.interceptWrites(func(rival *portal) {
			rival.wantStatus(rival.sue.post("/members/"+rival.membershipID("una@acme.example", "Acme Widgets")+"/activation",
				nil), http.StatusSeeOther)
		})
		p.wantStatus(browser{p: p}.post(una, other), http.StatusGone)
		p.signIn("ada@acme.example")
		for _, email := range []string{"ada@acme.example", "una@acme.example"} {
			p.wantStatus(browser{p: p}.post("/sign-in", credentials(email, "another quartz meadow lantern")),
				http.StatusUnprocessableEntity)
		}
		if got := p.queryOne("SELECT first_name FROM identities WHERE email = 'ada@acme.example'"); got != "Ada" {
			p.t.Errorf("the second activation changed the name to %q", got)
		}
	})
}

type rivalWrite struct {
	meanwhile func(p *portal, path string, form url.Values)
	status    int
	beside    string // the field that has a problem
}

// rivalWrites are what happens between the look at a form and its write.
func rivalWrites() map[string]rivalWrite {
	nothing := func(*portal, string, url.Values) {}
	end := func(how string) func(*portal, string, url.Values) {
		return func(p *portal, _ string, _ url.Values) {
			p.wantStatus(p.sue.post("/account/link/"+how, nil), http.StatusSeeOther)
		}
	}
	return map[string]rivalWrite{
		"nothing":              {nothing, http.StatusSeeOther, ""},
		"the link is disabled": {end("disable"), http.StatusGone, ""},
		"the link is replaced": {end("regenerate"), http.StatusGone, ""},
		"the address gets a login": {
			func(p *portal, _ string, form url.Values) { p.createUser(form.Get("email"), app.LimitedUser) },
			http.StatusUnprocessableEntity, "email",
		},
		"a copy of the form is faster": {
			func(p *portal, path string, form url.Values) {
				p.wantStatus(browser{p: p}.post(path, form), http.StatusSeeOther)
			}, http.StatusSeeOther, "",
		},
	}
}

// The write decides, whatever was seen before it: nobody gets in by a link that ended meanwhile, and no
// address twice (T-08, R-1).
func TestRegistration_WriteDecidesWhatHappenedMeanwhile(t *testing.T) {
	t.Parallel()
	for name, test := range rivalWrites() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(p *portal) {
				path := p.generateLink()
				form := p.registrationForm(path, "nia@acme.example")
				var before map[string]string
				p.interceptWrites(func(rival *portal) {
					test.meanwhile(rival, path, form)
					before = p.snapshot()
				})
				got := browser{p: p}.post(path, form)
				p.wantStatus(got, test.status)
				if test.status == http.StatusSeeOther {
					if n := p.queryOne("SELECT COUNT(*) FROM registrations"); n != "1" {
						p.t.Errorf("%s registrations, want 1", n)
					}
					return
				}
				p.wantOnlyDenialRecorded("a registration that came too late",
					map[string]string{"": "link_dead", "email": "email_taken"}[test.beside], before)
				if got.value("#last_name") != "Okafor" || (test.beside != "" && got.problems()[test.beside] == "") {
					p.t.Errorf("what was typed is lost, or nothing is said: %s", got.textAt("main"))
				}
			})
		})
	}
}

// lostCommitStore is a store whose connection is lost at the Commits of the first forms, which are not applied.
type lostCommitStore struct {
	app.Store

	times int
}

func (s *lostCommitStore) Register(ctx context.Context, a app.Admission) error {
	if s.times > 0 {
		s.times--
		return app.CommitUnknown()
	}
	return s.Store.Register(ctx, a)
}

// Whoever sends a form that the portal cannot say is stored is registered all the same by a second try of the
// portal's own. Where that is lost too, the form comes back and says so, and may be sent again.
func TestRegistration_LostCommitIsRetriedOrReported(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.allowServerErrors = true
		path, store := p.generateLink(), &lostCommitStore{times: 1}
		p.restartWith(func(c *portalConfig) { store.Store, c.Store = c.Store, store })
		p.wantStatus(browser{p: p}.post(path, p.registrationForm(path, "nia@acme.example")), http.StatusSeeOther)

		form := p.registrationForm(path, "ann@acme.example")
		store.times = 2
		got := browser{p: p}.post(path, form)
		p.wantStatus(got, http.StatusServiceUnavailable)
		if got.header.Get("Retry-After") == "" || got.value("#email") != "ann@acme.example" ||
			!strings.Contains(got.text(), en("perhaps_done")) {
			p.t.Errorf("what was typed is lost, or nothing is said: %.500s", got.text())
		}
		p.wantStatus(browser{p: p}.post(path, form), http.StatusSeeOther)
		if n := p.queryOne("SELECT COUNT(*) FROM registrations"); n != "2" {
			p.t.Errorf("%s registrations, want 2", n)
		}
	})
}

// A double click, the back button and fifty copies at once make one login, and every answer is success (T-30).
func TestT30_FiftyCopiesMakeOneLogin(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		form := p.registrationForm(path, "nia@acme.example")
		l := p.listen()
		answers := p.concurrently(50, func(i int) testResponse {
			b := browser{p: p, htmx: i%2 == 0}
			return l.send(b, b.newRequest(http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode()))
		})
		form.Set("job_title", "Engineer")
		form.Set("password", "another quartz meadow lantern")
		for _, got := range append(answers, browser{p: p}.post(path, form)) {
			if led := got.location() + got.header.Get("HX-Redirect"); led != "/registered" {
				p.t.Errorf("a copy is answered %d and led to %q: %.200s", got.status, led, got.text())
			}
		}
		for _, table := range []string{
			"registrations", "links WHERE used = 1", "notices WHERE letter = 'registered'",
			"notices WHERE letter = 'confirm'",
		} {
			if got := p.queryOne("SELECT COUNT(*) FROM " + table); got != "1" {
				p.t.Errorf("%s of %s, want 1", got, table)
			}
		}
		p.wantStatus(browser{p: p}.post(p.mailedPath("nia@acme.example"), nil), http.StatusOK)
		p.signIn("nia@acme.example") // with the first copy's password
	})
}

func TestRegistration_ManyAtOnceAreAllCounted(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		forms := make([]url.Values, 20)
		for i := range forms {
			forms[i] = p.registrationForm(path, fmt.Sprintf("n%d@acme.example", i))
		}
		l := p.listen()
		answers := p.concurrently(len(forms), func(i int) testResponse {
			b := browser{p: p}
			return l.send(b, b.newRequest(http.MethodPost, path, "application/x-www-form-urlencoded", forms[i].Encode()))
		})
		for _, got := range answers {
			p.wantStatus(got, http.StatusSeeOther)
		}
		if got := p.queryOne("SELECT used FROM links"); got != "20" {
			p.t.Errorf("the link counts %s registrations, want 20", got)
		}
		if got := p.sue.get("/account").textAt("#registration-link"); !strings.Contains(got, en("people", "Count", 20)) {
			p.t.Errorf("the panel says: %s", got)
		}
	})
}

// Once a link's end is acknowledged, nobody gets in by it, and who got in before is counted (T-07, T-08).
func TestT07_NobodyRegistersAfterTheEndOfALink(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		forms := make([]url.Values, 24)
		for i := range forms {
			forms[i] = p.registrationForm(path, fmt.Sprintf("n%d@acme.example", i))
		}
		l := p.listen()
		answers := p.concurrently(len(forms)/2+1, func(i int) testResponse {
			b := p.sue
			if i == len(forms)/2 {
				return l.send(b, b.newRequest(http.MethodPost, "/account/link/disable", "", ""))
			}
			return l.send(b, b.newRequest(http.MethodPost, path, "application/x-www-form-urlencoded", forms[i].Encode()))
		})
		admitted := 0
		for _, got := range answers[:len(forms)/2] {
			if got.status == http.StatusSeeOther {
				admitted++
			} else if got.status != http.StatusGone {
				p.t.Errorf("%s: status %d: %.200s", got.request, got.status, got.text())
			}
		}
		for _, form := range forms[len(forms)/2:] {
			p.wantStatus(browser{p: p}.post(path, form), http.StatusGone)
		}
		for _, query := range []string{
			"SELECT used FROM links", "SELECT COUNT(*) FROM registrations",
			"SELECT COUNT(*) FROM memberships WHERE joined_by = 'link'",
		} {
			if got := p.queryOne(query); got != fmt.Sprint(admitted) {
				p.t.Errorf("%s: %s, but %d were told that they registered", query, got, admitted)
			}
		}
	})
}

// Two hundred people send their forms at once: everybody registers or is asked to come again in a moment,
// nobody meets a fault, and somebody who signs in meanwhile gets in (T-35).
func TestT35_TwoHundredFormsAtOnceRegisterOrWait(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.allowServerErrors = true // 503 is an answer
	p.restartWith(func(c *portalConfig) {
		c.Hasher = app.NewPasswordHasher(app.HashParams{Memory: 1024, Time: 1, Lanes: 1})
	})
	path := p.generateLink()
	l := p.listen()
	forms := make([]url.Values, 200)
	for i := range forms {
		forms[i] = p.registrationForm(path, fmt.Sprintf("n%d@acme.example", i))
	}
	in := credentials("sue@acme.example", password)
	answers := p.concurrently(len(forms)+1, func(i int) testResponse {
		b := browser{p: p}
		if i == len(forms) {
			return l.send(b, b.newRequest(http.MethodPost, "/sign-in", contentTypeOf("POST"), in.Encode()))
		}
		return l.send(b, b.newRequest(http.MethodPost, path, contentTypeOf("POST"), forms[i].Encode()))
	})
	p.wantStatus(answers[len(forms)], http.StatusSeeOther)
	registered := 0
	for _, got := range answers[:len(forms)] {
		switch {
		case got.status == http.StatusSeeOther:
			registered++
		case got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "":
			t.Errorf("a form is answered %d: %.200s", got.status, got.text())
		}
	}
	if n := p.queryOne("SELECT COUNT(*) FROM registrations"); n != fmt.Sprint(registered) || registered == 0 {
		t.Errorf("%d were told that they registered, %s did", registered, n)
	}
}
