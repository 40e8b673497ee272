package browser_test

import (
	"strings"

	"github.com/chromedp/chromedp/kb"
)

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

// isGivenBack looks at the form without its EULA: everything is there but the password.
func (b *tab) isGivenBack() {
	b.t.Helper()
	b.reads("#problem-eula", "accept the end-user licence agreement")
	for selector, want := range map[string]string{"#first_name": "Nia", "#last_name": "Okafor", "#email": nia, "#password": ""} {
		if got := b.value(selector); got != want {
			b.t.Errorf("%s: got %q, want %q", selector, got, want)
		}
	}
	if !b.has("[value=security_advisories]:checked") || b.has("[value=product_updates]:checked") {
		b.t.Error("the topics are not as they were ticked")
	}
	if got := b.focused(); !b.still && got != "eula" {
		b.t.Errorf("the focus is on %s, want it on the first problem", got)
	}
}

// mends does what the form asks for, and sees it taken: what is said below a field moves what comes after it.
func (b *tab) mends() {
	b.t.Helper()
	b.write("#password", password)
	if !b.still {
		b.see("#password-meter [role=status]")
	}
	b.press("#eula")
	if !b.still {
		b.gone("#problem-eula")
	}
}
