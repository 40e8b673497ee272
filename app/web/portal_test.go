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
	"reglink/views/messages"
)

const (
	baseURL  = "http://portal.example"
	password = "orbit velvet canyon seven"
)

// cheapHashParams makes password hashes that cost next to nothing: what the real ones cost is not what these
// tests are about.
var cheapHashParams = app.HashParams{Memory: 64, Time: 1, Lanes: 1}

// portal is a whole portal on a database of its own, with one account and its Super User.
type portal struct {
	t                 testing.TB
	store             *db.Store
	rawDB             *sql.DB // the same database, without the rules
	sealer            *app.Sealer
	clock             *fakeClock
	app               *fiber.App
	log               *strings.Builder
	base              string // BASE_URL
	allowServerErrors bool   // the test breaks something: answers from 500 on are right
	spoofHosts        bool   // every request names another host wherever one can be named
	mails             []email.Mail
	tables            []string
	factorSecrets     []string // secrets of authenticator apps and recovery codes, which no log may have
	sue               browser  // the Super User of Acme Widgets
}

// fakeClock stands still until a test moves it.
type fakeClock struct{ now time.Time }

func (c *fakeClock) Now() time.Time { return c.now }

func (c *fakeClock) advance(d time.Duration) { c.now = c.now.Add(d) }

// eachDatabase runs a test on a portal with SQLite and on one with MySQL.
func eachDatabase(t *testing.T, run func(p *portal)) {
	t.Helper()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) { run(newPortal(t, dbtest.Migrate(t, databaseURL))) })
}

func eachDatabaseBeforeSetup(t *testing.T, run func(p *portal)) {
	t.Helper()
	dbtest.EachURL(t,
		func(t *testing.T, databaseURL string) { run(newPortalBeforeSetup(t, dbtest.Migrate(t, databaseURL))) })
}

// sqlitePortal is for what has nothing to do with the database.
func sqlitePortal(t *testing.T) *portal {
	t.Helper()
	return newPortal(t, dbtest.Migrate(t, dbtest.SQLite(t)))
}

// newPortal makes a portal with the account Acme Widgets, whose Super User is signed in.
func newPortal(t testing.TB, databaseURL string) *portal {
	t.Helper()
	p := newPortalBeforeSetup(t, databaseURL)
	p.addAccount("Acme Widgets", "100200", "sue@acme.example")
	p.sue = p.signIn("sue@acme.example")
	return p
}

// newPortalBeforeSetup makes a portal that was not set up yet.
func newPortalBeforeSetup(t testing.TB, databaseURL string) *portal {
	t.Helper()
	p := &portal{
		t: t, store: dbtest.Open(t, databaseURL), rawDB: dbtest.Raw(t, databaseURL), base: baseURL, log: &strings.Builder{},
		clock: &fakeClock{now: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)},
	}
	p.check(p.store.Migrate(t.Context())) // nothing is left to do where the database is a copy
	sealer, err := app.NewSealer([]byte(strings.Repeat("k", app.KeySize)))
	p.check(err)
	p.sealer = sealer
	p.app = web.New(p.config().web())
	p.check(p.setUps().CheckKey(t.Context()))
	t.Cleanup(p.wantNoSecretsInLog)
	return p
}

// portalConfig is what a portal of the tests is made of: its rules, and the server that asks them.
type portalConfig struct {
	app.Deps
	web.Config
}

// web makes the rules and gives them to the server.
func (c portalConfig) web() web.Config {
	c.Rules = app.New(c.Deps)
	return c.Config
}

func (p *portal) config() portalConfig {
	log := slog.New(slog.NewTextHandler(p.log, &slog.HandlerOptions{Level: slog.LevelDebug}))
	hasher := app.NewPasswordHasher(cheapHashParams)
	return portalConfig{
		app.Deps{
			Store: p.store, Sealer: p.sealer, Hasher: hasher, CodeApps: factor.TOTP{}, Clock: p.clock.Now, Log: log,
		},
		web.Config{
			BaseURL: p.base, Assets: assets.Embedded(), Messages: messages.Strict(), Log: log, CheckReady: p.store.Ready,
			MetricsToken: metricsToken,
			Metrics:      metrics.New(metrics.Sources{Store: p.store, Hashes: hasher.Counts, Clock: p.clock.Now}),
		},
	}
}

