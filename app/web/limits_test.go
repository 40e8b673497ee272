package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/web"
)

// thePeer is where requests of Fiber's test connection come from: a trusted proxy here, so that tests choose the client's address.
var thePeer = netip.MustParsePrefix("0.0.0.0/32")

func limited(c *web.Config) { c.Limits, c.TrustedProxies = true, []netip.Prefix{thePeer} }

func limitedPortal(t *testing.T) *portal {
	t.Helper()
	p := onePortal(t)
	p.serve(limited)
	return p
}

func (b browser) from(address string) browser { return b.with("X-Forwarded-For", address) }

// ofBlock is how often an address block may ask.
func ofBlock(limit app.Limit) int { return limit.Rules()[0].Max }

// asks are requests that a limit counts, each with another email, for emails have limits of their own.
func asks(p *portal) map[app.Limit]func(b browser) answer {
	link, n := "", 0
	email := func() string { n++; return fmt.Sprintf("nobody%d@acme.example", n) }
	return map[app.Limit]func(b browser) answer{
		app.SignInLimit: func(b browser) answer { return b.post("/sign-in", credentials(email(), "wrong")) },
		app.RegistrationLimit: func(b browser) answer {
			return b.post("/register/"+app.NewToken(app.LinkToken), nil)
		},
		app.CheckLimit: func(b browser) answer { return b.post("/register/check/phone", nil) },
		app.OpenLimit: func(b browser) answer {
			if link == "" {
				link = p.link()
			}
			return b.get(link)
		},
		app.MailLimit:   func(b browser) answer { return b.post("/confirm", url.Values{"email": {email()}}) },
		app.ReportLimit: func(b browser) answer { return b.reports(`{"csp-report":{}}`) },
	}
}

// A client that asks too often is told to wait, in words and in seconds, while others are served (T-01), and whatever it writes into
// X-Forwarded-For (T-49). After that time it is served again.
func TestT49Limits(t *testing.T) {
	t.Parallel()
	for limit := range asks(nil) {
		t.Run(string(limit), func(t *testing.T) {
			t.Parallel()
			p := limitedPortal(t)
			ask := asks(p)[limit]
			eve := browser{p: p}.from("203.0.113.9")
			served := ask(eve).status
			for range ofBlock(limit) - 1 {
				if got := ask(eve); got.status != served {
					t.Fatalf("%s: status %d before the limit of %d", got.asked, got.status, ofBlock(limit))
				}
			}
			p.clock.pass(10*time.Second + 1)
			got := ask(eve)
			wantRefusal(got, http.StatusTooManyRequests)
			seconds := got.wait()
			if wait := limit.Rules()[0].Within - 10*time.Second; seconds != int(wait.Seconds()) {
				t.Errorf("wait %d seconds, not %v", seconds, wait)
			}
			if got := ask(eve.withHTMX()); got.isPage() || got.status != http.StatusTooManyRequests || got.header.Get("HX-Retarget") != "#alert" {
				t.Errorf("HTMX is answered %d: %.200s", got.status, got.body)
			}
			for who, b := range map[string]browser{
				"a neighbour": browser{p: p}.from("203.0.113.10"), "IPv6": browser{p: p}.from("2001:db8::1"),
				"one who is lied about": browser{p: p}.from("203.0.113.9, 203.0.113.11"),
			} {
				if got := ask(b); got.status != served {
					t.Errorf("%s is refused too: status %d", who, got.status)
				}
			}
			if got := ask(browser{p: p}.from("198.51.100.1, 203.0.113.9")); got.status != http.StatusTooManyRequests {
				t.Errorf("a made-up address in front passes the limit: status %d", got.status)
			}
			p.clock.pass(time.Duration(seconds) * time.Second)
			if got := ask(eve); got.status != served {
				t.Errorf("after waiting: status %d", got.status)
			}
		})
	}
}

