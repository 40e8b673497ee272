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

// place is a page in one of its states, and how to come there. The places of a list are gone to in its order.
type place struct {
	name  string
	reach func(b *tab)
}

func page(path string, status int) place {
	return place{path, func(b *tab) { b.opens(path, status) }}
}

// sent is a page whose form was sent as it is, or with those values in it.
func sent(path, form, then string, values map[string]string) place {
	return place{path + " sent", func(b *tab) {
		b.expects(422)
		b.opens(path, 200)
		b.fill(values)
		b.press(form + " [type=submit]")
		b.see(then)
	}}
}

const invalid = "[aria-invalid=true]"

// password is everybody's: the portal has no rule against that, and no way of knowing.
const password = "correct horse battery staple"

// tour is the throw-away portal and what it prints.
type tour struct {
	*portal
	sue, password string
	link, dead    string // paths
	confirm       string
	activate      string
}

func newTour(t *testing.T) *tour {
	t.Helper()
	d := &tour{portal: demo(t)}
	said := regexp.MustCompile(`Sign in +(\S+)\n +Password +(\S+)\n(?s:.*) +Link +(\S+)`).FindStringSubmatch(d.printed)
	if said == nil {
		t.Fatalf("the demo printed %q", d.printed)
	}
	d.sue, d.password, d.link = said[1], said[2], d.inside(said[3])
	b := newTab(t, d.base)
	b.opens("/mailbox", 200)
	b.untilReload(`document.querySelectorAll("article a[href*='/confirm/'], article a[href*='/activate/']").length >= 2`)
	d.confirm = d.inside(eval[string](b, `document.querySelector("article a[href*='/confirm/']").href`))
	d.activate = d.inside(eval[string](b, `document.querySelector("article a[href*='/activate/']").href`))
	return d
}

func (d *tour) superUser() *tab {
	d.t.Helper()
	b := newTab(d.t, d.base)
	b.signIn(d.sue, d.password)
	return b
}

// open is what anybody can come to, once a link is dead.
func (d *tour) open() []place {
	return []place{
		page("/", 200),
		page("/sign-in", 200),
		sent("/sign-in", "#sign-in-form", "#sign-in-form [role=alert], #sign-in-form "+invalid, map[string]string{"email": "nobody@acme.example", "password": "x"}),
		page("/register", 200),
		sent("/register", "#registration-form", invalid, nil),
		page(d.link, 200),
		sent(d.link, "#registration-form", invalid, nil),
		{"form checked", d.checked},
		{"form whose link died", d.diedWhileOpen},
		{"form whose link died, without scripts", d.diedAsPage},
		page(d.dead, 410),
		page("/register/rl1_unknown", 404),
		page("/registered", 200),
		page("/confirm", 200),
		sent("/confirm", "#send-again-form", invalid, nil),
		sent("/confirm", "#send-again-form", "[data-focus]", map[string]string{"email": "nobody@acme.example"}),
		page(d.confirm, 200),
		{"confirmed", func(b *tab) { b.opens(d.confirm, 200); b.follow("main form [type=submit]") }},
		page(d.activate, 200),
		sent(d.activate, "#activate-form", invalid, nil),
		{"activated", d.activated},
		page("/help/registration-link", 200),
		{"help with menus open", func(b *tab) { b.opens("/help/registration-link", 200); b.openMenus() }},
		page("/mailbox", 200),
		page("/nothing", 404),
		page("/confirm/rc1_unknown", 404),
		page("/operator", 200), // leads to the sign-in
	}
}

// checked is the form while somebody fills it in: a problem, a tick and a strength.
func (d *tour) checked(b *tab) {
	b.opens(d.link, 200)
	b.write("#first_name", "Nia"+kb.Tab)
	b.see("#field-first_name [data-tick]")
	b.write("#email", d.sue+kb.Tab)
	b.see("#problem-email")
	b.write("#password", password)
	b.see("#password-meter [role=status]")
}

// diedWhileOpen sends the form of a link that died meanwhile.
func (d *tour) diedWhileOpen(b *tab) {
	b.expects(410)
	b.opens(d.link, 200)
	b.write("#first_name", "Nia")
	b.do(chromedp.SetAttributeValue(chromedp.CSS("#registration-form"), "hx-post", d.dead))
	b.press("#registration-form [type=submit]")
	b.see("#alert [role=alert]")
}