// restartWith serves the portal anew, with another configuration.
func (p *portal) restartWith(change func(*portalConfig)) {
	config := p.config()
	change(&config)
	p.base = config.BaseURL
	p.app = web.New(config.web())
}

var tokenStartPattern = regexp.MustCompile(`r[a-z]1_[A-Za-z0-9_-]{8}`)

// wantNoSecretsInLog holds for every test what is written in no log: tokens, passwords, cookies and the
// secrets of second factors.
func (p *portal) wantNoSecretsInLog() {
	if found := tokenStartPattern.FindString(p.log.String()); found != "" {
		p.t.Errorf("a token is in the log: %s…", found)
	}
	if strings.Contains(p.log.String(), password) || strings.Contains(p.log.String(), url.QueryEscape(password)) {
		p.t.Error("a password is in the log")
	}
	for _, code := range p.factorSecrets {
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
	return app.SetUps{Store: p.store, Hasher: app.NewPasswordHasher(cheapHashParams), Sealer: p.sealer, Clock: p.clock.Now}
}

// addAccount creates an account whose Super User has set the password.
func (p *portal) addAccount(name, companyID, email string) {
	p.t.Helper()
	token, err := p.setUps().CreateAccount(context.Background(), app.NewAccount{Name: name, CompanyID: companyID}, email,
		"en")
	p.check(err)
	if token != "" {
		p.activate("/activate/"+token, "Sue", "Perez")
	}
}

// activate does what a created user does with the mailed address.
func (p *portal) activate(path, firstName, lastName string) {
	p.t.Helper()
	p.wantStatus(browser{p: p}.post(path, activationForm(firstName, lastName)), http.StatusOK)
}

func activationForm(firstName, lastName string) url.Values {
	return url.Values{
		"first_name": {firstName}, "last_name": {lastName}, "password": {password}, "eula": {app.EULAVersion},
	}
}

func (p *portal) signIn(email string) browser {
	p.t.Helper()
	answer := browser{p: p}.post("/sign-in", credentials(email, password))
	p.wantStatus(answer, http.StatusSeeOther)
	return browser{p: p, cookie: answer.cookie("session")}
}

func credentials(email, password string) url.Values {
	return url.Values{"email": {email}, "password": {password}}
}

func (p *portal) wantStatus(got testResponse, status int) {
	p.t.Helper()
	if got.status != status {
		p.t.Fatalf("%s: status %d, want %d: %.600s\n%s", got.request, got.status, status, got.text(), p.logTail())
	}
}

// logTail is the end of the log, short enough to be read.
func (p *portal) logTail() string {
	lines := strings.Split(strings.TrimSpace(p.log.String()), "\n")
	lines = lines[max(0, len(lines)-3):]
	for i, line := range lines {
		lines[i] = line[:min(len(line), 600)]
	}
	return strings.Join(lines, "\n")
}

// generateLink generates a registration link and gives its path.
func (p *portal) generateLink() string {
	p.t.Helper()
	answer := p.sue.withHTMX().post("/account/link/generate", nil)
	p.wantStatus(answer, http.StatusOK)
	return strings.TrimPrefix(answer.value("#registration-link-url"), p.base)
}

// registrationForm is a form that will do, for that address.
func (p *portal) registrationForm(path, email string) url.Values {
	p.t.Helper()
	page := browser{p: p}.get(path)
	p.wantStatus(page, http.StatusOK)
	return url.Values{
		"first_name": {"Nia"}, "last_name": {"Okafor"}, "email": {email}, "password": {password},
		"topics": {"security_advisories"}, "eula": {app.EULAVersion}, "submission_id": {page.value("[name=submission_id]")},
	}
}

// register fills in the form behind a link, and sends it.
func (p *portal) register(path, email string) {
	p.t.Helper()
	p.wantStatus(browser{p: p}.post(path, p.registrationForm(path, email)), http.StatusSeeOther)
}

// deliverMails does what the mail worker does: it writes every letter that is due, and keeps it.
func (p *portal) deliverMails() {
	p.t.Helper()
	outbox := app.Outbox{Store: p.store, Sealer: p.sealer, Clock: p.clock.Now}
	due, err := outbox.Claim(context.Background(), 1000)
	p.check(err)
	for _, d := range due {
		mail, err := email.Compose(messages.With(context.Background(), messages.Strict()), d, p.base)
		p.check(err)
		p.mails = append(p.mails, mail)
		p.check(outbox.Delivered(context.Background(), d.Notice))
	}
}

// mailsTo gives what an address received, oldest first.
func (p *portal) mailsTo(address string) []email.Mail {
	p.t.Helper()
	p.deliverMails()
	var theirs []email.Mail
	for _, m := range p.mails {
		if m.To == address {
			theirs = append(theirs, m)
		}
	}
	return theirs
}

var mailedLinkPattern = regexp.MustCompile(`\S+/(?:confirm|activate|join|reset-password)/\S+`)

// mailedPath gives the path of the link in the newest mail to an address that has one.
func (p *portal) mailedPath(address string) string {
	p.t.Helper()
	mails := p.mailsTo(address)
	for i := len(mails) - 1; i >= 0; i-- {
		link := mailedLinkPattern.FindString(mails[i].Text)
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

// newUserForm is a form of Create New User that will do.
func newUserForm(email string, role app.Role) url.Values {
	return url.Values{"first_name": {"Ada"}, "last_name": {"Stone"}, "email": {email}, "role": {string(role)}}
}

// createUser creates a user as the Super User of Acme Widgets does.
func (p *portal) createUser(email string, role app.Role) {
	p.t.Helper()
	p.wantStatus(p.sue.post("/members", newUserForm(email, role)), http.StatusSeeOther)
}

// addMember creates a user who follows the mail and signs in.
func (p *portal) addMember(email string, role app.Role) browser {
	p.t.Helper()
	p.createUser(email, role)
	p.activate(p.mailedPath(email), "Ada", "Stone")
	return p.signIn(email)
}

// addLoginWithoutAccount makes a login that is in no account, such as one for the Learning Center alone, and
// signs it in.
func (p *portal) addLoginWithoutAccount(email string) browser {
	p.t.Helper()
	p.importIdentity(email)
	p.wantStatus(browser{p: p}.post("/confirm", url.Values{"email": {email}}), http.StatusOK)
	p.activate(p.mailedPath(email), "Lea", "Center")
	return p.signIn(email)
}

// addPendingMember makes a login that waits for the Super Users of Acme Widgets, and signs it in.
func (p *portal) addPendingMember(email string) browser {
	p.t.Helper()
	p.createUser(email, app.StandardUser)
	p.exec("UPDATE memberships SET status = 'pending' WHERE id = ?", p.membershipID(email, "Acme Widgets"))
	p.activate(p.mailedPath(email), "Penny", "Dent")
	return p.signIn(email)
}

// importIdentity adds a login without a password.
func (p *portal) importIdentity(email string) {
	p.t.Helper()
	p.check(app.Imports{Store: p.store, Clock: p.clock.Now}.AddIdentity(context.Background(), email, "Lea", "Center",
		"en"))
}

// addOperator makes a login of the portal's staff, and signs it in.
func (p *portal) addOperator(email string) browser {
	p.t.Helper()
	b := p.addLoginWithoutAccount(email)
	p.exec("UPDATE identities SET operator = 1 WHERE email = ?", email)
	return b
}

// membershipID gives the id of an address's membership in the account of that name.
func (p *portal) membershipID(email, account string) string {
	p.t.Helper()
	return p.queryOne("SELECT m.id FROM memberships m JOIN identities i ON i.id = m.identity_id JOIN accounts a ON "+
		"a.id = m.account_id "+
		"WHERE i.email = ? AND a.name = ?", email, account)
}

func (p *portal) accountID(name string) string {
	p.t.Helper()
	return p.queryOne("SELECT id FROM accounts WHERE name = ?", name)
}

// eachDatabaseThreeServers runs a test on a portal that several servers serve, each with connections of its
// own, on both databases.
func eachDatabaseThreeServers(t *testing.T, run func(p *portal, servers []*portal)) {
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
			server.restartWith(enableLimits)
		}
		run(p, servers)
	})
}

