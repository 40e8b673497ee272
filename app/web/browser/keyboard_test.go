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
var focus string

// stop is where the Tab key leads to.
type stop struct {
	Place string
	Seen  bool
}

// next presses Tab and fails the test unless one sees where the focus is.
func (b *tab) next() stop {
	b.t.Helper()
	b.keys(kb.Tab)
	at := eval[stop](b, focus)
	if at.Place != "" && !at.Seen {
		b.t.Errorf("%s: the focus is not to be seen on %s", b.path(), at.Place)
	}
	return at
}

// far is more stops than any page has.
const far = 80

// tabTo presses Tab until the focus is on what the selector finds.
func (b *tab) tabTo(selector string) {
	b.t.Helper()
	for range far {
		b.next()
		if eval[bool](b, "document.activeElement.matches("+strconv.Quote(selector)+")") {
			return
		}
	}
	b.fatal(fmt.Errorf("Tab does not lead to %s", selector))
}

// enter presses a key where the focus is, waits for the page that it leads to, and takes the first step there.
func (b *tab) enter(key string) {
	b.t.Helper()
	b.leave(chromedp.KeyEvent(key))
	b.skips()
}

// skips begins a page as people with a keyboard do: the first stop leads past the bar.
func (b *tab) skips() {
	b.t.Helper()
	b.next()
	if got := b.attributeOfFocused("href"); got != "#content" {
		b.t.Errorf("%s begins at %q, want the link to the content", b.path(), got)
	}
	b.keys(kb.Enter)
	b.until(`document.activeElement.id === "content"`)
}

func (b *tab) attributeOfFocused(name string) string {
	b.t.Helper()
	return eval[string](b, "document.activeElement.getAttribute("+strconv.Quote(name)+") ?? ''")
}

// focuses waits until what the selector finds has the focus.
func (b *tab) focuses(selector string) {
	b.t.Helper()
	b.until("document.activeElement.matches(" + strconv.Quote(selector) + ")")
}

// TestKeyboard goes the main way without a mouse.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	p := serve(t, on(dbtest.SQLite(t)))
	b := newTab(t, p.base)
	b.do(media("", "prefers-reduced-motion", "reduce"))
	b.opens(p.addAccount("Acme Widgets", "100", sue), 200)
	b.skips()
	b.tabTo("#password")
	b.keys(password)
	b.enter(kb.Enter)
	b.tabTo("a[href='/sign-in']")
	b.enter(kb.Enter)
	b.tabTo("#email")
	b.keys(sue)
	b.tabTo("#password")
	b.keys(password)
	b.enter(kb.Enter)
	b.tabTo(bar + "[href='/account']")
	b.enter(kb.Enter)
	link := b.generatesByKeyboard(p)
	b.asksByKeyboard()
	b.menusByKeyboard()
	guest := newTab(t, p.base)
	guest.do(media("", "prefers-reduced-motion", "reduce"))
	guest.opens(link, 200)
	guest.registersByKeyboard()
}

func (b *tab) generatesByKeyboard(p *portal) string {
	b.t.Helper()
	clipboard.Lock()
	defer clipboard.Unlock()
	b.tabTo("form[action$=generate] button")
	b.keys(" ")
	b.focuses("#link-title")
	b.tabTo("#registration-link-url")
	b.tabTo("[data-copy]")
	b.keys(kb.Enter)
	b.until(`document.querySelector("#copy-status").textContent === "Link copied"`)
	b.focuses("[data-copy]")
	return p.inside(b.value("#registration-link-url"))
}

// asksByKeyboard asks to regenerate, cancels, and regenerates: the focus is always on what has just come.
func (b *tab) asksByKeyboard() {
	b.t.Helper()
	before := b.value("#registration-link-url")
	b.tabTo("a[href$=regenerate]")
	b.keys(kb.Enter)
	b.focuses("#confirm-title")
	b.tabTo("#registration-link footer a")
	b.keys(kb.Enter)
	b.focuses("#link-title")
	if after := b.value("#registration-link-url"); after != before {
		b.t.Errorf("after Cancel: got %s, want %s", after, before)
	}
	b.tabTo("a[href$=disable]")
	b.keys(kb.Enter)
	b.focuses("#confirm-title")
	b.tabTo("#registration-link footer a")
	b.keys(kb.Enter)
	b.focuses("#link-title")
}

// menusByKeyboard opens and closes menus: by Escape, which leads back, and by going on.
func (b *tab) menusByKeyboard() {
	b.t.Helper()
	const menu = "details:has([action='/sign-out'])"
	b.tabTo(menu + " > summary")
	b.keys(kb.Enter)
	b.see(menu + "[open]")
	b.tabTo("a[href='/preferences']")
	b.keys(kb.Escape)
	b.see(menu + ":not([open])")
	b.focuses(menu + " > summary")
	b.keys(" ")
	b.see(menu + "[open]")
	b.tabTo("[action='/sign-out'] button")
	b.next()
	b.see(menu + ":not([open])")
}

func (b *tab) registersByKeyboard() {
	b.t.Helper()
	b.skips()
	for _, field := range [][2]string{{"#first_name", "Nia"}, {"#last_name", "Okafor"}, {"#email", nia}, {"#password", password}} {
		b.tabTo(field[0])
		b.keys(field[1])
	}
	b.tabTo("[data-reveal]")
	b.tabTo("[value=security_advisories]")
	b.keys(" ")
	b.tabTo("[aria-labelledby=eula-title]") // to scroll it
	b.tabTo("#eula")
	b.expects(422)
	b.tabTo("#registration-form [type=submit]")
	b.keys(kb.Enter)
	b.focuses("#eula")
	if at := eval[stop](b, focus); !at.Seen {
		b.t.Error("the focus is not to be seen on the problem")
	}
	b.tabTo("#password")
	b.keys(password)
	b.tabTo("#eula")
	b.keys(" ")
	b.tabTo("#registration-form [type=submit]")
	b.leave(chromedp.KeyEvent(kb.Enter))
	b.at("/registered")
}

// TestFocus goes through whole pages with Tab: every stop is to be seen, also where the system chooses the colours, and none
// is a trap.
func TestFocus(t *testing.T) {
	t.Parallel()
	d := newTour(t)
	b := d.superUser()
	for _, colours := range []string{"none", "active"} {
		b.do(media("", "prefers-reduced-motion", "reduce", "forced-colors", colours))
		for _, path := range []string{"/account", "/members", "/members/new", "/preferences", "/help/registration-link", d.link} {
			b.opens(path, 200)
			b.walk(path)
		}
	}
}

func (b *tab) walk(path string) {
	b.t.Helper()
	stops := 0
	for range far {
		if b.next().Place == "" || (stops > 0 && b.attributeOfFocused("href") == "#content") {
			if stops < 5 {
				b.t.Errorf("%s: only %d stops", path, stops)
			}
			return
		}
		stops++
	}
	b.t.Errorf("%s: Tab never leaves the page", path)
}
