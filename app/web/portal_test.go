package web_test

import (
	"context"
	"database/sql"
	"log/slog"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/app/factor"
	"reglink/app/metrics"
	"reglink/app/web"
	"reglink/assets"
	"reglink/db"
	"reglink/db/dbtest"
	"reglink/views/email"
)

const (
	baseURL  = "http://portal.example"
	password = "orbit velvet canyon seven"
)

// cheap makes password hashes that cost next to nothing: what the real ones cost is not what these tests are about.
var cheap = app.HashParams{Memory: 64, Time: 1, Lanes: 1}

// portal is a whole portal on a database of its own, with one account and its Super User.
type portal struct {
	t      testing.TB
	store  *db.Store
	raw    *sql.DB // the same database, without the rules
	sealer *app.Sealer
	clock  *fakeClock
	app    *fiber.App
	log    *strings.Builder
	base   string // BASE_URL
	faults bool   // the test breaks something: answers from 500 on are right
	lies   bool   // every request names another host wherever one can be named
	mails  []email.Mail
	tables []string
	codes  []string // secrets of authenticator apps and recovery codes, which no log may have
	sue    browser  // the Super User of Acme Widgets
}

// fakeClock stands still until a test moves it.
type fakeClock struct{ now time.Time }

func (c *fakeClock) tell() time.Time { return c.now }

func (c *fakeClock) pass(d time.Duration) { c.now = c.now.Add(d) }

// eachPortal runs a test on a portal with SQLite and on one with MySQL.
func eachPortal(t *testing.T, run func(p *portal)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) { run(newPortal(t, dbtest.Migrate(t, databaseURL))) })
}

func eachEmptyPortal(t *testing.T, run func(p *portal)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) { run(emptyPortal(t, dbtest.Migrate(t, databaseURL))) })
}

// onePortal is for what has nothing to do with the database.
func onePortal(t *testing.T) *portal {
	t.Helper()
	return newPortal(t, dbtest.Migrate(t, dbtest.SQLite(t)))
}

// newPortal makes a portal with the account Acme Widgets, whose Super User is signed in.
func newPortal(t testing.TB, databaseURL string) *portal {
	t.Helper()
	p := emptyPortal(t, databaseURL)
	p.addAccount("Acme Widgets", "100200", "sue@acme.example")
	p.sue = p.signIn("sue@acme.example")
	return p
}

// emptyPortal makes a portal that was not set up yet.
func emptyPortal(t testing.TB, databaseURL string) *portal {
	t.Helper()
	p := &portal{
		t: t, store: dbtest.Open(t, databaseURL), raw: dbtest.Raw(t, databaseURL), base: baseURL, log: &strings.Builder{},
		clock: &fakeClock{now: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)},
	}
	p.check(p.store.Migrate(t.Context())) // nothing is left to do where the database is a copy
	sealer, err := app.NewSealer([]byte(strings.Repeat("k", app.KeySize)))
	p.check(err)
	p.sealer = sealer
	p.app = web.New(p.config())
	p.check(p.setUps().CheckKey(t.Context()))
	t.Cleanup(p.checkLog)
	return p
}

func (p *portal) config() web.Config {
	log := slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	hasher := app.NewHasher(cheap)
	return web.Config{
		Store: p.store, Sealer: p.sealer, Hasher: hasher, CodeApps: factor.Codes{}, Clock: p.clock.tell, BaseURL: p.base,
		Assets: assets.Embedded(), Log: log, Ready: p.store.Ready,
		MetricsToken: metricsToken, Metrics: metrics.New(metrics.Sources{Store: p.store, Hashes: hasher.Counts, Clock: p.clock.tell}),
	}
}

// serve serves the portal anew, with another configuration.
func (p *portal) serve(change func(*web.Config)) {
	config := p.config()
	change(&config)
	p.base = config.BaseURL
	p.app = web.New(config)
}