// wait is how many seconds a refused client is told to wait, by header and in words.
func (a answer) wait() int {
	a.t.Helper()
	seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || seconds < 1 || seconds > 1800 {
		a.t.Fatalf("%s: Retry-After is %q", a.asked, a.header.Get("Retry-After"))
	}
	said := en("slow_down", "Seconds", seconds)
	if seconds > 120 {
		said = en("slow_down_minutes", "Count", (seconds+59)/60)
	}
	if !strings.Contains(a.text(), said) {
		a.t.Errorf("%s: does not say %q: %.300s", a.asked, said, a.text())
	}
	return seconds
}

func TestAHouseholdIsOneClient(t *testing.T) {
	t.Parallel()
	p := limitedPortal(t)
	ask := asks(p)[app.MailLimit]
	for i := range ofBlock(app.MailLimit) {
		p.want(ask(browser{p: p}.from("2001:db8:0:1::"+strconv.Itoa(i+1))), http.StatusOK)
	}
	p.want(ask(browser{p: p}.from("2001:db8:0:1::ffff")), http.StatusTooManyRequests)
	p.want(ask(browser{p: p}.from("2001:db8:0:2::1")), http.StatusOK)
}

// Whoever is not signed in cannot make the portal hash passwords, look for secrets or send mails as often as they like.
func TestEveryOpenFormHasALimit(t *testing.T) {
	t.Parallel()
	harmless := []string{"/sign-out", "/theme", "/language"}
	for _, row := range web.Routes(onePortal(t).config()) {
		secret := strings.Contains(row.Path, ":token")
		open := row.Who == "anyone" && row.Method == http.MethodPost && !strings.Contains(strings.Join(harmless, " "), row.Path)
		if (secret || open) && app.Limit(row.Limit).Rules() == nil {
			t.Errorf("%s %s has no limit", row.Method, row.Path)
		}
	}
}

func TestLimitsCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	ask := asks(p)[app.MailLimit]
	for range 2 * ofBlock(app.MailLimit) {
		p.want(ask(browser{p: p}), http.StatusOK)
	}
	if n := p.one("SELECT COUNT(*) FROM limit_counts"); n != "0" {
		t.Errorf("%s counts are kept", n)
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

// fill uses up a block's limit.
func (p *portal) fill(block string, limit app.Limit) {
	p.t.Helper()
	ask := asks(p)[limit]
	for range ofBlock(limit) {
		ask(browser{p: p}.from(block))
	}
	p.want(ask(browser{p: p}.from(block)), http.StatusTooManyRequests)
}

// wantKept wants every value of the form to be in the answer, but for passwords. A value of several lines is looked for by its first.
func (f formCase) wantKept(got answer) {
	t := f.who.p.t
	t.Helper()
	for name, values := range f.good {
		for _, value := range values {
			line, _, _ := strings.Cut(value, "\n")
			input := got.page().Find(fmt.Sprintf("form [name=%s][value^=%q]", name, line)).Not("[type=checkbox]:not([checked]), [type=radio]:not([checked])")
			secret := name == "password" || name == "current_password"
			switch {
			case secret && (input.Length() > 0 || strings.Contains(got.body, value)):
				t.Errorf("%s: the password came back", f.name)
			case !secret && input.Length() == 0:
				t.Errorf("%s: %s is lost", f.name, name)
			}
		}
	}
}

// speechless is a store whose database is away.
type speechless struct{ web.Store }

var errAway = fmt.Errorf("%w: no way", app.Refuse(app.Unavailable, "database_away"))

func (speechless) IdentityByEmail(context.Context, string) (*app.Identity, error) {
	return nil, errAway
}
func (speechless) LinkByToken(context.Context, []byte) (*app.Link, error) { return nil, errAway }
func (speechless) HasAccounts(context.Context) (bool, error)              { return false, errAway }
func (speechless) EmailHasLogin(context.Context, string) (bool, error)    { return false, errAway }

func (speechless) ConfirmationByToken(context.Context, app.Purpose, []byte) (*app.Confirmation, error) {
	return nil, errAway
}

func (speechless) EntitlementBy(context.Context, app.Proof, string) (*app.Entitlement, error) {
	return nil, errAway
}

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
