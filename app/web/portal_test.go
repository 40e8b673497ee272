package web_test

import (
	"context"
	"database/sql"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"regexp"
	"strings"
	"sync"
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

// deliver does what the mail worker does: it writes every letter that is due, and keeps it.
func (p *portal) deliver() {
	p.t.Helper()
	outbox := app.Outbox{Store: p.store, Sealer: p.sealer, Clock: p.clock.tell}
	due, err := outbox.Claim(context.Background(), 1000)
	p.check(err)
	for _, d := range due {
		mail, err := email.Compose(context.Background(), d, p.base)
		p.check(err)
		p.mails = append(p.mails, mail)
		p.check(outbox.Delivered(context.Background(), d.Notice))
	}
}

// mailsTo gives what an address received, oldest first.
func (p *portal) mailsTo(address string) []email.Mail {
	p.t.Helper()
	p.deliver()
	var theirs []email.Mail
	for _, m := range p.mails {
		if m.To == address {
			theirs = append(theirs, m)
		}
	}
	return theirs
}

var mailedLink = regexp.MustCompile(`\S+/(?:confirm|activate|join|reset-password)/\S+`)

// mailed gives the path of the link in the newest mail to an address that has one.
func (p *portal) mailed(address string) string {
	p.t.Helper()
	mails := p.mailsTo(address)
	for i := len(mails) - 1; i >= 0; i-- {
		link := mailedLink.FindString(mails[i].Text)
		if link == "" {
			continue
		}
		path, ours := strings.CutPrefix(link, p.base)
		if !ours {
			p.t.Fatalf("the link of a mail does not begin with the base URL: %s", link)
		}
		return path
	}
	p.t.Fatalf("nobody has mailed a link to %s; its mails: %d", address, len(mails))
	return ""
}

// newUser is a form of Create New User that will do.
func newUser(email string, role app.Role) url.Values {
	return url.Values{"first_name": {"Ada"}, "last_name": {"Stone"}, "email": {email}, "role": {string(role)}}
}

// create creates a user as the Super User of Acme Widgets does.
func (p *portal) create(email string, role app.Role) {
	p.t.Helper()
	p.want(p.sue.post("/members", newUser(email, role)), http.StatusSeeOther)
}

// member creates a user who follows the mail and signs in.
func (p *portal) member(email string, role app.Role) browser {
	p.t.Helper()
	p.create(email, role)
	p.activate(p.mailed(email), "Ada", "Stone")
	return p.signIn(email)
}

// homeless makes a login that is in no account, such as one for the Learning Center alone, and signs it in.
func (p *portal) homeless(email string) browser {
	p.t.Helper()
	p.imported(email)
	p.want(browser{p: p}.post("/confirm", url.Values{"email": {email}}), http.StatusOK)
	p.activate(p.mailed(email), "Lea", "Center")
	return p.signIn(email)
}

// waiting makes a login that waits for the Super Users of Acme Widgets, and signs it in.
func (p *portal) waiting(email string) browser {
	p.t.Helper()
	p.create(email, app.StandardUser)
	p.run("UPDATE memberships SET status = 'pending' WHERE id = ?", p.membership(email, "Acme Widgets"))
	p.activate(p.mailed(email), "Penny", "Dent")
	return p.signIn(email)
}

// imported adds a login without a password.
func (p *portal) imported(email string) {
	p.t.Helper()
	p.check(app.Imports{Store: p.store, Clock: p.clock.tell}.Identity(context.Background(), email, "Lea", "Center", "en"))
}

// operator makes a login of the portal's staff, and signs it in.
func (p *portal) operator(email string) browser {
	p.t.Helper()
	b := p.homeless(email)
	p.run("UPDATE identities SET operator = 1 WHERE email = ?", email)
	return b
}

// membership gives the id of an address's membership in the account of that name.
func (p *portal) membership(email, account string) string {
	p.t.Helper()
	return p.one("SELECT m.id FROM memberships m JOIN identities i ON i.id = m.identity_id JOIN accounts a ON a.id = m.account_id "+
		"WHERE i.email = ? AND a.name = ?", email, account)
}

func (p *portal) account(name string) string {
	p.t.Helper()
	return p.one("SELECT id FROM accounts WHERE name = ?", name)
}

// eachInstallation runs a test on a portal that several servers serve, each with connections of its own, on both databases.
func eachInstallation(t *testing.T, run func(p *portal, servers []*portal)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		p := newPortal(t, databaseURL)
		servers := []*portal{p}
		for range 2 {
			beside := *p
			beside.store, beside.log = dbtest.Open(t, databaseURL), &strings.Builder{}
			servers = append(servers, &beside)
		}
		for _, server := range servers {
			server.serve(limited)
		}
		run(p, servers)
	})
}

