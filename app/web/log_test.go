package web_test

import (
	"context"
	"encoding/base32"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"reglink/app"
	"reglink/app/web"
)

// The whole story at the most talkative level leaves no token, no password and no cookie in the log (T-04). Every other test holds
// that too (checkLog); this one makes sure that there was something to hold.
func TestT04NothingSecretIsLogged(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		form := p.filledIn(path, "nia@acme.example")
		form.Set("password", "quartz meadow lantern nine")
		p.want(browser{p: p}.post(path, form), http.StatusSeeOther)
		confirm := p.mailed("nia@acme.example")
		in := credentials("nia@acme.example", "quartz meadow lantern nine")
		p.want(browser{p: p}.post("/sign-in", in), http.StatusUnprocessableEntity)
		p.want(browser{p: p}.get(confirm), http.StatusOK)
		p.want(browser{p: p}.post(confirm, nil), http.StatusOK)
		nia := browser{p: p}.post("/sign-in", in)
		p.want(nia, http.StatusSeeOther)
		p.want(p.sue.post("/account/link/disable", nil), http.StatusSeeOther)
		p.want(browser{p: p}.get(path), http.StatusGone)
		secrets := []string{
			path[len("/register/"):], confirm[len("/confirm/"):], nia.cookie("session"), p.sue.cookie, "quartz", password, "nia@acme.example",
			form.Get("submission_id"),
		}
		p.wantUnlogged(secrets)
		p.faults = true
		p.serve(func(c *web.Config) { c.Store = broken{c.Store} })
		for _, got := range []answer{
			browser{p: p}.get(path), browser{p: p}.post(path, form), browser{p: p}.get(confirm), browser{p: p}.post("/sign-in", in), p.sue.get("/account"),
		} {
			p.wantFault(got, secrets)
		}
		p.wantUnlogged(secrets)
	})
}

func (p *portal) wantUnlogged(secrets []string) {
	p.t.Helper()
	log := p.log.String()
	if !strings.Contains(log, "route=/register/:token") || !strings.Contains(log, "route=/confirm/:token") {
		p.t.Fatalf("the log does not tell of the requests: %s", p.lately())
	}
	for _, secret := range secrets {
		if strings.Contains(log, secret) || strings.Contains(log, url.QueryEscape(secret)) {
			p.t.Errorf("%q is in the log", secret)
		}
	}
}

// wantFault wants a fault said in fixed words, with a number that finds its line in the log.
func (p *portal) wantFault(got answer, secrets []string) {
	p.t.Helper()
	wantRefusal(got, http.StatusInternalServerError)
	for _, hidden := range append(secrets, "the disk is on fire", "broken", "goroutine") {
		if strings.Contains(got.body, hidden) {
			p.t.Errorf("%s: the page of a fault tells %q", got.asked, hidden)
		}
	}
	_, id, _ := strings.Cut(got.text(), "Request ")
	if id = strings.Fields(id)[0]; !strings.Contains(p.log.String(), "msg=fault id="+id) || !strings.Contains(p.log.String(), "the disk is on fire") {
		p.t.Errorf("%s: no line of the log has the number %q and the cause", got.asked, id)
	}
}

// A fault of the error page itself ends the request, not the program.
func TestT04AFaultOfTheErrorPage(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	p.faults = true
	p.serve(func(c *web.Config) { c.Assets = nil })
	for _, b := range []browser{{p: p}, p.sue} {
		for in, number := range map[string]string{"en": "Request ", "de": "Anfrage "} {
			got := b.with("Accept-Language", in).get("/nothing")
			_, id, said := strings.Cut(got.body, number)
			if got.status != http.StatusInternalServerError || !said || got.header.Get("Content-Security-Policy") == "" {
				t.Errorf("%s: status %d: %s", got.asked, got.status, got.body)
			}
			if !strings.Contains(p.log.String(), "msg=fault id="+strings.TrimSpace(id)+" ") {
				t.Errorf("%s: no line of the log has the number %q", got.asked, id)
			}
		}
	}
	if !strings.Contains(p.log.String(), "nil pointer") || strings.Contains(p.log.String(), "/nothing") {
		t.Errorf("the log does not say why: %s", p.lately())
	}
}

// broken is a store that fails, and one that panics, at what the pages ask first.
type broken struct{ web.Store }

var errDisk = errors.New("the disk is on fire")

func (broken) LinkByToken(context.Context, []byte) (*app.Link, error) { return nil, errDisk }

func (broken) IdentityByEmail(context.Context, string) (*app.Identity, error) { return nil, errDisk }

func (broken) CurrentLink(context.Context, string) (*app.Link, error) { panic(errDisk) }

func (broken) ConfirmationByToken(context.Context, app.Purpose, []byte) (*app.Confirmation, error) {
	panic(errDisk)
}

