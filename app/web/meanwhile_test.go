package web_test

import (
	"context"
	"net/http"
	"net/url"
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
