package web_test

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"reglink/app"
)

// hostileNames are people's own, however they look to a program.
func hostileNames() []string {
	return []string{
		"O'Neill", "D\u2019Angelo", "\u0645\u0631\u064a\u0645", "\u05d3\u05d5\u05d3", "Zo\u00eb \U0001F98A", "\u674e",
		"\u00d1and\u00fa",
		"<x-eve>", "</title><x-eve>", `"><x-eve a="`, "'><x-eve a='", "<script>x</script>", "{{.Name}}", "{{ 7*7 }}",
		"%s%d%!", "${7*7}",
		"=1+1", "null", "Robert'); DROP TABLE identities;--", "&lt;b&gt;", "a&b", `a\nb`, "Anne-Marie de la Tour",
		strings.Repeat("\u00e9", app.MaxName),
		"<img src=x onerror=x-eve>", "<svg onload=x-eve>", "<svg/onload=x-eve>", `<a href="javascript:x">x</a>`,
		"<iframe srcdoc=x>", "<style>*{}</style>",
		"<base href=//evil.example>", "<form action=//evil.example>", "<details open ontoggle=x>",
		"<input autofocus onfocus=x>", "<math><mi xlink:href=x>",
		"<!--<x-eve>-->", "<![CDATA[<x-eve>]]>", "<?php x-eve ?>", "<%= x %>", "#{7*7}", "*{7*7}", "@{x}", "{%x%}", "[[x]]",
		"</script><x-eve>",
		"</style><x-eve>", "</textarea><x-eve>", "--><x-eve>", `\"><x-eve>`, "&#60;x-eve&#62;", "&lt;x-eve&gt;",
		"\u003cx-eve\u003e", "\uff1cx-eve\uff1e",
		"%3Cx-eve%3E", "`x-eve`", `" autofocus onfocus="x`, "' onmouseover='x", "x onclick=x", "javascript:x",
		"data:text/html,x",
	}
}

// Names are accepted as people write them, kept as they are, and escaped wherever they are shown (T-31).
func TestT31_NamesAreShownAsTheyAre(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		for i, name := range hostileNames() {
			p.clock.advance(time.Second) // the newest come first
			form := p.registrationForm(path, fmt.Sprintf("n%02d@acme.example", i))
			form.Set("first_name", name)
			form.Set("last_name", name)
			form.Set("job_title", name)
			p.wantStatus(browser{p: p}.post(path, form), http.StatusSeeOther)
			page := p.sue.get(fmt.Sprintf("/members?q=n%02d@acme", i))
			if got := page.textAt("tbody tr th"); !strings.Contains(got, name+" "+name) {
				p.t.Errorf("%q is shown among the members as %q", name, got)
			}
			for _, path := range []string{
				"/account", "/dashboard", "/members", "/activity",
				p.memberPath(fmt.Sprintf("n%02d@acme.example", i)),
			} {
				got := p.sue.get(path)
				wantNoInjectedMarkup(got)
				if !strings.Contains(got.textAt("main"), name) {
					p.t.Errorf("%s does not show %q", path, name)
				}
			}
		}
		if n := len(hostileNames()); n < 60 {
			p.t.Errorf("only %d names were tried", n)
		}
		p.wantNoInjectedMarkupInMails()
	})
}

// wantNoInjectedMarkup wants nothing in a page that came from a name.
func wantNoInjectedMarkup(a testResponse) {
	a.t.Helper()
	if found := injectedMarkup(a.document()); found != "" {
		a.t.Errorf("%s: a name became markup: %s", a.request, found)
	}
}

func injectedMarkup(page *goquery.Document) string {
	found := page.Find("x-eve, script:not([src]), [a], b, [onerror], [onclick], [onload], [onfocus], [ontoggle], " +
		"[onmouseover], [autofocus][onfocus], " +
		"iframe, object, embed, base, math, img[src=x], body style, a[href^='javascript:'], form[action*='evil']")
	if found.Length() == 0 {
		return ""
	}
	text, _ := goquery.OuterHtml(found.First())
	return text
}

