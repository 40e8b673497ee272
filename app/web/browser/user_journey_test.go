package browser_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"reglink/app/mail/mailtest"
	"reglink/db/dbtest"
)

// The people of the story.
const (
	sue  = "sue@acme.example"
	nia  = "nia.okafor@acme.example"
	lena = "lena@learning.example" // has a login, in another account
)

// bar is the links of the tool bar.
const bar = "main ~ nav a"

// story is what design.md tells in its section 2, in the hands of people with browsers.
type story struct {
	*portal
	scripts bool
	sue     *tab
	link    string // path of the current link
}

// TestStory tells the story with scripts, on both databases.
func TestStory(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *portal) {
		s := &story{portal: p, scripts: true}
		s.begin()
		s.generate()
		s.copy()
		s.register()
		s.confirm()
		s.notice()
		s.regenerate()
		s.disable()
		s.knownLogin()
		s.signOut()
	})
}

// TestStoryWithoutJavaScript tells it to browsers that run no script: every step is a plain form.
func TestStoryWithoutJavaScript(t *testing.T) {
	t.Parallel()
	s := &story{portal: serve(t, on(dbtest.SQLite(t)))}
	s.begin()
	s.generate()
	s.register()
	s.confirm()
	s.notice()
	s.regenerate()
	s.disable()
	s.knownLogin()
	s.signOut()
}