func (d *tour) diedAsPage(b *tab) {
	b.expects(410)
	b.opens(d.link, 200)
	b.write("#first_name", "Nia")
	b.do(chromedp.SetAttributeValue(chromedp.CSS("#registration-form"), "action", d.dead))
	b.leave(chromedp.Evaluate[chromedp.Void](`document.querySelector("#registration-form").submit()`))
	b.see("#alert [role=alert]")
}

func (d *tour) activated(b *tab) {
	b.opens(d.activate, 200)
	b.write("#password", password)
	b.follow("#activate-form [type=submit]")
	b.gone("#activate-form")
}

// rooms is what a Super User comes to.
func (d *tour) rooms() []place {
	return []place{
		page("/dashboard", 200),
		{"menus open", func(b *tab) { b.opens("/dashboard", 200); b.openMenus() }},
		page("/account", 200),
		{"copied", d.copied},
		page("/account/link/regenerate", 200),
		page("/account/link/disable", 200),
		{"asked", func(b *tab) {
			b.opens("/account", 200)
			b.press("#registration-link a[hx-get$=disable]")
			b.see("#confirm-title")
		}},
		{"regenerated", d.regenerated},
		page("/members", 200),
		page("/members?q=zzz", 200),
		page("/members?status=active&role=super", 200),
		page("/members/new", 200),
		sent("/members/new", "#new-user-form", invalid, nil),
		page("/preferences", 200),
		{"preferences sent", func(b *tab) {
			b.expects(422)
			b.opens("/preferences", 200)
			b.rewrite("#first_name", " ")
			b.follow("#preferences-form [type=submit]")
			b.see(invalid)
		}},
		page("/help/registration-link", 200),
		page("/mailbox", 200),
		page("/nothing", 404),
		{"another account", d.switched},
		page("/members", 200),
		page("/account", 403),
	}
}

func (d *tour) copied(b *tab) {
	clipboard.Lock()
	defer clipboard.Unlock()
	b.opens("/account", 200)
	b.press("[data-copy]")
	b.see("#copy-status")
}

func (d *tour) regenerated(b *tab) {
	b.opens("/account/link/regenerate", 200)
	b.press("#registration-link form [type=submit]")
	b.see("[data-toast]")
	d.dead, d.link = d.link, d.inside(b.value("#registration-link-url"))
}

// switched makes the account the current one in which Sue is a Standard User.
func (d *tour) switched(b *tab) {
	b.opens("/dashboard", 200)
	b.press("header details:not([open]) > summary")
	b.follow("#account-list button:not([aria-current])")
}

// house is a portal that was just set up.
type house struct {
	*portal
	setUp string // path
}

func newHouse(t *testing.T) *house {
	t.Helper()
	p := serve(t, on(dbtest.SQLite(t)))
	address := regexp.MustCompile(`http\S+/setup/\S+`).FindString(p.printed)
	return &house{p, p.inside(address)}
}

// beginning is a portal from its set-up to its first mails, as its operator sees it.
func (h *house) beginning(values map[string]string) []place {
	return []place{
		page(h.setUp, 200),
		sent(h.setUp, "#setup-form", invalid, nil),
		{"set up", func(b *tab) {
			b.opens(h.setUp, 200)
			b.fill(values)
			b.follow("#setup-form [type=submit]")
			b.see("[data-toast]")
		}},
		page(h.setUp, 410),
		{"dashboard at first", func(b *tab) { b.signIn(values["email"], values["password"]) }},
		page("/account", 200),
		page("/operator", 200),
		page("/members", 200),
		{"user created", func(b *tab) {
			b.opens("/members/new", 200)
			b.fill(map[string]string{"first_name": "Nia", "last_name": "Okafor", "email": "nia@acme.example"})
			b.follow("#new-user-form [type=submit]")
			b.see("[data-toast]")
		}},
		{"mailed again", func(b *tab) {
			b.opens("/members", 200)
			b.act("#member-list form [type=submit]", "[data-toast]")
		}},
		{"outbox", func(b *tab) { h.mails.WaitFor(1); b.opens("/operator", 200) }},
		{"notice", func(b *tab) { b.opens("/operator", 200); b.follow("main li a") }},
	}
}

