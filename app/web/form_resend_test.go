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
)

// sessionUnavailableStore is a store whose database is away, for whoever is signed in.
type sessionUnavailableStore struct{ app.Store }

func (sessionUnavailableStore) SessionActor(context.Context, []byte) (*app.Session, *app.Membership, error) {
	return nil, nil, errDatabaseAway
}

// Whoever is signed in loses nothing either while the database is away: what was typed waits in a page that
// sends it again, without scripts and without anything that had to be looked up.
func TestFormResend_SignedInFormSurvivesADatabaseOutage(t *testing.T) {
	t.Parallel()
	eachFormCase(t, func(p *portal, forms []formCase) {
		p.allowServerErrors = true
		for _, f := range forms {
			if f.browser.cookie == "" {
				continue // TestFormResend_PublicFormSurvivesADatabaseOutage
			}
			p.restartWith(func(c *portalConfig) { c.Store = sessionUnavailableStore{c.Store} })
			got := f.browser.post(f.path, f.valid)
			p.wantStatus(got, http.StatusServiceUnavailable)
			f.wantTypedKept(got)
			if to := got.attribute("#unsent", "action"); to != f.path || got.header.Get("Retry-After") == "" {
				p.t.Errorf("%s: is sent again to %q", f.name, to)
			}
			p.restartWith(func(*portalConfig) {})
			want := f.acceptedStatus
			if f.valid.Has("password") || f.valid.Has("current_password") {
				want = http.StatusUnprocessableEntity // it has to be typed once more
			}
			p.wantStatus(f.browser.post(f.path, got.hiddenFieldsOf("#unsent")), want)
		}
	})
}

// Who is signed out while they type loses nothing either: a page keeps it until they have signed in beside
// it. Where scripts run, the form itself stays.
func TestFormResend_FormSurvivesBeingSignedOut(t *testing.T) {
	t.Parallel()
	eachFormCase(t, func(p *portal, forms []formCase) {
		for _, f := range forms {
			if f.browser.cookie == "" {
				continue
			}
			got := browser{p: p}.post(f.path, f.valid)
			p.wantStatus(got, http.StatusUnauthorized)
			if len(got.hiddenFieldsOf("#unsent")) == 0 { // passwords alone
				if !got.has(`main a[href="/sign-in"]`) {
					p.t.Errorf("%s: the page leads nowhere", f.name)
				}
				continue
			}
			f.wantTypedKept(got)
			if to := got.attribute("#unsent", "action"); to != f.path ||
				got.attribute(`main a[href="/sign-in"]`, "target") != "_blank" {
				p.t.Errorf("%s: is sent again to %q, and the sign-in opens in its place", f.name, to)
			}
			want := f.acceptedStatus
			if f.valid.Has("password") || f.valid.Has("current_password") {
				want = http.StatusUnprocessableEntity
			}
			p.wantStatus(f.browser.post(f.path, got.hiddenFieldsOf("#unsent")), want)
		}
	})
}

// A list of addresses may come with a file, which no page can hold. The addresses that were typed stay.
func TestFormResend_UploadKeepsTypedAddresses(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.generateLink()
	p.allowServerErrors = true
	p.restartWith(func(c *portalConfig) { c.Store = sessionUnavailableStore{c.Store} })
	got := p.sue.postMultipart("/account/link/invitations",
		url.Values{"addresses": {"a@acme.example\nb@acme.example"}, "language": {"en"}}, "c@acme.example")
	p.wantStatus(got, http.StatusServiceUnavailable)
	p.restartWith(func(*portalConfig) {})
	p.wantStatus(p.sue.post("/account/link/invitations", got.hiddenFieldsOf("#unsent")), http.StatusSeeOther)
	if n := p.queryOne("SELECT COUNT(*) FROM invitations"); n != "2" {
		t.Errorf("%s people are invited, want those of the field", n)
	}
}

// Whoever must wait, or comes while the portal cannot answer, loses nothing that was typed, but for passwords.
func TestFormResend_RateLimitedFormKeepsWhatWasTyped(t *testing.T) {
	t.Parallel()
	eachFormCase(t, func(p *portal, forms []formCase) {
		p.restartWith(enableLimits)
		const eve = "203.0.113.9"
		for _, limit := range []app.Limit{app.PasswordCheckLimit, app.PasswordFormLimit, app.MailLimit} {
			p.exhaustLimit(eve, limit)
		}
		for _, f := range forms {
			if f.browser.cookie != "" {
				// of those who are signed in only guesses at the own password count: TestChangePassword_GuessesCountWithSignIns
				continue
			}
			before := p.snapshot()
			got := f.browser.fromIP(eve).post(f.path, f.valid)
			p.wantStatus(got, http.StatusTooManyRequests)
			f.wantTypedKept(got)
			said := got.textAt("form [role=alert]:not(.sr-only)")
			if wait := got.retryAfter(); !strings.Contains(said, strconv.Itoa((wait+59)/60)) &&
				!strings.Contains(said, strconv.Itoa(wait)) {
				p.t.Errorf("%s: above the form stands %q", f.name, said)
			}
			if got := f.browser.fromIP(eve).withHTMX().post(f.path, f.valid); got.has("form") || got.alert() == "" {
				p.t.Errorf("%s: HTMX is given %.300s", f.name, got.body)
			}
			p.wantUnchanged("a form that must wait ("+f.name+")", before)
			p.wantStatus(f.browser.fromIP("203.0.113.10").post(f.path, f.valid), f.acceptedStatus)
		}
	})
}

// unavailableStore is a store whose database is away.
type unavailableStore struct{ app.Store }

func (unavailableStore) IdentityByEmail(context.Context, string) (*app.Identity, error) {
	return nil, errDatabaseAway
}

func (unavailableStore) LinkByToken(context.Context, []byte) (*app.Link, error) {
	return nil, errDatabaseAway
}

func (unavailableStore) HasAccounts(context.Context) (bool, error) { return false, errDatabaseAway }

func (unavailableStore) EmailHasLogin(context.Context, string) (bool, error) {
	return false, errDatabaseAway
}

func (unavailableStore) ConfirmationByToken(context.Context, app.ConfirmationPurpose, []byte) (*app.Confirmation,
	error,
) {
	return nil, errDatabaseAway
}

func (unavailableStore) EntitlementByCode(context.Context, app.EntitlementKind, string) (*app.Entitlement, error) {
	return nil, errDatabaseAway
}

var errDatabaseAway = fmt.Errorf("%w: no way", app.Refuse(app.Unavailable, "database_away"))

// Nor is anything lost by whoever comes while the database is away.
func TestFormResend_PublicFormSurvivesADatabaseOutage(t *testing.T) {
	t.Parallel()
	eachFormCase(t, func(p *portal, forms []formCase) {
		p.allowServerErrors = true
		p.restartWith(func(c *portalConfig) { c.Store = unavailableStore{c.Store} })
		for _, f := range forms {
			if f.browser.cookie != "" {
				continue // the session is not found
			}
			got := f.browser.post(f.path, f.valid)
			p.wantStatus(got, http.StatusServiceUnavailable)
			f.wantTypedKept(got)
			said, id, _ := strings.Cut(got.alert(), en("request_id", "ID", ""))
			if got.header.Get("Retry-After") == "" || strings.TrimSpace(said) != en("database_away") ||
				!strings.Contains(p.log.String(), "msg=unavailable id="+id+" ") {
				p.t.Errorf("%s: says %q, and to wait %q", f.name, got.alert(), got.header.Get("Retry-After"))
			}
		}
	})
}
