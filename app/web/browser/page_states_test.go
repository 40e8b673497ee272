package browser_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/pquerna/otp/totp"

	"reglink/db/dbtest"
)

// pageState is a page in one of its states, and how to come there. The places of a list are gone to in its order.
type pageState struct {
	name string
	open func(b *tab)
}

func pageAt(path string, status int) pageState {
	return pageState{path, func(b *tab) { b.openPage(path, status) }}
}

// formSent is a page whose form was sent as it is, or with those values in it.
func formSent(path, form, then string, values map[string]string) pageState {
	return pageState{path + " sent", func(b *tab) {
		b.expectStatuses(422)
		b.openPage(path, 200)
		b.fill(values)
		b.click(form + " [type=submit]")
		b.waitVisible(then)
	}}
}

const invalidField = "[aria-invalid=true]"

// password is everybody's: the portal has no rule against that, and no way of knowing.
const password = "correct horse battery staple"

// demoPortal is the throw-away portal and what it prints.
type demoPortal struct {
	*portal
	email, password        string
	linkPath, deadLinkPath string // paths
	confirmPath            string
	activatePath           string
}

func newDemoPortal(t *testing.T) *demoPortal {
	t.Helper()
	d := &demoPortal{portal: startDemo(t)}
	said := regexp.MustCompile(`Sign in +(\S+)\n +Password +(\S+)\n(?s:.*) +Link +(\S+)`).FindStringSubmatch(d.printed)
	if said == nil {
		t.Fatalf("the demo printed %q", d.printed)
	}
	d.email, d.password, d.linkPath = said[1], said[2], d.pathOf(said[3])
	b := newTab(t, d.base)
	b.openPage("/mailbox", 200)
	b.reloadUntil(`document.querySelectorAll("article a[href*='/confirm/'], article a[href*='/activate/']").length >= 2`)
	d.confirmPath = d.pathOf(eval[string](b, `document.querySelector("article a[href*='/confirm/']").href`))
	d.activatePath = d.pathOf(eval[string](b, `document.querySelector("article a[href*='/activate/']").href`))
	return d
}

func (d *demoPortal) superUserTab() *tab {
	d.t.Helper()
	b := newTab(d.t, d.base)
	b.signIn(d.email, d.password)
	return b
}

// publicStates is what anybody can come to, once a link is dead.
func (d *demoPortal) publicStates() []pageState {
	return []pageState{
		pageAt("/", 200),
		pageAt("/sign-in", 200),
		formSent("/sign-in", "#sign-in-form", "#sign-in-form [role=alert], #sign-in-form "+invalidField,
			map[string]string{"email": "nobody@acme.example", "password": "x"}),
		pageAt("/register", 200),
		formSent("/register", "#registration-form", invalidField, nil),
		pageAt(d.linkPath, 200),
		formSent(d.linkPath, "#registration-form", invalidField, nil),
		{"form checked", d.fillInLiveChecked},
		{"form whose link died", d.sendAfterLinkDied},
		{"form whose link died, without scripts", d.sendAfterLinkDiedWithoutScripts},
		pageAt(d.deadLinkPath, 410),
		pageAt("/register/rl1_unknown", 404),
		pageAt("/registered", 200),
		pageAt("/confirm", 200),
		formSent("/confirm", "#send-again-form", invalidField, nil),
		formSent("/confirm", "#send-again-form", "[data-focus]", map[string]string{"email": "nobody@acme.example"}),
		pageAt(d.confirmPath, 200),
		{"confirmed", func(b *tab) { b.openPage(d.confirmPath, 200); b.follow("main form [type=submit]") }},
		pageAt(d.activatePath, 200),
		formSent(d.activatePath, "#activate-form", invalidField, nil),
		{"activated", d.activateUser},
		pageAt("/help/registration-link", 200),
		{"help with menus open", func(b *tab) { b.openPage("/help/registration-link", 200); b.openMenus() }},
		pageAt("/mailbox", 200),
		pageAt("/nothing", 404),
		pageAt("/confirm/rc1_unknown", 404),
		pageAt("/operator", 200), // leads to the sign-in
	}
}

