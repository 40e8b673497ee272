package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

const newPassword = "gravel onion sextant 9 plums"

// requestReset asks for a new password and gives the path of the mailed link.
func (p *portal) requestReset(email string) string {
	p.t.Helper()
	p.wantStatus(browser{p: p}.post("/forgot-password", url.Values{"email": {email}}), http.StatusOK)
	path := p.mailedPath(email)
	if !strings.HasPrefix(path, "/reset-password/"+app.ResetToken) {
		p.t.Fatalf("mailed was %.30s", path)
	}
	return path
}

// The answer to a forgotten password is the same, byte for byte, whoever the address belongs to; who can sign
// in is mailed a reset, who could not yet, what is missing, and everybody else nothing.
func TestForgotPassword_AnswersAlikeForEveryAddress(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.register(p.generateLink(), "nia@acme.example")   // not confirmed
		p.createUser("ada@acme.example", app.StandardUser) // no password
		p.importIdentity("lea@learn.example")              // no account, no password
		p.addMember("sid@acme.example", app.StandardUser)  // suspended
		p.exec("UPDATE identities SET suspended_at = created_at WHERE email = 'sid@acme.example'")
		p.clock.advance(3 * time.Minute)
		p.deliverMails()
		p.mails = nil
		for _, b := range []browser{{p: p}, {p: p, htmx: true}} {
			want := b.post("/forgot-password", url.Values{"email": {"zoe@acme.example"}})
			p.wantStatus(want, http.StatusOK)
			for _, email := range []string{
				"sue@acme.example", " SUE@Acme.example ", "nia@acme.example", "ada@acme.example",
				"lea@learn.example", "sid@acme.example",
			} {
				got := b.post("/forgot-password", url.Values{"email": {email}})
				if got.status != want.status || got.body != want.body || len(got.cookies) != 0 {
					p.t.Errorf("%s is told apart: status %d, %q", email, got.status, got.text())
				}
			}
		}
		for email, path := range map[string]string{
			"sue@acme.example": "/reset-password/rp1_", "nia@acme.example": "/confirm/rc1_",
			"ada@acme.example": "/activate/rc1_", "lea@learn.example": "/activate/rc1_",
		} {
			if mails := p.mailsTo(email); len(mails) != 1 || !strings.Contains(mails[0].Text, path) {
				p.t.Errorf("%s received %d mails, want one with %s", email, len(mails), path)
			}
		}
		if n := len(p.mailsTo("sid@acme.example")) + len(p.mailsTo("zoe@acme.example")); n != 0 {
			p.t.Errorf("who is suspended or has no login received %d mails", n)
		}
		p.activate(p.mailedPath("ada@acme.example"), "Ada", "Stone")
	})
}

// Whoever sets a new password is mailed that it happened and signs in anew; every session is dead at once, on
// every server (T-44, T-45).
func TestT45_ResetEndsEverySession(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		thief, owner := p.signIn("sue@acme.example"), browser{p: p}
		path := p.requestReset("sue@acme.example")
		page := owner.get(path)
		p.wantStatus(page, http.StatusOK)
		if !strings.Contains(page.textAt("main"), "sue@acme.example") || page.attribute("#reset-form", "action") != path {
			p.t.Errorf("the page says %q", page.textAt("main"))
		}
		done := owner.post(path, url.Values{"password": {newPassword}})
		p.wantStatus(done, http.StatusSeeOther)
		if done.location() != "/sign-in" || done.setCookie("session") != nil {
			p.t.Errorf("leads to %q, with the cookies %v", done.location(), done.cookies)
		}
		for range 2 {
			for _, dead := range []browser{p.sue, thief} {
				p.wantStatus(dead.get("/account"), http.StatusSeeOther)
				p.wantStatus(dead.post("/account/link/generate", nil), http.StatusUnauthorized)
			}
			p.app = p.newServer()
		}
		if got := owner.withCookies(done).get("/sign-in"); !strings.Contains(got.textAt("#toast"),
			en("done_password_reset")) {
			p.t.Errorf("the sign-in says %q", got.textAt("#toast"))
		}
		p.wantStatus(owner.post("/sign-in", credentials("sue@acme.example", password)), http.StatusUnprocessableEntity)
		p.wantStatus(owner.post("/sign-in", credentials("sue@acme.example", newPassword)), http.StatusSeeOther)
		mails := p.mailsTo("sue@acme.example")
		if last := mails[len(mails)-1]; last.Subject != en("mail_changed_subject") ||
			!strings.Contains(last.Text, en("mail_changed_by_reset")) || !strings.Contains(last.Text, "0.0.0.0") {
			p.t.Errorf("mailed was: %s", last.Text)
		}
	})
}