// outside is what somebody comes to who has a login and no account.
func (h *house) outside() []place {
	h.t.Helper()
	file := filepath.Join(h.t.TempDir(), "identities.csv")
	if err := os.WriteFile(file, []byte("email,first_name,last_name\n"+lena+",Lena,Fischer\n"), 0o600); err != nil {
		h.t.Fatal(err)
	}
	h.reglink("import", "identities", file)
	return []place{
		{"sent again", func(b *tab) {
			b.opens("/confirm", 200)
			b.fill(map[string]string{"email": lena})
			b.press("#send-again-form [type=submit]")
			b.see("[data-focus]")
		}},
		{"no account", func(b *tab) {
			b.opens(h.inside(h.mails.WaitForMail(lena, "").Link("/activate/")), 200)
			b.fill(map[string]string{"password": password})
			b.follow("#activate-form [type=submit]")
			b.signIn(lena, password)
		}},
		page("/account", 403),
	}
}

// around is what a Super User comes to around the link. It leaves somebody waiting, and the link with rules.
func (d *tour) around() []place {
	return []place{
		page("/account/link/policy", 200),
		sent("/account/link/policy", "#policy-form", invalid, map[string]string{"max_uses": "x", "domains": "no domain"}),
		{"rules changed", func(b *tab) {
			b.opens("/account/link/policy", 200)
			b.fill(map[string]string{"max_uses": "60", "domains": "acme.example"})
			b.press("[name=requires_approval]")
			b.act("#policy-form [type=submit]", "[data-toast]")
		}},
		{"form with rules", func(b *tab) { b.opens(d.link, 200) }},
		{"waiting", func(b *tab) { d.registers(b, "Ana"); b.opens("/members/pending", 200) }},
		{"rejecting", func(b *tab) {
			b.opens("/members/pending", 200)
			b.act("tbody a[href*='/pending/reject']", "#reject-title")
		}},
		{"rejecting, as a page", func(b *tab) {
			b.opens("/members/pending", 200)
			b.opens(b.attribute("tbody a[href*='/pending/reject']", "href"), 200)
		}},
		{"accepted", func(b *tab) { b.opens("/members/pending", 200); b.act("tbody form [type=submit]", "[data-toast]") }},
	}
}

// managing is what a Super User comes to who looks after members, and looks back.
func (d *tour) managing() []place {
	return []place{
		page("/members?q=fatima", 200),
		{"a member", func(b *tab) { b.opens(d.member(b), 200) }},
		{"a member's end refused", func(b *tab) {
			b.expects(422)
			b.opens(d.member(b), 200)
			b.script(`document.querySelector("#expires").value = "2020-01-01"`)
			b.press("#expiry-form [type=submit]")
			b.see(invalid)
		}},
		{"suspending", func(b *tab) { b.opens(d.member(b)+"/suspend", 200) }},
		{"removing", func(b *tab) { b.opens(d.member(b)+"/remove", 200) }},
		page("/members?show=expiring", 200),
		page("/members?show=idle", 200),
		page("/account/security", 200),
		page("/activity", 200),
		page("/activity?from=2026-01-01&to=2026-01-02", 200),
	}
}

// inviting is what a Super User comes to who has the portal mail the link, and who looks back at links.
func (d *tour) inviting() []place {
	return []place{
		page("/account/link/invitations", 200),
		sent("/account/link/invitations", "#invitation-form", invalid, map[string]string{"addresses": "nobody"}),
		{"invited", func(b *tab) {
			b.opens("/account/link/invitations", 200)
			b.fill(map[string]string{"addresses": "ada@acme.example"})
			b.follow("#invitation-form [type=submit]")
			b.until(`document.querySelector("#batch:not(:has([hx-trigger]))") !== null`)
		}},
		page("/account/link/invitations", 200),
		page("/account/link/invitation", 200),
		page("/account/links", 200),
		{"one of the links", func(b *tab) { b.opens("/account/links", 200); b.follow("#link-list tbody a") }},
		{"suspending who came by it", func(b *tab) {
			b.opens("/account/links", 200)
			b.follow("#link-list tbody a")
			b.follow("#link-members a[href*='/suspend']")
		}},
		page("/dashboard", 200),
	}
}

