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
var axe string

// look is one way of looking at a page.
type look struct {
	width int64
	theme string
	rules rules
}

// rules are those that axe goes by, as options of its run.
type rules string

// What a theme decides, at a width that was looked at in the other one, and what a language cannot decide, are the colours.
const (
	all        rules = `rules: {"target-size": {enabled: true}}`
	colours    rules = `runOnly: ["color-contrast", "link-in-text-block"]`
	butColours rules = `rules: {"target-size": {enabled: true}, "color-contrast": {enabled: false}, "link-in-text-block": {enabled: false}}`
)

// looks are the ways of looking in a language. What axe looks for hangs on the words so little that of every further language
// each width and each theme is enough.
func looks(language string) []look {
	if language == "en" {
		return []look{{1280, "light", all}, {1280, "dark", colours}, {375, "dark", all}, {375, "light", colours}}
	}
	return []look{{1280, "dark", butColours}, {375, "light", butColours}}
}

// violation is what axe reports.
type violation struct {
	ID    string
	Help  string
	Nodes []struct {
		Target         []any
		FailureSummary string
	}
}

func (v violation) String() string {
	var places []string
	for _, n := range v.Nodes {
		places = append(places, fmt.Sprintf("%v: %s", n.Target, n.FailureSummary))
	}
	return v.ID + ": " + v.Help + "\n" + strings.Join(places, "\n")
}

// audited gives what axe finds on the page as it is now.
func (b *tab) audited(by rules) []violation {
	b.t.Helper()
	if !eval[bool](b, "'axe' in window") {
		b.script(axe)
	}
	return eval[[]violation](b, `axe.run({resultTypes: ["violations"], `+string(by)+`}).then((r) => r.violations)`)
}

// regard makes the window so wide and the system so light or dark. Nothing moves meanwhile: half a transition has no colour.
func (b *tab) regard(l look) {
	b.t.Helper()
	b.resize(l.width, 900)
	b.do(media("", "prefers-color-scheme", l.theme, "prefers-reduced-motion", "reduce"))
}

// speak chooses the language of the pages.
func (b *tab) speak(language string) {
	b.t.Helper()
	b.do(func(ctx context.Context, t *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, t, network.SetCookie, network.SetCookieParams{Name: "language", Value: language, URL: b.base})
		return chromedp.Void{}, err
	})
}

// audit looks at a page in those ways and fails the test for what axe finds and for what does not fit.
func (b *tab) audit(name string, ways []look) {
	b.t.Helper()
	for _, l := range ways {
		b.regard(l)
		where := fmt.Sprintf("%.40s, %d, %s", name, l.width, l.theme)
		b.fits(where)
		for _, v := range b.audited(l.rules) {
			b.t.Errorf("%s: %s", where, v)
		}
	}
	b.fitsAt(name, 1024, 768, 320)
}

func TestAxeReports(t *testing.T) {
	t.Parallel()
	p := start(t, on(dbtest.SQLite(t)), "serve")
	b := newTab(t, p.base)
	b.opens("/sign-in", 200)
	if found := b.audited(all); len(found) > 0 {
		t.Errorf("before: got %v", found)
	}
	b.script(`document.querySelector("label[for=email]").remove()`)
	found := b.audited(all)
	if len(found) != 1 || found[0].ID != "label" {
		t.Errorf("without a label: got %v, want it reported", found)
	}
}

// TestAxe goes to every page in its states and languages: axe finds no violation, and nothing scrolls sideways or is cut off.
func TestAxe(t *testing.T) {
	t.Parallel()
	seen := &trail{paths: map[string]bool{}}
	t.Run("pages", func(t *testing.T) {
		for _, language := range []string{"en", "de"} {
			t.Run("demo in "+language, func(t *testing.T) {
				t.Parallel()
				d := newTour(t)
				newTab(t, d.base).leaving(seen).auditAll(language, d.asking())
				d.superUser().leaving(seen).auditAll(language, slices.Concat(d.around(), d.managing(), d.inviting(), d.rooms()))
				newTab(t, d.base).leaving(seen).auditAll(language, append(d.open(), d.passwords()...))
				b := newTab(t, d.base).leaving(seen)
				b.signIn(d.sue, password) // chosen by then
				b.auditAll(language, d.factors(password))
			})
			t.Run("new portal in "+language, func(t *testing.T) {
				t.Parallel()
				h := newHouse(t)
				newTab(t, h.base).leaving(seen).auditAll(language, h.beginning(map[string]string{
					"account_name": "Acme Widgets", "company_id": "100", "first_name": "Sue", "last_name": "Perez",
					"email": sue, "password": password,
				}))
				newTab(t, h.base).leaving(seen).auditAll(language, h.outside())
			})
		}
	})
	for _, route := range readable(t) {
		if !seen.has(route) {
			t.Errorf("axe saw no page of %s", route)
		}
	}
}