// A link works once, for one hour, and only until a newer one is mailed; tokens of other kinds are none.
func TestResetPassword_NewestLinkWorksOnceWithinAnHour(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		first := p.requestReset("sue@acme.example")
		p.clock.advance(app.ResendAfter + time.Second)
		second := p.requestReset("sue@acme.example")
		form := url.Values{"password": {newPassword}}
		over := func(path string, status int) {
			p.t.Helper()
			before := p.snapshot()
			for _, got := range []testResponse{
				browser{p: p}.get(path), browser{p: p}.post(path, form),
				browser{p: p}.post(path, url.Values{"password": {"x"}}),
			} {
				wantRefusal(got, status)
			}
			p.wantUnchanged("a link that does not work", before)
		}
		over(first, http.StatusGone)
		token := strings.TrimPrefix(second, "/reset-password/"+app.ResetToken)
		for _, prefix := range []string{app.ConfirmationToken, app.SessionToken, app.LinkToken, app.SetupToken, ""} {
			over("/reset-password/"+prefix+token, http.StatusNotFound)
		}
		for _, path := range []string{"/confirm/", "/activate/", "/register/", "/setup/"} {
			if got := (browser{p: p}).get(path + app.ResetToken + token); got.status != http.StatusNotFound &&
				got.status != http.StatusGone {
				p.t.Errorf("%s takes the token of a reset: status %d", path, got.status)
			}
		}
		over("/reset-password/"+app.NewToken(app.ResetToken), http.StatusNotFound)
		p.wantStatus(browser{p: p}.withHTMX().post(second, form), http.StatusOK)
		over(second, http.StatusGone)
		p.clock.advance(app.ResendAfter + time.Second)
		third := p.requestReset("sue@acme.example")
		p.clock.advance(time.Hour - time.Second)
		p.wantStatus(browser{p: p}.get(third), http.StatusOK)
		p.clock.advance(time.Second)
		over(third, http.StatusGone)
	})
}

// Of many who send the form of one link at once exactly one sets the password.
func TestResetPassword_OneOfManyAtOnceWins(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.requestReset("sue@acme.example")
		l := p.listen()
		answers := p.concurrently(10, func(i int) testResponse {
			b := browser{p: p}
			form := url.Values{"password": {newPassword + string(rune('a'+i))}}
			return l.send(b, b.newRequest(http.MethodPost, path, "application/x-www-form-urlencoded", form.Encode()))
		})
		set := 0
		for i, got := range answers {
			in := browser{p: p}.post("/sign-in", credentials("sue@acme.example", newPassword+string(rune('a'+i))))
			if won := got.status == http.StatusSeeOther; won != (in.status == http.StatusSeeOther) ||
				(!won && got.status != http.StatusGone) {
				p.t.Errorf("form %d: status %d, then %d at the sign-in", i, got.status, in.status)
			}
			if got.status == http.StatusSeeOther {
				set++
			}
		}
		if set != 1 {
			p.t.Errorf("%d forms set a password, want one", set)
		}
	})
}

// Operators read mails to hand them over, but a link that opens a login only as long as it was not delivered.
func TestResetPassword_DeliveredLinkIsHiddenFromOperators(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		olga := p.addOperator("olga@staff.example")
		p.wantStatus(browser{p: p}.post("/forgot-password", url.Values{"email": {"sue@acme.example"}}), http.StatusOK)
		notice := "/operator/notices/" + p.queryOne("SELECT id FROM notices WHERE letter = 'reset'")
		if got := olga.get(notice); !strings.Contains(got.body, "/reset-password/rp1_") {
			p.t.Errorf("before it is sent: %q", got.textAt("main"))
		}
		p.mailedPath("sue@acme.example")
		if got := olga.get(notice); strings.Contains(got.body, "rp1_") ||
			!strings.Contains(got.textAt("main"), en("mail_over")) {
			p.t.Errorf("after it was sent: %q", got.textAt("main"))
		}
	})
}