var secretShape = regexp.MustCompile(`r[a-z]1_[A-Za-z0-9_-]{8}`)

// checkLog holds for every test what is written in no log: tokens, passwords, cookies and the secrets of second factors.
func (p *portal) checkLog() {
	if found := secretShape.FindString(p.log.String()); found != "" {
		p.t.Errorf("a token is in the log: %s…", found)
	}
	if strings.Contains(p.log.String(), password) || strings.Contains(p.log.String(), url.QueryEscape(password)) {
		p.t.Error("a password is in the log")
	}
	for _, code := range p.codes {
		if strings.Contains(p.log.String(), code) || strings.Contains(p.log.String(), strings.ReplaceAll(code, "-", "")) {
			p.t.Errorf("a secret of a second factor is in the log: %.4s…", code)
		}
	}
}

func (p *portal) check(err error) {
	p.t.Helper()
	if err != nil {
		p.t.Fatal(err)
	}
}

func (p *portal) setUps() app.SetUps {
	return app.SetUps{Store: p.store, Hasher: app.NewHasher(cheap), Sealer: p.sealer, Clock: p.clock.tell}
}

// addAccount creates an account whose Super User has set the password.
func (p *portal) addAccount(name, companyID, email string) {
	p.t.Helper()
	token, err := p.setUps().CreateAccount(context.Background(), app.NewAccount{Name: name, CompanyID: companyID}, email, "en")
	p.check(err)
	if token != "" {
		p.activate("/activate/"+token, "Sue", "Perez")
	}
}

// activate does what a created user does with the mailed address.
func (p *portal) activate(path, firstName, lastName string) {
	p.t.Helper()
	p.want(browser{p: p}.post(path, activation(firstName, lastName)), http.StatusOK)
}

func activation(firstName, lastName string) url.Values {
	return url.Values{
		"first_name": {firstName}, "last_name": {lastName}, "password": {password}, "eula": {app.EULAVersion},
	}
}

func (p *portal) signIn(email string) browser {
	p.t.Helper()
	answer := browser{p: p}.post("/sign-in", credentials(email, password))
	p.want(answer, http.StatusSeeOther)
	return browser{p: p, cookie: answer.cookie("session")}
}

func credentials(email, password string) url.Values {
	return url.Values{"email": {email}, "password": {password}}
}

func (p *portal) want(got answer, status int) {
	p.t.Helper()
	if got.status != status {
		p.t.Fatalf("%s: status %d, want %d: %.600s\n%s", got.asked, got.status, status, got.text(), p.lately())
	}
}

// lately is the end of the log, short enough to be read.
func (p *portal) lately() string {
	lines := strings.Split(strings.TrimSpace(p.log.String()), "\n")
	lines = lines[max(0, len(lines)-3):]
	for i, line := range lines {
		lines[i] = line[:min(len(line), 600)]
	}
	return strings.Join(lines, "\n")
}

// link generates a registration link and gives its path.
func (p *portal) link() string {
	p.t.Helper()
	answer := p.sue.withHTMX().post("/account/link/generate", nil)
	p.want(answer, http.StatusOK)
	return strings.TrimPrefix(answer.value("#registration-link-url"), p.base)
}

// filledIn is a form that will do, for that address.
func (p *portal) filledIn(path, email string) url.Values {
	p.t.Helper()
	page := browser{p: p}.get(path)
	p.want(page, http.StatusOK)
	return url.Values{
		"first_name": {"Nia"}, "last_name": {"Okafor"}, "email": {email}, "password": {password},
		"topics": {"security_advisories"}, "eula": {app.EULAVersion}, "submission_id": {page.value("[name=submission_id]")},
	}
}

// register fills in the form behind a link, and sends it.
func (p *portal) register(path, email string) {
	p.t.Helper()
	p.want(browser{p: p}.post(path, p.filledIn(path, email)), http.StatusSeeOther)
}