// somebody opens a browser of their own.
func (s *story) somebody() *tab {
	s.t.Helper()
	b := newTab(s.t, s.base)
	b.expects(422, 410)
	if !s.scripts {
		b.still = true
		b.do(command(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	}
	return b
}

// begin is how a Super User comes in: by the address that the command line prints.
func (s *story) begin() {
	s.t.Helper()
	path := s.addAccount("Acme Widgets", "100200", sue)
	if mailed := s.inside(s.mails.WaitForMail(sue, "Acme Widgets").Link("/activate/")); mailed != path {
		s.t.Errorf("mailed %s, printed %s", mailed, path)
	}
	b := s.somebody()
	s.sue = b
	b.opens(path, 200)
	b.fill(map[string]string{"first_name": "Sue", "last_name": "Perez", "password": password})
	b.follow("#activate-form [type=submit]")
	b.reads("h1", "Your login is ready")
	b.follow("main a[href='/sign-in']")
	b.fill(map[string]string{"email": "Sue@Acme.example", "password": password})
	b.follow("#sign-in-form [type=submit]")
	b.reads("h1", "Acme Widgets")
	b.follow(bar + "[href='/account']")
	b.reads("h1", "Account Details")
}

func (s *story) generate() {
	s.t.Helper()
	b := s.sue
	b.act("#registration-link form [type=submit]", "#registration-link-url")
	b.reads("#toast", "Link generated")
	if s.scripts {
		b.press("[data-dismiss]")
		b.gone("[data-toast]")
	}
	address := b.value("#registration-link-url")
	s.link = s.inside(address)
	if !strings.HasPrefix(s.link, "/register/rl1_") {
		s.t.Errorf("got the link %s", s.link)
	}
	b.opens("/account", 200)
	if again := b.value("#registration-link-url"); again != address {
		s.t.Errorf("after a reload: got %s, want %s", again, address)
	}
	b.reads("#registration-link", "Sue Perez")
	b.reads("#registration-link", "0 people")
}

// register is Nia's part: she opens the link on a machine of her own.
func (s *story) register() {
	s.t.Helper()
	b := s.somebody()
	b.opens(s.link, 200)
	b.reads("h1", "Acme Widgets")
	if s.scripts {
		b.isCheckedLive()
	} else {
		b.fill(map[string]string{"first_name": "Nia", "last_name": "Okafor", "email": nia, "password": password})
	}
	b.press("[value=security_advisories]")
	b.act("#registration-form [type=submit]", "#eula[aria-invalid=true]")
	b.isGivenBack()
	b.mends()
	if s.scripts {
		b.leave(chromedp.DoubleClick(chromedp.CSS("#registration-form [type=submit]")))
	} else {
		b.follow("#registration-form [type=submit]")
	}
	b.at("/registered")
	b.reads("h1", "Check your email")
}

// confirm follows the mail. The mailed address alone does nothing; its button does.
func (s *story) confirm() {
	s.t.Helper()
	m := s.mails.WaitForMail(nia, "Acme Widgets")
	address := m.Link("/confirm/")
	if !strings.Contains(m.HTML, address) {
		s.t.Errorf("the HTML lacks %s", address)
	}
	b := s.somebody()
	b.opens(s.inside(address), 200)
	b.opens("/sign-in", 200)
	b.fill(map[string]string{"email": nia, "password": password})
	b.act("#sign-in-form [type=submit]", "#sign-in-form [role=alert]")
	b.reads("#sign-in-form [role=alert]", "not confirmed yet")
	b.opens(s.inside(address), 200)
	b.follow("main form [type=submit]")
	b.reads("h1", "Your address is confirmed")
	b.signIn(nia, password)
	if b.has(bar + "[href='/account']") {
		s.t.Error("a Standard User is shown the way to the link")
	}
}

// notice is how Sue hears of it.
func (s *story) notice() {
	s.t.Helper()
	m := s.mails.WaitForMail(sue, "Nia Okafor")
	if !strings.Contains(m.Text, nia) || !strings.Contains(m.HTML, "Nia Okafor") {
		s.t.Errorf("the notice does not say who registered: %s", m.Text)
	}
	about := func(m mailtest.Mail) bool { return slices.Contains(m.To, sue) && strings.Contains(m.Text, nia) }
	if mails := slices.DeleteFunc(s.mails.Mails(), func(m mailtest.Mail) bool { return !about(m) }); len(mails) != 1 {
		s.t.Errorf("she is told %d times", len(mails))
	}
	b := s.sue
	b.opens(s.inside(m.Link("/members")), 200)
	b.reads("tbody tr", "Nia Okafor")
	b.reads("tbody tr", "Registration link")
	if s.scripts {
		b.searches()
	}
	b.opens("/account", 200)
	b.reads("#registration-link", "1 person")
}

func (s *story) regenerate() {
	s.t.Helper()
	b, old := s.sue, s.link
	b.act("#registration-link a[href$=regenerate]", "#confirm-title")
	b.reads("#registration-link", "1 person has registered")
	b.act("#registration-link footer a", "#registration-link-url") // Cancel
	if got := s.inside(b.value("#registration-link-url")); got != old {
		s.t.Errorf("after Cancel: got %s, want %s", got, old)
	}
	b.act("#registration-link a[href$=regenerate]", "#confirm-title")
	b.act("#registration-link form [type=submit]", "#registration-link-url")
	s.link = s.inside(b.value("#registration-link-url"))
	if s.link == old {
		s.t.Error("the link is the old one")
	}
	guest := s.somebody()
	guest.opens(old, 410)
	guest.reads("h1", "no longer active")
	if page := eval[string](guest, "document.documentElement.outerHTML"); strings.Contains(page, "Acme") {
		s.t.Error("the denial page names the account")
	}
	guest.opens(s.link, 200)
	guest.reads("h1", "Acme Widgets")
}

// disable kills a link while somebody fills in its form.
func (s *story) disable() {
	s.t.Helper()
	guest := s.somebody()
	guest.opens(s.link, 200)
	guest.fill(map[string]string{"first_name": "Tomás", "last_name": "Núñez", "email": "tomas@acme.example", "password": password})
	guest.press("#eula")
	b := s.sue
	b.act("#registration-link a[href$=disable]", "#confirm-title")
	b.act("#registration-link form [type=submit]", "#registration-link form[action$=generate]")
	b.reads("#registration-link", "No link")
	guest.act("#registration-form [type=submit]", "#alert [role=alert]")
	guest.reads("#alert", "no longer active")
	for selector, want := range map[string]string{"#first_name": "Tomás", "#last_name": "Núñez", "#email": "tomas@acme.example"} {
		if got := guest.value(selector); got != want {
			s.t.Errorf("%s: got %q, want %q", selector, got, want)
		}
	}
	if s.scripts { // who only types on hears it too
		guest.script(`document.querySelector("#alert").replaceChildren()`)
		guest.write("#password", "x")
		guest.see("#alert [role=alert]")
	}
}

// knownLogin is somebody who has a login: the link refuses her, Create New User takes her.
func (s *story) knownLogin() {
	s.t.Helper()
	guest := s.somebody()
	guest.opens(s.addAccount("Borealis Instruments", "200300", lena), 200)
	guest.fill(map[string]string{"first_name": "Lena", "last_name": "Fischer", "password": password})
	guest.follow("#activate-form [type=submit]")
	s.generate()
	guest.opens(s.link, 200)
	guest.fill(map[string]string{"first_name": "Lena", "last_name": "Fischer", "email": lena, "password": password})
	guest.press("#eula")
	guest.act("#registration-form [type=submit]", "#email[aria-invalid=true]")
	guest.reads("#problem-email", "Members > Create New User")

	b := s.sue
	b.follow(bar + "[href='/members/new']")
	b.fill(map[string]string{"first_name": "Lena", "last_name": "Fischer", "email": lena})
	b.follow("#new-user-form [type=submit]")
	b.at("/members")
	b.reads("#toast", "Lena Fischer already had a login")
	b.reads("tbody tr", "Lena Fischer")
	if m := s.mails.WaitForMail(lena, "Acme Widgets"); m.Link("/sign-in") == "" || m.Link("/activate/") != "" {
		s.t.Errorf("she is not sent to the sign-in: %s", m.Text)
	}
	guest.signIn(lena, password)
	guest.press("header details:has(#account-list) > summary")
	guest.reads("#account-list [aria-current]", "Acme Widgets")
	if s.scripts {
		guest.write("[data-filter]", "BÓR")
		guest.until(`document.querySelector("#account-list [aria-current]").closest("li").hidden`)
	}
	guest.follow("#account-list button:not([aria-current])")
	guest.reads("h1", "Borealis Instruments")
	guest.reads("#toast", "You are now in Borealis Instruments")
}

func (s *story) signOut() {
	s.t.Helper()
	b := s.sue
	b.press("header details:has([action='/sign-out']) > summary")
	b.follow("[action='/sign-out'] button")
	b.at("/")
	b.opens("/account", 200)
	b.at("/sign-in?next=/account")
}

// visitor is somebody of the story around the link, with a browser and what it knows.
type visitor struct {
	*tab
	email string
}

// TestAroundTheLink tells what happens around the link, with scripts on both databases.
func TestAroundTheLink(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, p *portal) { (&story{portal: p, scripts: true}).aroundTheLink() })
}

