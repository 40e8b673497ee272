package web_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"reglink/app"
)

// The whole story at the most talkative level leaves no token, no password and no cookie in the log (T-04).
// Every other test holds that too (wantNoSecretsInLog); this one makes sure that there was something to hold.
func TestT04_NothingSecretIsLogged(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		form := p.registrationForm(path, "nia@acme.example")
		form.Set("password", "quartz meadow lantern nine")
		p.wantStatus(browser{p: p}.post(path, form), http.StatusSeeOther)
		confirm := p.mailedPath("nia@acme.example")
		in := credentials("nia@acme.example", "quartz meadow lantern nine")
		p.wantStatus(browser{p: p}.post("/sign-in", in), http.StatusUnprocessableEntity)
		p.wantStatus(browser{p: p}.get(confirm), http.StatusOK)
		p.wantStatus(browser{p: p}.post(confirm, nil), http.StatusOK)
		nia := browser{p: p}.post("/sign-in", in)
		p.wantStatus(nia, http.StatusSeeOther)
		p.wantStatus(p.sue.post("/account/link/disable", nil), http.StatusSeeOther)
		p.wantStatus(browser{p: p}.get(path), http.StatusGone)
		secrets := []string{
			path[len("/register/"):], confirm[len("/confirm/"):], nia.cookie("session"), p.sue.cookie, "quartz", password,
			"nia@acme.example",
			form.Get("submission_id"),
		}
		p.wantNotLogged(secrets)
		p.allowServerErrors = true
		p.restartWith(func(c *portalConfig) { c.Store = failingStore{c.Store} })
		for _, got := range []testResponse{
			browser{p: p}.get(path), browser{p: p}.post(path, form), browser{p: p}.get(confirm), browser{p: p}.post("/sign-in",
				in), p.sue.get("/account"),
		} {
			p.wantFaultPage(got, secrets)
		}
		p.wantNotLogged(secrets)
	})
}

func (p *portal) wantNotLogged(secrets []string) {
	p.t.Helper()
	log := p.log.String()
	if !strings.Contains(log, "route=/register/:token") || !strings.Contains(log, "route=/confirm/:token") {
		p.t.Fatalf("the log does not tell of the requests: %s", p.logTail())
	}
	for _, secret := range secrets {
		if strings.Contains(log, secret) || strings.Contains(log, url.QueryEscape(secret)) {
			p.t.Errorf("%q is in the log", secret)
		}
	}
}

// wantFaultPage wants a fault said in fixed words, with a number that finds its line in the log.
func (p *portal) wantFaultPage(got testResponse, secrets []string) {
	p.t.Helper()
	wantRefusal(got, http.StatusInternalServerError)
	for _, hidden := range append(secrets, "the disk is on fire", "broken", "goroutine") {
		if strings.Contains(got.body, hidden) {
			p.t.Errorf("%s: the page of a fault tells %q", got.request, hidden)
		}
	}
	_, id, _ := strings.Cut(got.text(), "Request ")
	if id = strings.Fields(id)[0]; !strings.Contains(p.log.String(), "msg=fault id="+id) ||
		!strings.Contains(p.log.String(), "the disk is on fire") {
		p.t.Errorf("%s: no line of the log has the number %q and the cause", got.request, id)
	}
}

// failingStore is a store that fails, and one that panics, at what the pages ask first.
type failingStore struct{ app.Store }

var errDisk = errors.New("the disk is on fire")

func (failingStore) LinkByToken(context.Context, []byte) (*app.Link, error) { return nil, errDisk }

func (failingStore) IdentityByEmail(context.Context, string) (*app.Identity, error) {
	return nil, errDisk
}

func (failingStore) CurrentLink(context.Context, string) (*app.Link, error) { panic(errDisk) }

func (failingStore) ConfirmationByToken(context.Context, app.ConfirmationPurpose, []byte) (*app.Confirmation, error) {
	panic(errDisk)
}

// lines are the requests that the log tells of, each as its fields.
func (p *portal) requestLogLines() []map[string]any {
	p.t.Helper()
	var all []map[string]any
	for line := range strings.Lines(p.log.String()) {
		var fields map[string]any
		p.check(json.Unmarshal([]byte(line), &fields))
		if fields["msg"] == "request" {
			all = append(all, fields)
		}
	}
	return all
}

// logJSON serves the portal with a log in JSON, as LOG_FORMAT=json does.
func (p *portal) logJSON() {
	p.log.Reset()
	p.restartWith(func(c *portalConfig) { c.Config.Log = slog.New(slog.NewJSONHandler(p.log, nil)) })
}

