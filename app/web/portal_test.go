package web_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/app/web"
	"reglink/assets"
	"reglink/db"
	"reglink/db/dbtest"
)

const (
	baseURL  = "http://portal.example"
	password = "orbit velvet canyon seven"
)

// cheap makes password hashes that cost next to nothing: what the real ones cost is not what these tests are about.
var cheap = app.HashParams{Memory: 64, Time: 1, Lanes: 1}

// portal is a whole portal on a database of its own, with one account and its Super User.
type portal struct {
	t      *testing.T
	store  *db.Store
	sealer *app.Sealer
	clock  *fakeClock
	app    *fiber.App
	log    *strings.Builder
	sue    browser // the Super User of Acme Widgets
}

// fakeClock stands still until a test moves it.
type fakeClock struct{ now time.Time }

func (c *fakeClock) tell() time.Time { return c.now }

func eachPortal(t *testing.T, run func(p *portal)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, s *db.Store) { run(newPortal(t, s)) })
}

func newPortal(t *testing.T, s *db.Store) *portal {
	t.Helper()
	p := &portal{t: t, store: s, clock: &fakeClock{now: time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)}, log: &strings.Builder{}}
	sealer, err := app.NewSealer([]byte(strings.Repeat("k", app.KeySize)))
	p.check(err)
	p.sealer = sealer
	p.app = web.New(p.config())
	p.check(p.setUps().CheckKey(context.Background()))
	p.addAccount("Acme Widgets", "100200", "sue@acme.example")
	p.sue = p.signIn("sue@acme.example")
	return p
}

func (p *portal) config() web.Config {
	return web.Config{
		Store: p.store, Sealer: p.sealer, Hasher: app.NewHasher(cheap), Clock: p.clock.tell, BaseURL: baseURL,
		Assets: assets.Embedded(), Log: slog.New(slog.NewTextHandler(p.log, nil)), Ready: p.store.Ping,
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
	b := browser{p: p}
	answer := b.post("/activate/"+token, url.Values{"password": {password}, "eula": {app.EULAVersion}})
	p.want(answer, http.StatusOK)
}

func (p *portal) signIn(email string) browser {
	p.t.Helper()
	answer := browser{p: p}.post("/sign-in", url.Values{"email": {email}, "password": {password}})
	p.want(answer, http.StatusSeeOther)
	return browser{p: p, cookie: answer.cookie("session")}
}

func (p *portal) want(got answer, status int) {
	p.t.Helper()
	if got.status != status {
		p.t.Fatalf("%s: status %d, want %d: %.600s\n%s", got.asked, got.status, status, got.text(), p.log)
	}
}

// browser asks the portal as a browser does; htmx makes it ask as HTMX does.
type browser struct {
	p      *portal
	cookie string
	htmx   bool
	header http.Header
}

func (b browser) withHTMX() browser {
	b.htmx = true
	return b
}

func (b browser) get(path string) answer {
	b.p.t.Helper()
	return b.ask(http.MethodGet, path, "", "")
}

func (b browser) post(path string, form url.Values) answer {
	b.p.t.Helper()
	return b.ask(http.MethodPost, path, fiber.MIMEApplicationForm, form.Encode())
}

func (b browser) ask(method, path, contentType, body string) answer {
	b.p.t.Helper()
	request := httptest.NewRequestWithContext(context.Background(), method, baseURL+path, strings.NewReader(body))
	for name, values := range b.header {
		request.Header[name] = values
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	if b.cookie != "" {
		request.AddCookie(&http.Cookie{Name: "session", Value: b.cookie})
	}
	if b.htmx {
		request.Header.Set("HX-Request", "true")
	}
	response, err := b.p.app.Test(request, -1)
	b.p.check(err)
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	b.p.check(err)
	return answer{t: b.p.t, asked: method + " " + path, status: response.StatusCode, header: response.Header, body: string(text), cookies: response.Cookies()}
}

// answer is what came back.
type answer struct {
	t       *testing.T
	asked   string
	status  int
	header  http.Header
	body    string
	cookies []*http.Cookie
}

func (a answer) cookie(name string) string {
	for _, c := range a.cookies {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

func (a answer) page() *goquery.Document {
	a.t.Helper()
	page, err := goquery.NewDocumentFromReader(strings.NewReader(a.body))
	if err != nil {
		a.t.Fatal(err)
	}
	return page
}

// text is what a person reads, without the white space between.
func (a answer) text() string { return strings.Join(strings.Fields(a.page().Text()), " ") }

// find gives the text of what the selector finds, which must be there.
func (a answer) find(selector string) string {
	a.t.Helper()
	found := a.page().Find(selector)
	if found.Length() == 0 {
		a.t.Fatalf("%s: nothing at %q in: %.600s", a.asked, selector, a.text())
	}
	return strings.Join(strings.Fields(found.Text()), " ")
}

func (a answer) value(selector string) string {
	a.t.Helper()
	value, ok := a.page().Find(selector).Attr("value")
	if !ok {
		a.t.Fatalf("%s: no value at %q in: %.600s", a.asked, selector, a.text())
	}
	return value
}

func (a answer) has(selector string) bool { return a.page().Find(selector).Length() > 0 }

// link generates a registration link and gives its path.
func (p *portal) link() string {
	p.t.Helper()
	answer := p.sue.withHTMX().post("/account/link/generate", nil)
	p.want(answer, http.StatusOK)
	return strings.TrimPrefix(answer.value("#registration-link-url"), baseURL)
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