// TestAroundTheLinkWithoutJavaScript tells it to browsers that run no script.
func TestAroundTheLinkWithoutJavaScript(t *testing.T) {
	t.Parallel()
	(&story{portal: serve(t, on(dbtest.SQLite(t)))}).aroundTheLink()
}

func (s *story) aroundTheLink() {
	s.begin()
	s.generate()
	s.rules()
	waits := s.registersAndWaits()
	s.accepts(waits)
	s.asksToBeAdded()
	s.invites()
	s.suspends(waits)
	s.hasLeaked()
	s.looksBack()
}

// rules has newcomers wait for a Super User, and lets in two people of two domains only. The address stays.
func (s *story) rules() {
	s.t.Helper()
	b := s.sue
	b.act("#registration-link a[href='/account/link/policy']", "#policy-form")
	b.fill(map[string]string{"max_uses": "0.5"})
	b.act("#policy-form [type=submit]", invalid)
	b.reads("#problem-max_uses", "whole number")
	if s.scripts {
		b.rewrite("#max_uses", "2")
	} else {
		b.opens("/account/link/policy", 200)
		b.fill(map[string]string{"max_uses": "2"})
	}
	b.fill(map[string]string{"domains": "acme.example, *.learning.example"})
	b.press("[name=requires_approval]")
	b.act("#policy-form [type=submit]", "#registration-link-url")
	b.reads("#toast", "Rules saved")
	if address := b.value("#registration-link-url"); !strings.HasSuffix(address, s.link) {
		s.t.Errorf("the address changed to %s", address)
	}
	b.reads("#registration-link", "0 of 2 used")
}

// registersAndWaits is Nia's part: the form says beforehand whom it is for, and after her confirmation she sees that she waits.
func (s *story) registersAndWaits() visitor {
	s.t.Helper()
	v := visitor{s.somebody(), nia}
	v.opens(s.link, 200)
	v.reads("main", "acme.example")
	if s.scripts {
		v.write("#email", "nia@elsewhere.example\t")
		v.see("#problem-email")
	} else {
		v.fill(map[string]string{"first_name": "Nia", "last_name": "Okafor", "email": "nia@elsewhere.example", "password": password})
		v.press("#eula")
		v.follow("#registration-form [type=submit]")
	}
	v.reads("#problem-email", "acme.example")
	if s.scripts {
		v.rewrite("#email", nia+"\t")
		v.gone("#problem-email")
	} else {
		v.opens(s.link, 200)
		v.fill(map[string]string{"email": nia})
	}
	v.fill(map[string]string{"first_name": "Nia", "last_name": "Okafor", "password": password})
	v.press("#eula")
	v.follow("#registration-form [type=submit]")
	v.at("/registered")
	v.opens(s.inside(s.mails.WaitForMail(nia, "Acme Widgets").Link("/confirm/")), 200)
	v.follow("main form [type=submit]")
	v.signIn(nia, password)
	v.reads("main", "Acme Widgets")
	if v.has(bar + "[href='/members']") {
		s.t.Error("somebody who waits is shown the way to the members")
	}
	v.expects(403)
	v.opens("/members", 403)
	return v
}

