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
)

const (
	factorPath     = "/preferences/second-factor"
	codeAppPath    = factorPath + "/app"
	signInStepPath = "/sign-in/second-factor"
)

// factorOwner is a browser whose person has an authenticator app, and recovery codes.
type factorOwner struct {
	browser
	email, secret string
	recoveryCodes []string
}

// currentCode is what the app shows now.
func (h factorOwner) currentCode() string {
	h.p.t.Helper()
	code, err := totp.GenerateCode(h.secret, h.p.clock.now)
	h.p.check(err)
	return code
}

// codeAppForm is the form of a new app, with the code that is right now.
func (p *portal) codeAppForm(page testResponse) (url.Values, string) {
	p.t.Helper()
	p.wantStatus(page, http.StatusOK)
	secret := strings.ReplaceAll(page.textAt("#app-secret"), " ", "")
	code, err := totp.GenerateCode(secret, p.clock.now)
	p.check(err)
	return url.Values{"app": {page.value("[name=app]")}, "app_code": {code}, "current_password": {password}}, secret
}

// addCodeApp sets an app up for who is signed in. A time step later its next code can be used.
func (p *portal) addCodeApp(b browser, email string) factorOwner {
	p.t.Helper()
	form, secret := p.codeAppForm(b.get(codeAppPath))
	done := b.post(codeAppPath, form)
	p.wantStatus(done, http.StatusOK)
	h := factorOwner{
		browser: browser{p: p, cookie: done.cookie("session")}, email: email, secret: secret,
		recoveryCodes: strings.Fields(done.document().Find("#codes-text").Text()),
	}
	if len(h.recoveryCodes) != app.RecoveryCodeCount {
		p.t.Fatalf("%d recovery codes: %q", len(h.recoveryCodes), h.recoveryCodes)
	}
	p.factorSecrets = append(append(p.factorSecrets, h.recoveryCodes...), secret)
	p.clock.advance(30 * time.Second)
	return h
}

// beginStep gives the right password and stands before the second factor.
func (h factorOwner) beginStep() browser {
	h.p.t.Helper()
	got := browser{p: h.p}.post("/sign-in", credentials(h.email, password))
	h.p.wantStatus(got, http.StatusSeeOther)
	if got.location() != signInStepPath || got.setCookie("session") != nil {
		h.p.t.Fatalf("leads to %q, with the session %v", got.location(), got.setCookie("session"))
	}
	return browser{p: h.p}.withCookies(got)
}

func codeForm(code string) url.Values { return url.Values{"code": {code}} }

func passwordAndCodeForm(code string) url.Values {
	return url.Values{"current_password": {password}, "code": {code}}
}

// A password alone opens nothing once an app is set up; its code does, once, and so does each recovery code.
func TestSecondFactor_CodesOpenOnceAfterThePassword(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		sue := p.addCodeApp(p.sue, "sue@acme.example")
		step := sue.beginStep()
		if page := step.get(signInStepPath); !page.has("#code") || !strings.Contains(page.text(), "sue@acme.example") {
			p.t.Errorf("asked is %q", page.text())
		}
		p.wantStatus(step.get("/preferences"), http.StatusSeeOther)
		for _, wrong := range []string{
			"", "000000", "12345", "abcdef", strings.Repeat("1", 10_000), "\x00",
			sue.recoveryCodes[0] + "x",
		} {
			p.wantStatus(step.post(signInStepPath, codeForm(wrong)), http.StatusUnprocessableEntity)
		}
		in := step.post(signInStepPath, codeForm(sue.currentCode()[:3]+" "+sue.currentCode()[3:]))
		p.wantStatus(in, http.StatusSeeOther)
		session := browser{p: p, cookie: in.cookie("session")}
		if in.location() != "/dashboard" || in.setCookie("sign-in") == nil || in.setCookie("sign-in").Value != "" {
			p.t.Errorf("leads to %q, the step's cookie is %v", in.location(), in.setCookie("sign-in"))
		}
		p.wantStatus(session.get("/account"), http.StatusOK)
		p.wantStatus(step.post(signInStepPath, codeForm(sue.recoveryCodes[0])), http.StatusUnauthorized) // the step is over

		again := sue.beginStep().post(signInStepPath, codeForm(sue.currentCode()))
		if got := again.problems()["code"]; again.status != http.StatusUnprocessableEntity || got != en("code_used") {
			p.t.Errorf("a code twice: status %d, %q", again.status, got)
		}
		p.wantStatus(sue.beginStep().post(signInStepPath,
			codeForm(strings.ToUpper(strings.ReplaceAll(sue.recoveryCodes[0], "-", " ")))), http.StatusSeeOther)
		p.wantStatus(sue.beginStep().post(signInStepPath, codeForm(sue.recoveryCodes[0])), http.StatusUnprocessableEntity)
		if left := session.get(factorPath).text(); !strings.Contains(left, "9 left") {
			p.t.Errorf("the page says %q", left)
		}
		mails := p.mailsTo("sue@acme.example")
		if last := mails[len(mails)-1]; !strings.Contains(last.Text, en("mail_changed_by_code_used")) {
			p.t.Errorf("mailed was %s", last.Text)
		}
	})
}

