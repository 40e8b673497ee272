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
	sueEmail  = "sue@acme.example"
	niaEmail  = "nia.okafor@acme.example"
	lenaEmail = "lena@learning.example" // has a login, in another account
)

// toolbarLinks is the links of the tool bar.
const toolbarLinks = "main ~ nav a"

// userJourney is what design.md tells in its section 2, in the hands of people with browsers.
type userJourney struct {
	*portal
	scripts  bool
	sue      *tab
	linkPath string // path of the current link
}

// TestUserJourney_LinkFromGeneratingToDisabling tells the story with scripts, on both databases.
func TestUserJourney_LinkFromGeneratingToDisabling(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, p *portal) {
		s := &userJourney{portal: p, scripts: true}
		s.activateSuperUser()
		s.generateLink()
		s.copyLink()
		s.registerByLink()
		s.confirmEmail()
		s.checkNotice()
		s.regenerateLink()
		s.disableLink()
		s.addExistingLogin()
		s.signOut()
	})
}

// TestUserJourney_LinkWorksWithoutJavaScript tells it to browsers that run no script: every step is a plain form.
func TestUserJourney_LinkWorksWithoutJavaScript(t *testing.T) {
	t.Parallel()
	s := &userJourney{portal: startWithMail(t, environment(dbtest.SQLite(t)))}
	s.activateSuperUser()
	s.generateLink()
	s.registerByLink()
	s.confirmEmail()
	s.checkNotice()
	s.regenerateLink()
	s.disableLink()
	s.addExistingLogin()
	s.signOut()
}

// newVisitor opens a browser of their own.
func (s *userJourney) newVisitor() *tab {
	s.t.Helper()
	b := newTab(s.t, s.base)
	b.expectStatuses(422, 410)
	if !s.scripts {
		b.scriptsOff = true
		b.do(cdpCommand(emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}))
	}
	return b
}

// activateSuperUser is how a Super User comes in: by the address that the command line prints.
func (s *userJourney) activateSuperUser() {
	s.t.Helper()
	path := s.addAccount("Acme Widgets", "100200", sueEmail)
	if mailed := s.pathOf(s.mails.WaitForMail(sueEmail, "Acme Widgets").Link("/activate/")); mailed != path {
		s.t.Errorf("mailed %s, printed %s", mailed, path)
	}
	b := s.newVisitor()
	s.sue = b
	b.openPage(path, 200)
	b.fill(map[string]string{"first_name": "Sue", "last_name": "Perez", "password": password})
	b.follow("#activate-form [type=submit]")
	b.wantText("h1", "Your login is ready")
	b.follow("main a[href='/sign-in']")
	b.fill(map[string]string{"email": "Sue@Acme.example", "password": password})
	b.follow("#sign-in-form [type=submit]")
	b.wantText("h1", "Acme Widgets")
	b.follow(toolbarLinks + "[href='/account']")
	b.wantText("h1", "Account Details")
}

func (s *userJourney) generateLink() {
	s.t.Helper()
	b := s.sue
	b.clickAndSee("#registration-link form [type=submit]", "#registration-link-url")
	b.wantText("#toast", "Link generated")
	if s.scripts {
		b.click("[data-dismiss]")
		b.waitGone("[data-toast]")
	}
	address := b.value("#registration-link-url")
	s.linkPath = s.pathOf(address)
	if !strings.HasPrefix(s.linkPath, "/register/rl1_") {
		s.t.Errorf("got the link %s", s.linkPath)
	}
	b.openPage("/account", 200)
	if again := b.value("#registration-link-url"); again != address {
		s.t.Errorf("after a reload: got %s, want %s", again, address)
	}
	b.wantText("#registration-link", "Sue Perez")
	b.wantText("#registration-link", "0 people")
}

// registerByLink is Nia's part: she opens the link on a machine of her own.
func (s *userJourney) registerByLink() {
	s.t.Helper()
	b := s.newVisitor()
	b.openPage(s.linkPath, 200)
	b.wantText("h1", "Acme Widgets")
	if s.scripts {
		b.fillInWithLiveChecks()
	} else {
		b.fill(map[string]string{"first_name": "Nia", "last_name": "Okafor", "email": niaEmail, "password": password})
	}
	b.click("[value=security_advisories]")
	b.clickAndSee("#registration-form [type=submit]", "#eula[aria-invalid=true]")
	b.wantFormKept()
	b.fixRefusedForm()
	if s.scripts {
		b.navigateBy(chromedp.DoubleClick(chromedp.CSS("#registration-form [type=submit]")))
	} else {
		b.follow("#registration-form [type=submit]")
	}
	b.wantPath("/registered")
	b.wantText("h1", "Check your email")
}