// Whoever keeps watch finds in the log who signed in, who was refused what and why, and from where, each as
// one line (ASVS 16.3.1 to 16.3.3).
func TestLog_EachRequestHasALineWithItsRefusal(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	path := p.generateLink()
	p.wantStatus(p.sue.post("/account/link/disable", nil), http.StatusSeeOther)
	stan := p.addMember("stan@acme.example", app.StandardUser)
	p.logJSON()
	nobody, crossSite := browser{p: p}, p.sue.withHeader("Sec-Fetch-Site", "cross-site")
	get := func(b browser, path string) func() testResponse { return func() testResponse { return b.get(path) } }
	post := func(b browser, path string, form url.Values) func() testResponse {
		return func() testResponse { return b.post(path, form) }
	}
	wrong := credentials("sue@acme.example", "quartz meadow lantern nine")
	steps := []struct {
		do                            func() testResponse
		route, status, level, refused string
	}{
		{post(nobody, "/sign-in", wrong), "/sign-in", "422", "INFO", "form refused: =sign_in_failed"},
		{get(stan, "/account"), "/account", "403", "WARN", "forbidden: super_users_only"},
		{get(stan, "/operator"), "/operator", "404", "INFO", "not_found: page_unknown"},
		{post(nobody, "/members", nil), "/members", "401", "WARN", "unauthenticated: signed_out"},
		// refused before the route is looked for
		{post(crossSite, "/account/link/generate", nil), "none", "403", "WARN", "forbidden: cross_site"},
		{get(nobody, path), "/register/:token", "410", "INFO", "gone: link_dead"},
		{get(nobody, "/wp-login.php"), "none", "404", "INFO", "bad_request: page_unknown"},
		{post(nobody, "/sign-in?x=y", wrong), "/sign-in", "400", "INFO", "bad_request: form_query"},
	}
	for i, step := range steps {
		step.do()
		lines := p.requestLogLines()
		if len(lines) != i+1 {
			t.Fatalf("%d requests have %d lines", i+1, len(lines))
		}
		line := lines[i]
		if line["route"] != step.route || fmt.Sprint(line["status"]) != step.status || line["level"] != step.level ||
			line["refused"] != step.refused || line["from"] != "0.0.0.0" {
			t.Errorf("%d: got %v, want %+v", i, line, step)
		}
	}
	if lines := p.requestLogLines(); lines[1]["actor"] != p.queryColumn(
		"SELECT id FROM identities WHERE email = 'stan@acme.example'")[0] || lines[0]["actor"] != nil {
		t.Errorf("who was refused: %v and %v", lines[0]["actor"], lines[1]["actor"])
	}
}

// A line of the log says which session it began or belongs to, so that what one did is found together.
func TestLog_LinesNameTheirSession(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.logJSON()
	p.signIn("sue@acme.example")
	lines := p.requestLogLines()
	begun := lines[len(lines)-1]
	p.wantStatus(p.signIn("sue@acme.example").get("/dashboard"), http.StatusOK)
	lines = p.requestLogLines()
	if begun["session_begun"] == nil || lines[len(lines)-1]["session"] != lines[len(lines)-2]["session_begun"] {
		t.Errorf("a sign-in is told as %v, and what its session did as %v", begun, lines[len(lines)-1])
	}
}

// Nothing that a visitor sends begins a line of its own, ends one, or gives it a field (ASVS 16.4.1), in
// either form of the log.
func TestLog_InputForgesNoLine(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	path := p.generateLink()
	const forged = "x\nlevel=ERROR msg=forged status=200\r\n{\"msg\":\"forged\"}\x1b[2J\u2028\x00"
	for _, form := range []string{"text", "json"} {
		p.log.Reset()
		if form == "json" {
			p.logJSON()
		}
		evil := browser{p: p}.withHeader("X-Forwarded-For", "x level=ERROR msg=forged").
			withHeader("User-Agent", "msg=forged").withHeader("Accept-Language", "msg=forged")
		asked := []testResponse{
			evil.get("/" + url.PathEscape(forged)), evil.get("/register/" + url.PathEscape(forged)),
			evil.get("/?" + url.QueryEscape(forged)),
			evil.post("/sign-in", credentials(forged, forged)), evil.post("/sign-in", url.Values{forged: {forged}}),
			evil.post(path, url.Values{"email": {forged}, "first_name": {forged}, "topics": {forged}, "eula": {forged}}),
			evil.do("FORGED", "/sign-in", forged[:1], forged), p.sue.get("/members?q=" + url.QueryEscape(forged) + "&role=" +
				url.QueryEscape(forged)),
		}
		text := p.log.String()
		if strings.Contains(text, "forged") || strings.ContainsAny(text, "\r\x1b\x00\u2028") {
			t.Errorf("%s: what was sent is in the log: %q", form, text)
		}
		if got := strings.Count(text, "\n"); got != len(asked) {
			t.Errorf("%s: %d requests have %d lines", form, len(asked), got)
		}
	}
}

// What an error says may hold anything; it is quoted.
func TestLog_QuotesErrors(t *testing.T) {
	t.Parallel()
	for name, handler := range map[string]func(*bytes.Buffer) slog.Handler{
		"text": func(b *bytes.Buffer) slog.Handler { return slog.NewTextHandler(b, nil) },
		"json": func(b *bytes.Buffer) slog.Handler { return slog.NewJSONHandler(b, nil) },
	} {
		var text bytes.Buffer
		slog.New(handler(&text)).Error("fault", "err", "Duplicate entry 'x\nlevel=INFO msg=forged\x1b[2J' for key")
		if strings.Count(text.String(), "\n") != 1 || strings.ContainsAny(text.String(), "\x1b") {
			t.Errorf("%s: got %q", name, text.String())
		}
	}
}

// What fails before any handler sees it has a line and is counted as well, under a method and a route of ours.
func TestLog_EarlyErrorsAreLoggedAndCounted(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.logJSON()
	l := p.listen()
	l.sendRaw("NONSENSE" + p.sue.cookie + "\r\n\r\n")
	l.sendRaw("GET /" + strings.Repeat("a", 10_000) + " HTTP/1.1\r\n\r\n")
	lines := p.requestLogLines()
	if len(lines) != 2 || lines[0]["route"] != "none" || lines[0]["method"] != "none" || lines[1]["status"] != 431.0 ||
		lines[1]["id"] == "" {
		t.Errorf("got %v", lines)
	}
	for name := range p.metrics() {
		if strings.Contains(name, "NONSENSE") {
			t.Errorf("%s is counted", name)
		}
	}
}
