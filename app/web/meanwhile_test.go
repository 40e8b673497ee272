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
				rival := *p // asks a server beside this one
				rival.sue.p = &rival
				var before map[string]string
				p.serve(func(c *web.Config) {
					c.Store = tardy{c.Store, func() {
						test.meanwhile(&rival, path, form)
						before = p.stored()
					}}
				})
				got := browser{p: p}.post(path, form)
				p.want(got, test.status)
				if test.status == http.StatusSeeOther {
					if n := p.one("SELECT COUNT(*) FROM registrations"); n != "1" {
						p.t.Errorf("%s registrations, want 1", n)
					}
					return
				}
				p.unchanged("a registration that came too late", before)
				if got.value("#last_name") != "Okafor" || (test.beside != "" && got.problems()[test.beside] == "") {
					p.t.Errorf("what was typed is lost, or nothing is said: %s", got.find("main"))
				}
			})
		})
	}
}
