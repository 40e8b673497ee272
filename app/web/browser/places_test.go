package browser_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

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
