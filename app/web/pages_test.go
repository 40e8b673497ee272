package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
)

// pages asks for every page of the portal by somebody who may, and for what it says when something is refused; dress changes how the
// visitors ask.
func (s *scene) pages(dress func(browser) browser) []answer {
	s.t.Helper()
	var all []answer
	for _, row := range s.rows() {
		v := s.visitOf(row)
		if row.Method != http.MethodGet || row.Who == "machine" || strings.HasSuffix(row.Path, ".svg") {
			continue
		}
		visitors := letIn(v.who)
		for _, name := range []string{visitors[0], visitors[len(visitors)-1]} {
			if got := dress(s.visitors[name]).get(v.path); got.status != http.StatusSeeOther {
				all = append(all, got)
			}
		}
	}
	return append(all, s.refusals(dress)...)
}

func (s *scene) refusals(dress func(browser) browser) []answer {
	s.t.Helper()
	nobody, super := dress(s.visitors["nobody"]), dress(s.visitors["super"])
	deadLink := s.link
	s.want(s.visitors["super"].post("/account/link/regenerate", nil), http.StatusSeeOther)
	bad := url.Values{"email": {"x"}, "first_name": {"\x00"}, "proof": {"serial_number"}, "phone": {"x"}}
	all := []answer{
		nobody.get(deadLink), nobody.post(deadLink, bad), nobody.get("/register/x"), nobody.get("/nothing"), super.get("/nothing"),
		nobody.post("/register", bad), nobody.post("/sign-in", bad), nobody.post("/confirm", bad), nobody.post("/forgot-password", bad), super.post("/preferences/password", bad),
		nobody.post("/account/link/generate", nil),
		super.post("/members", bad), super.post("/preferences", bad), super.get("/members?q=nobody+there"), super.get("/members?after=x"),
		nobody.post("/activate/x", bad), dress(s.visitors["standard"]).get("/account"), nobody.ask("PUT", "/sign-in", "", ""),
		nobody.ask("POST", "/sign-in", "application/json", "{}"), super.with("Origin", "https://evil.example").post("/members", nil),
	}
	for _, got := range all {
		if got.status < 400 && !strings.Contains(got.asked, "?q=") {
			s.t.Errorf("%s: status %d, want a refusal", got.asked, got.status)
		}
	}
	return all
}

func asThey(b browser) browser { return b }

// A page says which language it is in, what it is, and where its content begins; it has one heading of the first rank.
func TestPagesAreWellFormed(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	for _, got := range newScene(p).pages(asThey) {
		page := got.page()
		if lang, _ := page.Find("html").Attr("lang"); lang != "en" {
			t.Errorf("%s: language %q", got.asked, lang)
		}
		for selector, want := range map[string]int{"h1": 1, "main": 1, "main#content": 1, "main h1": 1, "head title": 1, "#toast": 1} {
			if n := page.Find(selector).Length(); n != want {
				t.Errorf("%s: %d of %s, want %d", got.asked, n, selector, want)
			}
		}
		if page.Find("[hx-post], [hx-get]").Length() > 0 && page.Find("#alert").Length() != 1 {
			t.Errorf("%s asks by HTMX and has no place for a refusal", got.asked)
		}
		if title := page.Find("head title").Text(); !strings.HasSuffix(title, " – Reglink") || strings.HasPrefix(title, " ") {
			t.Errorf("%s: title %q", got.asked, title)
		}
		for _, wrong := range slices.Concat(unlabelled(page), repeatedIDs(page), danglingReferences(page)) {
			t.Errorf("%s: %s", got.asked, wrong)
		}
	}
}

// unlabelled lists the fields and buttons of a page that have no words for a screen reader.
func unlabelled(page *goquery.Document) []string {
	var found []string
	for _, field := range page.Find("input:not([type=hidden]), select, textarea").EachIter() {
		id, _ := field.Attr("id")
		label := field.AttrOr("aria-label", "") + field.Closest("label").Text()
		if id != "" {
			label += page.Find(`label[for="` + id + `"]`).Text()
		}
		if plain(label) == "" {
			found = append(found, "no label for the field "+field.AttrOr("name", id))
		}
	}
	for _, button := range page.Find("button, a, summary").EachIter() {
		if plain(button.Text())+button.AttrOr("aria-label", "") == "" {
			text, _ := goquery.OuterHtml(button)
			found = append(found, "no words for "+text)
		}
	}
	return found
}

