package web_test

import (
	"fmt"
	"net/http"
	"testing"

	"reglink/app"
	"reglink/app/web"
	"reglink/db/dbtest"
)

// eachBench runs a benchmark on a portal with SQLite and on one with MySQL. It reports the statements of one operation, too.
func eachBench(b *testing.B, prepare func(p *portal) func()) {
	b.Helper()
	dbtest.EachURL(b, func(b *testing.B, databaseURL string) {
		b.Helper()
		p := newPortal(b, databaseURL)
		do := prepare(p)
		do()
		before := p.store.Statements()
		b.ReportAllocs()
		for b.Loop() {
			do()
		}
		b.ReportMetric(float64(p.store.Statements()-before)/float64(b.N), "statements/op")
	})
}

// BenchmarkOpenForm is a new user opening the registration link.
func BenchmarkOpenForm(b *testing.B) {
	eachBench(b, func(p *portal) func() {
		path := p.link()
		return func() { p.want(browser{p: p}.get(path), http.StatusOK) }
	})
}

// BenchmarkLiveCheck is the most expensive live check: the email, which is looked up.
func BenchmarkLiveCheck(b *testing.B) {
	eachBench(b, func(p *portal) func() {
		path := p.link()
		form := p.filledIn(path, "nia@acme.example")
		return func() { p.want(browser{p: p}.withHTMX().post(path+"/check/email", form), http.StatusOK) }
	})
}

// BenchmarkRegistration is a whole registration with the password hash of the product, and without one to show what else it costs.
func BenchmarkRegistration(b *testing.B) {
	for _, params := range []app.HashParams{app.OWASPMinimum, cheap} {
		name := fmt.Sprintf("argon2id-%gMiB-t%d-p%d", float64(params.Memory)/1024, params.Time, params.Lanes)
		b.Run(name, func(b *testing.B) {
			eachBench(b, func(p *portal) func() {
				p.serve(func(c *web.Config) { c.Hasher = app.NewHasher(params) })
				path, n := p.link(), 0
				form := p.filledIn(path, "")
				return func() {
					n++
					form.Set("email", fmt.Sprintf("n%d@acme.example", n))
					form.Set("submission_id", app.NewSubmissionID())
					p.want(browser{p: p}.post(path, form), http.StatusSeeOther)
				}
			})
		})
	}
}

// BenchmarkPanel is a Super User's panel of a link through which people registered.
func BenchmarkPanel(b *testing.B) {
	eachBench(b, func(p *portal) func() {
		path := p.link()
		for i := range 10 {
			p.register(path, fmt.Sprintf("n%d@acme.example", i))
		}
		return func() { p.want(p.sue.withHTMX().get("/account"), http.StatusOK) }
	})
}

// BenchmarkLimits is what a sign-in costs with the limits and without, its hash left out.
func BenchmarkLimits(b *testing.B) {
	for name, hold := range map[string]bool{"on": true, "off": false} {
		b.Run("limits-"+name, func(b *testing.B) {
			eachBench(b, func(p *portal) func() {
				p.serve(func(c *web.Config) { c.Limits = hold })
				return func() {
					p.want(browser{p: p}.post("/sign-in", credentials("sue@acme.example", password)), http.StatusSeeOther)
				}
			})
		})
	}
}