func (p *portal) wantNoInjectedMarkupInMails() {
	p.t.Helper()
	p.deliverMails()
	if len(p.mails) < len(hostileNames()) {
		p.t.Errorf("%d mails for %d people", len(p.mails), len(hostileNames()))
	}
	for _, m := range p.mails {
		page, err := goquery.NewDocumentFromReader(strings.NewReader(m.HTML))
		p.check(err)
		if found := injectedMarkup(page); found != "" {
			p.t.Errorf("%s: a name became markup in a mail: %s", m.Subject, found)
		}
	}
}

// Whoever reads whatever page of the route table: what it shows of people, accounts and browsers is text.
func TestT31_EveryPageEscapesNames(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t) // what is stored comes back as it was on both databases: the test above
	s := newRouteFixture(p)
	const name = `"><x-eve a="' onload=x>`
	for _, column := range append(app.ProfileFields(), "first_name", "last_name") {
		p.exec("UPDATE identities SET "+column+" = ?", name)
	}
	p.exec("UPDATE accounts SET name = ?", name)
	p.exec("UPDATE sessions SET user_agent = ?", name)
	shown := map[string]bool{}
	for _, row := range s.routes() {
		if row.Method != http.MethodGet || row.Who == "machine" {
			continue
		}
		for _, who := range admittedVisitors(row.Who) {
			for _, b := range []browser{s.visitors[who], s.visitors[who].withHTMX()} {
				got := b.get(s.caseFor(row).path)
				wantNoInjectedMarkup(got)
				if strings.Contains(got.text(), name) {
					shown[row.Path] = true
				}
			}
		}
	}
	if len(shown) < 25 {
		t.Errorf("only %d pages show a name: %q", len(shown), slices.Sorted(maps.Keys(shown)))
	}
}

// An account's name, a created user's name and what was typed into forms are as foreign as a new user's name.
func TestT31_AccountNamesAndSearchesAreShownAsTheyAre(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t) // what is stored comes back as it was on both databases: the test above
	for i, name := range hostileNames() {
		email := fmt.Sprintf("s%02d@names.example", i)
		p.addAccount(name, fmt.Sprintf("N-%02d", i), email)
		super := p.signIn(email)
		panel := super.withHTMX().post("/account/link/generate", nil)
		created := super.withHTMX().post("/members", url.Values{
			"first_name": {name}, "last_name": {name}, "email": {"u" + email}, "role": {"standard"},
		})
		p.wantStatus(created, http.StatusOK)
		for selector, got := range map[string]testResponse{
			"#registration-link": panel, "h1": browser{p: p}.get(strings.TrimPrefix(panel.value("#registration-link-url"),
				baseURL)),
			"#toast": super.withCookies(created).get("/members"), "#content > div": super.get("/account"),
			"#registration-link p": super.get("/account/link/disable"),
			"main h1":              super.get("/dashboard"),
		} {
			wantNoInjectedMarkup(got)
			if !strings.Contains(got.textAt(selector), name) {
				p.t.Errorf("%s does not show %q at %s", got.request, name, selector)
			}
		}
		search := super.get("/members?q=" + url.QueryEscape(name))
		wantNoInjectedMarkup(search)
		if got := search.value("#q"); got != name {
			p.t.Errorf("searched was %q, shown is %q", name, got)
		}
	}
	p.wantNoInjectedMarkupInMails()
}

// What was refused comes back as it was typed, into attributes too.
func TestT31_RefusedInputIsEscaped(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t) // what is stored comes back as it was on both databases: the test above
	for _, f := range allFormCases(p) {
		// it has nothing to type into that comes back
		if f.passwordsOnly || (len(f.required) == 1 && f.required[0] == "role") {
			continue
		}
		for _, name := range hostileNames() {
			form := f.withField("password")
			for _, field := range append(app.ProfileFields(), "first_name", "last_name", "email", "order_summary", "expires",
				"max_uses", "domains", "addresses") {
				if form.Has(field) || field == "phone" {
					form.Set(field, name)
				}
			}
			got := f.browser.post(f.path, form)
			p.wantStatus(got, http.StatusUnprocessableEntity)
			wantNoInjectedMarkup(got)
			got.wantFieldValues(form)
		}
	}
}
