package web_test

import (
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/PuerkitoBio/goquery"
)

// A page says which language it is in, what it is, and where its content begins; it has one heading of the first rank.
func TestPages_AreWellFormed(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	for _, got := range newRouteFixture(p).pages(asIs) {
		page := got.document()
		if lang, _ := page.Find("html").Attr("lang"); lang != "en" {
			t.Errorf("%s: language %q", got.request, lang)
		}
		for selector, want := range map[string]int{
			"h1": 1, "main": 1, "main#content": 1, "main h1": 1, "head title": 1,
			"#toast": 1,
		} {
			if n := page.Find(selector).Length(); n != want {
				t.Errorf("%s: %d of %s, want %d", got.request, n, selector, want)
			}
		}
		if page.Find("[hx-post], [hx-get]").Length() > 0 && page.Find("#alert").Length() != 1 {
			t.Errorf("%s asks by HTMX and has no place for a refusal", got.request)
		}
		if title := page.Find("head title").Text(); !strings.HasSuffix(title, " – Reglink") || strings.HasPrefix(title, " ") {
			t.Errorf("%s: title %q", got.request, title)
		}
		for _, wrong := range slices.Concat(unlabelled(page), repeatedIDs(page), danglingReferences(page)) {
			t.Errorf("%s: %s", got.request, wrong)
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
		if collapseSpace(label) == "" {
			found = append(found, "no label for the field "+field.AttrOr("name", id))
		}
	}
	for _, button := range page.Find("button, a, summary").EachIter() {
		if collapseSpace(button.Text())+button.AttrOr("aria-label", "") == "" {
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
	for _, attribute := range []string{
		"for", "aria-describedby", "aria-labelledby", "aria-controls", "data-copy",
		"data-copy-status", "data-filter",
	} {
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
func TestPages_OfferSignOut(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	s := newRouteFixture(p)
	seen := 0
	for _, row := range s.routes() {
		v := s.caseFor(row)
		if row.Method != http.MethodGet || !slices.Contains([]string{"signed in", "member", "super user"}, row.Who) ||
			strings.HasSuffix(row.Path, ".svg") {
			continue
		}
		got := s.visitors["super"].get(v.path)
		if got.status != http.StatusOK || got.header.Get("Content-Type") != "text/html; charset=utf-8" {
			continue
		}
		seen++
		if !got.has("form[action='/sign-out'][method=post] [type=submit]") {
			t.Errorf("%s: no way to sign out", got.request)
		}
	}
	if seen < 10 {
		t.Errorf("only %d pages were looked at", seen)
	}
}

// The Content-Security-Policy allows nothing inline, so pages hold no scripts, styles or handlers of their
// own, and nothing that htmx would have to evaluate (design.md, section 6).
func TestT31_PagesHoldNothingInline(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	s := newRouteFixture(p)
	htmx := func(b browser) browser { return b.withHTMX() }
	for _, got := range append(s.pages(asIs), newRouteFixture(sqlitePortal(t)).pages(htmx)...) {
		page := got.document()
		for _, selector := range []string{
			"script:not([src])", "style", "[style]", "iframe", "object", "embed", "base",
			"[href^='javascript:']",
		} {
			if n := page.Find(selector).Length(); n != 0 {
				t.Errorf("%s: %d of %s", got.request, n, selector)
			}
		}
		for _, element := range page.Find("*").EachIter() {
			for _, attribute := range element.Get(0).Attr {
				if strings.HasPrefix(attribute.Key, "on") || strings.HasPrefix(attribute.Key, "hx-on") ||
					strings.Contains(attribute.Val, "js:") {
					t.Errorf("%s: %s=%q", got.request, attribute.Key, attribute.Val)
				}
			}
		}
		for _, loaded := range page.Find("script[src], link[href], img[src], source[src]").EachIter() {
			if url := loaded.AttrOr("src", "") + loaded.AttrOr("href", ""); !strings.HasPrefix(url, "/assets/") {
				t.Errorf("%s loads %s", got.request, url)
			}
		}
	}
}

// Every link and form of a page leads to a row of the table that takes it, so nothing on a page is dead.
func TestPages_LinksLeadToARoute(t *testing.T) {
	t.Parallel()
	s := newRouteFixture(sqlitePortal(t))
	seen := map[string]bool{}
	for _, got := range s.pages(asIs) {
		for _, element := range got.document().Find(
			"a[href], form[action], [hx-get], [hx-post], [data-copy-record]").EachIter() {
			for _, attribute := range []string{"href", "action", "hx-get", "hx-post", "data-copy-record"} {
				target, ok := element.Attr(attribute)
				if !ok || strings.HasPrefix(target, "#") || strings.HasPrefix(target, "mailto:") ||
					strings.HasPrefix(target, baseURL) {
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
		got := s.visitors["nobody"].do(method, path, contentTypeOf(method), "")
		if got.status == http.StatusMethodNotAllowed || strings.Contains(got.text(), en("page_unknown")) {
			t.Errorf("a page leads to %s: status %d", asked, got.status)
		}
	}
}

var sentencePattern = regexp.MustCompile(`^[^{]{14,}$`)

// catalogue gives the sentences of a language that hold no values, by id.
func catalogue(t *testing.T, tag string) map[string]string {
	t.Helper()
	text, err := os.ReadFile("../../views/messages/" + tag + ".toml")
	if err != nil {
		t.Fatal(err)
	}
	all, entries := map[string]string{}, map[string]any{}
	if err := toml.Unmarshal(text, &entries); err != nil {
		t.Fatal(err)
	}
	for id, entry := range entries {
		if sentence, ok := entry.(string); ok && sentencePattern.MatchString(sentence) && !strings.HasPrefix(id, "mail_") {
			all[id] = collapseSpace(sentence)
		}
	}
	return all
}

// A German page has no English sentence on it, and the other way round: every word that people read comes
// from the catalogues.
func TestPages_AreInOneLanguage(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	s := newRouteFixture(p)
	for tag, other := range map[string]string{"de": "en", "en": "de"} {
		speaks := func(b browser) browser {
			b.cookies = map[string]string{"language": tag}
			return b
		}
		ours, theirs := catalogue(t, tag), catalogue(t, other)
		said := 0
		for _, page := range s.pages(speaks) {
			if got := page.attribute("html", "lang"); got != tag {
				t.Errorf("%s is in %q, want %q", page.request, got, tag)
			}
			if strings.Contains(page.request, "/operator/notices/") {
				continue // it shows a mail, which is in its recipient's language
			}
			text := page.text()
			for id, sentence := range theirs {
				if strings.Contains(text, sentence) && ours[id] != sentence {
					t.Errorf("%s in %s says %s in %s: %q", page.request, tag, id, other, sentence)
				}
			}
			for _, sentence := range ours {
				if strings.Contains(text, sentence) {
					said++
				}
			}
		}
		if said < 300 {
			t.Errorf("only %d sentences were found on the pages in %s", said, tag)
		}
	}
}
