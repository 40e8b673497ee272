package web_test

import (
	"encoding/csv"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"

	"reglink/views/messages"
)

// testResponse is what came back.
type testResponse struct {
	t       testing.TB
	p       *portal
	browser browser // who asked
	request string
	status  int
	header  http.Header
	body    string
	cookies []*http.Cookie
	parsed  *parsedBody
}

// activityLines gives the lines of the activity list on a page, newest first: what, when and from where.
func (a testResponse) activityLines() []string {
	a.t.Helper()
	var lines []string
	for _, row := range a.document().Find("#activity-list tbody tr").EachIter() {
		var cells []string
		for _, cell := range row.Find("th p, td").EachIter() {
			cells = append(cells, collapseSpace(cell.Text()))
		}
		lines = append(lines, strings.Join(cells, " | "))
	}
	return lines
}

// csvRows are a downloaded sheet, without the mark at its beginning.
func (a testResponse) csvRows() [][]string {
	a.t.Helper()
	text, marked := strings.CutPrefix(a.body, "\uFEFF")
	if a.status != http.StatusOK || !marked || a.header.Get("Content-Type") != "text/csv; charset=utf-8" {
		a.t.Fatalf("%s is no sheet: status %d, %q: %.200s", a.request, a.status, a.header.Get("Content-Type"), a.body)
	}
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	a.p.check(err)
	return rows
}

// hiddenFieldsOf gives what the hidden fields of a form send.
func (a testResponse) hiddenFieldsOf(form string) url.Values {
	values := url.Values{}
	a.document().Find(form + " input[type=hidden]").Each(func(_ int, input *goquery.Selection) {
		values.Add(input.AttrOr("name", ""), input.AttrOr("value", ""))
	})
	return values
}

func (a testResponse) pendingIDs() []string {
	a.t.Helper()
	var all []string
	for _, row := range a.document().Find("#pending-list tbody tr").EachIter() {
		all = append(all, strings.TrimPrefix(row.AttrOr("id", ""), "pending-"))
	}
	return all
}

// setCookie gives a cookie that the answer sets, by its name without a prefix, or nil.
func (a testResponse) setCookie(name string) *http.Cookie {
	for _, c := range a.cookies {
		if c.Name == a.p.cookieName(name) {
			return c
		}
	}
	return nil
}

func (a testResponse) cookie(name string) string {
	if c := a.setCookie(name); c != nil {
		return c.Value
	}
	return ""
}

func (a testResponse) location() string { return a.header.Get("Location") }

// document is what the answer says, read once: many look at one answer.
func (a testResponse) document() *goquery.Document {
	a.t.Helper()
	if a.parsed == nil {
		a.parsed = &parsedBody{}
	}
	if a.parsed.document != nil && a.parsed.body == a.body {
		return a.parsed.document
	}
	text := a.body
	if strings.HasPrefix(text, "<tr") { // alone it is no HTML, and would be dropped
		text = "<table>" + text
	}
	page, err := goquery.NewDocumentFromReader(strings.NewReader(text))
	if err != nil {
		a.t.Fatal(err)
	}
	*a.parsed = parsedBody{body: a.body, document: page}
	return page
}

// text is what a person reads, without the white space between.
func (a testResponse) text() string { return collapseSpace(a.document().Text()) }

// textAt gives the text of what the selector finds, which must be there.
func (a testResponse) textAt(selector string) string {
	a.t.Helper()
	found := a.document().Find(selector)
	if found.Length() == 0 {
		a.t.Fatalf("%s: nothing at %q in: %.600s", a.request, selector, a.text())
	}
	return collapseSpace(found.Text())
}

func (a testResponse) value(selector string) string {
	a.t.Helper()
	return a.attribute(selector, "value")
}

func (a testResponse) attribute(selector, name string) string {
	a.t.Helper()
	value, ok := a.document().Find(selector).Attr(name)
	if !ok {
		a.t.Fatalf("%s: no %s at %q in: %.600s", a.request, name, selector, a.text())
	}
	return value
}

func (a testResponse) has(selector string) bool { return a.document().Find(selector).Length() > 0 }

// isPage tells whether the answer is a whole page, and not a part of one.
func (a testResponse) isPage() bool { return strings.Contains(a.body, "<html") }

