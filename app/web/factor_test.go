package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"reglink/app"
	"reglink/app/web"
)

const (
	factorPath = "/preferences/second-factor"
	appPath    = factorPath + "/app"
	stepPath   = "/sign-in/second-factor"
)

// holder is a browser whose person has an authenticator app, and recovery codes.
type holder struct {
	browser
	email, secret string
	codes         []string
}

// code is what the app shows now.
func (h holder) code() string {
	h.p.t.Helper()
	code, err := totp.GenerateCode(h.secret, h.p.clock.now)
	h.p.check(err)
	return code
}

// appForm is the form of a new app, with the code that is right now.
func (p *portal) appForm(page answer) (url.Values, string) {
	p.t.Helper()
	p.want(page, http.StatusOK)
	secret := strings.ReplaceAll(page.find("#app-secret"), " ", "")
	code, err := totp.GenerateCode(secret, p.clock.now)
	p.check(err)
	return url.Values{"app": {page.value("[name=app]")}, "app_code": {code}, "current_password": {password}}, secret
}

// withApp sets an app up for who is signed in. A time step later its next code can be used.
func (p *portal) withApp(b browser, email string) holder {
	p.t.Helper()
	form, secret := p.appForm(b.get(appPath))
	done := b.post(appPath, form)
	p.want(done, http.StatusOK)
	h := holder{browser: browser{p: p, cookie: done.cookie("session")}, email: email, secret: secret, codes: strings.Fields(done.page().Find("#codes-text").Text())}
	if len(h.codes) != app.RecoveryCodes {
		p.t.Fatalf("%d recovery codes: %q", len(h.codes), h.codes)
	}
	p.codes = append(append(p.codes, h.codes...), secret)
	p.clock.pass(30 * time.Second)
	return h
}

// step gives the right password and stands before the second factor.
func (h holder) step() browser {
	h.p.t.Helper()
	got := browser{p: h.p}.post("/sign-in", credentials(h.email, password))
	h.p.want(got, http.StatusSeeOther)
	if got.leadsTo() != stepPath || got.set("session") != nil {
		h.p.t.Fatalf("leads to %q, with the session %v", got.leadsTo(), got.set("session"))
	}
	return browser{p: h.p}.keeping(got)
}

func answered(code string) url.Values { return url.Values{"code": {code}} }

func confirmed(code string) url.Values {
	return url.Values{"current_password": {password}, "code": {code}}
}

// A password alone opens nothing once an app is set up; its code does, once, and so does each recovery code.
func TestSignInWithASecondFactor(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		sue := p.withApp(p.sue, "sue@acme.example")
		step := sue.step()
		if page := step.get(stepPath); !page.has("#code") || !strings.Contains(page.text(), "sue@acme.example") {
			p.t.Errorf("asked is %q", page.text())
		}
		p.want(step.get("/preferences"), http.StatusSeeOther)
		for _, wrong := range []string{"", "000000", "12345", "abcdef", strings.Repeat("1", 10_000), "\x00", sue.codes[0] + "x"} {
			p.want(step.post(stepPath, answered(wrong)), http.StatusUnprocessableEntity)
		}
		in := step.post(stepPath, answered(sue.code()[:3]+" "+sue.code()[3:]))
		p.want(in, http.StatusSeeOther)
		session := browser{p: p, cookie: in.cookie("session")}
		if in.leadsTo() != "/dashboard" || in.set("sign-in") == nil || in.set("sign-in").Value != "" {
			p.t.Errorf("leads to %q, the step's cookie is %v", in.leadsTo(), in.set("sign-in"))
		}
		p.want(session.get("/account"), http.StatusOK)
		p.want(step.post(stepPath, answered(sue.codes[0])), http.StatusUnauthorized) // the step is over

		again := sue.step().post(stepPath, answered(sue.code()))
		if got := again.problems()["code"]; again.status != http.StatusUnprocessableEntity || got != en("code_used") {
			p.t.Errorf("a code twice: status %d, %q", again.status, got)
		}
		p.want(sue.step().post(stepPath, answered(strings.ToUpper(strings.ReplaceAll(sue.codes[0], "-", " ")))), http.StatusSeeOther)
		p.want(sue.step().post(stepPath, answered(sue.codes[0])), http.StatusUnprocessableEntity)
		if left := session.get(factorPath).text(); !strings.Contains(left, "9 left") {
			p.t.Errorf("the page says %q", left)
		}
		mails := p.mailsTo("sue@acme.example")
		if last := mails[len(mails)-1]; !strings.Contains(last.Text, en("mail_changed_by_code_used")) {
			p.t.Errorf("mailed was %s", last.Text)
		}
	})
}