// confirmEmail follows the mail. The mailed address alone does nothing; its button does.
func (s *userJourney) confirmEmail() {
	s.t.Helper()
	m := s.mails.WaitForMail(niaEmail, "Acme Widgets")
	address := m.Link("/confirm/")
	if !strings.Contains(m.HTML, address) {
		s.t.Errorf("the HTML lacks %s", address)
	}
	b := s.newVisitor()
	b.openPage(s.pathOf(address), 200)
	b.openPage("/sign-in", 200)
	b.fill(map[string]string{"email": niaEmail, "password": password})
	b.clickAndSee("#sign-in-form [type=submit]", "#sign-in-form [role=alert]")
	b.wantText("#sign-in-form [role=alert]", "not confirmed yet")
	b.openPage(s.pathOf(address), 200)
	b.follow("main form [type=submit]")
	b.wantText("h1", "Your address is confirmed")
	b.signIn(niaEmail, password)
	if b.has(toolbarLinks + "[href='/account']") {
		s.t.Error("a Standard User is shown the way to the link")
	}
}

// checkNotice is how Sue hears of it.
func (s *userJourney) checkNotice() {
	s.t.Helper()
	m := s.mails.WaitForMail(sueEmail, "Nia Okafor")
	if !strings.Contains(m.Text, niaEmail) || !strings.Contains(m.HTML, "Nia Okafor") {
		s.t.Errorf("the notice does not say who registered: %s", m.Text)
	}
	about := func(m mailtest.Mail) bool {
		return slices.Contains(m.To, sueEmail) && strings.Contains(m.Text, niaEmail)
	}
	if mails := slices.DeleteFunc(s.mails.Mails(), func(m mailtest.Mail) bool { return !about(m) }); len(mails) != 1 {
		s.t.Errorf("she is told %d times", len(mails))
	}
	b := s.sue
	b.openPage(s.pathOf(m.Link("/members")), 200)
	b.wantText("tbody tr", "Nia Okafor")
	b.wantText("tbody tr", "Registration link")
	if s.scripts {
		b.wantLiveSearch()
	}
	b.openPage("/account", 200)
	b.wantText("#registration-link", "1 person")
}

func (s *userJourney) regenerateLink() {
	s.t.Helper()
	b, old := s.sue, s.linkPath
	b.clickAndSee("#registration-link a[href$=regenerate]", "#confirm-title")
	b.wantText("#registration-link", "1 person has registered")
	b.clickAndSee("#registration-link footer a", "#registration-link-url") // Cancel
	if got := s.pathOf(b.value("#registration-link-url")); got != old {
		s.t.Errorf("after Cancel: got %s, want %s", got, old)
	}
	b.clickAndSee("#registration-link a[href$=regenerate]", "#confirm-title")
	b.clickAndSee("#registration-link form [type=submit]", "#registration-link-url")
	s.linkPath = s.pathOf(b.value("#registration-link-url"))
	if s.linkPath == old {
		s.t.Error("the link is the old one")
	}
	guest := s.newVisitor()
	guest.openPage(old, 410)
	guest.wantText("h1", "no longer active")
	if page := eval[string](guest, "document.documentElement.outerHTML"); strings.Contains(page, "Acme") {
		s.t.Error("the denial page names the account")
	}
	guest.openPage(s.linkPath, 200)
	guest.wantText("h1", "Acme Widgets")
}

// disableLink kills a link while somebody fills in its form.
func (s *userJourney) disableLink() {
	s.t.Helper()
	guest := s.newVisitor()
	guest.openPage(s.linkPath, 200)
	guest.fill(map[string]string{
		"first_name": "Tomás", "last_name": "Núñez", "email": "tomas@acme.example",
		"password": password,
	})
	guest.click("#eula")
	b := s.sue
	b.clickAndSee("#registration-link a[href$=disable]", "#confirm-title")
	b.clickAndSee("#registration-link form [type=submit]", "#registration-link form[action$=generate]")
	b.wantText("#registration-link", "No link")
	guest.clickAndSee("#registration-form [type=submit]", "#alert [role=alert]")
	guest.wantText("#alert", "no longer active")
	for selector, want := range map[string]string{
		"#first_name": "Tomás", "#last_name": "Núñez",
		"#email": "tomas@acme.example",
	} {
		if got := guest.value(selector); got != want {
			s.t.Errorf("%s: got %q, want %q", selector, got, want)
		}
	}
	if s.scripts { // who only types on hears it too
		guest.runScript(`document.querySelector("#alert").replaceChildren()`)
		guest.typeInto("#password", "x")
		guest.waitVisible("#alert [role=alert]")
	}
}