// addSuperUser adds another Super User.
func (p *portal) addSuperUser(address string) browser { return p.addMember(address, app.SuperUser) }

func (p *portal) mailSubjects(address string) []string {
	p.t.Helper()
	var all []string
	for _, m := range p.mailsTo(address) {
		all = append(all, m.Subject)
	}
	return all
}

func (p *portal) identityID(email string) string {
	p.t.Helper()
	return p.queryOne("SELECT id FROM identities WHERE email = ?", email)
}

// membershipStatus gives where the membership of an address stands.
func (p *portal) membershipStatus(email string) string {
	p.t.Helper()
	return p.queryOne("SELECT m.status FROM memberships m JOIN identities i ON i.id = m.identity_id WHERE i.email = ?",
		email)
}

// describeMembership is what a person is in an account, in a line.
func (p *portal) describeMembership(email, account string) string {
	p.t.Helper()
	var all []string
	for _, expression := range []string{
		"m.role", "m.status", "m.joined_by", "CASE WHEN m.expires_on IS NULL THEN 'no' ELSE 'expires' END", "i.operator",
		"i.language",
		"CASE WHEN i.confirmed_at IS NULL THEN 'unconfirmed' ELSE 'confirmed' END",
	} {
		all = append(all, p.queryOne("SELECT "+expression+" FROM memberships m JOIN identities i ON i.id = m.identity_id "+
			"JOIN accounts a ON a.id = m.account_id WHERE i.email = ? AND a.name = ?", email, account))
	}
	return strings.Join(all, " ")
}

