package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// requestToJoin asks behind a link for the person of an address, and gives the path that the person is mailed.
func (p *portal) requestToJoin(link, email string) string {
	p.t.Helper()
	p.deliverMails() // what was written in the same moment comes before
	got := browser{p: p}.post(link+"/ask", url.Values{"email": {email}})
	p.wantStatus(got, http.StatusSeeOther)
	if got.location() != "/asked" {
		p.t.Errorf("asking leads to %q", got.location())
	}
	path := p.mailedPath(email)
	if !strings.HasPrefix(path, "/join/") {
		p.t.Fatalf("asking mails %s", path)
	}
	return path
}

// The whole way: refused, asked, mailed to that address alone, pressed, and waiting for the Super Users, who are told.
func TestJoinRequest_LeadsToAPendingMembership(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.importIdentity("lea@learn.example")
		p.addMember("sam@acme.example", app.SuperUser)
		link := p.generateLink()
		for _, refused := range []testResponse{
			browser{p: p}.post(link, p.registrationForm(link, "lea@learn.example")),
			browser{p: p}.withHTMX().post(link+"/check/email", p.registrationForm(link, "lea@learn.example")),
		} {
			button := "#field-email button[form=join-request-form][name=email]"
			if refused.textAt(button) != en("ask_button") || refused.value(button) != "lea@learn.example" {
				p.t.Errorf("%s offers nothing: %s", refused.request, refused.text())
			}
		}
		if form := (browser{p: p}).get(link); form.attribute("#join-request-form", "action") != link+"/ask" ||
			form.has("#field-email button") {
			p.t.Error("before anything is refused, the form has a place for asking, and no button")
		}
		part := browser{p: p}.withHTMX().post(link+"/ask", url.Values{"email": {"lea@learn.example"}})
		p.wantStatus(part, http.StatusOK)
		if part.textAt("#field-email [role=status]") != en("asked_note", "Email", "lea@learn.example") ||
			part.value("#email") != "lea@learn.example" {
			p.t.Errorf("HTMX is answered: %s", part.text())
		}
		path := p.mailedPath("lea@learn.example")
		before := p.snapshot()
		look := browser{p: p}.get(path)
		p.wantStatus(look, http.StatusOK)
		if look.attribute("main form", "action") != path || look.textAt("h1") != en("join_title", "Account", "Acme Widgets") {
			p.t.Errorf("the page behind the mail: %s", look.text())
		}
		p.wantUnchanged("opening the mailed link", before)
		p.wantJoinPage(path, "waiting")
		p.wantJoinPage(path, "waiting") // twice is no error
		p.wantPendingByRequest("lea@learn.example")
	})
}

// wantJoinPage presses the button and wants to be told where the person stands, by who opens the mail later too.
func (p *portal) wantJoinPage(path, standing string) {
	p.t.Helper()
	for _, got := range []testResponse{browser{p: p}.post(path, nil), browser{p: p}.get(path)} {
		p.wantStatus(got, http.StatusOK)
		if got.textAt("h1") != en("join_"+standing+"_title") {
			p.t.Errorf("%s says %q, want %q", got.request, got.textAt("h1"), standing)
		}
	}
}

// wantPendingByRequest wants one pending membership by the current link, which used up none of its places,
// and proved no address (T-25).
func (p *portal) wantPendingByRequest(email string) {
	p.t.Helper()
	got := p.queryColumn("SELECT CONCAT(m.role, ' ', m.status, ' ', m.joined_by, ' ', l.used) FROM memberships m JOIN "+
		"links l ON l.id = m.link_id "+
		"JOIN identities i ON i.id = m.identity_id WHERE i.email = ?", email)
	if len(got) != 1 || got[0] != "standard pending request 0" {
		p.t.Errorf("%s is in the account as %q", email, got)
	}
	if n := p.queryOne("SELECT COUNT(*) FROM activities WHERE event = 'join_requested'"); n != "1" {
		p.t.Errorf("%s lines of activity", n)
	}
	for _, super := range []string{"sue@acme.example", "sam@acme.example"} {
		told := 0
		for _, m := range p.mailsTo(super) {
			if m.Subject == en("mail_approval_subject") && strings.Contains(m.Text, email) {
				told++
			}
		}
		if told != 1 {
			p.t.Errorf("%s is told %d times", super, told)
		}
	}
}