// trail is where tabs have been.
type trail struct {
	mutex sync.Mutex
	paths map[string]bool
}

func (s *trail) add(path string) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.paths[path] = true
}

// has tells whether a page of the route was among them. A fixed path is not a page of a route with a parameter in its place.
func (s *trail) has(route string) bool {
	pattern := regexp.MustCompile("^" + regexp.MustCompile(`:[a-z]+`).ReplaceAllString(route, "[A-Za-z0-9_-]{20,}") + "$")
	for path := range s.paths {
		if pattern.MatchString(path) {
			return true
		}
	}
	return false
}

// throughAProvider is where the pages begin that only a portal with a provider has; TestSingleSignOnInABrowser audits them on its way.
const throughAProvider = "/sign-in/sso"

// readable are the routes of pages that people read and that every portal has, from the route table's source.
func readable(t *testing.T) []string {
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
			if row[2] != "machine" && filepath.Ext(row[1]) == "" && !strings.HasPrefix(row[1], throughAProvider) {
				routes = append(routes, row[1])
			}
		}
	}
	if len(routes) < 20 {
		t.Fatalf("these cannot be all routes: %q", routes)
	}
	return routes
}

// TestAxeOfFaults is TestAxe for what only a fault shows.
func TestAxeOfFaults(t *testing.T) {
	t.Parallel()
	databaseURL := dbtest.SQLite(t)
	p := start(t, on(databaseURL), "serve")
	p.faults = true
	raw := dbtest.Raw(t, databaseURL)
	b := newTab(t, p.base)
	b.opens(p.addAccount("Acme Widgets", "100200", sue), 200)
	b.fill(map[string]string{"first_name": "Sue", "last_name": "Perez", "password": password})
	b.follow("#activate-form [type=submit]")
	b.signIn(sue, password)
	b.opens("/account", 200)
	b.act("#registration-link form [type=submit]", "#registration-link-url")
	for _, breaks := range []struct {
		statement string
		then      place
	}{
		{"UPDATE links SET token_box = x'00'", place{"unreadable link", func(b *tab) { b.opens("/account", 200); b.see("#registration-link [role=alert]") }}},
		{"ALTER TABLE links RENAME TO lost", page("/account", 500)},
	} {
		if _, err := raw.ExecContext(t.Context(), breaks.statement); err != nil {
			t.Fatal(err)
		}
		b.auditAll("en", []place{breaks.then})
	}
}

func (b *tab) auditAll(language string, places []place) {
	b.t.Helper()
	b.speak(language)
	for _, p := range places {
		b.regard(look{width: 1280, theme: "light"})
		p.reach(b)
		if !b.has("html[lang=" + language + "]") {
			b.t.Errorf("%s is not in the language %s", p.name, language)
		}
		if b.trail != nil {
			b.trail.add(eval[string](b, "location.pathname"))
		}
		b.audit(p.name, looks(language))
		b.complaints()
	}
}

// TestAxeOfLimits is TestAxe for the page of somebody who asked too often.
func TestAxeOfLimits(t *testing.T) {
	t.Parallel()
	p := start(t, on(dbtest.SQLite(t)).with(config.Limits, "on"), "serve")
	b := newTab(t, p.base)
	for range 120 {
		answer, err := http.Get(p.base + "/confirm/rc1_unknown")
		if err != nil {
			t.Fatal(err)
		}
		answer.Body.Close()
	}
	b.auditAll("en", []place{page("/confirm/rc1_unknown", 429)})
}
