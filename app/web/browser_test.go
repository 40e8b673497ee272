package web_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"
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

// withHeader sends a header too.
func (b browser) withHeader(name, value string) browser {
	b.header = b.header.Clone()
	if b.header == nil {
		b.header = http.Header{}
	}
	b.header.Add(name, value)
	return b
}

// withCookies sends the cookies that an answer set, as browsers do.
func (b browser) withCookies(a testResponse) browser {
	b.cookies = maps.Clone(b.cookies)
	if b.cookies == nil {
		b.cookies = map[string]string{}
	}
	for _, c := range a.cookies {
		b.cookies[c.Name] = c.Value
	}
	return b
}

func (b browser) get(path string) testResponse {
	b.p.t.Helper()
	return b.do(http.MethodGet, path, "", "")
}

func (b browser) post(path string, form url.Values) testResponse {
	b.p.t.Helper()
	return b.do(http.MethodPost, path, fiber.MIMEApplicationForm, form.Encode())
}

func (b browser) do(method, path, contentType, body string) testResponse {
	b.p.t.Helper()
	response, err := b.p.app.Test(b.newRequest(method, path, contentType, body), -1)
	b.p.check(err)
	return b.readResponse(method+" "+path, response)
}

func (b browser) newRequest(method, path, contentType, body string) *http.Request {
	request := httptest.NewRequestWithContext(context.Background(), method, b.p.base+path, strings.NewReader(body))
	for name, values := range b.header {
		request.Header[name] = values
		if name == "Host" {
			request.Host = values[0]
		}
	}
	if b.p.spoofHosts {
		request.Host = "evil.example"
		for _, name := range hostHeaders() {
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

func (b browser) readResponse(asked string, response *http.Response) testResponse {
	b.p.t.Helper()
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	b.p.check(err)
	a := testResponse{
		t: b.p.t, p: b.p, browser: b, request: asked, status: response.StatusCode, header: response.Header,
		body: string(text), cookies: response.Cookies(), parsed: &parsedBody{},
	}
	if a.status >= http.StatusInternalServerError && !b.p.allowServerErrors {
		b.p.t.Errorf("%s: status %d: %.300s\n%s", a.request, a.status, a.text(), b.p.logTail())
	}
	return a
}

// postMultipart is a multipart form with these files beside the fields.
func (b browser) postMultipart(path string, fields url.Values, files ...string) testResponse {
	b.p.t.Helper()
	var body bytes.Buffer
	parts := multipart.NewWriter(&body)
	for name, values := range fields {
		for _, value := range values {
			b.p.check(parts.WriteField(name, value))
		}
	}
	for i, content := range files {
		file, err := parts.CreateFormFile("file", fmt.Sprintf("list%d.csv", i))
		b.p.check(err)
		_, err = file.Write([]byte(content))
		b.p.check(err)
	}
	b.p.check(parts.Close())
	return b.do(http.MethodPost, path, parts.FormDataContentType(), body.String())
}

// postCSPReport sends a report as browsers do.
func (b browser) postCSPReport(report string) testResponse {
	b.p.t.Helper()
	return b.do(http.MethodPost, "/csp-report", "application/csp-report", report)
}

func (b browser) fromIP(address string) browser { return b.withHeader("X-Forwarded-For", address) }

// regenerateLink is a new link, by the browser's owner; its path.
func (b browser) regenerateLink() string {
	b.p.t.Helper()
	answer := b.withHTMX().post("/account/link/regenerate", nil)
	b.p.wantStatus(answer, http.StatusOK)
	return strings.TrimPrefix(answer.value("#registration-link-url"), b.p.base)
}

// beginStepAt gives the right password, from the browser's address, and stands before the second factor.
func (b browser) beginStepAt(server *portal) browser {
	server.t.Helper()
	b = browser{p: server, header: b.header}
	got := b.post("/sign-in", credentials("sue@acme.example", password))
	server.wantStatus(got, http.StatusSeeOther)
	return b.withCookies(got)
}