// advanceDays lets so many days pass and signs Sue in again, who was signed out meanwhile.
func (p *portal) advanceDays(days int) {
	p.t.Helper()
	p.clock.advance(time.Duration(days) * 24 * time.Hour)
	p.sue = p.signIn("sue@acme.example")
}

// newServer is a second server of the portal.
func (p *portal) newServer() *fiber.App { return web.New(p.config().web()) }

// concurrently asks n times in parallel.
func (p *portal) concurrently(n int, ask func(i int) testResponse) []testResponse {
	answers := make([]testResponse, n)
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
	return "/members/" + p.membershipID(email, "Acme Widgets")
}

// confirmEmail does what a new user does with the mailed address.
func (p *portal) confirmEmail(email string) {
	p.t.Helper()
	p.wantStatus(browser{p: p}.post(p.mailedPath(email), nil), http.StatusOK)
}

// addEntitlement gives Acme Widgets an entitlement.
func (p *portal) addEntitlement(proof app.EntitlementKind, code string) {
	p.t.Helper()
	imports := app.Imports{Store: p.store, Clock: p.clock.Now}
	p.check(imports.AddEntitlement(context.Background(), "100200", proof, code))
}

// testPeer is where requests of Fiber's test connection come from: a trusted proxy here, so that tests choose
// the client's address.
var testPeer = netip.MustParsePrefix("0.0.0.0/32")

func enableLimits(c *portalConfig) {
	c.EnforceLimits, c.TrustedProxies = true, []netip.Prefix{testPeer}
}

func portalWithLimits(t *testing.T) *portal {
	t.Helper()
	p := sqlitePortal(t)
	p.restartWith(enableLimits)
	return p
}