// What asking answers is the same for every address, to the last byte but for the address: nothing is learnt
// from it that the refusal has not said, not even whether somebody is a member of this account (T-54).
func TestJoinRequest_AnswersAlikeForEveryAddress(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.importIdentity("lea@learn.example")
		p.importIdentity("off@learn.example")
		p.exec("UPDATE identities SET suspended_at = created_at WHERE email = 'off@learn.example'")
		link := p.generateLink()
		p.register(link, "new@acme.example")
		said := map[string][]string{}
		for _, email := range []string{
			"lea@learn.example", "LEA@learn.example", "off@learn.example", "new@acme.example", "sue@acme.example",
			"zoe@nowhere.example", "lea@learn.example",
		} {
			for name, b := range map[string]browser{"page": {p: p}, "part": {p: p, htmx: true}} {
				got := b.post(link+"/ask", url.Values{"email": {email}})
				said[name] = append(said[name], strings.ReplaceAll(got.body, email, "EMAIL")+got.location())
			}
		}
		for name, answers := range said {
			slices.Sort(answers)
			if different := slices.Compact(answers); len(different) != 1 {
				p.t.Errorf("the %s differs: %q", name, different)
			}
		}
		for email, want := range map[string]int{
			"lea@learn.example": 1, "off@learn.example": 0, "sue@acme.example": 1, "zoe@nowhere.example": 0,
		} {
			asked := 0
			for _, m := range p.mailsTo(email) {
				if m.Subject == en("mail_join_subject") {
					asked++
				}
			}
			if asked != want {
				p.t.Errorf("%s received %d mails, want %d", email, asked, want)
			}
		}
	})
}

// Nobody's inbox is flooded: ten minutes between two mails about one account, three a day, and another
// account counts for itself.
func TestJoinRequest_MailsAreLimited(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.importIdentity("lea@learn.example")
		link := p.generateLink()
		for _, step := range []struct {
			wait  time.Duration
			mails int
		}{
			{0, 1},
			{10*time.Minute - time.Second, 1},
			{time.Second, 2},
			{10 * time.Minute, 3},
			{10 * time.Minute, 3},
			{23*time.Hour + 29*time.Minute, 3},
			{time.Minute, 4},
			{time.Minute, 4},
		} {
			p.clock.advance(step.wait)
			p.wantStatus(browser{p: p}.post(link+"/ask", url.Values{"email": {"lea@learn.example"}}), http.StatusSeeOther)
			if got := len(p.mailsTo("lea@learn.example")); got != step.mails {
				p.t.Errorf("after %s more: %d mails, want %d", step.wait, got, step.mails)
			}
		}
		n := newOtherAccount(p)
		theirs := strings.TrimPrefix(n.bob.get("/account").value("#registration-link-url"), baseURL)
		p.wantStatus(browser{p: p}.post(theirs+"/ask", url.Values{"email": {"lea@learn.example"}}), http.StatusSeeOther)
		if got := len(p.mailsTo("lea@learn.example")); got != 5 {
			p.t.Errorf("about another account: %d mails in all, want 5", got)
		}
	})
}

// A request is worth what its link is worth: once that was replaced or disabled, nobody asks by it and nobody
// is added by a mail.
func TestJoinRequest_DiesWithItsLink(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.importIdentity("lea@learn.example")
		old := p.generateLink()
		path := p.requestToJoin(old, "lea@learn.example")
		p.wantStatus(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
		before := p.snapshot()
		for _, b := range []browser{{p: p}, {p: p, htmx: true}} {
			for _, got := range []testResponse{
				b.get(path), b.post(path, nil),
				b.post(old+"/ask", url.Values{"email": {"lea@learn.example"}}),
			} {
				p.wantStatus(got, http.StatusGone)
				if strings.Contains(got.body, "Acme") {
					p.t.Errorf("%s names the account", got.request)
				}
			}
		}
		if kept := (browser{p: p}).post(old+"/ask", url.Values{"email": {"lea@learn.example"}}); kept.value(
			"#email") != "lea@learn.example" || kept.has("#join-request-form") {
			p.t.Errorf("what was typed is gone: %s", kept.text())
		}
		for _, unknown := range []string{
			app.NewToken(app.JoinToken), app.NewToken(app.LinkToken), "x",
			strings.TrimPrefix(path, "/join/") + "A",
		} {
			wantRefusal(browser{p: p}.get("/join/"+unknown), http.StatusNotFound)
			wantRefusal(browser{p: p}.post("/join/"+unknown, nil), http.StatusNotFound)
		}
		p.wantStatus(browser{p: p}.post("/register/"+app.NewToken(app.LinkToken)+"/ask",
			url.Values{"email": {"lea@learn.example"}}), http.StatusNotFound)
		p.wantUnchanged("a request whose link is dead", before)
	})
}

