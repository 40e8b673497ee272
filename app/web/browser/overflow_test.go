package browser_test

import (
	_ "embed"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"reglink/db/dbtest"
)

// long is so many letters without a place to break.
func long(n int) string { return strings.Repeat("wollwarenfabrikation", n/20+1)[:n] }

// TestLongNames goes to the pages that show names, with the longest that the portal takes, none of which can be broken: at every
// width, 400 % zoom of a small screen included, the page does not scroll sideways and nothing is cut off.
func TestLongNames(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	super := map[string]string{
		"account_name": long(120), "company_id": strings.ToUpper(long(40)), "first_name": long(80), "last_name": long(80),
		"email": long(64) + "@" + long(60) + ".example", "password": password,
	}
	b := newTab(t, h.base)
	b.fitsAll(h.beginning(super))
	h.reglink("account", "add", "--name", "b"+long(119), "--company-id", "2", "--super-user", super["email"])
	b.opens("/account", 200)
	b.act("#registration-link form [type=submit]", "#registration-link-url")
	link := h.inside(b.value("#registration-link-url"))
	guest := newTab(t, h.base)
	guest.fitsAll([]place{
		page(link, 200),
		sent(link, "#registration-form", invalid, map[string]string{"first_name": long(90), "email": long(80)}),
		{"registered", func(b *tab) {
			b.opens(link, 200)
			b.fill(map[string]string{
				"first_name": long(80), "last_name": long(80), "email": long(64) + "@" + long(59) + ".example",
				"job_title": long(120), "phone": strings.Repeat("1", 40), "password": password,
			})
			b.press("#eula")
			b.gone("#problem-eula")
			b.follow("#registration-form [type=submit]")
		}},
		{"confirm", func(b *tab) {
			b.opens(h.inside(h.mails.WaitForMail(long(64)+"@"+long(59)+".example", "").Link("/confirm/")), 200)
		}},
	})
	b.fitsAll([]place{
		page("/dashboard", 200),
		{"menus open", func(b *tab) { b.opens("/dashboard", 200); b.openMenus() }},
		page("/account", 200),
		page("/account/link/regenerate", 200),
		page("/account/link/disable", 200),
		page("/members", 200),
		page("/members/new", 200),
		page("/preferences", 200),
		page("/help/registration-link", 200),
		page("/operator", 200),
		{"notice", func(b *tab) { b.opens("/operator", 200); b.follow("main li a") }},
	})
	b.fitsAll(longRooms())
}

// longRooms are the pages around the link that show names.
func longRooms() []place {
	return []place{
		{"a member", func(b *tab) { b.opens("/members", 200); b.follow("tbody a[href^='/members/']") }},
		{"suspending", func(b *tab) {
			b.opens("/members", 200)
			b.opens(b.attribute("tbody a[href^='/members/']", "href")+"/suspend", 200)
		}},
		page("/members/pending", 200),
		page("/activity", 200),
		page("/account/link/policy", 200),
		page("/account/link/invitations", 200),
		page("/account/link/invitation", 200),
		page("/account/links", 200),
		{"one of the links", func(b *tab) { b.opens("/account/links", 200); b.follow("#link-list tbody a") }},
	}
}

func (b *tab) fitsAll(places []place) {
	b.t.Helper()
	for _, p := range places {
		b.resize(1280, 900)
		p.reach(b)
		b.fitsAt(p.name, 1280, 1024, 768, 375, 320)
	}
}

//go:embed testdata/overflow.js
var overflow string

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