// fillInLiveChecked is the form while somebody fills it in: a problem, a tick and a strength.
func (d *demoPortal) fillInLiveChecked(b *tab) {
	b.openPage(d.linkPath, 200)
	b.typeInto("#first_name", "Nia"+kb.Tab)
	b.waitVisible("#field-first_name [data-tick]")
	b.typeInto("#email", d.email+kb.Tab)
	b.waitVisible("#problem-email")
	b.typeInto("#password", password)
	b.waitVisible("#password-meter [role=status]")
}

// sendAfterLinkDied sends the form of a link that died meanwhile.
func (d *demoPortal) sendAfterLinkDied(b *tab) {
	b.expectStatuses(410)
	b.openPage(d.linkPath, 200)
	b.typeInto("#first_name", "Nia")
	b.do(chromedp.SetAttributeValue(chromedp.CSS("#registration-form"), "hx-post", d.deadLinkPath))
	b.click("#registration-form [type=submit]")
	b.waitVisible("#alert [role=alert]")
}

func (d *demoPortal) sendAfterLinkDiedWithoutScripts(b *tab) {
	b.expectStatuses(410)
	b.openPage(d.linkPath, 200)
	b.typeInto("#first_name", "Nia")
	b.do(chromedp.SetAttributeValue(chromedp.CSS("#registration-form"), "action", d.deadLinkPath))
	b.navigateBy(chromedp.Evaluate[chromedp.Void](`document.querySelector("#registration-form").submit()`))
	b.waitVisible("#alert [role=alert]")
}

func (d *demoPortal) activateUser(b *tab) {
	b.openPage(d.activatePath, 200)
	b.typeInto("#password", password)
	b.follow("#activate-form [type=submit]")
	b.waitGone("#activate-form")
}

// superUserStates is what a Super User comes to.
func (d *demoPortal) superUserStates() []pageState {
	return []pageState{
		pageAt("/dashboard", 200),
		{"menus open", func(b *tab) { b.openPage("/dashboard", 200); b.openMenus() }},
		pageAt("/account", 200),
		{"copied", d.copyLink},
		pageAt("/account/link/regenerate", 200),
		pageAt("/account/link/disable", 200),
		{"asked", func(b *tab) {
			b.openPage("/account", 200)
			b.click("#registration-link a[hx-get$=disable]")
			b.waitVisible("#confirm-title")
		}},
		{"regenerated", d.regenerateLink},
		pageAt("/members", 200),
		pageAt("/members?q=zzz", 200),
		pageAt("/members?status=active&role=super", 200),
		pageAt("/members/new", 200),
		formSent("/members/new", "#new-user-form", invalidField, nil),
		pageAt("/preferences", 200),
		{"preferences sent", func(b *tab) {
			b.expectStatuses(422)
			b.openPage("/preferences", 200)
			b.retype("#first_name", " ")
			b.follow("#preferences-form [type=submit]")
			b.waitVisible(invalidField)
		}},
		pageAt("/help/registration-link", 200),
		pageAt("/mailbox", 200),
		pageAt("/nothing", 404),
		{"another account", d.switchAccount},
		pageAt("/members", 200),
		pageAt("/account", 403),
	}
}

func (d *demoPortal) copyLink(b *tab) {
	clipboardMutex.Lock()
	defer clipboardMutex.Unlock()
	b.openPage("/account", 200)
	b.click("[data-copy]")
	b.waitVisible("#copy-status")
}

func (d *demoPortal) regenerateLink(b *tab) {
	b.openPage("/account/link/regenerate", 200)
	b.click("#registration-link form [type=submit]")
	b.waitVisible("[data-toast]")
	d.deadLinkPath, d.linkPath = d.linkPath, d.pathOf(b.value("#registration-link-url"))
}

