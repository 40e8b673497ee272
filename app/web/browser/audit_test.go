package browser_test

import (
	"context"
	_ "embed"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"reglink/db/dbtest"
)

//go:embed testdata/axe.min.js
var axe string

//go:embed testdata/overflow.js
var overflow string

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

// fits fails the test for what does not fit into the window.
func (b *tab) fits(where string) {
	b.t.Helper()
	for _, words := range eval[[]string](b, overflow) {
		b.t.Errorf("%s: %s", where, words)
	}
}

// fitsAt is fits at several widths. 320 is what 400 % zoom leaves of a small screen.
func (b *tab) fitsAt(name string, widths ...int64) {
	b.t.Helper()
	for _, width := range widths {
		b.resize(width, 900)
		b.fits(fmt.Sprintf("%.40s, %d", name, width))
	}
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

func TestOverflowReports(t *testing.T) {
	t.Parallel()
	p := start(t, on(dbtest.SQLite(t)), "serve")
	b := newTab(t, p.base)
	b.opens("/sign-in", 200)
	for what, script := range map[string]string{
		"wide":    `document.querySelector("h1").textContent = "x".repeat(300); document.querySelector("h1").style.whiteSpace = "nowrap"`,
		"cut off": `document.querySelector("main form").style = "overflow: hidden; white-space: nowrap"; document.querySelector("main form label").textContent = "x".repeat(300)`,
	} {
		b.do(chromedp.Reload(), chromedp.Evaluate[chromedp.Void](script))
		if found := eval[[]string](b, overflow); len(found) == 0 {
			t.Errorf("%s: nothing found", what)
		}
	}
}