// addExistingLogin is somebody who has a login: the link refuses her, Create New User takes her.
func (s *userJourney) addExistingLogin() {
	s.t.Helper()
	guest := s.newVisitor()
	guest.openPage(s.addAccount("Borealis Instruments", "200300", lenaEmail), 200)
	guest.fill(map[string]string{"first_name": "Lena", "last_name": "Fischer", "password": password})
	guest.follow("#activate-form [type=submit]")
	s.generateLink()
	guest.openPage(s.linkPath, 200)
	guest.fill(map[string]string{"first_name": "Lena", "last_name": "Fischer", "email": lenaEmail, "password": password})
	guest.click("#eula")
	guest.clickAndSee("#registration-form [type=submit]", "#email[aria-invalid=true]")
	guest.wantText("#problem-email", "Members > Create New User")

	b := s.sue
	b.follow(toolbarLinks + "[href='/members/new']")
	b.fill(map[string]string{"first_name": "Lena", "last_name": "Fischer", "email": lenaEmail})
	b.follow("#new-user-form [type=submit]")
	b.wantPath("/members")
	b.wantText("#toast", "Lena Fischer already had a login")
	b.wantText("tbody tr", "Lena Fischer")
	if m := s.mails.WaitForMail(lenaEmail, "Acme Widgets"); m.Link("/sign-in") == "" || m.Link("/activate/") != "" {
		s.t.Errorf("she is not sent to the sign-in: %s", m.Text)
	}
	guest.signIn(lenaEmail, password)
	guest.click("header details:has(#account-list) > summary")
	guest.wantText("#account-list [aria-current]", "Acme Widgets")
	if s.scripts {
		guest.typeInto("[data-filter]", "BÓR")
		guest.waitUntil(`document.querySelector("#account-list [aria-current]").closest("li").hidden`)
	}
	guest.follow("#account-list button:not([aria-current])")
	guest.wantText("h1", "Borealis Instruments")
	guest.wantText("#toast", "You are now in Borealis Instruments")
}

func (s *userJourney) signOut() {
	s.t.Helper()
	b := s.sue
	b.click("header details:has([action='/sign-out']) > summary")
	b.follow("[action='/sign-out'] button")
	b.wantPath("/")
	b.openPage("/account", 200)
	b.wantPath("/sign-in?next=/account")
}

// visitor is somebody of the story around the link, with a browser and what it knows.
type visitor struct {
	*tab
	email string
}

// TestUserJourney_ApprovalInvitationsAndLeakedLink tells what happens around the link, with scripts on both databases.
func TestUserJourney_ApprovalInvitationsAndLeakedLink(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(t *testing.T, p *portal) { (&userJourney{portal: p, scripts: true}).manageMembers() })
}

// TestUserJourney_ApprovalWorksWithoutJavaScript tells it to browsers that run no script.
func TestUserJourney_ApprovalWorksWithoutJavaScript(t *testing.T) {
	t.Parallel()
	(&userJourney{portal: startWithMail(t, environment(dbtest.SQLite(t)))}).manageMembers()
}

func (s *userJourney) manageMembers() {
	s.activateSuperUser()
	s.generateLink()
	s.setLinkRules()
	waits := s.registerPending()
	s.acceptMember(waits)
	s.requestToJoin()
	s.sendInvitations()
	s.suspendMember(waits)
	s.suspendLinkMembers()
	s.checkActivity()
}

// setLinkRules has newcomers wait for a Super User, and lets in two people of two domains only. The address stays.
func (s *userJourney) setLinkRules() {
	s.t.Helper()
	b := s.sue
	b.clickAndSee("#registration-link a[href='/account/link/policy']", "#policy-form")
	b.fill(map[string]string{"max_uses": "0.5"})
	b.clickAndSee("#policy-form [type=submit]", invalidField)
	b.wantText("#problem-max_uses", "whole number")
	if s.scripts {
		b.retype("#max_uses", "2")
	} else {
		b.openPage("/account/link/policy", 200)
		b.fill(map[string]string{"max_uses": "2"})
	}
	b.fill(map[string]string{"domains": "acme.example, *.learning.example"})
	b.click("[name=requires_approval]")
	b.clickAndSee("#policy-form [type=submit]", "#registration-link-url")
	b.wantText("#toast", "Rules saved")
	if address := b.value("#registration-link-url"); !strings.HasSuffix(address, s.linkPath) {
		s.t.Errorf("the address changed to %s", address)
	}
	b.wantText("#registration-link", "0 of 2 used")
}

