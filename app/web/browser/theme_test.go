package browser_test

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"reglink/db/dbtest"
)

// The grounds of the page in both themes, as in tailwind.config.js.
const (
	lightGround = "rgb(246, 246, 244)"
	darkGround  = "rgb(20, 22, 21)"
)

// on fails the test unless the page has that ground.
func (b *tab) on(ground string) {
	b.t.Helper()
	if got := eval[string](b, "getComputedStyle(document.body).backgroundColor"); got != ground {
		b.t.Errorf("the ground is %s, want %s", got, ground)
	}
}

// choose opens the menu of the bar and presses one of its buttons.
func (b *tab) choose(button string) {
	b.t.Helper()
	b.see("header")
	if !b.has("header details[open] " + button) {
		b.press("header details:has(" + button + ") > summary")
	}
	b.press("header details[open] " + button)
}

// TestTheme switches between light and dark: the system's choice first, then the person's, which stays.
func TestTheme(t *testing.T) {
	t.Parallel()
	p := start(t, on(dbtest.SQLite(t)), "serve")
	b := newTab(t, p.base)
	b.opens("/", 200)
	b.on(lightGround)
	b.do(media("", "prefers-color-scheme", "dark"))
	b.on(darkGround)
	b.script("window.same = true")
	b.choose("[value=light]")
	b.on(lightGround)
	if !eval[bool](b, "window.same") {
		t.Error("the switch loads the page anew")
	}
	b.see("[value=light][aria-pressed=true]")
	b.untilReload(`document.documentElement.dataset.theme === "light"`)
	b.on(lightGround)
	b.opens("/help/registration-link", 200)
	b.on(lightGround)
	b.choose("[value=system]")
	b.on(darkGround)
	b.untilReload(`!document.documentElement.dataset.theme`)
	b.on(darkGround)
}

// TestDisplayWithoutScripts is the same by plain forms, and the language beside it, which has no other way.
func TestDisplayWithoutScripts(t *testing.T) {
	t.Parallel()
	p := start(t, on(dbtest.SQLite(t)), "serve")
	b := newTab(t, p.base)
	b.do(command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	b.opens("/help/registration-link", 200)
	b.press("header details > summary")
	b.follow("header [value=dark]")
	b.at("/help/registration-link")
	b.on(darkGround)
	b.opens("/sign-in", 200)
	b.on(darkGround)
	b.press("header details > summary")
	b.follow("header [value=de]")
	b.at("/sign-in")
	b.reads("h1", "Anmelden")
	if b.has("html[lang=en]") {
		t.Error("the page says that it is English")
	}
}

// TestReducedMotion looks for what moves: nothing does for people who ask for that.
func TestReducedMotion(t *testing.T) {
	t.Parallel()
	p := start(t, on(dbtest.SQLite(t)), "serve")
	b := newTab(t, p.base)
	b.opens("/sign-in", 200)
	const moving = `[...document.querySelectorAll("*")].filter((e) => getComputedStyle(e).transition.match(/[^0]s/) &&
		parseFloat(getComputedStyle(e).transitionDuration) > 0.001).length`
	if eval[int](b, moving) == 0 {
		t.Error("nothing moves for anybody: this test looks at nothing")
	}
	b.do(media("", "prefers-reduced-motion", "reduce"))
	if n := eval[int](b, moving); n > 0 {
		t.Errorf("%d elements move", n)
	}
}

// TestPrint prints the help: the article without what only a screen needs, in black on white also from a dark one.
func TestPrint(t *testing.T) {
	t.Parallel()
	d := newTour(t)
	b := d.superUser()
	b.opens("/help/registration-link", 200)
	b.script("window.print = () => { window.printed = true }")
	b.press("[data-print]")
	b.until("window.printed")
	b.do(media("print", "prefers-color-scheme", "dark"))
	const hidden = `["header", "nav", "main button", "[data-noprint]", "body > a"].filter((s) => [...document.querySelectorAll(s)].some((e) => e.checkVisibility()))`
	if shown := eval[[]string](b, hidden); len(shown) > 0 {
		t.Errorf("printed too: %q", shown)
	}
	b.on("rgb(255, 255, 255)")
	if got := eval[string](b, `getComputedStyle(document.querySelector("article p")).color`); got != "rgb(0, 0, 0)" {
		t.Errorf("the text is %s, want black", got)
	}
	b.reads("article", "See Also")
	if pages := run(b, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4))); len(pages) < 1000 {
		t.Errorf("got a PDF of %d bytes", len(pages))
	}
}
