package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"reglink/app"
	"reglink/app/web"
)

// tardy is a store in front of whose registrations something else happens: between the look at the link, or at the address, and the
// write that decides lies the hashing of a password, which takes its time.
type tardy struct {
	web.Store
	meanwhile func()
}

func (s tardy) Register(ctx context.Context, a app.Admission) error {
	s.meanwhile()
	return s.Store.Register(ctx, a)
}

func (s tardy) Activate(ctx context.Context, id string, person app.Identity, consent app.Consent) error {
	s.meanwhile()
	return s.Store.Activate(ctx, id, person, consent)
}

// rivalled serves the portal anew so that something happens before it writes; the rival asks a server beside it.
func (p *portal) rivalled(meanwhile func(rival *portal)) {
	rival := *p
	rival.sue.p = &rival
	p.serve(func(c *web.Config) { c.Store = tardy{c.Store, func() { meanwhile(&rival) }} })
}

// Of two who follow one activation mail, the first sets the password, and a mail that was replaced sets none.
func TestWhatHappensWhileAnActivationIsHashed(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.create("ada@acme.example", app.StandardUser)
		p.create("una@acme.example", app.StandardUser)
		other := activation("Eve", "Evil")
		other.Set("password", "another quartz meadow lantern")
		ada, una := p.mailed("ada@acme.example"), p.mailed("una@acme.example")
		server := p.app
		p.rivalled(func(rival *portal) { rival.activate(ada, "Ada", "Stone") })
		p.want(browser{p: p}.post(ada, other), http.StatusOK)
		p.app = server
		p.rivalled(func(rival *portal) {
			rival.want(rival.sue.post("/members/"+rival.membership("una@acme.example", "Acme Widgets")+"/activation", nil), http.StatusSeeOther)
		})
		p.want(browser{p: p}.post(una, other), http.StatusGone)
		p.signIn("ada@acme.example")
		for _, email := range []string{"ada@acme.example", "una@acme.example"} {
			p.want(browser{p: p}.post("/sign-in", credentials(email, "another quartz meadow lantern")), http.StatusUnprocessableEntity)
		}
		if got := p.one("SELECT first_name FROM identities WHERE email = 'ada@acme.example'"); got != "Ada" {
			p.t.Errorf("the second activation changed the name to %q", got)
		}
	})
}

// The write decides, whatever was seen before it: nobody gets in by a link that ended meanwhile, and no address twice (T-08, R-1).
func TestWhatHappensWhileAPasswordIsHashed(t *testing.T) {
	t.Parallel()
	nothing := func(*portal, string, url.Values) {}
	end := func(how string) func(*portal, string, url.Values) {
		return func(p *portal, _ string, _ url.Values) {
			p.want(p.sue.post("/account/link/"+how, nil), http.StatusSeeOther)
		}
	}
	for name, test := range map[string]struct {
		meanwhile func(p *portal, path string, form url.Values)
		status    int
		beside    string // the field that has a problem
	}{
		"nothing":                  {nothing, http.StatusSeeOther, ""},
		"the link is disabled":     {end("disable"), http.StatusGone, ""},
		"the link is replaced":     {end("regenerate"), http.StatusGone, ""},
		"the address gets a login": {func(p *portal, _ string, form url.Values) { p.create(form.Get("email"), app.LimitedUser) }, http.StatusUnprocessableEntity, "email"},
		"a copy of the form is faster": {
			func(p *portal, path string, form url.Values) {
				p.want(browser{p: p}.post(path, form), http.StatusSeeOther)
			}, http.StatusSeeOther, "",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachPortal(t, func(p *portal) {
				path := p.link()
				form := p.filledIn(path, "nia@acme.example")
				var before map[string]string
				p.rivalled(func(rival *portal) {
					test.meanwhile(rival, path, form)
					before = p.stored()
				})
				got := browser{p: p}.post(path, form)
				p.want(got, test.status)
				if test.status == http.StatusSeeOther {
					if n := p.one("SELECT COUNT(*) FROM registrations"); n != "1" {
						p.t.Errorf("%s registrations, want 1", n)
					}
					return
				}
				p.onlyDenied("a registration that came too late", map[string]string{"": "link_dead", "email": "email_taken"}[test.beside], before)
				if got.value("#last_name") != "Okafor" || (test.beside != "" && got.problems()[test.beside] == "") {
					p.t.Errorf("what was typed is lost, or nothing is said: %s", got.find("main"))
				}
			})
		})
	}
}

// torn is a store whose connection is lost at the Commits of the first forms, which are not applied.
type torn struct {
	web.Store

	times int
}

func (s *torn) Register(ctx context.Context, a app.Admission) error {
	if s.times > 0 {
		s.times--
		return app.PerhapsDone()
	}
	return s.Store.Register(ctx, a)
}

// Whoever sends a form that the portal cannot say is stored is registered all the same by a second try of the portal's own. Where that
// is lost too, the form comes back and says so, and may be sent again.
func TestTheDatabaseIsLostAtACommit(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.faults = true
		path, store := p.link(), &torn{times: 1}
		p.serve(func(c *web.Config) { store.Store, c.Store = c.Store, store })
		p.want(browser{p: p}.post(path, p.filledIn(path, "nia@acme.example")), http.StatusSeeOther)

		form := p.filledIn(path, "ann@acme.example")
		store.times = 2
		got := browser{p: p}.post(path, form)
		p.want(got, http.StatusServiceUnavailable)
		if got.header.Get("Retry-After") == "" || got.value("#email") != "ann@acme.example" || !strings.Contains(got.text(), en("perhaps_done")) {
			p.t.Errorf("what was typed is lost, or nothing is said: %.500s", got.text())
		}
		p.want(browser{p: p}.post(path, form), http.StatusSeeOther)
		if n := p.one("SELECT COUNT(*) FROM registrations"); n != "2" {
			p.t.Errorf("%s registrations, want 2", n)
		}
	})
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

// Two hundred people send their forms at once: everybody registers or is asked to come again in a moment, nobody meets a fault, and
// somebody who signs in meanwhile gets in (T-35).
func TestT35TwoHundredFormsAtOnce(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	p.faults = true // 503 is an answer
	p.serve(func(c *web.Config) { c.Hasher = app.NewHasher(app.HashParams{Memory: 1024, Time: 1, Lanes: 1}) })
	path := p.link()
	l := p.listen()
	forms := make([]url.Values, 200)
	for i := range forms {
		forms[i] = p.filledIn(path, fmt.Sprintf("n%d@acme.example", i))
	}
	in := credentials("sue@acme.example", password)
	answers := p.atOnce(len(forms)+1, func(i int) answer {
		b := browser{p: p}
		if i == len(forms) {
			return l.send(b, b.request(http.MethodPost, "/sign-in", formType("POST"), in.Encode()))
		}
		return l.send(b, b.request(http.MethodPost, path, formType("POST"), forms[i].Encode()))
	})
	p.want(answers[len(forms)], http.StatusSeeOther)
	registered := 0
	for _, got := range answers[:len(forms)] {
		switch {
		case got.status == http.StatusSeeOther:
			registered++
		case got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "":
			t.Errorf("a form is answered %d: %.200s", got.status, got.text())
		}
	}
	if n := p.one("SELECT COUNT(*) FROM registrations"); n != fmt.Sprint(registered) || registered == 0 {
		t.Errorf("%d were told that they registered, %s did", registered, n)
	}
}