// registerPending is Nia's part: the form says beforehand whom it is for, and after her confirmation she sees
// that she waits.
func (s *userJourney) registerPending() visitor {
	s.t.Helper()
	v := visitor{s.newVisitor(), niaEmail}
	v.openPage(s.linkPath, 200)
	v.wantText("main", "acme.example")
	if s.scripts {
		v.typeInto("#email", "nia@elsewhere.example\t")
		v.waitVisible("#problem-email")
	} else {
		v.fill(map[string]string{
			"first_name": "Nia", "last_name": "Okafor", "email": "nia@elsewhere.example",
			"password": password,
		})
		v.click("#eula")
		v.follow("#registration-form [type=submit]")
	}
	v.wantText("#problem-email", "acme.example")
	if s.scripts {
		v.retype("#email", niaEmail+"\t")
		v.waitGone("#problem-email")
	} else {
		v.openPage(s.linkPath, 200)
		v.fill(map[string]string{"email": niaEmail})
	}
	v.fill(map[string]string{"first_name": "Nia", "last_name": "Okafor", "password": password})
	v.click("#eula")
	v.follow("#registration-form [type=submit]")
	v.wantPath("/registered")
	v.openPage(s.pathOf(s.mails.WaitForMail(niaEmail, "Acme Widgets").Link("/confirm/")), 200)
	v.follow("main form [type=submit]")
	v.signIn(niaEmail, password)
	v.wantText("main", "Acme Widgets")
	if v.has(toolbarLinks + "[href='/members']") {
		s.t.Error("somebody who waits is shown the way to the members")
	}
	v.expectStatuses(403)
	v.openPage("/members", 403)
	return v
}

// acceptMember follows the mail to those who wait; Nia is told and comes in.
func (s *userJourney) acceptMember(v visitor) {
	s.t.Helper()
	b := s.sue
	b.openPage(s.pathOf(s.mails.WaitForMail(sueEmail, "Nia Okafor").Link("/members/pending")), 200)
	b.wantText("tbody tr", "Nia Okafor")
	b.openPage("/dashboard", 200)
	b.wantText("main", "1 membership pending review")
	b.follow("main a[href='/members/pending']")
	b.clickAndSee("tbody form [type=submit]", "[data-toast]")
	b.wantText("#pending-list", "Nobody is waiting")
	s.mails.WaitForMail(niaEmail, "accepted")
	v.openPage("/dashboard", 200)
	v.wantText("h1", "Acme Widgets")
	v.openPage("/members", 200)
}

// requestToJoin is the part of somebody whom the directory knows: refused, she asks, and waits.
func (s *userJourney) requestToJoin() {
	s.t.Helper()
	s.addAccount("Learning Center", "300400", lenaEmail)
	b := s.newVisitor()
	b.openPage(s.linkPath, 200)
	if s.scripts {
		b.typeInto("#email", lenaEmail+"\t")
		b.click("button[form=join-request-form]")
		b.waitVisible("#field-email [role=status]")
	} else {
		b.fill(map[string]string{"first_name": "Lena", "last_name": "Fischer", "email": lenaEmail, "password": password})
		b.follow("#registration-form [type=submit]")
		b.follow("button[form=join-request-form]")
		b.wantPath("/asked")
	}
	b.openPage(s.pathOf(s.mails.WaitForMail(lenaEmail, "If you want to be added").Link("/join/")), 200)
	b.follow("main form [type=submit]")
	b.wantText("main", "Acme Widgets")
	sue := s.sue
	sue.openPage("/members/pending", 200)
	sue.wantText("tbody tr", lenaEmail)
	sue.clickAndSee("tbody a[href*='/members/pending/reject']", "#reject-title")
}