// A database that does not answer is told apart from a fault: trying again helps.
func TestADatabaseThatIsAway(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	path := p.link()
	form := p.filledIn(path, "nia@acme.example")
	p.faults = true
	p.check(p.store.Close())
	p.serve(func(c *web.Config) { c.Store = away{c.Store} })
	for _, b := range []browser{{p: p}, {p: p, htmx: true}} {
		for _, got := range []answer{b.get(path), b.post(path, form), b.post(path+"/check/email", form)} {
			if got.status != http.StatusServiceUnavailable || got.header.Get("Retry-After") == "" || !strings.Contains(got.text(), en("database_away")) {
				t.Errorf("%s: status %d, Retry-After %q: %.200s", got.asked, got.status, got.header.Get("Retry-After"), got.text())
			}
		}
	}
	if got := (browser{p: p}).get("/readyz"); got.status != http.StatusServiceUnavailable || strings.Contains(got.body, "sql") {
		t.Errorf("ready: status %d: %s", got.status, got.body)
	}
	p.want(browser{p: p}.get("/healthz"), http.StatusOK)
}

// away is a store whose database cannot be reached.
type away struct{ web.Store }

func (away) LinkByToken(context.Context, []byte) (*app.Link, error) {
	return nil, app.Refuse(app.Unavailable, "database_away")
}

var wholeToken = regexp.MustCompile(`\br[a-z]1_([A-Za-z0-9_-]{43})\b`)

// Whoever reads the database, or a backup of it, holds no key to anything: no token, no password, no session (T-03).
func TestT03NothingSecretIsStored(t *testing.T) {
	t.Parallel()
	eachEmptyPortal(t, func(p *portal) {
		f := setUpForm(p)
		p.want(f.who.post(f.path, f.good), http.StatusSeeOther)
		sue := p.withApp(p.signIn("sue@acme.example"), "sue@acme.example")
		p.sue = sue.browser
		path := p.link()
		p.register(path, "nia@acme.example")
		p.create("ada@acme.example", app.StandardUser)
		p.imported("lea@learn.example")
		p.asks(path, "lea@learn.example")
		p.want(browser{p: p}.post("/forgot-password", url.Values{"email": {"sue@acme.example"}}), http.StatusOK)
		p.want(p.sue.post(invitations, inviting("ben@acme.example")), http.StatusSeeOther)
		p.want(p.sue.get("/account"), http.StatusOK)
		step := sue.step().cookies["sign-in"]
		dump := ""
		for _, table := range p.stored() {
			dump += table
		}
		if !strings.Contains(dump, "nia@acme.example") || !strings.Contains(dump, "$argon2id$") {
			p.t.Fatal("this is not what is stored")
		}
		for _, found := range p.everyToken(path, p.sue.cookie, step, f.path) {
			body := found[1]
			secret, err := base64.RawURLEncoding.DecodeString(body)
			p.check(err)
			for _, spelling := range []string{body, string(secret), hex.EncodeToString(secret), password} {
				if strings.Contains(dump, spelling) {
					p.t.Errorf("%q is stored", spelling)
				}
			}
		}
		p.wantNoCodes(dump)
	})
}

// everyToken gives the tokens that were mailed, and these: of every kind that there is by then.
func (p *portal) everyToken(others ...string) [][]string {
	p.t.Helper()
	p.deliver()
	text := strings.Join(others, " ")
	for _, m := range p.mails {
		text += " " + m.Text
	}
	all := wholeToken.FindAllStringSubmatch(text, -1)
	for _, kind := range tokenKinds(p.t) {
		if !slices.ContainsFunc(all, func(found []string) bool { return strings.HasPrefix(found[0], kind) }) {
			p.t.Errorf("no token %s… was issued: this test does not look for all", kind)
		}
	}
	return all
}

// wantNoCodes wants no secret of a second factor in a dump: not as it is shown, not as it may be typed, not as its bits.
func (p *portal) wantNoCodes(dump string) {
	p.t.Helper()
	if len(p.codes) <= app.RecoveryCodes {
		p.t.Fatalf("only %d secrets of second factors were given out", len(p.codes))
	}
	for _, code := range p.codes {
		bare := strings.ReplaceAll(code, "-", "")
		bits, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ToUpper(bare))
		p.check(err)
		for _, spelling := range []string{code, bare, string(bits), hex.EncodeToString(bits)} {
			if strings.Contains(dump, spelling) {
				p.t.Errorf("%q of a second factor is stored", spelling)
			}
		}
	}
}

// tokenKinds reads the prefixes where they are declared, so that a new kind has to be issued here too.
func tokenKinds(t testing.TB) []string {
	t.Helper()
	text, err := os.ReadFile("../token.go")
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, found := range regexp.MustCompile(`Token\s+= "(r[a-z]\d_)"`).FindAllStringSubmatch(string(text), -1) {
		all = append(all, found[1])
	}
	if !slices.Contains(all, app.LinkToken) || len(all) < 7 {
		t.Fatalf("these are not all kinds of tokens: %q", all)
	}
	return all
}
