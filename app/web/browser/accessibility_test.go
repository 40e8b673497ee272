package browser_test

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"reglink/app/config"
	"reglink/db/dbtest"
)

//go:embed testdata/axe.min.js
var axeScript string

// viewSetting is one way of looking at a page.
type viewSetting struct {
	width int64
	theme string
	rules axeRules
}

// axeRules are those that axe goes by, as options of its run.
type axeRules string

// What a theme decides, at a width that was looked at in the other one, and what a language cannot decide,
// are the colours.
const (
	allRules          axeRules = `rules: {"target-size": {enabled: true}}`
	colourRules       axeRules = `runOnly: ["color-contrast", "link-in-text-block"]`
	allButColourRules axeRules = `rules: {"target-size": {enabled: true}, "color-contrast": {enabled: false},
		"link-in-text-block": {enabled: false}}`
)

// viewSettings are the ways of looking in a language. What axe looks for hangs on the words so little that of
// every further language each width and each theme is enough.
func viewSettings(language string) []viewSetting {
	if language == "en" {
		return []viewSetting{
			{1280, "light", allRules},
			{1280, "dark", colourRules},
			{375, "dark", allRules},
			{375, "light", colourRules},
		}
	}
	return []viewSetting{{1280, "dark", allButColourRules}, {375, "light", allButColourRules}}
}

// axeViolation is what axe reports.
type axeViolation struct {
	ID    string
	Help  string
	Nodes []struct {
		Target         []any
		FailureSummary string
	}
}

func (v axeViolation) String() string {
	var places []string
	for _, n := range v.Nodes {
		places = append(places, fmt.Sprintf("%v: %s", n.Target, n.FailureSummary))
	}
	return v.ID + ": " + v.Help + "\n" + strings.Join(places, "\n")
}

// axeViolations gives what axe finds on the page as it is now.
func (b *tab) axeViolations(by axeRules) []axeViolation {
	b.t.Helper()
	if !eval[bool](b, "'axe' in window") {
		b.runScript(axeScript)
	}
	return eval[[]axeViolation](b, `axe.run({resultTypes: ["violations"], `+string(by)+`}).then((r) => r.violations)`)
}

// applyView makes the window so wide and the system so light or dark. Nothing moves meanwhile: half a
// transition has no colour.
func (b *tab) applyView(l viewSetting) {
	b.t.Helper()
	b.resize(l.width, 900)
	b.do(emulateMedia("", "prefers-color-scheme", l.theme, "prefers-reduced-motion", "reduce"))
}

// setLanguage chooses the language of the pages.
func (b *tab) setLanguage(language string) {
	b.t.Helper()
	b.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, network.SetCookie, network.SetCookieParams{Name: "language", Value: language, URL: b.base})
		return chromedp.Void{}, err
	})
}

// audit looks at a page in those ways and fails the test for what axe finds and for what does not fit.
func (b *tab) audit(name string, ways []viewSetting) {
	b.t.Helper()
	for _, l := range ways {
		b.applyView(l)
		where := fmt.Sprintf("%.40s, %d, %s", name, l.width, l.theme)
		b.wantNoOverflow(where)
		for _, v := range b.axeViolations(l.rules) {
			b.t.Errorf("%s: %s", where, v)
		}
	}
	b.wantNoOverflowAt(name, 1024, 768, 320)
}

func TestAxe_ReportsAMissingLabel(t *testing.T) {
	t.Parallel()
	p := startProgram(t, environment(dbtest.SQLite(t)), "serve")
	b := newTab(t, p.base)
	b.openPage("/sign-in", 200)
	if found := b.axeViolations(allRules); len(found) > 0 {
		t.Errorf("before: got %v", found)
	}
	b.runScript(`document.querySelector("label[for=email]").remove()`)
	found := b.axeViolations(allRules)
	if len(found) != 1 || found[0].ID != "label" {
		t.Errorf("without a label: got %v, want it reported", found)
	}
}

// TestAxe_EveryPageIsWithoutViolations goes to every page in its states and languages: axe finds no
// violation, and nothing scrolls sideways or is cut off.
func TestAxe_EveryPageIsWithoutViolations(t *testing.T) {
	t.Parallel()
	seen := &visitedPaths{paths: map[string]bool{}}
	t.Run("pages", func(t *testing.T) {
		for _, language := range []string{"en", "de"} {
			t.Run("demo in "+language, func(t *testing.T) {
				t.Parallel()
				d := newDemoPortal(t)
				newTab(t, d.base).recordingPaths(seen).auditAll(language, d.joinRequestStates())
				d.superUserTab().recordingPaths(seen).
					auditAll(language, slices.Concat(d.approvalStates(), d.memberStates(), d.invitationStates(), d.superUserStates()))
				newTab(t, d.base).recordingPaths(seen).auditAll(language, append(d.publicStates(), d.passwordStates()...))
				b := newTab(t, d.base).recordingPaths(seen)
				b.signIn(d.email, password) // chosen by then
				b.auditAll(language, d.secondFactorStates(password))
			})
			t.Run("new portal in "+language, func(t *testing.T) {
				t.Parallel()
				h := newFreshPortal(t)
				newTab(t, h.base).recordingPaths(seen).auditAll(language, h.setupStates(map[string]string{
					"account_name": "Acme Widgets", "company_id": "100", "first_name": "Sue", "last_name": "Perez",
					"email": sueEmail, "password": password,
				}))
				newTab(t, h.base).recordingPaths(seen).auditAll(language, h.noAccountStates())
			})
		}
	})
	for _, route := range pageRoutes(t) {
		if !seen.has(route) {
			t.Errorf("axe saw no page of %s", route)
		}
	}
}

