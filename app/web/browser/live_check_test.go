package browser_test

import (
	"strings"

	"github.com/chromedp/chromedp/kb"
)

// fillInWithLiveChecks fills in the form as somebody does who makes mistakes, and looks at what it says meanwhile.
func (b *tab) fillInWithLiveChecks() {
	b.t.Helper()
	b.wantNoCheckWhileTyping()
	b.wantProblemUpdated()
	b.wantTypingUndisturbed()
	b.wantPasswordStrength()
}

// wantNoCheckWhileTyping types half an address: nothing is said until the field is left, and then what is wrong.
func (b *tab) wantNoCheckWhileTyping() {
	b.t.Helper()
	b.typeInto("#email", "nia.oka")
	// The strength is asked for 300 ms after the last letter: an answer for the address would be there by then.
	b.runScript(`{
		const field = document.querySelector("#password");
		field.value = "x";
		field.dispatchEvent(new Event("input", { bubbles: true }));
	}`)
	b.waitUntil(`document.querySelector("#password-meter").textContent.includes("14 more characters")`)
	asked := eval[int](b,
		`performance.getEntriesByType("resource").filter((r) => r.name.endsWith("/check/email")).length`)
	if asked > 0 || b.has(invalidField) {
		b.t.Error("an address that is half typed is checked")
	}
	b.runScript(`document.querySelector("#password").value = ""`)
	b.pressKeys(kb.Tab)
	b.waitVisible("#problem-email")
	b.wantText("#problem-email", "It should look like name@example.com")
}

// wantProblemUpdated mends the address: the problem changes and goes while it is typed, under the hands of
// whoever types.
func (b *tab) wantProblemUpdated() {
	b.t.Helper()
	b.retype("#email", sueEmail)
	b.waitUntil(`document.querySelector("#problem-email")?.textContent.includes("already has a login")`)
	b.wantText("#problem-email", "A Super User can add you under Members > Create New User")
	b.retype("#email", niaEmail)
	b.waitVisible("#field-email [data-tick]")
	if got := b.focusedID(); got != "email" {
		b.t.Errorf("the focus went to %s", got)
	}
	b.pressKeys("x", kb.Backspace) // the caret is still at the end
	if got := b.value("#email"); got != niaEmail {
		b.t.Errorf("got %q, want %q", got, niaEmail)
	}
}

// wantTypingUndisturbed goes on in the next field while the one before is checked.
func (b *tab) wantTypingUndisturbed() {
	b.t.Helper()
	b.typeInto("#first_name", "Nia"+kb.Tab+"Oka")
	b.waitVisible("#field-first_name [data-tick]")
	b.pressKeys("for")
	if got := b.value("#last_name"); got != "Okafor" {
		b.t.Errorf("got %q, want what was typed", got)
	}
	b.runScript(`window.typed = document.querySelector("#last_name")`)
	b.pressKeys(kb.Tab)
	b.waitVisible("#field-last_name [data-tick]")
	if !eval[bool](b, `window.typed === document.querySelector("#last_name")`) {
		b.t.Error("the check replaced the field")
	}
}

// wantPasswordStrength types a password: how much is missing, then how strong it is, and no reproach meanwhile.
func (b *tab) wantPasswordStrength() {
	b.t.Helper()
	b.typeInto("#password", "correct")
	b.waitUntil(`document.querySelector("#password-meter").textContent.includes("8 more characters")`)
	b.typeInto("#password", strings.TrimPrefix(password, "correct"))
	b.waitUntil(`document.querySelector("#password-meter [role=status]")?.textContent === "Strong."`)
	if b.has("#problem-password") {
		b.t.Error("a password that is half typed is scolded")
	}
	b.runScript(`document.addEventListener("htmx:after:swap",
		(e) => window.checked ||= e.detail.ctx.sourceElement.id === "password")`)
	b.click("[data-reveal]")
	// the field was left for the button, so it is checked: that must not hide the letters again
	b.waitUntil("window.checked")
	b.waitVisible("#password[type=text]")
	if got := b.attribute("[data-reveal]", "aria-pressed"); got != "true" {
		b.t.Errorf("shown: aria-pressed is %q", got)
	}
	b.click("[data-reveal]")
	b.waitVisible("#password[type=password]")
}

// wantLiveSearch types a name: the list follows, and the field keeps the focus.
func (b *tab) wantLiveSearch() {
	b.t.Helper()
	b.typeInto("#q", "okaf")
	b.waitUntil(`document.querySelectorAll("tbody tr").length === 1`)
	b.wantText("tbody", "Nia Okafor")
	b.pressKeys("x")
	b.waitUntil(`!document.querySelector("tbody")`)
	b.wantText("#member-list", "Nobody found")
	if got := b.value("#q"); got != "okafx" || b.focusedID() != "q" {
		b.t.Errorf("typed is %q and the focus on %s", got, b.focusedID())
	}
}

// wantFormKept looks at the form without its EULA: everything is there but the password.
func (b *tab) wantFormKept() {
	b.t.Helper()
	b.wantText("#problem-eula", "accept the end-user licence agreement")
	for selector, want := range map[string]string{
		"#first_name": "Nia", "#last_name": "Okafor", "#email": niaEmail,
		"#password": "",
	} {
		if got := b.value(selector); got != want {
			b.t.Errorf("%s: got %q, want %q", selector, got, want)
		}
	}
	if !b.has("[value=security_advisories]:checked") || b.has("[value=product_updates]:checked") {
		b.t.Error("the topics are not as they were ticked")
	}
	if got := b.focusedID(); !b.scriptsOff && got != "eula" {
		b.t.Errorf("the focus is on %s, want it on the first problem", got)
	}
}

// fixRefusedForm does what the form asks for, and sees it taken: what is said below a field moves what comes after it.
func (b *tab) fixRefusedForm() {
	b.t.Helper()
	b.typeInto("#password", password)
	if !b.scriptsOff {
		b.waitVisible("#password-meter [role=status]")
	}
	b.click("#eula")
	if !b.scriptsOff {
		b.waitGone("#problem-eula")
	}
}