// sendInvitations has the portal mail the link, to one address that is none first.
func (s *userJourney) sendInvitations() {
	s.t.Helper()
	b := s.sue
	b.openPage("/account/link/invitations", 200)
	b.fill(map[string]string{"addresses": "ada@acme.example\nnobody"})
	b.follow("#invitation-form [type=submit]")
	b.waitVisible(invalidField)
	b.retype("#addresses", "Ada <ada@acme.example>\nbea@acme.example")
	b.follow("#invitation-form [type=submit]")
	b.waitVisible("#batch progress")
	for _, email := range []string{"ada@acme.example", "bea@acme.example"} {
		if got := s.pathOf(s.mails.WaitForMail(email, "Acme Widgets").Link("/register/")); got != s.linkPath {
			s.t.Errorf("%s is mailed %s", email, got)
		}
	}
	if s.scripts {
		b.waitUntil(`document.querySelector("#batch:not(:has([hx-trigger])) progress[value='2']") !== null`)
	} else {
		b.reloadUntil(`document.querySelector("#batch progress[value='2']") !== null`)
	}
	b.follow("#batch a[href='/account/link/invitations']")
	b.wantText("#invitation-list tbody", "ada@acme.example")
	b.openPage("/account/link/invitation", 200)
	b.waitVisible("#printed svg, #printed img")
}

// suspendMember takes the account from Nia: her open browser is signed out with it.
func (s *userJourney) suspendMember(v visitor) {
	s.t.Helper()
	b := s.sue
	b.openPage("/members?q=okafor", 200)
	b.follow("tbody a[href^='/members/']")
	b.wantText("h1", "Nia Okafor")
	b.clickAndSee("#membership a[href$='/suspend']", "#confirm-title")
	b.clickAndSee("#membership form [type=submit]", "#membership form[action$='/reinstate']")
	b.wantText("#membership", "Suspended")
	v.openPage("/members", 200)
	v.wantPath("/sign-in?next=/members")
	b.clickAndSee("#membership form[action$='/reinstate'] [type=submit]", "[data-toast]")
	v.signIn(v.email, password)
}

// suspendLinkMembers regenerates and suspends everybody who came by the old link, in one step.
func (s *userJourney) suspendLinkMembers() {
	s.t.Helper()
	b := s.sue
	b.openPage("/account/link/regenerate", 200)
	b.clickAndSee("#registration-link form [type=submit]", "[role=alert] a[href^='/account/links/']")
	b.follow("[role=alert] a[href^='/account/links/']")
	b.wantText("#link-members", "Nia Okafor")
	b.follow("#link-members a[href*='/suspend']")
	b.wantText("main", "Nia Okafor")
	b.follow("main section form [type=submit]")
	b.openPage("/members?status=suspended", 200)
	b.wantText("tbody", "Nia Okafor")
	other := s.newVisitor()
	other.openPage(s.linkPath, 410)
}

// checkActivity finds all of it in the activity.
func (s *userJourney) checkActivity() {
	s.t.Helper()
	b := s.sue
	b.openPage("/activity", 200)
	for _, happened := range []string{
		"changed the rules", "accepted Nia Okafor", "asked to be added", "had 2 invitations mailed", "suspended Nia Okafor",
		"reinstated Nia Okafor",
	} {
		b.wantText("#activity-list", happened)
	}
}

// copyLink presses Copy Link, hears it said, and finds the address in the clipboard.
func (s *userJourney) copyLink() {
	s.t.Helper()
	clipboardMutex.Lock()
	defer clipboardMutex.Unlock()
	b := s.sue
	b.click("[data-copy]")
	b.waitUntil(`document.querySelector("#copy-status[role=status]").textContent === "Link copied"`)
	b.wantText("[data-copy]", "Link copied")
	if got, want := b.readClipboard(), b.value("#registration-link-url"); got != want {
		s.t.Errorf("in the clipboard: %q, want %q", got, want)
	}
	if got, _ := strings.CutPrefix(b.attribute("a[href^=mailto]", "href"), "mailto:?"); !strings.Contains(got,
		"Acme%20Widgets") || !strings.Contains(got, "%0D%0A") {
		s.t.Errorf("the mail to send: %s", got)
	}
	b.openPage("/dashboard", 200)
	b.reloadUntil(`document.querySelector("main").innerText.includes("Sue Perez copied the registration link")`)
	b.openPage("/account", 200)
}

// journeyWithSuperUser begins a story with a Super User who is signed in.
func journeyWithSuperUser(t *testing.T) *userJourney {
	t.Helper()
	s := &userJourney{portal: startWithMail(t, environment(dbtest.SQLite(t))), scripts: true}
	s.activateSuperUser()
	return s
}