// switchAccount makes the account the current one in which Sue is a Standard User.
func (d *demoPortal) switchAccount(b *tab) {
	b.openPage("/dashboard", 200)
	b.click("header details:not([open]) > summary")
	b.follow("#account-list button:not([aria-current])")
}

// freshPortal is a portal that was just set up.
type freshPortal struct {
	*portal
	setupPath string // path
}

func newFreshPortal(t *testing.T) *freshPortal {
	t.Helper()
	p := startWithMail(t, environment(dbtest.SQLite(t)))
	address := regexp.MustCompile(`http\S+/setup/\S+`).FindString(p.printed)
	return &freshPortal{p, p.pathOf(address)}
}

// setupStates is a portal from its set-up to its first mails, as its operator sees it.
func (h *freshPortal) setupStates(values map[string]string) []pageState {
	return []pageState{
		pageAt(h.setupPath, 200),
		formSent(h.setupPath, "#setup-form", invalidField, nil),
		{"set up", func(b *tab) {
			b.openPage(h.setupPath, 200)
			b.fill(values)
			b.follow("#setup-form [type=submit]")
			b.waitVisible("[data-toast]")
		}},
		pageAt(h.setupPath, 410),
		{"dashboard at first", func(b *tab) { b.signIn(values["email"], values["password"]) }},
		pageAt("/account", 200),
		pageAt("/operator", 200),
		pageAt("/members", 200),
		{"user created", func(b *tab) {
			b.openPage("/members/new", 200)
			b.fill(map[string]string{"first_name": "Nia", "last_name": "Okafor", "email": "nia@acme.example"})
			b.follow("#new-user-form [type=submit]")
			b.waitVisible("[data-toast]")
		}},
		{"mailed again", func(b *tab) {
			b.openPage("/members", 200)
			b.clickAndSee("#member-list form [type=submit]", "[data-toast]")
		}},
		{"outbox", func(b *tab) { h.mails.WaitFor(1); b.openPage("/operator", 200) }},
		{"notice", func(b *tab) { b.openPage("/operator", 200); b.follow("main li a") }},
	}
}

// noAccountStates is what somebody comes to who has a login and no account.
func (h *freshPortal) noAccountStates() []pageState {
	h.t.Helper()
	file := filepath.Join(h.t.TempDir(), "identities.csv")
	if err := os.WriteFile(file, []byte("email,first_name,last_name\n"+lenaEmail+",Lena,Fischer\n"), 0o600); err != nil {
		h.t.Fatal(err)
	}
	h.runCommand("import", "identities", file)
	return []pageState{
		{"sent again", func(b *tab) {
			b.openPage("/confirm", 200)
			b.fill(map[string]string{"email": lenaEmail})
			b.click("#send-again-form [type=submit]")
			b.waitVisible("[data-focus]")
		}},
		{"no account", func(b *tab) {
			b.openPage(h.pathOf(h.mails.WaitForMail(lenaEmail, "").Link("/activate/")), 200)
			b.fill(map[string]string{"password": password})
			b.follow("#activate-form [type=submit]")
			b.signIn(lenaEmail, password)
		}},
		pageAt("/account", 403),
	}
}

// approvalStates is what a Super User comes to around the link. It leaves somebody waiting, and the link with rules.
func (d *demoPortal) approvalStates() []pageState {
	return []pageState{
		pageAt("/account/link/policy", 200),
		formSent("/account/link/policy", "#policy-form", invalidField,
			map[string]string{"max_uses": "x", "domains": "no domain"}),
		{"rules changed", func(b *tab) {
			b.openPage("/account/link/policy", 200)
			b.fill(map[string]string{"max_uses": "60", "domains": "acme.example"})
			b.click("[name=requires_approval]")
			b.clickAndSee("#policy-form [type=submit]", "[data-toast]")
		}},
		{"form with rules", func(b *tab) { b.openPage(d.linkPath, 200) }},
		{"waiting", func(b *tab) { d.registerByLink(b, "Ana"); b.openPage("/members/pending", 200) }},
		{"rejecting", func(b *tab) {
			b.openPage("/members/pending", 200)
			b.clickAndSee("tbody a[href*='/pending/reject']", "#reject-title")
		}},
		{"rejecting, as a page", func(b *tab) {
			b.openPage("/members/pending", 200)
			b.openPage(b.attribute("tbody a[href*='/pending/reject']", "href"), 200)
		}},
		{"accepted", func(b *tab) {
			b.openPage("/members/pending", 200)
			b.clickAndSee("tbody form [type=submit]", "[data-toast]")
		}},
	}
}

