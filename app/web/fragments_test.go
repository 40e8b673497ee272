package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"reglink/app"
	"reglink/app/web"
)

// swap is something on a page that asks by HTMX.
type swap struct{ method, path, id, target, form string }

// swaps gives everything on the pages that asks by HTMX, each once, and what it replaces.
func swaps(pages []answer) map[swap]browser {
	all := map[swap]browser{}
	for _, page := range pages {
		for _, element := range page.page().Find("[hx-get], [hx-post]").EachIter() {
			w := swap{method: http.MethodGet, path: element.AttrOr("hx-get", ""), target: element.AttrOr("hx-target", "")}
			if post, ok := element.Attr("hx-post"); ok {
				w.method, w.path = http.MethodPost, post
			}
			w.form = hidden(element)
			switch w.target {
			case "this":
				w.id = element.AttrOr("id", "")
			case "closest [data-field]":
				w.id = element.Closest("[data-field]").AttrOr("id", "")
			default:
				w.id = strings.TrimPrefix(w.target, "#")
			}
			all[w] = page.by
		}
	}
	return all
}

// hidden gives what a form sends that nobody types.
func hidden(form *goquery.Selection) string {
	values := url.Values{}
	for _, field := range form.Find("input[type=hidden]").EachIter() {
		values.Add(field.AttrOr("name", ""), field.AttrOr("value", ""))
	}
	return values.Encode()
}

// HTMX is answered with the part that it asked for and never with a page inside a page; restoring from history, with the page.
func TestHTMXGetsTheFragment(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		s := newScene(p)
		found := swaps(s.pages(asThey))
		if len(found) < 20 {
			p.t.Errorf("only %d things ask by HTMX", len(found))
		}
		for w, b := range found {
			got := b.withHTMX().ask(w.method, w.path, formType(w.method), w.form)
			if got.isPage() || strings.Contains(got.body, "<body") {
				p.t.Errorf("%s: a whole page for HTMX", got.asked)
			}
			part := got.status == http.StatusOK && got.header.Get("HX-Redirect") == "" || got.status == http.StatusUnprocessableEntity
			if part && w.id != "" && !got.has("#"+w.id) && w.id != "password-strength" {
				p.t.Errorf("%s: what replaces %s has not its id: %.300s", got.asked, w.id, got.body)
			}
			if !part && got.status >= 400 && got.header.Get("HX-Retarget") != "#alert" {
				p.t.Errorf("%s: a refusal (%d) that goes nowhere: %q", got.asked, got.status, got.header)
			}
			restored := b.withHTMX().with("HX-History-Restore-Request", "true").ask(w.method, w.path, formType(w.method), w.form)
			if !restored.isPage() && restored.status != http.StatusSeeOther {
				p.t.Errorf("%s from history: no page, status %d", got.asked, restored.status)
			}
		}
	})
}

// Every fragment is found in its page as it stands: one is a part of the other, not a second way to write it.
func TestFragmentsArePartsOfTheirPages(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	path := p.link()
	p.register(path, "nia@acme.example")
	form := p.filledIn(path, "not an address")
	for selector, ask := range map[string]func(b browser) answer{
		"#registration-link": func(b browser) answer { return b.get("/account/link/disable") },
		"#member-list":       func(b browser) answer { return b.get("/members?q=nia") },
		"#registration-form": func(b browser) answer { return b.post(path, form) },
		"#sign-in-form":      func(b browser) answer { return b.post("/sign-in", credentials("sue@acme.example", "wrong")) },
		"#send-again-form":   func(b browser) answer { return b.post("/confirm", nil) },
		"#forgot-form":       func(b browser) answer { return b.post("/forgot-password", nil) },
		"#password-form":     func(b browser) answer { return b.post("/preferences/password", nil) },
		"#new-user-form":     func(b browser) answer { return b.post("/members", newUser("x", app.LimitedUser)) },
	} {
		whole, part := ask(p.sue), ask(p.sue.withHTMX())
		if whole.status != part.status {
			t.Errorf("%s: the page has status %d, the fragment %d", selector, whole.status, part.status)
		}
		if inner(whole, selector) != inner(part, selector) {
			t.Errorf("%s is not the same in the page:\n%s\nand alone:\n%s", selector, inner(whole, selector), inner(part, selector))
		}
	}
}