// accepts follows the mail to those who wait; Nia is told and comes in.
func (s *story) accepts(v visitor) {
	s.t.Helper()
	b := s.sue
	b.opens(s.inside(s.mails.WaitForMail(sue, "Nia Okafor").Link("/members/pending")), 200)
	b.reads("tbody tr", "Nia Okafor")
	b.opens("/dashboard", 200)
	b.reads("main", "1 membership pending review")
	b.follow("main a[href='/members/pending']")
	b.act("tbody form [type=submit]", "[data-toast]")
	b.reads("#pending-list", "Nobody is waiting")
	s.mails.WaitForMail(nia, "accepted")
	v.opens("/dashboard", 200)
	v.reads("h1", "Acme Widgets")
	v.opens("/members", 200)
}

// asksToBeAdded is the part of somebody whom the directory knows: refused, she asks, and waits.
func (s *story) asksToBeAdded() {
	s.t.Helper()
	s.addAccount("Learning Center", "300400", lena)
	b := s.somebody()
	b.opens(s.link, 200)
	if s.scripts {
		b.write("#email", lena+"\t")
		b.press("button[form=join-request-form]")
		b.see("#field-email [role=status]")
	} else {
		b.fill(map[string]string{"first_name": "Lena", "last_name": "Fischer", "email": lena, "password": password})
		b.follow("#registration-form [type=submit]")
		b.follow("button[form=join-request-form]")
		b.at("/asked")
	}
	b.opens(s.inside(s.mails.WaitForMail(lena, "If you want to be added").Link("/join/")), 200)
	b.follow("main form [type=submit]")
	b.reads("main", "Acme Widgets")
	sue := s.sue
	sue.opens("/members/pending", 200)
	sue.reads("tbody tr", lena)
	sue.act("tbody a[href*='/members/pending/reject']", "#reject-title")
}

// invites has the portal mail the link, to one address that is none first.
func (s *story) invites() {
	s.t.Helper()
	b := s.sue
	b.opens("/account/link/invitations", 200)
	b.fill(map[string]string{"addresses": "ada@acme.example\nnobody"})
	b.follow("#invitation-form [type=submit]")
	b.see(invalid)
	b.rewrite("#addresses", "Ada <ada@acme.example>\nbea@acme.example")
	b.follow("#invitation-form [type=submit]")
	b.see("#batch progress")
	for _, email := range []string{"ada@acme.example", "bea@acme.example"} {
		if got := s.inside(s.mails.WaitForMail(email, "Acme Widgets").Link("/register/")); got != s.link {
			s.t.Errorf("%s is mailed %s", email, got)
		}
	}
	if s.scripts {
		b.until(`document.querySelector("#batch:not(:has([hx-trigger])) progress[value='2']") !== null`)
	} else {
		b.untilReload(`document.querySelector("#batch progress[value='2']") !== null`)
	}
	b.follow("#batch a[href='/account/link/invitations']")
	b.reads("#invitation-list tbody", "ada@acme.example")
	b.opens("/account/link/invitation", 200)
	b.see("#printed svg, #printed img")
}

// suspends takes the account from Nia: her open browser is signed out with it.
func (s *story) suspends(v visitor) {
	s.t.Helper()
	b := s.sue
	b.opens("/members?q=okafor", 200)
	b.follow("tbody a[href^='/members/']")
	b.reads("h1", "Nia Okafor")
	b.act("#membership a[href$='/suspend']", "#confirm-title")
	b.act("#membership form [type=submit]", "#membership form[action$='/reinstate']")
	b.reads("#membership", "Suspended")
	v.opens("/members", 200)
	v.at("/sign-in?next=/members")
	b.act("#membership form[action$='/reinstate'] [type=submit]", "[data-toast]")
	v.signIn(v.email, password)
}

// hasLeaked regenerates and suspends everybody who came by the old link, in one step.
func (s *story) hasLeaked() {
	s.t.Helper()
	b := s.sue
	b.opens("/account/link/regenerate", 200)
	b.act("#registration-link form [type=submit]", "[role=alert] a[href^='/account/links/']")
	b.follow("[role=alert] a[href^='/account/links/']")
	b.reads("#link-members", "Nia Okafor")
	b.follow("#link-members a[href*='/suspend']")
	b.reads("main", "Nia Okafor")
	b.follow("main section form [type=submit]")
	b.opens("/members?status=suspended", 200)
	b.reads("tbody", "Nia Okafor")
	other := s.somebody()
	other.opens(s.link, 410)
}

// looksBack finds all of it in the activity.
func (s *story) looksBack() {
	s.t.Helper()
	b := s.sue
	b.opens("/activity", 200)
	for _, happened := range []string{
		"changed the rules", "accepted Nia Okafor", "asked to be added", "had 2 invitations mailed", "suspended Nia Okafor", "reinstated Nia Okafor",
	} {
		b.reads("#activity-list", happened)
	}
}

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

// account begins a story with a Super User who is signed in.
func account(t *testing.T) *story {
	t.Helper()
	s := &story{portal: serve(t, on(dbtest.SQLite(t))), scripts: true}
	s.begin()
	return s
}
