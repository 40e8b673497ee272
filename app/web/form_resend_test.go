package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

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

// Whoever must wait, or comes while the portal cannot answer, loses nothing that was typed, but for passwords.
func TestFormsThatMustWaitKeepWhatWasTyped(t *testing.T) {
	t.Parallel()
	eachForm(t, func(p *portal, forms []formCase) {
		p.serve(limited)
		const eve = "203.0.113.9"
		for _, limit := range []app.Limit{app.SignInLimit, app.RegistrationLimit, app.MailLimit} {
			p.fill(eve, limit)
		}
		for _, f := range forms {
			if f.who.cookie != "" {
				continue // of those who are signed in only guesses at the own password count: TestCurrentPasswordsAreNotGuessed
			}
			before := p.stored()
			got := f.who.from(eve).post(f.path, f.good)
			p.want(got, http.StatusTooManyRequests)
			f.wantKept(got)
			said := got.find("form [role=alert]:not(.sr-only)")
			if wait := got.wait(); !strings.Contains(said, strconv.Itoa((wait+59)/60)) && !strings.Contains(said, strconv.Itoa(wait)) {
				p.t.Errorf("%s: above the form stands %q", f.name, said)
			}
			if got := f.who.from(eve).withHTMX().post(f.path, f.good); got.has("form") || got.alert() == "" {
				p.t.Errorf("%s: HTMX is given %.300s", f.name, got.body)
			}
			p.unchanged("a form that must wait ("+f.name+")", before)
			p.want(f.who.from("203.0.113.10").post(f.path, f.good), f.accepted)
		}
	})
}

// speechless is a store whose database is away.
type speechless struct{ web.Store }

func (speechless) IdentityByEmail(context.Context, string) (*app.Identity, error) {
	return nil, errAway
}

func (speechless) LinkByToken(context.Context, []byte) (*app.Link, error) { return nil, errAway }

func (speechless) HasAccounts(context.Context) (bool, error) { return false, errAway }

func (speechless) EmailHasLogin(context.Context, string) (bool, error) { return false, errAway }

func (speechless) ConfirmationByToken(context.Context, app.Purpose, []byte) (*app.Confirmation, error) {
	return nil, errAway
}

func (speechless) EntitlementBy(context.Context, app.Proof, string) (*app.Entitlement, error) {
	return nil, errAway
}

var errAway = fmt.Errorf("%w: no way", app.Refuse(app.Unavailable, "database_away"))

// Nor is anything lost by whoever comes while the database is away.
func TestFormsKeepWhatWasTypedWhileTheDatabaseIsAway(t *testing.T) {
	t.Parallel()
	eachForm(t, func(p *portal, forms []formCase) {
		p.faults = true
		p.serve(func(c *web.Config) { c.Store = speechless{c.Store} })
		for _, f := range forms {
			if f.who.cookie != "" {
				continue // the session is not found
			}
			got := f.who.post(f.path, f.good)
			p.want(got, http.StatusServiceUnavailable)
			f.wantKept(got)
			said, id, _ := strings.Cut(got.alert(), en("request_id", "ID", ""))
			if got.header.Get("Retry-After") == "" || strings.TrimSpace(said) != en("database_away") ||
				!strings.Contains(p.log.String(), "msg=unavailable id="+id+" ") {
				p.t.Errorf("%s: says %q, and to wait %q", f.name, got.alert(), got.header.Get("Retry-After"))
			}
		}
	})
}