// memberStates is what a Super User comes to who looks after members, and looks back.
func (d *demoPortal) memberStates() []pageState {
	return []pageState{
		pageAt("/members?q=fatima", 200),
		{"a member", func(b *tab) { b.openPage(d.memberPath(b), 200) }},
		{"a member's end refused", func(b *tab) {
			b.expectStatuses(422)
			b.openPage(d.memberPath(b), 200)
			b.runScript(`document.querySelector("#expires").value = "2020-01-01"`)
			b.click("#expiry-form [type=submit]")
			b.waitVisible(invalidField)
		}},
		{"suspending", func(b *tab) { b.openPage(d.memberPath(b)+"/suspend", 200) }},
		{"removing", func(b *tab) { b.openPage(d.memberPath(b)+"/remove", 200) }},
		pageAt("/members?show=expiring", 200),
		pageAt("/members?show=idle", 200),
		pageAt("/account/security", 200),
		pageAt("/activity", 200),
		pageAt("/activity?from=2026-01-01&to=2026-01-02", 200),
	}
}

// invitationStates is what a Super User comes to who has the portal mail the link, and who looks back at links.
func (d *demoPortal) invitationStates() []pageState {
	return []pageState{
		pageAt("/account/link/invitations", 200),
		formSent("/account/link/invitations", "#invitation-form", invalidField, map[string]string{"addresses": "nobody"}),
		{"invited", func(b *tab) {
			b.openPage("/account/link/invitations", 200)
			b.fill(map[string]string{"addresses": "ada@acme.example"})
			b.follow("#invitation-form [type=submit]")
			b.waitUntil(`document.querySelector("#batch:not(:has([hx-trigger]))") !== null`)
		}},
		pageAt("/account/link/invitations", 200),
		pageAt("/account/link/invitation", 200),
		pageAt("/account/links", 200),
		{"one of the links", func(b *tab) { b.openPage("/account/links", 200); b.follow("#link-list tbody a") }},
		{"suspending who came by it", func(b *tab) {
			b.openPage("/account/links", 200)
			b.follow("#link-list tbody a")
			b.follow("#link-members a[href*='/suspend']")
		}},
		pageAt("/dashboard", 200),
	}
}

// joinRequestStates is what somebody comes to who has a login already.
func (d *demoPortal) joinRequestStates() []pageState {
	return []pageState{
		{"asked", func(b *tab) {
			b.openPage(d.linkPath, 200)
			b.typeInto("#email", "lena.fischer@acme.example\t")
			b.waitVisible("button[form=join-request-form]")
			b.click("button[form=join-request-form]")
			b.waitVisible("#field-email [role=status]")
		}},
		pageAt("/asked", 200),
		{"asking", func(b *tab) { b.openPage(d.mailedPath(b, "/join/"), 200) }},
		{"waits", func(b *tab) { b.openPage(d.mailedPath(b, "/join/"), 200); b.follow("main form [type=submit]") }},
		pageAt("/join/rj1_unknown", 404),
	}
}

// registerByLink has somebody register by the link.
func (d *demoPortal) registerByLink(b *tab, name string) {
	b.openPage(d.linkPath, 200)
	b.fill(map[string]string{
		"first_name": name, "last_name": "Ruiz", "email": strings.ToLower(name) + ".ruiz@acme.example", "password": password,
	})
	b.click("#eula")
	b.follow("#registration-form [type=submit]")
	b.wantPath("/registered")
}