// super adds another Super User.
func (p *portal) super(address string) browser { return p.member(address, app.SuperUser) }

func (p *portal) subjects(address string) []string {
	p.t.Helper()
	var all []string
	for _, m := range p.mailsTo(address) {
		all = append(all, m.Subject)
	}
	return all
}

func (p *portal) identity(email string) string {
	p.t.Helper()
	return p.one("SELECT id FROM identities WHERE email = ?", email)
}

// status gives where the membership of an address stands.
func (p *portal) status(email string) string {
	p.t.Helper()
	return p.one("SELECT m.status FROM memberships m JOIN identities i ON i.id = m.identity_id WHERE i.email = ?", email)
}

// standing is what a person is in an account, in a line.
func (p *portal) standing(email, account string) string {
	p.t.Helper()
	var all []string
	for _, expression := range []string{
		"m.role", "m.status", "m.joined_by", "CASE WHEN m.expires_on IS NULL THEN 'no' ELSE 'expires' END", "i.operator", "i.language",
		"CASE WHEN i.confirmed_at IS NULL THEN 'unconfirmed' ELSE 'confirmed' END",
	} {
		all = append(all, p.one("SELECT "+expression+" FROM memberships m JOIN identities i ON i.id = m.identity_id "+
			"JOIN accounts a ON a.id = m.account_id WHERE i.email = ? AND a.name = ?", email, account))
	}
	return strings.Join(all, " ")
}

// later lets so many days pass and signs Sue in again, who was signed out meanwhile.
func (p *portal) later(days int) {
	p.t.Helper()
	p.clock.pass(time.Duration(days) * 24 * time.Hour)
	p.sue = p.signIn("sue@acme.example")
}

// another is a second server of the portal.
func (p *portal) another() *fiber.App { return web.New(p.config()) }

// atOnce asks n times in parallel.
func (p *portal) atOnce(n int, ask func(i int) answer) []answer {
	answers := make([]answer, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			answers[i] = ask(i)
		})
	}
	close(start)
	all.Wait()
	return answers
}

// cookieName is a cookie's name as the portal of that address sets it.
func (p *portal) cookieName(name string) string {
	if strings.HasPrefix(p.base, "https:") {
		return "__Host-" + name
	}
	return name
}

// memberPath is the address of somebody's page in Acme Widgets.
func (p *portal) memberPath(email string) string {
	p.t.Helper()
	return "/members/" + p.membership(email, "Acme Widgets")
}

// confirmAddress does what a new user does with the mailed address.
func (p *portal) confirmAddress(email string) {
	p.t.Helper()
	p.want(browser{p: p}.post(p.mailed(email), nil), http.StatusOK)
}

// entitle gives Acme Widgets an entitlement.
func (p *portal) entitle(proof app.Proof, code string) {
	p.t.Helper()
	imports := app.Imports{Store: p.store, Clock: p.clock.tell}
	p.check(imports.Entitlement(context.Background(), "100200", proof, code))
}

// thePeer is where requests of Fiber's test connection come from: a trusted proxy here, so that tests choose the client's address.
var thePeer = netip.MustParsePrefix("0.0.0.0/32")

func limited(c *web.Config) { c.Limits, c.TrustedProxies = true, []netip.Prefix{thePeer} }

func limitedPortal(t *testing.T) *portal {
	t.Helper()
	p := onePortal(t)
	p.serve(limited)
	return p
}