// Setting it up ends the other sessions and gives this one another token (T-44); a reset of the password leaves it as it is.
func TestSetUpOfASecondFactor(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		other := p.signIn("sue@acme.example")
		good, _ := p.appForm(p.sue.get(appPath))
		stranger := p.member("stan@acme.example", app.StandardUser)
		before := p.stored()
		for name, change := range map[string]func(url.Values){
			"no code":        func(f url.Values) { f.Del("app_code") },
			"wrong code":     func(f url.Values) { f.Set("app_code", "000000") },
			"two codes":      func(f url.Values) { f.Add("app_code", "111111") },
			"no password":    func(f url.Values) { f.Del("current_password") },
			"wrong password": func(f url.Values) { f.Set("current_password", another) },
			"no secret":      func(f url.Values) { f.Del("app") },
			"another secret": func(f url.Values) { f.Set("app", stranger.get(appPath).value("[name=app]")) },
			"broken secret":  func(f url.Values) { f.Set("app", "zz") },
		} {
			form := url.Values{"app": good["app"], "app_code": good["app_code"], "current_password": good["current_password"]}
			change(form)
			got := p.sue.post(appPath, form)
			if got.status != http.StatusUnprocessableEntity || got.value("#app_code") != "" || !got.has("#app-secret") {
				p.t.Errorf("%s: status %d, %q", name, got.status, got.text())
			}
		}
		p.unchanged("a refused set-up", before)
		sue := p.withApp(p.sue, "sue@acme.example")
		for _, dead := range []browser{other, p.sue} {
			p.want(dead.get("/preferences"), http.StatusSeeOther)
		}
		p.want(sue.get("/account"), http.StatusOK)
		p.want(sue.get(appPath), http.StatusConflict)
		for _, secret := range append(sue.codes, sue.secret) {
			for table, rows := range p.stored() {
				if strings.Contains(rows, secret) || strings.Contains(rows, strings.ReplaceAll(secret, "-", "")) {
					p.t.Errorf("a secret is in %s", table)
				}
			}
		}
		p.want(browser{p: p}.post(p.forgot("sue@acme.example"), url.Values{"password": {another}}), http.StatusSeeOther)
		got := browser{p: p}.post("/sign-in", credentials("sue@acme.example", another))
		if got.leadsTo() != stepPath {
			p.t.Errorf("after a reset the sign-in leads to %q", got.leadsTo())
		}
	})
}

// A password that was changed meanwhile ends the step, and so does its time.
func TestStepsEnd(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		sue := p.withApp(p.sue, "sue@acme.example")
		late := sue.step()
		p.clock.pass(app.StepWithin)
		p.want(late.post(stepPath, answered(sue.code())), http.StatusUnauthorized)
		if got := late.get(stepPath); got.leadsTo() != "/sign-in" {
			p.t.Errorf("leads to %q", got.leadsTo())
		}
		early := sue.step()
		p.want(browser{p: p}.post(p.forgot("sue@acme.example"), url.Values{"password": {another}}), http.StatusSeeOther)
		p.want(early.post(stepPath, answered(sue.codes[1])), http.StatusUnauthorized)
		for _, planted := range []string{"", "x", app.NewToken(app.StepToken), app.NewToken(app.SessionToken), sue.cookie} {
			b := browser{p: p, cookies: map[string]string{"sign-in": planted}}
			p.want(b.post(stepPath, answered(sue.code())), http.StatusUnauthorized)
		}
	})
}

// Removing it needs password and code. It ends other sessions, and the recovery codes.
func TestRemoveTheApp(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		stan := p.member("stan@acme.example", app.StandardUser)
		sue := p.withApp(p.sue, "sue@acme.example")
		path := sue.get(factorPath).attribute("a[href$=remove]", "href")
		p.want(sue.get(path), http.StatusOK)
		before := p.stored()
		for _, form := range []url.Values{nil, answered(sue.code()), {"current_password": {password}}, confirmed("000000"), {"current_password": {another}, "code": {sue.code()}}} {
			p.want(sue.post(path, form), http.StatusUnprocessableEntity)
		}
		p.unchanged("a refused removal", before)
		p.want(stan.post(path, confirmed(sue.code())), http.StatusNotFound)

		done := sue.post(path, confirmed(sue.codes[3]))
		p.want(done, http.StatusSeeOther)
		p.want(sue.get("/preferences"), http.StatusSeeOther)
		p.want(browser{p: p, cookie: done.cookie("session")}.get("/account"), http.StatusOK)
		p.want(p.signIn("sue@acme.example").get("/account"), http.StatusOK)
		if left := p.column("SELECT id FROM factors"); len(left) != 0 {
			p.t.Errorf("%d factors are left", len(left))
		}
	})
}

// New recovery codes take the place of the old ones.
func TestNewRecoveryCodes(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		sue := p.withApp(p.sue, "sue@acme.example")
		p.want(sue.get(factorPath+"/codes"), http.StatusOK)
		p.want(sue.post(factorPath+"/codes", confirmed("000000")), http.StatusUnprocessableEntity)
		done := sue.post(factorPath+"/codes", confirmed(sue.code()))
		p.want(done, http.StatusOK)
		fresh := strings.Fields(done.page().Find("#codes-text").Text())
		p.want(sue.step().post(stepPath, answered(sue.codes[0])), http.StatusUnprocessableEntity)
		p.want(sue.step().post(stepPath, answered(fresh[0])), http.StatusSeeOther)
		p.want(sue.get(factorPath), http.StatusOK)
	})
}

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
