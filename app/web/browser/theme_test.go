package browser_test

import (
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"reglink/db/dbtest"
)

// The grounds of the page in both themes, as in tailwind.config.js.
const (
	lightBackground = "rgb(246, 246, 244)"
	darkBackground  = "rgb(20, 22, 21)"
)

// wantBackground fails the test unless the page has that ground.
func (b *tab) wantBackground(ground string) {
	b.t.Helper()
	if got := eval[string](b, "getComputedStyle(document.body).backgroundColor"); got != ground {
		b.t.Errorf("the ground is %s, want %s", got, ground)
	}
}

// chooseInMenu opens the menu of the bar and presses one of its buttons.
func (b *tab) chooseInMenu(button string) {
	b.t.Helper()
	b.waitVisible("header")
	if !b.has("header details[open] " + button) {
		b.click("header details:has(" + button + ") > summary")
	}
	b.click("header details[open] " + button)
}

// TestTheme_FollowsTheSystemUntilChosen switches between light and dark: the system's choice first, then the
// person's, which stays.
func TestTheme_FollowsTheSystemUntilChosen(t *testing.T) {
	t.Parallel()
	p := startProgram(t, environment(dbtest.SQLite(t)), "serve")
	b := newTab(t, p.base)
	b.openPage("/", 200)
	b.wantBackground(lightBackground)
	b.do(emulateMedia("", "prefers-color-scheme", "dark"))
	b.wantBackground(darkBackground)
	b.runScript("window.same = true")
	b.chooseInMenu("[value=light]")
	b.wantBackground(lightBackground)
	if !eval[bool](b, "window.same") {
		t.Error("the switch loads the page anew")
	}
	b.waitVisible("[value=light][aria-pressed=true]")
	b.reloadUntil(`document.documentElement.dataset.theme === "light"`)
	b.wantBackground(lightBackground)
	b.openPage("/help/registration-link", 200)
	b.wantBackground(lightBackground)
	b.chooseInMenu("[value=system]")
	b.wantBackground(darkBackground)
	b.reloadUntil(`!document.documentElement.dataset.theme`)
	b.wantBackground(darkBackground)
}

// TestTheme_AndLanguageWorkWithoutScripts is the same by plain forms, and the language beside it, which has
// no other way.
func TestTheme_AndLanguageWorkWithoutScripts(t *testing.T) {
	t.Parallel()
	p := startProgram(t, environment(dbtest.SQLite(t)), "serve")
	b := newTab(t, p.base)
	b.do(cdpCommand(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	b.openPage("/help/registration-link", 200)
	b.click("header details > summary")
	b.follow("header [value=dark]")
	b.wantPath("/help/registration-link")
	b.wantBackground(darkBackground)
	b.openPage("/sign-in", 200)
	b.wantBackground(darkBackground)
	b.click("header details > summary")
	b.follow("header [value=de]")
	b.wantPath("/sign-in")
	b.wantText("h1", "Anmelden")
	if b.has("html[lang=en]") {
		t.Error("the page says that it is English")
	}
}

// TestReducedMotion_NothingMoves looks for what moves: nothing does for people who ask for that.
func TestReducedMotion_NothingMoves(t *testing.T) {
	t.Parallel()
	p := startProgram(t, environment(dbtest.SQLite(t)), "serve")
	b := newTab(t, p.base)
	b.openPage("/sign-in", 200)
	const moving = `[...document.querySelectorAll("*")].filter((e) => getComputedStyle(e).transition.match(/[^0]s/) &&
		parseFloat(getComputedStyle(e).transitionDuration) > 0.001).length`
	if eval[int](b, moving) == 0 {
		t.Error("nothing moves for anybody: this test looks at nothing")
	}
	b.do(emulateMedia("", "prefers-reduced-motion", "reduce"))
	if n := eval[int](b, moving); n > 0 {
		t.Errorf("%d elements move", n)
	}
}

// TestPrint_IsTheArticleInBlackOnWhite prints the help: the article without what only a screen needs, in
// black on white also from a dark one.
func TestPrint_IsTheArticleInBlackOnWhite(t *testing.T) {
	t.Parallel()
	d := newDemoPortal(t)
	b := d.superUserTab()
	b.openPage("/help/registration-link", 200)
	b.runScript("window.print = () => { window.printed = true }")
	b.click("[data-print]")
	b.waitUntil("window.printed")
	b.do(emulateMedia("print", "prefers-color-scheme", "dark"))
	const hidden = `["header", "nav", "main button", "[data-noprint]", "body > a"].filter(
		(s) => [...document.querySelectorAll(s)].some((e) => e.checkVisibility()))`
	if shown := eval[[]string](b, hidden); len(shown) > 0 {
		t.Errorf("printed too: %q", shown)
	}
	b.wantBackground("rgb(255, 255, 255)")
	if got := eval[string](b, `getComputedStyle(document.querySelector("article p")).color`); got != "rgb(0, 0, 0)" {
		t.Errorf("the text is %s, want black", got)
	}
	b.wantText("article", "See Also")
	if pages := run(b, chromedp.PrintToPDF(chromedp.PDFPaper(chromedp.PaperA4))); len(pages) < 1000 {
		t.Errorf("got a PDF of %d bytes", len(pages))
	}
}
