package web_test

import (
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/PuerkitoBio/goquery"
	"github.com/gofiber/fiber/v2"

	"reglink/views/messages"
)

// browser asks the portal as a browser does; htmx makes it ask as HTMX does.
type browser struct {
	p       *portal
	cookie  string            // of the session
	cookies map[string]string // the others
	htmx    bool
	header  http.Header
}

func (b browser) withHTMX() browser {
	b.htmx = true
	return b
}

// with sends a header too.
func (b browser) with(name, value string) browser {
	b.header = b.header.Clone()
	if b.header == nil {
		b.header = http.Header{}
	}
	b.header.Add(name, value)
	return b
}

// keeping sends the cookies that an answer set, as browsers do.
func (b browser) keeping(a answer) browser {
	b.cookies = maps.Clone(b.cookies)
	if b.cookies == nil {
		b.cookies = map[string]string{}
	}
	for _, c := range a.cookies {
		b.cookies[c.Name] = c.Value
	}
	return b
}

func (b browser) get(path string) answer {
	b.p.t.Helper()
	return b.ask(http.MethodGet, path, "", "")
}

func (b browser) post(path string, form url.Values) answer {
	b.p.t.Helper()
	return b.ask(http.MethodPost, path, fiber.MIMEApplicationForm, form.Encode())
}

func (b browser) ask(method, path, contentType, body string) answer {
	b.p.t.Helper()
	response, err := b.p.app.Test(b.request(method, path, contentType, body), -1)
	b.p.check(err)
	return b.answer(method+" "+path, response)
}

func (b browser) request(method, path, contentType, body string) *http.Request {
	request := httptest.NewRequestWithContext(context.Background(), method, b.p.base+path, strings.NewReader(body))
	for name, values := range b.header {
		request.Header[name] = values
		if name == "Host" {
			request.Host = values[0]
		}
	}
	if b.p.lies {
		request.Host = "evil.example"
		for _, name := range hostile() {
			request.Header.Set(name, "evil.example")
		}
		request.Header.Set("Forwarded", "host=evil.example;proto=https")
		request.Header.Set("Origin", b.p.base)
		request.Header.Set("Referer", "https://evil.example/")
	}
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	for name, value := range b.cookies {
		request.AddCookie(&http.Cookie{Name: name, Value: value})
	}
	if b.cookie != "" {
		request.AddCookie(&http.Cookie{Name: b.p.cookieName("session"), Value: b.cookie})
	}
	if b.htmx {
		request.Header.Set("HX-Request", "true")
	}
	return request
}

// cookieName is a cookie's name as the portal of that address sets it.
func (p *portal) cookieName(name string) string {
	if strings.HasPrefix(p.base, "https:") {
		return "__Host-" + name
	}
	return name
}

func (b browser) answer(asked string, response *http.Response) answer {
	b.p.t.Helper()
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	b.p.check(err)
	a := answer{
		t: b.p.t, p: b.p, by: b, asked: asked, status: response.StatusCode, header: response.Header,
		body: string(text), cookies: response.Cookies(), parsed: &parsed{},
	}
	if a.status >= http.StatusInternalServerError && !b.p.faults {
		b.p.t.Errorf("%s: status %d: %.300s\n%s", a.asked, a.status, a.text(), b.p.lately())
	}
	return a
}

// answer is what came back.
type answer struct {
	t       testing.TB
	p       *portal
	by      browser // who asked
	asked   string
	status  int
	header  http.Header
	body    string
	cookies []*http.Cookie
	parsed  *parsed
}

// set gives a cookie that the answer sets, by its name without a prefix, or nil.
func (a answer) set(name string) *http.Cookie {
	for _, c := range a.cookies {
		if c.Name == a.p.cookieName(name) {
			return c
		}
	}
	return nil
}

func (a answer) cookie(name string) string {
	if c := a.set(name); c != nil {
		return c.Value
	}
	return ""
}

func (a answer) leadsTo() string { return a.header.Get("Location") }

// page is what the answer says, read once: many look at one answer.
func (a answer) page() *goquery.Document {
	a.t.Helper()
	if a.parsed == nil {
		a.parsed = &parsed{}
	}
	if a.parsed.page != nil && a.parsed.body == a.body {
		return a.parsed.page
	}
	text := a.body
	if strings.HasPrefix(text, "<tr") { // alone it is no HTML, and would be dropped
		text = "<table>" + text
	}
	page, err := goquery.NewDocumentFromReader(strings.NewReader(text))
	if err != nil {
		a.t.Fatal(err)
	}
	*a.parsed = parsed{body: a.body, page: page}
	return page
}

// parsed is a body that was read, and what it says.
type parsed struct {
	body string
	page *goquery.Document
}

// text is what a person reads, without the white space between.
func (a answer) text() string { return plain(a.page().Text()) }

func plain(text string) string { return strings.Join(strings.Fields(text), " ") }

// find gives the text of what the selector finds, which must be there.
func (a answer) find(selector string) string {
	a.t.Helper()
	found := a.page().Find(selector)
	if found.Length() == 0 {
		a.t.Fatalf("%s: nothing at %q in: %.600s", a.asked, selector, a.text())
	}
	return plain(found.Text())
}

func (a answer) value(selector string) string {
	a.t.Helper()
	return a.attribute(selector, "value")
}

func (a answer) attribute(selector, name string) string {
	a.t.Helper()
	value, ok := a.page().Find(selector).Attr(name)
	if !ok {
		a.t.Fatalf("%s: no %s at %q in: %.600s", a.asked, name, selector, a.text())
	}
	return value
}

func (a answer) has(selector string) bool { return a.page().Find(selector).Length() > 0 }

// en is a sentence of the English catalogue: tests are about when it is said, not about its words.
func en(id string, pairs ...any) string { return messages.For("en").T(id, pairs...) }

// isPage tells whether the answer is a whole page, and not a part of one.
func (a answer) isPage() bool { return strings.Contains(a.body, "<html") }
