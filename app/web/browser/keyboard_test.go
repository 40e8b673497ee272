package browser_test

import (
	_ "embed"
	"fmt"
	"strconv"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"reglink/db/dbtest"
)

//go:embed testdata/focus.js
var focusScript string

// focusStop is where the Tab key leads to.
type focusStop struct {
	Place string
	Seen  bool
}

// pressTab presses Tab and fails the test unless one sees where the focus is.
func (b *tab) pressTab() focusStop {
	b.t.Helper()
	b.pressKeys(kb.Tab)
	at := eval[focusStop](b, focusScript)
	if at.Place != "" && !at.Seen {
		b.t.Errorf("%s: the focus is not to be seen on %s", b.path(), at.Place)
	}
	return at
}

// maxFocusStops is more stops than any page has.
const maxFocusStops = 80

// tabTo presses Tab until the focus is on what the selector finds.
func (b *tab) tabTo(selector string) {
	b.t.Helper()
	for range maxFocusStops {
		b.pressTab()
		if eval[bool](b, "document.activeElement.matches("+strconv.Quote(selector)+")") {
			return
		}
	}
	b.fatal(fmt.Errorf("Tab does not lead to %s", selector))
}

// followByKey presses a key where the focus is, waits for the page that it leads to, and takes the first step there.
func (b *tab) followByKey(key string) {
	b.t.Helper()
	b.navigateBy(chromedp.KeyEvent(key))
	b.useSkipLink()
}

// useSkipLink begins a page as people with a keyboard do: the first stop leads past the bar.
func (b *tab) useSkipLink() {
	b.t.Helper()
	b.pressTab()
	if got := b.attributeOfFocused("href"); got != "#content" {
		b.t.Errorf("%s begins at %q, want the link to the content", b.path(), got)
	}
	b.pressKeys(kb.Enter)
	b.waitUntil(`document.activeElement.id === "content"`)
}

func (b *tab) attributeOfFocused(name string) string {
	b.t.Helper()
	return eval[string](b, "document.activeElement.getAttribute("+strconv.Quote(name)+") ?? ''")
}

// waitForFocus waits until what the selector finds has the focus.
func (b *tab) waitForFocus(selector string) {
	b.t.Helper()
	b.waitUntil("document.activeElement.matches(" + strconv.Quote(selector) + ")")
}

// TestKeyboard_MainPathNeedsNoMouse goes the main way without a mouse.
func TestKeyboard_MainPathNeedsNoMouse(t *testing.T) {
	t.Parallel()
	p := startWithMail(t, environment(dbtest.SQLite(t)))
	b := newTab(t, p.base)
	b.do(emulateMedia("", "prefers-reduced-motion", "reduce"))
	b.openPage(p.addAccount("Acme Widgets", "100", sueEmail), 200)
	b.useSkipLink()
	b.tabTo("#password")
	b.pressKeys(password)
	b.followByKey(kb.Enter)
	b.tabTo("a[href='/sign-in']")
	b.followByKey(kb.Enter)
	b.tabTo("#email")
	b.pressKeys(sueEmail)
	b.tabTo("#password")
	b.pressKeys(password)
	b.followByKey(kb.Enter)
	b.tabTo(toolbarLinks + "[href='/account']")
	b.followByKey(kb.Enter)
	link := b.generateLinkByKeyboard(p)
	b.cancelByKeyboard()
	b.useMenusByKeyboard()
	guest := newTab(t, p.base)
	guest.do(emulateMedia("", "prefers-reduced-motion", "reduce"))
	guest.openPage(link, 200)
	guest.registerByKeyboard()
}

func (b *tab) generateLinkByKeyboard(p *portal) string {
	b.t.Helper()
	clipboardMutex.Lock()
	defer clipboardMutex.Unlock()
	b.tabTo("form[action$=generate] button")
	b.pressKeys(" ")
	b.waitForFocus("#link-title")
	b.tabTo("#registration-link-url")
	b.tabTo("[data-copy]")
	b.pressKeys(kb.Enter)
	b.waitUntil(`document.querySelector("#copy-status").textContent === "Link copied"`)
	b.waitForFocus("[data-copy]")
	return p.pathOf(b.value("#registration-link-url"))
}