// A changed password ends the other sessions; this one goes on under a new token, and the old one is dead (T-44).
func TestT44_ChangingThePasswordEndsOtherSessions(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		other := p.signIn("sue@acme.example")
		open := p.requestReset("sue@acme.example")
		done := p.sue.post("/preferences/password", url.Values{"current_password": {password}, "password": {newPassword}})
		p.wantStatus(done, http.StatusSeeOther)
		now := browser{p: p, cookie: done.cookie("session")}
		if done.location() != "/preferences" || now.cookie == p.sue.cookie ||
			!strings.HasPrefix(now.cookie, app.SessionToken) {
			p.t.Errorf("leads to %q with the session %q", done.location(), now.cookie)
		}
		if got := now.withCookies(done).get("/preferences"); !strings.Contains(got.textAt("#toast"),
			en("done_password_changed")) || got.document().Find("#sessions li").Length() != 1 {
			p.t.Errorf("afterwards: %q", got.text())
		}
		for _, dead := range []browser{p.sue, other} {
			p.wantStatus(dead.get("/account"), http.StatusSeeOther)
		}
		p.wantStatus(now.get("/account"), http.StatusOK)
		wantRefusal(browser{p: p}.get(open), http.StatusGone)
		p.wantStatus(browser{p: p}.post("/sign-in", credentials("sue@acme.example", password)),
			http.StatusUnprocessableEntity)
		p.wantStatus(browser{p: p}.post("/sign-in", credentials("sue@acme.example", newPassword)), http.StatusSeeOther)
		mails := p.mailsTo("sue@acme.example")
		if last := mails[len(mails)-1]; !strings.Contains(last.Text, en("mail_changed_by_change")) ||
			strings.Contains(last.Text, "rp1_") {
			p.t.Errorf("mailed was: %s", last.Text)
		}
	})
}

func TestChangePassword_RefusedFormChangesNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		before := p.snapshot()
		for _, b := range []browser{p.sue, p.sue.withHTMX()} {
			for _, c := range []struct {
				current, password, field, said string
			}{
				{"orbit velvet canyon eight", newPassword, "current_password", en("current_password_wrong")},
				{"", newPassword, "current_password", en("current_password_required")},
				{password, "short", "password", en("password_short", "Min", app.MinPassword, "Missing", app.MinPassword-5)},
				{password, "perez perez acme", "password", en("password_guessable")},
			} {
				got := b.post("/preferences/password", url.Values{"current_password": {c.current}, "password": {c.password}})
				p.wantStatus(got, http.StatusUnprocessableEntity)
				if said := got.problems(); said[c.field] != c.said || len(said) != 1 || got.isPage() == b.htmx ||
					got.setCookie("session") != nil {
					p.t.Errorf("%q to %q: said is %q", c.current, c.password, said)
				}
				if !b.htmx && (got.value("#first_name") != "Sue" || !got.has("#sessions li") ||
					got.attribute("[name=next]", "value") != "/preferences") {
					p.t.Errorf("what stands around the form is lost: %q", got.text())
				}
			}
		}
		p.wantUnchanged("a refused change", before)
	})
}

// The form that proves the current password is no way around the limit on guessing: it counts with the
// sign-ins of the same person from there.
func TestChangePassword_GuessesCountWithSignIns(t *testing.T) {
	t.Parallel()
	p := portalWithLimits(t)
	thief := p.sue.fromIP("203.0.113.9")
	guess := url.Values{"current_password": {"orbit velvet canyon eight"}, "password": {newPassword}}
	for i := range app.PasswordCheckLimit.Rules()[1].Max {
		if i%2 == 0 {
			p.wantStatus(thief.post("/preferences/password", guess), http.StatusUnprocessableEntity)
		} else {
			p.wantStatus(thief.post("/sign-in", credentials("sue@acme.example", "wrong")), http.StatusUnprocessableEntity)
		}
	}
	right := url.Values{"current_password": {password}, "password": {newPassword}}
	wantRefusal(thief.post("/preferences/password", right), http.StatusTooManyRequests)
	p.wantStatus(p.sue.fromIP("203.0.113.10").post("/preferences/password", right), http.StatusSeeOther)
}