// inner is the markup of an element, without where the focus goes: that is for swapped parts only.
func inner(a answer, selector string) string {
	a.t.Helper()
	a.find(selector)
	element := a.page().Find(selector).Clone()
	element.Find("[data-focus]").RemoveAttr("data-focus").RemoveAttr("tabindex")
	text, _ := goquery.OuterHtml(element)
	return text
}

func TestHTMXIsLedOnByItsHeader(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	path := p.link()
	nobody, super := browser{p: p}.withHTMX(), p.sue.withHTMX()
	for want, got := range map[string]answer{
		"/registered":            nobody.post(path, p.filledIn(path, "nia@acme.example")),
		"/dashboard":             nobody.post("/sign-in", credentials("sue@acme.example", password)),
		"/members":               super.post("/members", newUser("ada@acme.example", app.StandardUser)),
		"/sign-in?next=/account": nobody.get("/account"),
		"/sign-in?next=/members": nobody.get("/members"),
		"/sign-in":               nobody.get("/account/link/disable"),
		"/preferences":           super.post("/preferences", map[string][]string{"first_name": {"Sue"}, "last_name": {"Perez"}, "language": {"en"}}),
	} {
		if got.status != http.StatusOK || got.header.Get("HX-Redirect") != want || got.leadsTo() != "" {
			t.Errorf("%s: status %d, HX-Redirect %q, Location %q, want %s", got.asked, got.status, got.header.Get("HX-Redirect"), got.leadsTo(), want)
		}
	}
	refused := nobody.post("/account/link/generate", nil)
	p.want(refused, http.StatusUnauthorized)
	if refused.header.Get("HX-Retarget") != "#alert" || refused.attribute("[role=alert] a", "href") != "/sign-in" {
		t.Errorf("a form of somebody who was signed out goes nowhere: %s", refused.body)
	}
}

// hostile are headers by which a client or a proxy may name another host (T-48).
func hostile() []string {
	return []string{"Host", "X-Forwarded-Host", "X-Forwarded-Server", "X-Host", "X-Original-Host", "X-Original-Url", "X-Rewrite-Url", "Forwarded", "Origin", "Referer"}
}

// Links in pages and mails begin with the configured address, whatever a request says.
func TestT48LinksNameTheConfiguredHost(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	p.serve(func(c *web.Config) { c.TrustedProxies = append(ourProxies(), thePeer) })
	spoof := func(b browser) browser {
		for _, name := range hostile() {
			b = b.with(name, map[string]string{"Forwarded": "host=evil.example", "Origin": baseURL, "Referer": "https://evil.example/"}[name])
			if name != "Forwarded" && name != "Origin" && name != "Referer" {
				b.header.Set(name, "evil.example")
			}
		}
		return b.with("X-Forwarded-Proto", "https")
	}
	sue := spoof(p.sue)
	panel := sue.withHTMX().post("/account/link/generate", nil)
	address := panel.value("#registration-link-url")
	if !strings.HasPrefix(address, baseURL+"/register/rl1_") {
		t.Errorf("the panel gives out %s", address)
	}
	path := strings.TrimPrefix(address, baseURL)
	form := p.filledIn(path, "nia@acme.example")
	answers := []answer{
		panel, sue.get("/account"), sue.get("/help/registration-link"), sue.get("/"), sue.get("/members/new"), sue.get("/nothing"),
		spoof(browser{p: p}).get("/account"), spoof(browser{p: p}).get(path), spoof(browser{p: p}).post(path, form),
		sue.post("/members", newUser("ada@acme.example", app.StandardUser)), spoof(browser{p: p}).post("/confirm", map[string][]string{"email": {"nia@acme.example"}}),
	}
	p.deliver()
	for _, m := range p.mails {
		answers = append(answers, answer{t: t, asked: m.Subject, body: m.Text + m.HTML})
	}
	for _, got := range answers {
		if strings.Contains(got.body, "evil.example") || strings.Contains(got.leadsTo(), "//") {
			t.Errorf("%s leads to the host of the request: %s", got.asked, got.leadsTo())
		}
	}
	if n := len(p.mailsTo("nia@acme.example")); n == 0 || !slices.ContainsFunc(answers, func(a answer) bool { return strings.Contains(a.body, baseURL+"/confirm/rc1_") }) {
		t.Errorf("no mail leads to the configured host; %d mails", n)
	}
}
