package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode/utf8"

	"reglink/app"
	"reglink/app/web"
)

func (p *portal) events(account string) string {
	p.t.Helper()
	return strings.Join(p.column("SELECT event FROM activities WHERE account_id = ? AND event LIKE 'link%' ORDER BY at, event", p.account(account)), " ")
}

// The panel, from no link to a link and back, as the Super User sees it (design.md, section 2.2).
func TestThePanel(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		empty := p.sue.get("/account")
		if empty.has("#registration-link-url") || !empty.has(`#registration-link form[action="/account/link/generate"] button`) {
			p.t.Error("without a link, the panel does not offer to generate one")
		}
		if empty.has(`a[href="/account/link/disable"]`) {
			p.t.Error("without a link, the panel offers to disable it")
		}
		made := p.sue.post("/account/link/generate", nil)
		p.want(made, http.StatusSeeOther)
		if made.leadsTo() != "/account" {
			p.t.Errorf("generating leads to %q", made.leadsTo())
		}
		page := p.sue.keeping(made).get("/account")
		if page.find("#toast") == "" {
			p.t.Error("nothing says that the link was generated")
		}
		if again := p.sue.keeping(made).keeping(page).get("/account"); again.find("#toast") != "" {
			p.t.Error("it is said twice")
		}
		address := page.value("#registration-link-url")
		page.wantPanelParts()
		p.clock.pass(3 * time.Minute)
		panel := p.sue.get("/account").find("#registration-link")
		for _, said := range []string{en("link_state_active"), "22 November 2026", "Sue Perez", en("people", "Count", 0), en("link_never_used")} {
			if !strings.Contains(panel, said) {
				p.t.Errorf("the panel does not say %q: %s", said, panel)
			}
		}
		for range 3 {
			if got := p.sue.get("/account").value("#registration-link-url"); got != address {
				p.t.Errorf("after a reload the address is %s, it was %s", got, address)
			}
		}
		p.want(p.sue.keeping(made).post("/account/link/disable", nil), http.StatusSeeOther)
		if gone := p.sue.get("/account"); gone.has("#registration-link-url") || strings.Contains(gone.body, address) {
			p.t.Error("the panel shows a disabled link")
		}
		if got := p.events("Acme Widgets"); got != "link_generated link_disabled" {
			p.t.Errorf("the activity is %q", got)
		}
	})
}

// wantPanelParts wants everything that the panel of a living link is made of.
func (a answer) wantPanelParts() {
	a.t.Helper()
	for _, selector := range []string{
		"input#registration-link-url[readonly]", `button[data-copy="#registration-link-url"][data-copy-record="/account/link/copied"]`,
		`#registration-link a[href^="mailto:"]`, `a[href="/account/link/regenerate"][hx-get]`, `a[href="/account/link/disable"][hx-get]`,
		`#registration-link a[href="/account/link/invitations"]`, `#registration-link a[href="/account/link/invitation"]`,
		"#copy-status[role=status]", `#registration-link a[href="/help/registration-link"]`, "noscript",
	} {
		if !a.has(selector) {
			a.t.Errorf("the panel lacks %s", selector)
		}
	}
}

func TestGeneratingTwiceKeepsTheLink(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.member("ann@acme.example", app.SuperUser)
		ann := p.signIn("ann@acme.example")
		answers := p.atOnce(8, func(i int) answer {
			return []browser{p.sue, ann}[i%2].withHTMX().post("/account/link/generate", nil)
		})
		first := answers[0].value("#registration-link-url")
		for _, got := range append(answers, ann.withHTMX().post("/account/link/generate", nil)) {
			p.want(got, http.StatusOK)
			if got.value("#registration-link-url") != first {
				p.t.Error("generating replaced a link that was there")
			}
		}
		if got := p.one("SELECT COUNT(*) FROM links"); got != "1" {
			p.t.Errorf("%s links are stored", got)
		}
		if got := p.events("Acme Widgets"); got != "link_generated" {
			p.t.Errorf("the activity is %q", got)
		}
	})
}

// atOnce asks n times in parallel.
func (p *portal) atOnce(n int, ask func(i int) answer) []answer {
	answers := make([]answer, n)
	start := make(chan struct{})
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() {
			<-start
			answers[i] = ask(i)
		})
	}
	close(start)
	all.Wait()
	return answers
}

// The question says what will happen, to whom, and does nothing yet; Cancel leads back.
func TestRegenerateAndDisableAskFirst(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		for _, what := range []string{"regenerate", "disable"} {
			p.want(p.sue.get("/account/link/"+what), http.StatusSeeOther) // no link, no question
		}
		path := p.link()
		p.register(path, "nia@acme.example")
		before := p.stored()
		for what, words := range map[string][]string{
			"regenerate": {en("confirm_regenerate_text", "Account", "Acme Widgets"), en("confirm_used", "Count", 1)},
			"disable":    {en("confirm_disable_text", "Account", "Acme Widgets"), en("confirm_used", "Count", 1), en("confirm_members_stay")},
		} {
			for _, b := range []browser{p.sue, p.sue.withHTMX()} {
				got := b.get("/account/link/" + what)
				p.want(got, http.StatusOK)
				for _, word := range words {
					if !strings.Contains(got.find("#registration-link"), word) {
						p.t.Errorf("%s does not say %q: %s", got.asked, word, got.find("#registration-link"))
					}
				}
				if !got.has(`#registration-link form[method=post][action="/account/link/`+what+`"] button`) || !got.has(`#registration-link a[href="/account"]`) {
					p.t.Errorf("%s: no way on, or no way back", got.asked)
				}
				if got.has("#registration-link-url") {
					p.t.Errorf("%s: the panel and the question are both there", got.asked)
				}
			}
		}
		p.unchanged("asking first", before)
		p.want(browser{p: p}.get(path), http.StatusOK)
	})
}