// Setting it up ends the other sessions and gives this one another token (T-44); a reset of the password
// leaves it as it is.
func TestSecondFactor_SetupEndsOtherSessions(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		other := p.signIn("sue@acme.example")
		good, _ := p.codeAppForm(p.sue.get(codeAppPath))
		stranger := p.addMember("stan@acme.example", app.StandardUser)
		before := p.snapshot()
		for name, change := range map[string]func(url.Values){
			"no code":        func(f url.Values) { f.Del("app_code") },
			"wrong code":     func(f url.Values) { f.Set("app_code", "000000") },
			"two codes":      func(f url.Values) { f.Add("app_code", "111111") },
			"no password":    func(f url.Values) { f.Del("current_password") },
			"wrong password": func(f url.Values) { f.Set("current_password", newPassword) },
			"no secret":      func(f url.Values) { f.Del("app") },
			"another secret": func(f url.Values) { f.Set("app", stranger.get(codeAppPath).value("[name=app]")) },
			"broken secret":  func(f url.Values) { f.Set("app", "zz") },
		} {
			form := url.Values{"app": good["app"], "app_code": good["app_code"], "current_password": good["current_password"]}
			change(form)
			got := p.sue.post(codeAppPath, form)
			if got.status != http.StatusUnprocessableEntity || got.value("#app_code") != "" || !got.has("#app-secret") {
				p.t.Errorf("%s: status %d, %q", name, got.status, got.text())
			}
		}
		p.wantUnchanged("a refused set-up", before)
		sue := p.addCodeApp(p.sue, "sue@acme.example")
		for _, dead := range []browser{other, p.sue} {
			p.wantStatus(dead.get("/preferences"), http.StatusSeeOther)
		}
		p.wantStatus(sue.get("/account"), http.StatusOK)
		p.wantStatus(sue.get(codeAppPath), http.StatusConflict)
		for _, secret := range append(sue.recoveryCodes, sue.secret) {
			for table, rows := range p.snapshot() {
				if strings.Contains(rows, secret) || strings.Contains(rows, strings.ReplaceAll(secret, "-", "")) {
					p.t.Errorf("a secret is in %s", table)
				}
			}
		}
		p.wantStatus(browser{p: p}.post(p.requestReset("sue@acme.example"), url.Values{"password": {newPassword}}),
			http.StatusSeeOther)
		got := browser{p: p}.post("/sign-in", credentials("sue@acme.example", newPassword))
		if got.location() != signInStepPath {
			p.t.Errorf("after a reset the sign-in leads to %q", got.location())
		}
	})
}

// A password that was changed meanwhile ends the step, and so does its time.
func TestSignInStep_EndsWithItsTimeOrANewPassword(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		sue := p.addCodeApp(p.sue, "sue@acme.example")
		late := sue.beginStep()
		p.clock.advance(app.StepWithin)
		p.wantStatus(late.post(signInStepPath, codeForm(sue.currentCode())), http.StatusUnauthorized)
		if got := late.get(signInStepPath); got.location() != "/sign-in" {
			p.t.Errorf("leads to %q", got.location())
		}
		early := sue.beginStep()
		p.wantStatus(browser{p: p}.post(p.requestReset("sue@acme.example"), url.Values{"password": {newPassword}}),
			http.StatusSeeOther)
		p.wantStatus(early.post(signInStepPath, codeForm(sue.recoveryCodes[1])), http.StatusUnauthorized)
		for _, planted := range []string{"", "x", app.NewToken(app.StepToken), app.NewToken(app.SessionToken), sue.cookie} {
			b := browser{p: p, cookies: map[string]string{"sign-in": planted}}
			p.wantStatus(b.post(signInStepPath, codeForm(sue.currentCode())), http.StatusUnauthorized)
		}
	})
}

