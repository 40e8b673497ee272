package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/web"
)

// mostCodes is how many wrong codes a person has, whoever tries them from wherever.
var mostCodes = app.CodeLimit.Rules()[0].Max

// Codes of six digits are tried a few times a day, by all addresses together and over all servers; a right password is given as often
// as the sign-ins say. The owner is never locked out (T-51): a recovery code opens, and so does the app behind another password.
func TestT51CodesAreTriedAFewTimes(t *testing.T) {
	t.Parallel()
	eachInstallation(t, func(p *portal, servers []*portal) {
		sue := p.withApp(p.sue, "sue@acme.example")
		for i := range mostCodes {
			step := sue.from(fmt.Sprintf("203.0.113.%d", i)).atStep(servers[i%3])
			p.want(step.post(stepPath, answered("000000")), http.StatusUnprocessableEntity)
		}
		for i, server := range servers {
			step := sue.from(fmt.Sprintf("198.51.100.%d", i)).atStep(server)
			got := step.post(stepPath, url.Values{"code": {sue.code()}, "next": {"/members"}})
			p.want(got, http.StatusTooManyRequests)
			if !got.has("#step-form") || got.value("#step-form [name=next]") != "/members" || got.value("#code") != "" ||
				got.alert() != en("too_many_codes") {
				p.t.Errorf("the form came back as %q", got.text())
			}
		}
		clean := sue.from("192.0.2.1").atStep(p)
		p.want(clean.post(stepPath, answered(sue.codes[0])), http.StatusSeeOther)
		p.want(browser{p: p}.post(p.forgot("sue@acme.example"), url.Values{"password": {another}}), http.StatusSeeOther)
		got := browser{p: p}.from("192.0.2.1").post("/sign-in", credentials("sue@acme.example", another))
		p.want(got, http.StatusSeeOther)
		p.want(browser{p: p}.from("192.0.2.1").keeping(got).post(stepPath, answered(sue.code())), http.StatusSeeOther)
	})
}

// atStep gives the right password, from the browser's address, and stands before the second factor.
func (b browser) atStep(server *portal) browser {
	server.t.Helper()
	b = browser{p: server, header: b.header}
	got := b.post("/sign-in", credentials("sue@acme.example", password))
	server.want(got, http.StatusSeeOther)
	return b.keeping(got)
}

// Right codes do not count, and the day after nothing of the wrong ones is left.
func TestRightCodesDoNotCount(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	sue := p.withApp(p.sue, "sue@acme.example")
	p.serve(limited)
	tried := 0
	try := func(code string, status int) {
		p.t.Helper()
		tried++
		step := sue.from(fmt.Sprintf("203.0.113.%d", tried)).atStep(p)
		p.want(step.post(stepPath, answered(code)), status)
	}
	for range mostCodes + 5 {
		p.clock.pass(30 * time.Second)
		try(sue.code(), http.StatusSeeOther)
	}
	p.clock.pass(30 * time.Second)
	for range mostCodes {
		try("000000", http.StatusUnprocessableEntity)
	}
	try(sue.code(), http.StatusTooManyRequests)
	p.clock.pass(app.CodeLimit.Rules()[0].Within)
	try(sue.code(), http.StatusSeeOther)
}

// discounting is a store that cannot take a count back.
type discounting struct{ web.Store }

func (discounting) ReturnLimits(context.Context, []string, time.Time) error {
	return app.Refuse(app.Unavailable, "database_away")
}

// A database that cannot count codes refuses no right one, and the fence in memory holds for the wrong ones.
func TestCodesThatCannotBeCounted(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	sue := p.withApp(p.sue, "sue@acme.example")
	for name, store := range map[string]web.Store{"cannot count": miscounting{p.store}, "cannot take it back": discounting{p.store}} {
		p.serve(func(c *web.Config) { limited(c); c.Store = store })
		p.clock.pass(30 * time.Second)
		if got := sue.step().post(stepPath, answered(sue.code())); got.status != http.StatusSeeOther {
			t.Errorf("%s: a right code is answered %d: %s", name, got.status, got.alert())
		}
		if said := p.log.String(); !strings.Contains(said, "limit=codes") {
			t.Errorf("%s: the log says %s", name, p.lately())
		}
		p.log.Reset()
	}
	p.serve(func(c *web.Config) { limited(c); c.Store = miscounting{c.Store} })
	for i := range mostCodes {
		step := sue.from(fmt.Sprintf("203.0.113.%d", i)).atStep(p)
		p.want(step.post(stepPath, answered("000000")), http.StatusUnprocessableEntity)
	}
	p.want(sue.from("192.0.2.1").atStep(p).post(stepPath, answered("000000")), http.StatusTooManyRequests)
}

// Once the key of an app's secret was given up, its codes are refused in words that tell what helps, never as a fault, and not counted:
// a recovery code opens.
func TestCodesOfAnAppWhoseKeyIsLost(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		sue := p.withApp(p.sue, "sue@acme.example")
		lost, err := app.NewSealer([]byte(strings.Repeat("n", app.KeySize)))
		p.check(err)
		p.sealer = lost
		p.serve(limited)
		for i := range mostCodes + 1 {
			step := sue.from(fmt.Sprintf("203.0.113.%d", i)).atStep(p)
			got := step.post(stepPath, answered(sue.code()))
			p.want(got, http.StatusUnprocessableEntity)
			if said := got.find("#problem-code"); said != en("app_unreadable") {
				t.Fatalf("it says %q", said)
			}
		}
		p.want(sue.from("192.0.2.1").atStep(p).post(stepPath, answered(sue.codes[0])), http.StatusSeeOther)
	})
}
