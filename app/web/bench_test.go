package web_test

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"testing"
	"time"

	"reglink/app"
	"reglink/db/dbtest"
)

// benchEachDatabase runs a benchmark on a portal with SQLite and on one with MySQL. It reports the statements
// of one operation, too.
func benchEachDatabase(b *testing.B, prepare func(p *portal) func()) {
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
	benchEachDatabase(b, func(p *portal) func() {
		path := p.generateLink()
		return func() { p.wantStatus(browser{p: p}.get(path), http.StatusOK) }
	})
}

// BenchmarkLiveCheck is the most expensive live check: the email, which is looked up.
func BenchmarkLiveCheck(b *testing.B) {
	benchEachDatabase(b, func(p *portal) func() {
		path := p.generateLink()
		form := p.registrationForm(path, "nia@acme.example")
		return func() { p.wantStatus(browser{p: p}.withHTMX().post(path+"/check/email", form), http.StatusOK) }
	})
}

// BenchmarkRegistration is a whole registration with the password hash of the product, and without one to
// show what else it costs.
func BenchmarkRegistration(b *testing.B) {
	for _, params := range []app.HashParams{app.OWASPMinimum, cheapHashParams} {
		name := fmt.Sprintf("argon2id-%gMiB-t%d-p%d", float64(params.Memory)/1024, params.Time, params.Lanes)
		b.Run(name, func(b *testing.B) {
			benchEachDatabase(b, func(p *portal) func() {
				p.restartWith(func(c *portalConfig) { c.Hasher = app.NewPasswordHasher(params) })
				path, n := p.generateLink(), 0
				form := p.registrationForm(path, "")
				return func() {
					n++
					form.Set("email", fmt.Sprintf("n%d@acme.example", n))
					form.Set("submission_id", app.NewSubmissionID())
					p.wantStatus(browser{p: p}.post(path, form), http.StatusSeeOther)
				}
			})
		})
	}
}

// BenchmarkLinkPanel is a Super User's panel of a link through which people registered.
func BenchmarkLinkPanel(b *testing.B) {
	benchEachDatabase(b, func(p *portal) func() {
		path := p.generateLink()
		for i := range 10 {
			p.register(path, fmt.Sprintf("n%d@acme.example", i))
		}
		return func() { p.wantStatus(p.sue.withHTMX().get("/account"), http.StatusOK) }
	})
}

// BenchmarkSignInLimits is what a sign-in costs with the limits and without, its hash left out.
func BenchmarkSignInLimits(b *testing.B) {
	for name, hold := range map[string]bool{"on": true, "off": false} {
		b.Run("limits-"+name, func(b *testing.B) {
			benchEachDatabase(b, func(p *portal) func() {
				p.restartWith(func(c *portalConfig) { c.EnforceLimits = hold })
				return func() {
					p.wantStatus(browser{p: p}.post("/sign-in", credentials("sue@acme.example", password)), http.StatusSeeOther)
				}
			})
		})
	}
}

// BenchmarkT24_RefusalTimes times 500 refusals of each kind of login in turns, and reports the smallest p of
// a Mann-Whitney test of each kind against the active one: above 0.01 nothing is to be learnt from the times
// (T-24).
func BenchmarkT24_RefusalTimes(b *testing.B) {
	dbtest.EachURL(b, func(b *testing.B, databaseURL string) {
		b.Helper()
		p := newPortal(b, databaseURL)
		kinds := loginsOfEachKind(p)
		path := p.generateLink()
		forms := map[string]url.Values{}
		for kind, email := range kinds {
			forms[kind] = p.registrationForm(path, email)
		}
		p.wantStatus(browser{p: p}.post(path, forms["active"]), http.StatusUnprocessableEntity)
		smallest := 1.0
		for b.Loop() {
			times := map[string][]time.Duration{}
			for range 500 {
				for kind, form := range forms { // in another order each time
					began := time.Now()
					got := browser{p: p}.post(path, form)
					times[kind] = append(times[kind], time.Since(began))
					p.wantStatus(got, http.StatusUnprocessableEntity)
				}
			}
			for kind := range kinds {
				if kind != "active" {
					smallest = min(smallest, mannWhitney(times["active"], times[kind]))
				}
			}
		}
		b.ReportMetric(smallest, "smallest-p")
	})
}

// mannWhitney gives the two-sided p of two samples being of one distribution, by the normal approximation.
func mannWhitney(a, b []time.Duration) float64 {
	all := slices.Concat(a, b)
	slices.Sort(all)
	ranks := 0.0
	for _, t := range a {
		first, _ := slices.BinarySearch(all, t)
		after, _ := slices.BinarySearch(all, t+1)
		ranks += float64(first+1+after) / 2 // ties share their ranks
	}
	n, m := float64(len(a)), float64(len(b))
	u := ranks - n*(n+1)/2
	z := (u - n*m/2) / math.Sqrt(n*m*(n+m+1)/12)
	return math.Erfc(math.Abs(z) / math.Sqrt2)
}

var peakMemoryPattern = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// BenchmarkT35_FormsAtOnce sends 200 forms at once, with the password hash of the product, while somebody
// signs in again and again: it reports the most memory that the process ever had, the slowest sign-in, and
// how many forms had to be sent again (T-35).
func BenchmarkT35_FormsAtOnce(b *testing.B) {
	p := newPortal(b, dbtest.SQLite(b))
	p.allowServerErrors = true // 503 is an answer
	p.restartWith(func(c *portalConfig) { c.Hasher = app.NewPasswordHasher(app.OWASPMinimum) })
	path := p.generateLink()
	l := p.listen()
	busy, slowest, people := 0, time.Duration(0), 0
	for b.Loop() {
		forms := make([]url.Values, 200)
		for i := range forms {
			people++
			forms[i] = p.registrationForm(path, fmt.Sprintf("n%d@acme.example", people))
		}
		took := make([]time.Duration, 10)
		for _, got := range p.concurrently(len(forms)+len(took), func(i int) testResponse {
			someone := browser{p: p}
			if i < len(forms) {
				return l.send(someone, someone.newRequest(http.MethodPost, path, contentTypeOf("POST"), forms[i].Encode()))
			}
			began := time.Now()
			in := l.send(someone, someone.newRequest(http.MethodPost, "/sign-in", contentTypeOf("POST"),
				credentials("sue@acme.example", password).Encode()))
			took[i-len(forms)] = time.Since(began)
			return in
		}) {
			if got.status == http.StatusServiceUnavailable {
				busy++
			} else {
				p.wantStatus(got, http.StatusSeeOther)
			}
		}
		slowest = max(slowest, slices.Max(took))
	}
	status, err := os.ReadFile("/proc/self/status")
	p.check(err)
	if found := peakMemoryPattern.FindSubmatch(status); found != nil {
		peak, _ := strconv.Atoi(string(found[1]))
		b.ReportMetric(float64(peak)/1024, "peak-MiB")
	}
	b.ReportMetric(slowest.Seconds(), "slowest-sign-in-s")
	b.ReportMetric(float64(busy), "sent-again")
}
