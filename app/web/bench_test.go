package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"

	"github.com/gofiber/fiber/v2"
	"github.com/valyala/fasthttp"

	"reglink/app"
	"reglink/app/web"
	"reglink/db/dbtest"
)

// ask runs one request through the whole server, without a socket.
func ask(b *testing.B, p *portal, method, path string, form url.Values, cookie string) *fasthttp.RequestCtx {
	b.Helper()
	c := &fasthttp.RequestCtx{}
	c.Request.Header.SetMethod(method)
	c.Request.SetRequestURI(baseURL + path)
	if form != nil {
		c.Request.Header.SetContentType(fiber.MIMEApplicationForm)
		c.Request.Header.Set("HX-Request", "true")
		c.Request.SetBodyString(form.Encode())
	}
	if cookie != "" {
		c.Request.Header.SetCookie("session", cookie)
	}
	p.app.Handler()(c)
	if status := c.Response.StatusCode(); status != http.StatusOK {
		b.Fatalf("%s %s: status %d", method, path, status)
	}
	return c
}

// measured runs a benchmark on both databases and reports the statements of one operation.
func measured(b *testing.B, one func(b *testing.B, p *portal, path string, n int)) {
	dbtest.EachURL(b, func(b *testing.B, databaseURL string) {
		p := newPortal(b, databaseURL)
		p.serve(func(c *web.Config) { c.Hasher = app.NewHasher(app.OWASPMinimum) })
		path := p.link()
		before, n := p.store.Statements(), 0
		for b.Loop() {
			n++
			one(b, p, path, n)
		}
		b.ReportMetric(float64(p.store.Statements()-before)/float64(n), "statements/op")
	})
}

func BenchmarkOpenForm(b *testing.B) {
	measured(b, func(b *testing.B, p *portal, path string, _ int) {
		ask(b, p, http.MethodGet, path, nil, "")
	})
}

func BenchmarkLiveCheckOfEmail(b *testing.B) {
	form := url.Values{"email": {"nia@acme.example"}, "submission_id": {app.NewSubmissionID()}}
	measured(b, func(b *testing.B, p *portal, path string, _ int) {
		ask(b, p, http.MethodPost, path+"/check/email", form, "")
	})
}

func BenchmarkLiveCheckOfPassword(b *testing.B) {
	form := url.Values{"password": {password}, "submission_id": {app.NewSubmissionID()}}
	measured(b, func(b *testing.B, p *portal, path string, _ int) {
		ask(b, p, http.MethodPost, path+"/check/password", form, "")
	})
}

// One registration at a time; its hash is argon2id with 19 MiB, two passes and one lane.
func BenchmarkRegistrationArgon2id19MiB(b *testing.B) {
	measured(b, func(b *testing.B, p *portal, path string, n int) {
		form := url.Values{
			"first_name": {"Nia"}, "last_name": {"Okafor"}, "email": {fmt.Sprintf("nia%d@acme.example", n)},
			"password": {password}, "eula": {app.EULAVersion}, "submission_id": {app.NewSubmissionID()},
		}
		ask(b, p, http.MethodPost, path, form, "")
	})
}

func BenchmarkAccountDetails(b *testing.B) {
	measured(b, func(b *testing.B, p *portal, _ string, _ int) {
		ask(b, p, http.MethodGet, "/account", nil, p.sue.cookie)
	})
}

// BenchmarkArgon2id19MiB is the hash alone: what a registration costs at least.
func BenchmarkArgon2id19MiB(b *testing.B) {
	hasher := app.NewHasher(app.OWASPMinimum)
	for b.Loop() {
		if _, err := hasher.Hash(b.Context(), password); err != nil {
			b.Fatal(err)
		}
	}
}