func TestJoinRequest_ExpiresAfterAWeek(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.importIdentity("lea@learn.example")
		path := p.requestToJoin(p.generateLink(), "lea@learn.example")
		p.clock.advance(7*24*time.Hour - time.Second)
		p.wantStatus(browser{p: p}.get(path), http.StatusOK)
		p.clock.advance(time.Second)
		before := p.snapshot()
		wantRefusal(browser{p: p}.get(path), http.StatusGone)
		wantRefusal(browser{p: p}.post(path, nil), http.StatusGone)
		p.wantUnchanged("an expired request", before)
	})
}

// Whoever is in the account already is told so, and nothing about the membership changes: a suspended one stays so.
func TestJoinRequest_OfAMemberChangesNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		link := p.generateLink()
		p.addMember("ann@acme.example", app.LimitedUser)
		path := p.requestToJoin(link, "ann@acme.example")
		theirs := "identity_id = (SELECT id FROM identities WHERE email = 'ann@acme.example')"
		for _, state := range []struct{ change, standing string }{
			{"status = 'active'", "member"},
			{"status = 'suspended'", "stopped"},
			{"status = 'active', expires_on = '2026-11-22 09:30:00'", "stopped"},
			{"status = 'pending', expires_on = NULL", "waiting"},
		} {
			p.exec("UPDATE memberships SET " + state.change + " WHERE " + theirs)
			before := p.snapshot()
			p.wantJoinPage(path, state.standing)
			p.wantUnchanged("asking as "+state.change, before)
		}
		p.exec("UPDATE memberships SET status = 'active' WHERE " + theirs)
		if got := (browser{p: p}).get(path); got.attribute("main a.bg-accent", "href") != "/sign-in" {
			p.t.Errorf("a member finds no way in: %s", got.text())
		}
	})
}

// Pressing the button proves who reads the mail, and yet confirms nothing: a stranger may have chosen the
// login's password (T-25).
func TestT25_JoinRequestConfirmsNoAddress(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		link := p.generateLink()
		p.register(link, "nia@acme.example")
		n := newOtherAccount(p)
		theirs := strings.TrimPrefix(n.bob.get("/account").value("#registration-link-url"), baseURL)
		path := p.requestToJoin(theirs, "nia@acme.example")
		p.wantJoinPage(path, "waiting")
		unconfirmed := p.queryOne(
			"SELECT COUNT(*) FROM identities WHERE email = 'nia@acme.example' AND confirmed_at IS NULL")
		if unconfirmed != "1" {
			p.t.Error("asking to be added confirmed the address")
		}
		p.wantStatus(browser{p: p}.post("/sign-in", credentials("nia@acme.example", password)),
			http.StatusUnprocessableEntity)
		p.wantStatus(n.bob.post("/account/links/"+n.linkID+"/suspend", url.Values{"since": {""}}), http.StatusSeeOther)
		if got := p.queryOne("SELECT status FROM memberships WHERE joined_by = 'request'"); got != "suspended" {
			p.t.Fatalf("suspended with the others, the membership is %s", got)
		}
		p.wantStatus(n.bob.post("/members/"+p.membershipID("nia@acme.example", "Beta Works")+"/reinstate", nil),
			http.StatusSeeOther)
		if got := p.queryOne("SELECT password_hash FROM identities WHERE email = 'nia@acme.example'"); got != "" {
			p.t.Error("reinstated, somebody comes in by a password that a stranger may have chosen")
		}
	})
}

// However often and at the same time the button is pressed, and by whichever of the mails, one membership is asked for.
func TestJoinRequest_ManyAtOnceMakeOneMembership(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.importIdentity("lea@learn.example")
		p.addMember("sam@acme.example", app.SuperUser)
		link := p.generateLink()
		paths := []string{p.requestToJoin(link, "lea@learn.example"), ""}
		p.clock.advance(11 * time.Minute)
		paths[1] = p.requestToJoin(link, "lea@learn.example")
		l := p.listen()
		for _, got := range p.concurrently(12, func(i int) testResponse {
			b := browser{p: p}
			return l.send(b, b.newRequest(http.MethodPost, paths[i%2], "application/x-www-form-urlencoded", ""))
		}) {
			p.wantStatus(got, http.StatusOK)
		}
		p.wantPendingByRequest("lea@learn.example")
		open := p.queryOne("SELECT COUNT(*) FROM join_requests WHERE used_at IS NULL OR token_box IS NOT NULL")
		if open != "0" {
			p.t.Errorf("%s requests still work", open)
		}
	})
}
