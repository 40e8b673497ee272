package browser_test

import (
	_ "embed"
	"fmt"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"reglink/db/dbtest"
)

// longWord is so many letters without a place to break.
func longWord(n int) string { return strings.Repeat("wollwarenfabrikation", n/20+1)[:n] }

// TestOverflow_LongNamesFitEveryWidth goes to the pages that show names, with the longest that the portal
// takes, none of which can be broken: at every width, 400 % zoom of a small screen included, the page does
// not scroll sideways and nothing is cut off.
func TestOverflow_LongNamesFitEveryWidth(t *testing.T) {
	t.Parallel()
	h := newFreshPortal(t)
	super := map[string]string{
		"account_name": longWord(120), "company_id": strings.ToUpper(longWord(40)), "first_name": longWord(80),
		"last_name": longWord(80),
		"email":     longWord(64) + "@" + longWord(60) + ".example", "password": password,
	}
	b := newTab(t, h.base)
	b.wantNoOverflowOn(h.setupStates(super))
	h.runCommand("account", "add", "--name", "b"+longWord(119), "--company-id", "2", "--super-user", super["email"])
	b.openPage("/account", 200)
	b.clickAndSee("#registration-link form [type=submit]", "#registration-link-url")
	link := h.pathOf(b.value("#registration-link-url"))
	guest := newTab(t, h.base)
	guest.wantNoOverflowOn([]pageState{
		pageAt(link, 200),
		formSent(link, "#registration-form", invalidField,
			map[string]string{"first_name": longWord(90), "email": longWord(80)}),
		{"registered", func(b *tab) {
			b.openPage(link, 200)
			b.fill(map[string]string{
				"first_name": longWord(80), "last_name": longWord(80), "email": longWord(64) + "@" + longWord(59) + ".example",
				"job_title": longWord(120), "phone": strings.Repeat("1", 40), "password": password,
			})
			b.click("#eula")
			b.waitGone("#problem-eula")
			b.follow("#registration-form [type=submit]")
		}},
		{"confirm", func(b *tab) {
			b.openPage(h.pathOf(h.mails.WaitForMail(longWord(64)+"@"+longWord(59)+".example", "").Link("/confirm/")), 200)
		}},
	})
	b.wantNoOverflowOn([]pageState{
		pageAt("/dashboard", 200),
		{"menus open", func(b *tab) { b.openPage("/dashboard", 200); b.openMenus() }},
		pageAt("/account", 200),
		pageAt("/account/link/regenerate", 200),
		pageAt("/account/link/disable", 200),
		pageAt("/members", 200),
		pageAt("/members/new", 200),
		pageAt("/preferences", 200),
		pageAt("/help/registration-link", 200),
		pageAt("/operator", 200),
		{"notice", func(b *tab) { b.openPage("/operator", 200); b.follow("main li a") }},
	})
	b.wantNoOverflowOn(longNameStates())
}

// longNameStates are the pages around the link that show names.
func longNameStates() []pageState {
	return []pageState{
		{"a member", func(b *tab) { b.openPage("/members", 200); b.follow("tbody a[href^='/members/']") }},
		{"suspending", func(b *tab) {
			b.openPage("/members", 200)
			b.openPage(b.attribute("tbody a[href^='/members/']", "href")+"/suspend", 200)
		}},
		pageAt("/members/pending", 200),
		pageAt("/activity", 200),
		pageAt("/account/link/policy", 200),
		pageAt("/account/link/invitations", 200),
		pageAt("/account/link/invitation", 200),
		pageAt("/account/links", 200),
		{"one of the links", func(b *tab) { b.openPage("/account/links", 200); b.follow("#link-list tbody a") }},
	}
}

func (b *tab) wantNoOverflowOn(places []pageState) {
	b.t.Helper()
	for _, p := range places {
		b.resize(1280, 900)
		p.open(b)
		b.wantNoOverflowAt(p.name, 1280, 1024, 768, 375, 320)
	}
}

//go:embed testdata/overflow.js
var overflowScript string

// wantNoOverflow fails the test for what does not fit into the window.
func (b *tab) wantNoOverflow(where string) {
	b.t.Helper()
	for _, words := range eval[[]string](b, overflowScript) {
		b.t.Errorf("%s: %s", where, words)
	}
}

// wantNoOverflowAt is fits at several widths. 320 is what 400 % zoom leaves of a small screen.
func (b *tab) wantNoOverflowAt(name string, widths ...int64) {
	b.t.Helper()
	for _, width := range widths {
		b.resize(width, 900)
		b.wantNoOverflow(fmt.Sprintf("%.40s, %d", name, width))
	}
}

func TestOverflow_IsReported(t *testing.T) {
	t.Parallel()
	p := startProgram(t, environment(dbtest.SQLite(t)), "serve")
	b := newTab(t, p.base)
	b.openPage("/sign-in", 200)
	for what, script := range map[string]string{
		"wide": `document.querySelector("h1").textContent = "x".repeat(300);
			document.querySelector("h1").style.whiteSpace = "nowrap"`,
		"cut off": `document.querySelector("main form").style = "overflow: hidden; white-space: nowrap";
			document.querySelector("main form label").textContent = "x".repeat(300)`,
	} {
		b.do(chromedp.Reload(), chromedp.Evaluate[chromedp.Void](script))
		if found := eval[[]string](b, overflowScript); len(found) == 0 {
			t.Errorf("%s: nothing found", what)
		}
	}
}