// visitedPaths is where tabs have been.
type visitedPaths struct {
	mutex sync.Mutex
	paths map[string]bool
}

func (s *visitedPaths) add(path string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.paths[path] = true
}

// has tells whether a page of the route was among them. A fixed path is not a page of a route with a
// parameter in its place.
func (s *visitedPaths) has(route string) bool {
	pattern := regexp.MustCompile("^" + regexp.MustCompile(`:[a-z]+`).ReplaceAllString(route, "[A-Za-z0-9_-]{20,}") + "$")
	for path := range s.paths {
		if pattern.MatchString(path) {
			return true
		}
	}
	return false
}

// ssoPathPrefix is where the pages begin that only a portal with a provider has; TestSSO_WorksInABrowser
// audits them on its way.
const ssoPathPrefix = "/sign-in/sso"

// pageRoutes are the routes of pages that people read and that every portal has, from the route table's source.
func pageRoutes(t *testing.T) []string {
	t.Helper()
	files, err := filepath.Glob("../*.go")
	if err != nil {
		t.Fatal(err)
	}
	var routes []string
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, row := range regexp.MustCompile(`{get, "(/[^"]*)", (\w+),`).FindAllStringSubmatch(string(source), -1) {
			if row[2] != "machine" && filepath.Ext(row[1]) == "" && !strings.HasPrefix(row[1], ssoPathPrefix) {
				routes = append(routes, row[1])
			}
		}
	}
	if len(routes) < 20 {
		t.Fatalf("these cannot be all routes: %q", routes)
	}
	return routes
}

// TestAxe_FaultPagesAreWithoutViolations is TestAxe_EveryPageIsWithoutViolations for what only a fault shows.
func TestAxe_FaultPagesAreWithoutViolations(t *testing.T) {
	t.Parallel()
	databaseURL := dbtest.SQLite(t)
	p := startProgram(t, environment(databaseURL), "serve")
	p.allowServerErrors = true
	raw := dbtest.Raw(t, databaseURL)
	b := newTab(t, p.base)
	b.openPage(p.addAccount("Acme Widgets", "100200", sueEmail), 200)
	b.fill(map[string]string{"first_name": "Sue", "last_name": "Perez", "password": password})
	b.follow("#activate-form [type=submit]")
	b.signIn(sueEmail, password)
	b.openPage("/account", 200)
	b.clickAndSee("#registration-link form [type=submit]", "#registration-link-url")
	for _, breaks := range []struct {
		statement string
		then      pageState
	}{
		{"UPDATE links SET token_box = x'00'", pageState{
			"unreadable link", func(b *tab) { b.openPage("/account", 200); b.waitVisible("#registration-link [role=alert]") },
		}},
		{"ALTER TABLE links RENAME TO lost", pageAt("/account", 500)},
	} {
		if _, err := raw.ExecContext(t.Context(), breaks.statement); err != nil {
			t.Fatal(err)
		}
		b.auditAll("en", []pageState{breaks.then})
	}
}

func (b *tab) auditAll(language string, places []pageState) {
	b.t.Helper()
	b.setLanguage(language)
	for _, p := range places {
		b.applyView(viewSetting{width: 1280, theme: "light"})
		p.open(b)
		if !b.has("html[lang=" + language + "]") {
			b.t.Errorf("%s is not in the language %s", p.name, language)
		}
		if b.visited != nil {
			b.visited.add(eval[string](b, "location.pathname"))
		}
		b.audit(p.name, viewSettings(language))
		b.wantNoComplaints()
	}
}

// TestAxe_LimitPageIsWithoutViolations is TestAxe_EveryPageIsWithoutViolations for the page of somebody who
// asked too often.
func TestAxe_LimitPageIsWithoutViolations(t *testing.T) {
	t.Parallel()
	p := startProgram(t, environment(dbtest.SQLite(t)).with(config.Limits, "on"), "serve")
	b := newTab(t, p.base)
	for range 120 {
		answer, err := http.Get(p.base + "/confirm/rc1_unknown")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	b.auditAll("en", []pageState{pageAt("/confirm/rc1_unknown", 429)})
}
