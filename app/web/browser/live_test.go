package browser_test

import (
	"strings"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// copy presses Copy Link, hears it said, and finds the address in the clipboard.
func (s *story) copy() {
	s.t.Helper()
	clipboard.Lock()
	defer clipboard.Unlock()
	b := s.sue
	b.press("[data-copy]")
	b.until(`document.querySelector("#copy-status[role=status]").textContent === "Link copied"`)
	b.reads("[data-copy]", "Link copied")
	if got, want := b.clipboard(), b.value("#registration-link-url"); got != want {
		s.t.Errorf("in the clipboard: %q, want %q", got, want)
	}
	if got, _ := strings.CutPrefix(b.attribute("a[href^=mailto]", "href"), "mailto:?"); !strings.Contains(got, "Acme%20Widgets") || !strings.Contains(got, "%0D%0A") {
		s.t.Errorf("the mail to send: %s", got)
	}
	b.opens("/dashboard", 200)
	b.untilReload(`document.querySelector("main").innerText.includes("Sue Perez copied the registration link")`)
	b.opens("/account", 200)
}

// clipboard reads the clipboard as a page may that was allowed to.
func (b *tab) clipboard() string {
	b.t.Helper()
	id := chromedp.FromContext(b.ctx).BrowserContextID
	_, err := chromedp.CallBrowser(b.ctx, browser.SetPermission, browser.SetPermissionParams{
		Permission: &browser.PermissionDescriptor{Name: "clipboard-read"}, Setting: "granted", BrowserContextID: id,
	})
	if err != nil {
		b.fatal(err)
	}
	return eval[string](b, "navigator.clipboard.readText()")
}

// isCheckedLive fills in the form as somebody does who makes mistakes, and looks at what it says meanwhile.
func (b *tab) isCheckedLive() {
	b.t.Helper()
	b.isLeftInPeace()
	b.isToldWhatToDo()
	b.keepsTyping()
	b.seesStrength()
}

// isLeftInPeace types half an address: nothing is said until the field is left, and then what is wrong.
func (b *tab) isLeftInPeace() {
	b.t.Helper()
	b.write("#email", "nia.oka")
	// The strength is asked for 300 ms after the last letter: an answer for the address would be there by then.
	b.script(`{
		const field = document.querySelector("#password");
		field.value = "x";
		field.dispatchEvent(new Event("input", { bubbles: true }));
	}`)
	b.until(`document.querySelector("#password-meter").textContent.includes("14 more characters")`)
	if asked := eval[int](b, `performance.getEntriesByType("resource").filter((r) => r.name.endsWith("/check/email")).length`); asked > 0 || b.has(invalid) {
		b.t.Error("an address that is half typed is checked")
	}
	b.script(`document.querySelector("#password").value = ""`)
	b.keys(kb.Tab)
	b.see("#problem-email")
	b.reads("#problem-email", "It should look like name@example.com")
}

// isToldWhatToDo mends the address: the problem changes and goes while it is typed, under the hands of whoever types.
func (b *tab) isToldWhatToDo() {
	b.t.Helper()
	b.rewrite("#email", sue)
	b.until(`document.querySelector("#problem-email")?.textContent.includes("already has a login")`)
	b.reads("#problem-email", "A Super User can add you under Members > Create New User")
	b.rewrite("#email", nia)
	b.see("#field-email [data-tick]")
	if got := b.focused(); got != "email" {
		b.t.Errorf("the focus went to %s", got)
	}
	b.keys("x", kb.Backspace) // the caret is still at the end
	if got := b.value("#email"); got != nia {
		b.t.Errorf("got %q, want %q", got, nia)
	}
}

// keepsTyping goes on in the next field while the one before is checked.
func (b *tab) keepsTyping() {
	b.t.Helper()
	b.write("#first_name", "Nia"+kb.Tab+"Oka")
	b.see("#field-first_name [data-tick]")
	b.keys("for")
	if got := b.value("#last_name"); got != "Okafor" {
		b.t.Errorf("got %q, want what was typed", got)
	}
	b.script(`window.typed = document.querySelector("#last_name")`)
	b.keys(kb.Tab)
	b.see("#field-last_name [data-tick]")
	if !eval[bool](b, `window.typed === document.querySelector("#last_name")`) {
		b.t.Error("the check replaced the field")
	}
}

// seesStrength types a password: how much is missing, then how strong it is, and no reproach meanwhile.
func (b *tab) seesStrength() {
	b.t.Helper()
	b.write("#password", "correct")
	b.until(`document.querySelector("#password-meter").textContent.includes("8 more characters")`)
	b.write("#password", strings.TrimPrefix(password, "correct"))
	b.until(`document.querySelector("#password-meter [role=status]")?.textContent === "Strong."`)
	if b.has("#problem-password") {
		b.t.Error("a password that is half typed is scolded")
	}
	b.script(`document.addEventListener("htmx:after:swap", (e) => window.checked ||= e.detail.ctx.sourceElement.id === "password")`)
	b.press("[data-reveal]")
	b.until("window.checked") // the field was left for the button, so it is checked: that must not hide the letters again
	b.see("#password[type=text]")
	if got := b.attribute("[data-reveal]", "aria-pressed"); got != "true" {
		b.t.Errorf("shown: aria-pressed is %q", got)
	}
	b.press("[data-reveal]")
	b.see("#password[type=password]")
}

// searches types a name: the list follows, and the field keeps the focus.
func (b *tab) searches() {
	b.t.Helper()
	b.write("#q", "okaf")
	b.until(`document.querySelectorAll("tbody tr").length === 1`)
	b.reads("tbody", "Nia Okafor")
	b.keys("x")
	b.until(`!document.querySelector("tbody")`)
	b.reads("#member-list", "Nobody found")
	if got := b.value("#q"); got != "okafx" || b.focused() != "q" {
		b.t.Errorf("typed is %q and the focus on %s", got, b.focused())
	}
}