// asking is what somebody comes to who has a login already.
func (d *tour) asking() []place {
	return []place{
		{"asked", func(b *tab) {
			b.opens(d.link, 200)
			b.write("#email", "lena.fischer@acme.example\t")
			b.see("button[form=join-request-form]")
			b.press("button[form=join-request-form]")
			b.see("#field-email [role=status]")
		}},
		page("/asked", 200),
		{"asking", func(b *tab) { b.opens(d.mailed(b, "/join/"), 200) }},
		{"waits", func(b *tab) { b.opens(d.mailed(b, "/join/"), 200); b.follow("main form [type=submit]") }},
		page("/join/rj1_unknown", 404),
	}
}

// registers has somebody register by the link.
func (d *tour) registers(b *tab, name string) {
	b.opens(d.link, 200)
	b.fill(map[string]string{
		"first_name": name, "last_name": "Ruiz", "email": strings.ToLower(name) + ".ruiz@acme.example", "password": password,
	})
	b.press("#eula")
	b.follow("#registration-form [type=submit]")
	b.at("/registered")
}

// member is the path of a member's page.
func (d *tour) member(b *tab) string {
	b.opens("/members?q=okonkwo", 200)
	return b.attribute("tbody a[href^='/members/']", "href")
}

// mailed is the path that the mailbox shows last in a mail of that kind.
func (d *tour) mailed(b *tab, kind string) string {
	b.opens("/mailbox", 200)
	link := "article a[href*='" + kind + "']"
	b.untilReload(`document.querySelector("` + link + `") !== null`)
	return d.inside(b.attribute(link, "href"))
}

// passwords is what somebody comes to who has forgotten the password, and what a person does about it at any time.
func (d *tour) passwords() []place {
	return []place{
		page("/forgot-password", 200),
		sent("/forgot-password", "#forgot-form", invalid, nil),
		sent("/forgot-password", "#forgot-form", "[data-focus]", map[string]string{"email": d.sue}),
		{"reset", func(b *tab) { b.opens(d.mailedReset(b), 200) }},
		{"reset sent", func(b *tab) {
			b.expects(422)
			b.opens(d.mailedReset(b), 200)
			b.press("#reset-form [type=submit]")
			b.see(invalid)
		}},
		{"password reset", func(b *tab) {
			b.opens(d.mailedReset(b), 200)
			b.write("#password", password)
			b.follow("#reset-form [type=submit]")
			b.see("[data-toast]")
		}},
		{"signed in twice", func(b *tab) {
			b.signIn(d.sue, password)
			other := newTab(d.t, d.base)
			other.signIn(d.sue, password)
			b.opens("/preferences", 200)
			b.see("#sessions form")
		}},
		sent("/preferences", "#password-form", "#password-form "+invalid, nil),
		{"signed out elsewhere", func(b *tab) {
			b.opens("/preferences", 200)
			b.act("#sessions li form [type=submit]", "[data-toast]")
		}},
	}
}

// mailedReset is the path that the mailbox shows in a reset.
func (d *tour) mailedReset(b *tab) string {
	b.opens("/mailbox", 200)
	b.untilReload(`document.querySelector("article a[href*='/reset-password/']") !== null`)
	return d.inside(eval[string](b, `document.querySelector("article a[href*='/reset-password/']").href`))
}

// factors is one's own second factor. It stays set up: whoever signs in later needs it.
func (d *tour) factors(password string) []place {
	const own = "/preferences/second-factor"
	return []place{
		page(own, 200),
		page(own+"/passkey", 409), // the throw-away portal has an IP address
		sent(own+"/app", "#app-form", invalid, nil),
		{"recovery codes", func(b *tab) {
			b.opens(own+"/app", 200)
			code, err := totp.GenerateCode(strings.Join(strings.Fields(b.text("#app-secret")), ""), time.Now())
			if err != nil {
				b.fatal(err)
			}
			b.fill(map[string]string{"app_code": code, "current_password": password})
			b.follow("#app-form [type=submit]")
			b.see("#codes")
		}},
		{"second factor set up", func(b *tab) { b.opens(own, 200) }},
		page(own+"/codes", 200),
		{"a factor about to be removed", func(b *tab) {
			b.opens(own, 200)
			b.opens(b.attribute("main a[href$='/remove']", "href"), 200)
		}},
		{"between password and second factor", func(b *tab) {
			b.script(`document.querySelector("form[action='/sign-out']").requestSubmit()`)
			b.see("a[href='/sign-in']")
			b.opens("/sign-in", 200)
			b.fill(map[string]string{"email": d.sue, "password": password})
			b.follow("#sign-in-form [type=submit]")
			b.at("/sign-in/second-factor")
		}},
	}
}