// Removing it needs password and code. It ends other sessions, and the recovery codes.
func TestRemoveCodeApp_NeedsPasswordAndCode(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		stan := p.addMember("stan@acme.example", app.StandardUser)
		sue := p.addCodeApp(p.sue, "sue@acme.example")
		path := sue.get(factorPath).attribute("a[href$=remove]", "href")
		p.wantStatus(sue.get(path), http.StatusOK)
		before := p.snapshot()
		for _, form := range []url.Values{
			nil, codeForm(sue.currentCode()),
			{"current_password": {password}},
			passwordAndCodeForm("000000"),
			{"current_password": {newPassword}, "code": {sue.currentCode()}},
		} {
			p.wantStatus(sue.post(path, form), http.StatusUnprocessableEntity)
		}
		p.wantUnchanged("a refused removal", before)
		p.wantStatus(stan.post(path, passwordAndCodeForm(sue.currentCode())), http.StatusNotFound)

		done := sue.post(path, passwordAndCodeForm(sue.recoveryCodes[3]))
		p.wantStatus(done, http.StatusSeeOther)
		p.wantStatus(sue.get("/preferences"), http.StatusSeeOther)
		p.wantStatus(browser{p: p, cookie: done.cookie("session")}.get("/account"), http.StatusOK)
		p.wantStatus(p.signIn("sue@acme.example").get("/account"), http.StatusOK)
		if left := p.queryColumn("SELECT id FROM factors"); len(left) != 0 {
			p.t.Errorf("%d factors are left", len(left))
		}
	})
}

// New recovery codes take the place of the old ones.
func TestRecoveryCodes_NewOnesReplaceTheOld(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		sue := p.addCodeApp(p.sue, "sue@acme.example")
		p.wantStatus(sue.get(factorPath+"/codes"), http.StatusOK)
		p.wantStatus(sue.post(factorPath+"/codes", passwordAndCodeForm("000000")), http.StatusUnprocessableEntity)
		done := sue.post(factorPath+"/codes", passwordAndCodeForm(sue.currentCode()))
		p.wantStatus(done, http.StatusOK)
		fresh := strings.Fields(done.document().Find("#codes-text").Text())
		p.wantStatus(sue.beginStep().post(signInStepPath, codeForm(sue.recoveryCodes[0])), http.StatusUnprocessableEntity)
		p.wantStatus(sue.beginStep().post(signInStepPath, codeForm(fresh[0])), http.StatusSeeOther)
		p.wantStatus(sue.get(factorPath), http.StatusOK)
	})
}

// maxWrongCodes is how many wrong codes a person has, whoever tries them from wherever.
var maxWrongCodes = app.FactorCodeLimit.Rules()[0].Max

// Codes of six digits are tried a few times a day, by all addresses together and over all servers; a right
// password is given as often as the sign-ins say. The owner is never locked out (T-51): a recovery code
// opens, and so does the app behind another password.
func TestT51_WrongCodesAreLimitedAndLockNobodyOut(t *testing.T) {
	t.Parallel()
	eachDatabaseThreeServers(t, func(p *portal, servers []*portal) {
		sue := p.addCodeApp(p.sue, "sue@acme.example")
		for i := range maxWrongCodes {
			step := sue.fromIP(fmt.Sprintf("203.0.113.%d", i)).beginStepAt(servers[i%3])
			p.wantStatus(step.post(signInStepPath, codeForm("000000")), http.StatusUnprocessableEntity)
		}
		for i, server := range servers {
			step := sue.fromIP(fmt.Sprintf("198.51.100.%d", i)).beginStepAt(server)
			got := step.post(signInStepPath, url.Values{"code": {sue.currentCode()}, "next": {"/members"}})
			p.wantStatus(got, http.StatusTooManyRequests)
			if !got.has("#step-form") || got.value("#step-form [name=next]") != "/members" || got.value("#code") != "" ||
				got.alert() != en("too_many_codes") {
				p.t.Errorf("the form came back as %q", got.text())
			}
		}
		clean := sue.fromIP("192.0.2.1").beginStepAt(p)
		p.wantStatus(clean.post(signInStepPath, codeForm(sue.recoveryCodes[0])), http.StatusSeeOther)
		p.wantStatus(browser{p: p}.post(p.requestReset("sue@acme.example"), url.Values{"password": {newPassword}}),
			http.StatusSeeOther)
		got := browser{p: p}.fromIP("192.0.2.1").post("/sign-in", credentials("sue@acme.example", newPassword))
		p.wantStatus(got, http.StatusSeeOther)
		p.wantStatus(browser{p: p}.fromIP("192.0.2.1").withCookies(got).post(signInStepPath, codeForm(sue.currentCode())),
			http.StatusSeeOther)
	})
}