func TestRegenerateReplacesTheLink(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		old := p.link()
		p.register(old, "nia@acme.example")
		p.clock.pass(time.Minute)
		panel := p.sue.withHTMX().post("/account/link/regenerate", nil)
		p.want(panel, http.StatusOK)
		fresh := strings.TrimPrefix(panel.value("#registration-link-url"), baseURL)
		if fresh == old || !panel.has("[hx-swap-oob]") || !strings.Contains(panel.find("#registration-link"), en("people", "Count", 0)) {
			p.t.Errorf("the panel after regenerating: %s", panel.text())
		}
		p.want(browser{p: p}.get(old), http.StatusGone)
		p.register(fresh, "nils@acme.example")
		if got := p.sue.get("/account").find("#registration-link"); strings.Contains(got, "nia@") || !strings.Contains(got, en("people", "Count", 1)) {
			p.t.Errorf("the new link counts the old one's people: %s", got)
		}
		if got := p.one("SELECT COUNT(*) FROM links WHERE token_box IS NOT NULL"); got != "1" {
			p.t.Errorf("%s tokens are kept, want the live one only", got)
		}
		if got := p.events("Acme Widgets"); got != "link_generated link_regenerated" {
			p.t.Errorf("the activity is %q", got)
		}
		p.want(p.sue.post("/account/link/disable", nil), http.StatusSeeOther)
		p.want(p.sue.post("/account/link/disable", nil), http.StatusSeeOther) // what is disabled stays so
		p.want(browser{p: p}.get(fresh), http.StatusGone)
		p.want(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
		p.want(p.sue.get("/account"), http.StatusOK)
	})
}

func TestT13CopyingIsRecorded(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.link()
		silent := p.sue.withHTMX().post("/account/link/copied", nil)
		p.want(silent, http.StatusNoContent)
		if silent.body != "" {
			p.t.Errorf("copying swaps %q", silent.body)
		}
		p.clock.pass(time.Second)
		p.want(p.sue.post("/account/link/copied", nil), http.StatusSeeOther)
		if got := p.events("Acme Widgets"); got != "link_copied link_generated link_copied" {
			p.t.Errorf("the activity is %q", got)
		}
		if got := p.sue.get("/dashboard").find("main"); !strings.Contains(got, en("activity_link_copied", "Actor", "Sue Perez")) {
			p.t.Errorf("the dashboard does not tell of it: %s", got)
		}
	})
}

// Email opens a mail that is written, in the account's name and by RFC 6068, and short enough for every mail program.
func TestTheMailto(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		for id, name := range map[string]string{
			"A1": "Beta & Söhne + Co = 100% #1?", "A2": "ACME", "A3": strings.Repeat("\u00e9", app.MaxAccountName), "A4": strings.Repeat("\U0001F98A", app.MaxAccountName),
			"A5": strings.Repeat("<\"'&", app.MaxAccountName/4),
		} {
			email := strings.ToLower(id) + "@names.example"
			p.addAccount(name, id, email)
			for _, language := range []string{"en", "de"} {
				panel := p.signIn(email).with("Accept-Language", language).withHTMX().post("/account/link/generate", nil)
				p.want(panel, http.StatusOK)
				wantMailto(panel, name)
			}
		}
	})
}

func wantMailto(panel answer, name string) {
	panel.t.Helper()
	mailto := panel.attribute(`a[href^="mailto:"]`, "href")
	address := panel.value("#registration-link-url")
	if len(mailto) > 1500 || strings.ContainsAny(mailto, "+ \r\n\"<>") {
		panel.t.Errorf("a mailto of %d bytes: %s", len(mailto), mailto)
	}
	rest, ok := strings.CutPrefix(mailto, "mailto:?")
	query, err := url.ParseQuery(rest)
	if !ok || err != nil || !utf8.ValidString(query.Get("body")) {
		panel.t.Fatalf("%s: %v", mailto, err)
	}
	if !strings.Contains(query.Get("body"), address) {
		panel.t.Errorf("the mail does not hold the link: %q", query.Get("body"))
	}
	if utf8.RuneCountInString(name) > 40 {
		name = string([]rune(name)[:10]) // the rest may be cut
	}
	if !strings.Contains(query.Get("subject"), name) || !strings.Contains(query.Get("body"), name) {
		panel.t.Errorf("the mail does not name %q: %q", name, query)
	}
	lines := strings.Split(query.Get("body"), "\r\n")
	if strings.Contains(strings.Join(lines, ""), "\n") || strings.Contains(mailto, "%0A%0A") {
		panel.t.Errorf("lines of the mail end otherwise than by CRLF: %q", query.Get("body"))
	}
}

// A link that was sealed with another key still works; only copying it again does not, and the panel says what helps.
func TestALinkOfAnotherKey(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		other, err := app.NewSealer([]byte(strings.Repeat("o", app.KeySize)))
		p.check(err)
		p.serve(func(c *web.Config) { c.Sealer = other })
		got := p.sue.get("/account")
		p.want(got, http.StatusOK)
		if got.has("#registration-link-url") || got.find("#registration-link [role=alert]") == "" || !got.has(`a[href="/account/link/regenerate"]`) {
			p.t.Errorf("the panel of a link that cannot be shown: %s", got.find("#registration-link"))
		}
		p.want(browser{p: p}.get(path), http.StatusOK)
	})
}