// memberPath is the path of a member's page.
func (d *demoPortal) memberPath(b *tab) string {
	b.openPage("/members?q=okonkwo", 200)
	return b.attribute("tbody a[href^='/members/']", "href")
}

// mailedPath is the path that the mailbox shows last in a mail of that kind.
func (d *demoPortal) mailedPath(b *tab, kind string) string {
	b.openPage("/mailbox", 200)
	link := "article a[href*='" + kind + "']"
	b.reloadUntil(`document.querySelector("` + link + `") !== null`)
	return d.pathOf(b.attribute(link, "href"))
}

// passwordStates is what somebody comes to who has forgotten the password, and what a person does about it at any time.
func (d *demoPortal) passwordStates() []pageState {
	return []pageState{
		pageAt("/forgot-password", 200),
		formSent("/forgot-password", "#forgot-form", invalidField, nil),
		formSent("/forgot-password", "#forgot-form", "[data-focus]", map[string]string{"email": d.email}),
		{"reset", func(b *tab) { b.openPage(d.mailedResetPath(b), 200) }},
		{"reset sent", func(b *tab) {
			b.expectStatuses(422)
			b.openPage(d.mailedResetPath(b), 200)
			b.click("#reset-form [type=submit]")
			b.waitVisible(invalidField)
		}},
		{"password reset", func(b *tab) {
			b.openPage(d.mailedResetPath(b), 200)
			b.typeInto("#password", password)
			b.follow("#reset-form [type=submit]")
			b.waitVisible("[data-toast]")
		}},
		{"signed in twice", func(b *tab) {
			b.signIn(d.email, password)
			other := newTab(d.t, d.base)
			other.signIn(d.email, password)
			b.openPage("/preferences", 200)
			b.waitVisible("#sessions form")
		}},
		formSent("/preferences", "#password-form", "#password-form "+invalidField, nil),
		{"signed out elsewhere", func(b *tab) {
			b.openPage("/preferences", 200)
			b.clickAndSee("#sessions li form [type=submit]", "[data-toast]")
		}},
	}
}

// mailedResetPath is the path that the mailbox shows in a reset.
func (d *demoPortal) mailedResetPath(b *tab) string {
	b.openPage("/mailbox", 200)
	b.reloadUntil(`document.querySelector("article a[href*='/reset-password/']") !== null`)
	return d.pathOf(eval[string](b, `document.querySelector("article a[href*='/reset-password/']").href`))
}

// secondFactorStates is one's own second factor. It stays set up: whoever signs in later needs it.
func (d *demoPortal) secondFactorStates(password string) []pageState {
	const own = "/preferences/second-factor"
	return []pageState{
		pageAt(own, 200),
		pageAt(own+"/passkey", 409), // the throw-away portal has an IP address
		formSent(own+"/app", "#app-form", invalidField, nil),
		{"recovery codes", func(b *tab) {
			b.openPage(own+"/app", 200)
			code, err := totp.GenerateCode(strings.Join(strings.Fields(b.text("#app-secret")), ""), time.Now())
			if err != nil {
				b.fatal(err)
			}
			b.fill(map[string]string{"app_code": code, "current_password": password})
			b.follow("#app-form [type=submit]")
			b.waitVisible("#codes")
		}},
		{"second factor set up", func(b *tab) { b.openPage(own, 200) }},
		pageAt(own+"/codes", 200),
		{"a factor about to be removed", func(b *tab) {
			b.openPage(own, 200)
			b.openPage(b.attribute("main a[href$='/remove']", "href"), 200)
		}},
		{"between password and second factor", func(b *tab) {
			b.runScript(`document.querySelector("form[action='/sign-out']").requestSubmit()`)
			b.waitVisible("a[href='/sign-in']")
			b.openPage("/sign-in", 200)
			b.fill(map[string]string{"email": d.email, "password": password})
			b.follow("#sign-in-form [type=submit]")
			b.wantPath("/sign-in/second-factor")
		}},
	}
}