// Right codes do not count, and the day after nothing of the wrong ones is left.
func TestCodeLimit_RightCodesDoNotCount(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	sue := p.addCodeApp(p.sue, "sue@acme.example")
	p.restartWith(enableLimits)
	tried := 0
	try := func(code string, status int) {
		p.t.Helper()
		tried++
		step := sue.fromIP(fmt.Sprintf("203.0.113.%d", tried)).beginStepAt(p)
		p.wantStatus(step.post(signInStepPath, codeForm(code)), status)
	}
	for range maxWrongCodes + 5 {
		p.clock.advance(30 * time.Second)
		try(sue.currentCode(), http.StatusSeeOther)
	}
	p.clock.advance(30 * time.Second)
	for range maxWrongCodes {
		try("000000", http.StatusUnprocessableEntity)
	}
	try(sue.currentCode(), http.StatusTooManyRequests)
	p.clock.advance(app.FactorCodeLimit.Rules()[0].Window)
	try(sue.currentCode(), http.StatusSeeOther)
}

// limitReturnUnavailableStore is a store that cannot take a count back.
type limitReturnUnavailableStore struct{ app.Store }

func (limitReturnUnavailableStore) ReturnLimits(context.Context, []string, time.Time) error {
	return app.Refuse(app.Unavailable, "database_away")
}

// A database that cannot count codes refuses no right one, and the fence in memory holds for the wrong ones.
func TestCodeLimit_OutageRefusesNoRightCode(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	sue := p.addCodeApp(p.sue, "sue@acme.example")
	for name, store := range map[string]app.Store{
		"cannot count":        limitsUnavailableStore{p.store},
		"cannot take it back": limitReturnUnavailableStore{p.store},
	} {
		p.restartWith(func(c *portalConfig) { enableLimits(c); c.Store = store })
		p.clock.advance(30 * time.Second)
		if got := sue.beginStep().post(signInStepPath, codeForm(sue.currentCode())); got.status != http.StatusSeeOther {
			t.Errorf("%s: a right code is answered %d: %s", name, got.status, got.alert())
		}
		if said := p.log.String(); !strings.Contains(said, "limit=codes") {
			t.Errorf("%s: the log says %s", name, p.logTail())
		}
		p.log.Reset()
	}
	p.restartWith(func(c *portalConfig) { enableLimits(c); c.Store = limitsUnavailableStore{c.Store} })
	for i := range maxWrongCodes {
		step := sue.fromIP(fmt.Sprintf("203.0.113.%d", i)).beginStepAt(p)
		p.wantStatus(step.post(signInStepPath, codeForm("000000")), http.StatusUnprocessableEntity)
	}
	p.wantStatus(sue.fromIP("192.0.2.1").beginStepAt(p).post(signInStepPath, codeForm("000000")),
		http.StatusTooManyRequests)
}

// Once the key of an app's secret was given up, its codes are refused in words that tell what helps, never as
// a fault, and not counted: a recovery code opens.
func TestCodeApp_LostKeyIsSaidAndNotCounted(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		sue := p.addCodeApp(p.sue, "sue@acme.example")
		lost, err := app.NewSealer([]byte(strings.Repeat("n", app.KeySize)))
		p.check(err)
		p.sealer = lost
		p.restartWith(enableLimits)
		for i := range maxWrongCodes + 1 {
			step := sue.fromIP(fmt.Sprintf("203.0.113.%d", i)).beginStepAt(p)
			got := step.post(signInStepPath, codeForm(sue.currentCode()))
			p.wantStatus(got, http.StatusUnprocessableEntity)
			if said := got.textAt("#problem-code"); said != en("app_unreadable") {
				t.Fatalf("it says %q", said)
			}
		}
		p.wantStatus(sue.fromIP("192.0.2.1").beginStepAt(p).post(signInStepPath, codeForm(sue.recoveryCodes[0])),
			http.StatusSeeOther)
	})
}