// cancelByKeyboard asks to regenerate, cancels, and regenerates: the focus is always on what has just come.
func (b *tab) cancelByKeyboard() {
	b.t.Helper()
	before := b.value("#registration-link-url")
	b.tabTo("a[href$=regenerate]")
	b.pressKeys(kb.Enter)
	b.waitForFocus("#confirm-title")
	b.tabTo("#registration-link footer a")
	b.pressKeys(kb.Enter)
	b.waitForFocus("#link-title")
	if after := b.value("#registration-link-url"); after != before {
		b.t.Errorf("after Cancel: got %s, want %s", after, before)
	}
	b.tabTo("a[href$=disable]")
	b.pressKeys(kb.Enter)
	b.waitForFocus("#confirm-title")
	b.tabTo("#registration-link footer a")
	b.pressKeys(kb.Enter)
	b.waitForFocus("#link-title")
}

// useMenusByKeyboard opens and closes menus: by Escape, which leads back, and by going on.
func (b *tab) useMenusByKeyboard() {
	b.t.Helper()
	const menu = "details:has([action='/sign-out'])"
	b.tabTo(menu + " > summary")
	b.pressKeys(kb.Enter)
	b.waitVisible(menu + "[open]")
	b.tabTo("a[href='/preferences']")
	b.pressKeys(kb.Escape)
	b.waitVisible(menu + ":not([open])")
	b.waitForFocus(menu + " > summary")
	b.pressKeys(" ")
	b.waitVisible(menu + "[open]")
	b.tabTo("[action='/sign-out'] button")
	b.pressTab()
	b.waitVisible(menu + ":not([open])")
}

func (b *tab) registerByKeyboard() {
	b.t.Helper()
	b.useSkipLink()
	for _, field := range [][2]string{
		{"#first_name", "Nia"},
		{"#last_name", "Okafor"},
		{"#email", niaEmail},
		{"#password", password},
	} {
		b.tabTo(field[0])
		b.pressKeys(field[1])
	}
	b.tabTo("[data-reveal]")
	b.tabTo("[value=security_advisories]")
	b.pressKeys(" ")
	b.tabTo("[aria-labelledby=eula-title]") // to scroll it
	b.tabTo("#eula")
	b.expectStatuses(422)
	b.tabTo("#registration-form [type=submit]")
	b.pressKeys(kb.Enter)
	b.waitForFocus("#eula")
	if at := eval[focusStop](b, focusScript); !at.Seen {
		b.t.Error("the focus is not to be seen on the problem")
	}
	b.tabTo("#password")
	b.pressKeys(password)
	b.tabTo("#eula")
	b.pressKeys(" ")
	b.tabTo("#registration-form [type=submit]")
	b.navigateBy(chromedp.KeyEvent(kb.Enter))
	b.wantPath("/registered")
}

// TestFocus_IsVisibleAndNeverTrapped goes through whole pages with Tab: every stop is to be seen, also where
// the system chooses the colours, and none is a trap.
func TestFocus_IsVisibleAndNeverTrapped(t *testing.T) {
	t.Parallel()
	d := newDemoPortal(t)
	b := d.superUserTab()
	for _, colours := range []string{"none", "active"} {
		b.do(emulateMedia("", "prefers-reduced-motion", "reduce", "forced-colors", colours))
		for _, path := range []string{
			"/account", "/members", "/members/new", "/preferences", "/help/registration-link",
			d.linkPath,
		} {
			b.openPage(path, 200)
			b.wantFocusVisible(path)
		}
	}
}

func (b *tab) wantFocusVisible(path string) {
	b.t.Helper()
	stops := 0
	for range maxFocusStops {
		if b.pressTab().Place == "" || (stops > 0 && b.attributeOfFocused("href") == "#content") {
			if stops < 5 {
				b.t.Errorf("%s: only %d stops", path, stops)
			}
			return
		}
		stops++
	}
	b.t.Errorf("%s: Tab never leaves the page", path)
}
