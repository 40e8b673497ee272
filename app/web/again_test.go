package web_test

import (
	"context"
	"net/http"
	"net/url"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"reglink/app"
	"reglink/app/web"
)

// sleeping is a store whose database is away, for whoever is signed in.
type sleeping struct{ web.Store }

func (sleeping) SessionActor(context.Context, []byte) (*app.Session, *app.Membership, error) {
	return nil, nil, errAway
}

// Whoever is signed in loses nothing either while the database is away: what was typed waits in a page that sends it again, without
// scripts and without anything that had to be looked up.
func TestWhatCouldNotBeLookedAtIsSentAgain(t *testing.T) {
	t.Parallel()
	eachForm(t, func(p *portal, forms []formCase) {
		p.faults = true
		for _, f := range forms {
			if f.who.cookie == "" {
				continue // TestFormsKeepWhatWasTypedWhileTheDatabaseIsAway
			}
			p.serve(func(c *web.Config) { c.Store = sleeping{c.Store} })
			got := f.who.post(f.path, f.good)
			p.want(got, http.StatusServiceUnavailable)
			f.wantKept(got)
			if to := got.attribute("#unsent", "action"); to != f.path || got.header.Get("Retry-After") == "" {
				p.t.Errorf("%s: is sent again to %q", f.name, to)
			}
			p.serve(func(*web.Config) {})
			want := f.accepted
			if f.good.Has("password") || f.good.Has("current_password") {
				want = http.StatusUnprocessableEntity // it has to be typed once more
			}
			p.want(f.who.post(f.path, got.fieldsOf("#unsent")), want)
		}
	})
}

// Who is signed out while they type loses nothing either: a page keeps it until they have signed in beside it. Where scripts run, the form
// itself stays.
func TestWhatWasTypedWhileSignedOutIsSentAgain(t *testing.T) {
	t.Parallel()
	eachForm(t, func(p *portal, forms []formCase) {
		for _, f := range forms {
			if f.who.cookie == "" {
				continue
			}
			got := browser{p: p}.post(f.path, f.good)
			p.want(got, http.StatusUnauthorized)
			if len(got.fieldsOf("#unsent")) == 0 { // passwords alone
				if !got.has(`main a[href="/sign-in"]`) {
					p.t.Errorf("%s: the page leads nowhere", f.name)
				}
				continue
			}
			f.wantKept(got)
			if to := got.attribute("#unsent", "action"); to != f.path || got.attribute(`main a[href="/sign-in"]`, "target") != "_blank" {
				p.t.Errorf("%s: is sent again to %q, and the sign-in opens in its place", f.name, to)
			}
			want := f.accepted
			if f.good.Has("password") || f.good.Has("current_password") {
				want = http.StatusUnprocessableEntity
			}
			p.want(f.who.post(f.path, got.fieldsOf("#unsent")), want)
		}
	})
}

// A list of addresses may come with a file, which no page can hold. The addresses that were typed stay.
func TestAnUploadIsSentAgain(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	p.link()
	p.faults = true
	p.serve(func(c *web.Config) { c.Store = sleeping{c.Store} })
	got := p.sue.upload("/account/link/invitations", url.Values{"addresses": {"a@acme.example\nb@acme.example"}, "language": {"en"}}, "c@acme.example")
	p.want(got, http.StatusServiceUnavailable)
	p.serve(func(*web.Config) {})
	p.want(p.sue.post("/account/link/invitations", got.fieldsOf("#unsent")), http.StatusSeeOther)
	if n := p.one("SELECT COUNT(*) FROM invitations"); n != "2" {
		t.Errorf("%s people are invited, want those of the field", n)
	}
}

// fieldsOf gives what the hidden fields of a form send.
func (a answer) fieldsOf(form string) url.Values {
	values := url.Values{}
	a.page().Find(form + " input[type=hidden]").Each(func(_ int, input *goquery.Selection) {
		values.Add(input.AttrOr("name", ""), input.AttrOr("value", ""))
	})
	return values
}