func repeatedIDs(page *goquery.Document) []string {
	var found []string
	seen := map[string]bool{}
	for _, element := range page.Find("[id]").EachIter() {
		id := element.AttrOr("id", "")
		if seen[id] && element.Closest("svg").Length() == 0 {
			found = append(found, "the id "+id+" stands twice")
		}
		seen[id] = true
	}
	return found
}

// danglingReferences lists where a page names an id that it has not.
func danglingReferences(page *goquery.Document) []string {
	var found []string
	for _, attribute := range []string{"for", "aria-describedby", "aria-labelledby", "aria-controls", "data-copy", "data-copy-status", "data-filter"} {
		for _, element := range page.Find("[" + attribute + "]").EachIter() {
			for id := range strings.FieldsSeq(element.AttrOr(attribute, "")) {
				if page.Find("#"+strings.TrimPrefix(id, "#")).Length() == 0 {
					found = append(found, attribute+" names "+id+", which is not there")
				}
			}
		}
	}
	return found
}

// Whoever is signed in can sign out on every page (ASVS 7.4.4).
func TestEveryPageSignsOut(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	s := newScene(p)
	seen := 0
	for _, row := range s.rows() {
		v := s.visitOf(row)
		if row.Method != http.MethodGet || !slices.Contains([]string{"signed in", "member", "super user"}, row.Who) || strings.HasSuffix(row.Path, ".svg") {
			continue
		}
		got := s.visitors["super"].get(v.path)
		if got.status != http.StatusOK || got.header.Get("Content-Type") != "text/html; charset=utf-8" {
			continue
		}
		seen++
		if !got.has("form[action='/sign-out'][method=post] [type=submit]") {
			t.Errorf("%s: no way to sign out", got.asked)
		}
	}
	if seen < 10 {
		t.Errorf("only %d pages were looked at", seen)
	}
}

// The Content-Security-Policy allows nothing inline, so pages hold no scripts, styles or handlers of their own, and nothing that htmx
// would have to evaluate (design.md, section 6).
func TestT31PagesHoldNothingInline(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	s := newScene(p)
	htmx := func(b browser) browser { return b.withHTMX() }
	for _, got := range append(s.pages(asThey), newScene(onePortal(t)).pages(htmx)...) {
		page := got.page()
		for _, selector := range []string{"script:not([src])", "style", "[style]", "iframe", "object", "embed", "base", "[href^='javascript:']"} {
			if n := page.Find(selector).Length(); n != 0 {
				t.Errorf("%s: %d of %s", got.asked, n, selector)
			}
		}
		for _, element := range page.Find("*").EachIter() {
			for _, attribute := range element.Get(0).Attr {
				if strings.HasPrefix(attribute.Key, "on") || strings.HasPrefix(attribute.Key, "hx-on") || strings.Contains(attribute.Val, "js:") {
					t.Errorf("%s: %s=%q", got.asked, attribute.Key, attribute.Val)
				}
			}
		}
		for _, loaded := range page.Find("script[src], link[href], img[src], source[src]").EachIter() {
			if url := loaded.AttrOr("src", "") + loaded.AttrOr("href", ""); !strings.HasPrefix(url, "/assets/") {
				t.Errorf("%s loads %s", got.asked, url)
			}
		}
	}
}

// Every link and form of a page leads to a row of the table that takes it, so nothing on a page is dead.
func TestLinksLeadSomewhere(t *testing.T) {
	t.Parallel()
	s := newScene(onePortal(t))
	seen := map[string]bool{}
	for _, got := range s.pages(asThey) {
		for _, element := range got.page().Find("a[href], form[action], [hx-get], [hx-post], [data-copy-record]").EachIter() {
			for _, attribute := range []string{"href", "action", "hx-get", "hx-post", "data-copy-record"} {
				target, ok := element.Attr(attribute)
				if !ok || strings.HasPrefix(target, "#") || strings.HasPrefix(target, "mailto:") || strings.HasPrefix(target, baseURL) {
					continue
				}
				method := map[string]string{"href": "GET", "hx-get": "GET"}[attribute]
				if method == "" {
					method = strings.ToUpper(element.AttrOr("method", "POST"))
				}
				seen[method+" "+target] = true
			}
		}
	}
	if len(seen) < 30 {
		t.Errorf("only %d links and forms were found", len(seen))
	}
	for asked := range seen {
		method, path, _ := strings.Cut(asked, " ")
		got := s.visitors["nobody"].ask(method, path, formType(method), "")
		if got.status == http.StatusMethodNotAllowed || strings.Contains(got.text(), en("page_unknown")) {
			t.Errorf("a page leads to %s: status %d", asked, got.status)
		}
	}
}