// problems gives what stands beside the fields, by field.
func (a testResponse) problems() map[string]string {
	a.t.Helper()
	all := map[string]string{}
	for _, said := range a.document().Find("[id^=problem-]").EachIter() {
		id, _ := said.Attr("id")
		all[strings.TrimPrefix(id, "problem-")] = collapseSpace(said.Text())
	}
	return all
}

// alert is what is said above a form or on a page of its own, where no field is to blame.
func (a testResponse) alert() string {
	a.t.Helper()
	return collapseSpace(a.document().Find("[role=alert]:not(.sr-only)").First().Text())
}

// linkMemberEmails gives the addresses in the list of those who came by a link, the newest first.
func (a testResponse) linkMemberEmails() string {
	a.t.Helper()
	var all []string
	for _, row := range a.document().Find("#link-members li p:last-child").EachIter() {
		if email := collapseSpace(row.Text()); strings.Contains(email, "@") {
			all = append(all, email)
		}
	}
	return strings.Join(all, " ")
}

// retryAfter is how many seconds a refused client is told to wait, by header and in words.
func (a testResponse) retryAfter() int {
	a.t.Helper()
	seconds, err := strconv.Atoi(a.header.Get("Retry-After"))
	if err != nil || seconds < 1 || seconds > 1800 {
		a.t.Fatalf("%s: Retry-After is %q", a.request, a.header.Get("Retry-After"))
	}
	said := en("slow_down", "Seconds", seconds)
	if seconds > 120 {
		said = en("slow_down_minutes", "Count", (seconds+59)/60)
	}
	if !strings.Contains(a.text(), said) {
		a.t.Errorf("%s: does not say %q: %.300s", a.request, said, a.text())
	}
	return seconds
}

// wantLinkPanelParts wants everything that the panel of a living link is made of.
func (a testResponse) wantLinkPanelParts() {
	a.t.Helper()
	for _, selector := range []string{
		"input#registration-link-url[readonly]",
		`button[data-copy="#registration-link-url"][data-copy-record="/account/link/copied"]`,
		`#registration-link a[href^="mailto:"]`, `a[href="/account/link/regenerate"][hx-get]`,
		`a[href="/account/link/disable"][hx-get]`,
		`#registration-link a[href="/account/link/invitations"]`, `#registration-link a[href="/account/link/invitation"]`,
		"#copy-status[role=status]", `#registration-link a[href="/help/registration-link"]`, "noscript",
	} {
		if !a.has(selector) {
			a.t.Errorf("the panel lacks %s", selector)
		}
	}
}

func (a testResponse) memberRowIDs() []string {
	a.t.Helper()
	var all []string
	for _, row := range a.document().Find("tbody tr").EachIter() {
		all = append(all, row.AttrOr("id", ""))
	}
	return all
}

// wantFieldValues wants the fields to hold what was sent in them.
func (a testResponse) wantFieldValues(form url.Values) {
	a.t.Helper()
	fields := a.document().Find("main form input[name]").Not("[type=checkbox], [type=radio], [type=password], [name=next]")
	if fields.Length() == 0 {
		a.t.Errorf("%s: no field came back", a.request)
	}
	for _, field := range fields.EachIter() {
		name, _ := field.Attr("name")
		if value, _ := field.Attr("value"); value != form.Get(name) {
			a.t.Errorf("%s: %s came back as %q, typed was %q", a.request, name, value, form.Get(name))
		}
	}
}

// parsedBody is a body that was read, and what it says.
type parsedBody struct {
	body     string
	document *goquery.Document
}

// wantRefusal wants a refused request answered in words, by a page of ours with everything that protects it,
// or by a fragment.
func wantRefusal(got testResponse, status int) {
	got.t.Helper()
	if got.status != status {
		got.t.Errorf("%s: status %d, want %d: %.200s", got.request, got.status, status, got.text())
		return
	}
	wantSecurityHeaders(got)
	if got.textAt("h1") == "" || got.textAt("main p") == "" {
		got.t.Errorf("%s: not a page of ours: %.300s", got.request, got.body)
	}
}

func collapseSpace(text string) string { return strings.Join(strings.Fields(text), " ") }

// en is a sentence of the English catalogue: tests are about when it is said, not about its words.
func en(id string, pairs ...any) string { return messages.Strict().T(id, pairs...) }
