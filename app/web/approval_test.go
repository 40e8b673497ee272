package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/views/email"
)

// addJoinRequest makes a person with a login ask to be added to Acme Widgets, as the page behind their mail
// does, and gives the membership's id.
func (p *portal) addJoinRequest(address string) string {
	p.t.Helper()
	p.wantStatus(browser{p: p}.post(p.requestToJoin(p.generateLink(), address), nil), http.StatusOK)
	return p.membershipID(address, "Acme Widgets")
}

func memberValues(ids ...string) url.Values { return url.Values{"member": ids} }

// While somebody waits, the Super Users see who it is and since when, on every page, and so does the person.
func TestApproval_WaitingIsSeenByBothSides(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		lea := p.addLoginWithoutAccount("lea@learn.example")
		id := p.addJoinRequest("lea@learn.example")
		row := p.sue.get("/members/pending").textAt("#pending-" + id)
		for _, said := range []string{
			"Lea Center", "lea@learn.example", en("role_standard"), en("joined_request"),
			"22 November 2026", "22 December 2026", en("accept"), en("reject"),
		} {
			if !strings.Contains(row, said) {
				p.t.Errorf("the list does not say %q: %s", said, row)
			}
		}
		for _, path := range []string{"/dashboard", "/members", "/account"} {
			got := p.sue.get(path)
			if !strings.Contains(got.textAt("[data-pending-banner]"), en("pending_banner", "Count", 1)) ||
				!strings.Contains(got.textAt("nav[aria-label] [data-pending]"), en("pending_count", "Number", 1)) {
				p.t.Errorf("%s does not say that somebody waits: %s", path, got.textAt("main"))
			}
		}
		waiting := lea.get("/dashboard")
		for _, said := range []string{
			en("waiting_title"), "Acme Widgets",
			en("waiting_since", "Date", "22 November 2026, 09:30 UTC"), en("waiting_until", "Date", "22 December 2026"),
		} {
			if !strings.Contains(waiting.textAt("main"), said) {
				p.t.Errorf("who waits is not told %q: %s", said, waiting.textAt("main"))
			}
		}
	})
}

// One Super User accepts, everybody concerned is told, and the account opens.
func TestApproval_AcceptedMemberEntersAndIsMailed(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addSuperUser("tom@acme.example")
		lea := p.addLoginWithoutAccount("lea@learn.example")
		id := p.addJoinRequest("lea@learn.example")
		sent := p.sue.post("/members/pending/accept", memberValues(id))
		p.wantStatus(sent, http.StatusSeeOther)
		list := p.sue.withCookies(sent).get(sent.location())
		if list.textAt("#toast") != en("done_accepted", "Count", 1, "Name", "Lea Center") ||
			!strings.Contains(list.textAt("main"), en("pending_none")) {
			p.t.Errorf("afterwards: %s, %s", list.textAt("#toast"), list.textAt("main"))
		}
		if got := p.sue.get("/dashboard"); got.has("[data-pending-banner]") ||
			strings.Contains(got.textAt("nav[aria-label] [data-pending]"), "(") {
			p.t.Error("nobody waits, and the pages say otherwise")
		}
		if got := lea.get("/dashboard").textAt("h1"); got != "Acme Widgets" {
			p.t.Errorf("who was accepted sees %q", got)
		}
		for address, want := range map[string]string{
			"lea@learn.example": en("mail_accepted_subject"),
			"tom@acme.example":  en("mail_decided_subject"),
		} {
			if got := p.mailSubjects(address); !slices.Contains(got, want) {
				p.t.Errorf("%s received %q", address, got)
			}
		}
		if slices.Contains(p.mailSubjects("sue@acme.example"), en("mail_decided_subject")) {
			p.t.Error("who decided is told of it by mail")
		}
	})
}

// Rejecting asks once more, names whom, and ends the session of who waited. The login stays.
func TestApproval_RejectedMemberIsSignedOutAndMailed(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addSuperUser("tom@acme.example")
		lea := p.addLoginWithoutAccount("lea@learn.example")
		id := p.addJoinRequest("lea@learn.example")
		page := p.sue.get("/members/pending")
		ask := p.sue.get(page.attribute("#pending-"+id+" a[hx-get]", "href"))
		p.wantStatus(ask, http.StatusOK)
		if got := ask.textAt("#pending-list"); !strings.Contains(got, en("confirm_reject_title", "Count", 1, "Name",
			"Lea Center")) || !strings.Contains(got, "lea@learn.example") {
			p.t.Errorf("asked is %s", got)
		}
		done := p.sue.withHTMX().post("/members/pending/reject", memberValues(ask.value("[name=member]")))
		p.wantStatus(done, http.StatusOK)
		if !strings.Contains(done.textAt("#toast"), en("done_rejected", "Count", 1, "Name", "Lea Center")) ||
			!strings.Contains(done.textAt("#pending-list"), en("pending_none")) ||
			!strings.Contains(done.body, `hx-swap-oob="innerHTML:[data-pending]"`) {
			p.t.Errorf("the answer: %s", done.body)
		}
		if got := lea.get("/dashboard"); got.location() != "/sign-in?next=/dashboard" {
			p.t.Errorf("who was rejected is still signed in: %d", got.status)
		}
		if got := p.signIn("lea@learn.example").get("/dashboard").textAt("main"); strings.Contains(got, "Acme Widgets") ||
			!strings.Contains(got, en("no_account_head")) {
			p.t.Errorf("the login sees %s", got)
		}
		mails := p.mailsTo("lea@learn.example")
		at := slices.IndexFunc(mails, func(m email.Mail) bool { return m.Subject == en("mail_rejected_subject") })
		if at < 0 || strings.Contains(mails[at].Text, "Sue") || strings.Contains(mails[at].Text, "Perez") {
			p.t.Errorf("who was rejected is told %q", p.mailSubjects("lea@learn.example"))
		}
		told := p.mailsTo("tom@acme.example")
		if !slices.ContainsFunc(told,
			func(m email.Mail) bool { return strings.Contains(m.Text, "Sue Perez rejected Lea Center") }) {
			p.t.Errorf("the other Super User is not told: %q", p.mailSubjects("tom@acme.example"))
		}
		again := p.sue.post("/members/pending/accept", memberValues(id))
		p.wantStatus(again, http.StatusSeeOther)
		if got := p.sue.withCookies(again).get("/members/pending").textAt("#toast"); got != en("done_late", "Count", 1) {
			p.t.Errorf("deciding again says %q", got)
		}
	})
}

// addPendingMembers makes so many people wait, a second apart, and gives their memberships, the longest first.
func (p *portal) addPendingMembers(n int) []string {
	p.t.Helper()
	for i := range n {
		p.clock.advance(time.Second)
		p.createUser(fmt.Sprintf("w%02d@acme.example", i), app.StandardUser)
	}
	p.exec("UPDATE memberships SET status = 'pending' WHERE identity_id IN (SELECT id FROM identities WHERE email " +
		"LIKE 'w%')")
	return p.queryColumn("SELECT id FROM memberships WHERE status = 'pending' ORDER BY joined_at, id")
}

// Many at once: pages of those who wait, choosing several, and what another Super User decided meanwhile.
func TestApproval_ManyAreDecidedAcrossPages(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		tom := p.addSuperUser("tom@acme.example")
		ids := p.addPendingMembers(30)
		first := p.sue.get("/members/pending")
		next := first.attribute("#pending-list nav a[hx-get]", "href")
		second := p.sue.get(next)
		if got := slices.Concat(first.pendingIDs(), second.pendingIDs()); !slices.Equal(got, ids) ||
			len(second.pendingIDs()) != 5 {
			p.t.Fatalf("the pages show %q, want %q", got, ids)
		}
		if n := first.document().Find("#pending-list [name=member][form=pending-form]").Length(); n != app.PageSize {
			p.t.Errorf("%d can be chosen", n)
		}
		p.wantStatus(tom.post("/members/pending/reject", memberValues(ids[0])), http.StatusSeeOther)
		part := p.sue.withHTMX().post("/members/pending/accept",
			memberValues(slices.Concat(ids[:4], ids[:1], []string{app.NewID()})...))
		p.wantStatus(part, http.StatusOK)
		if !strings.Contains(part.textAt("#toast"), en("done_accepted_some", "Number", 3, "Late", 1)) ||
			!slices.Equal(part.pendingIDs(), ids[4:29]) {
			p.t.Errorf("said is %q, waiting are %d", part.textAt("#toast"), len(part.pendingIDs()))
		}
		cursor := url.Values{"member": ids[25:], "after": {second.value("#pending-form [name=after]")}}
		left := p.sue.post("/members/pending/accept", cursor)
		if got := p.sue.withCookies(left).get(left.location()); !slices.Equal(got.pendingIDs(), ids[4:25]) ||
			got.textAt("#toast") != en("done_accepted", "Count", 5, "Name", "x") {
			p.t.Errorf("after the second page: %d wait, said is %q", len(got.pendingIDs()), got.textAt("#toast"))
		}
		rest := ids[4:25]
		ask := p.sue.get("/members/pending/reject?" + memberValues(rest...).Encode())
		p.wantStatus(ask, http.StatusOK)
		if ask.document().Find("#pending-list [name=member]").Length() != len(rest) ||
			!strings.Contains(ask.textAt("h2"), en("confirm_reject_title", "Count", len(rest), "Name", "x")) {
			p.t.Errorf("asked is %s", ask.textAt("#pending-list"))
		}
		p.wantStatus(p.sue.post("/members/pending/reject", memberValues(rest...)), http.StatusSeeOther)
		if got := p.queryOne("SELECT COUNT(*) FROM memberships WHERE status = 'pending'"); got != "0" {
			p.t.Errorf("%s still wait", got)
		}
	})
}

// Choices that nobody can have made are refused in words, and nothing is decided.
func TestApproval_InvalidChoicesDecideNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		n := newOtherAccount(p)
		ids := p.addPendingMembers(2)
		p.exec("UPDATE memberships SET status = 'pending' WHERE id = ?", n.memberID)
		many := make([]string, app.MaxDecisions+1)
		for i := range many {
			many[i] = app.NewID()
		}
		before := p.snapshot()
		unknown := p.sue.post("/members/pending/accept", memberValues(app.NewID()))
		p.wantStatus(unknown, http.StatusNotFound)
		for _, path := range []string{"/members/pending/accept", "/members/pending/reject"} {
			for name, c := range map[string]struct {
				form   url.Values
				status int
			}{
				"nobody":                 {nil, http.StatusUnprocessableEntity},
				"too many":               {memberValues(many...), http.StatusUnprocessableEntity},
				"an empty id":            {memberValues(""), http.StatusNotFound},
				"no id":                  {memberValues("x", "\x00", "%00", strings.Repeat("A", 9000)), http.StatusNotFound},
				"another account's":      {memberValues(n.memberID), http.StatusNotFound},
				"two places":             {url.Values{"member": ids, "after": {"x", "y"}}, http.StatusUnprocessableEntity},
				"a place from elsewhere": {url.Values{"member": ids, "after": {"x"}}, http.StatusBadRequest},
			} {
				got := p.sue.post(path, c.form)
				if got.status != c.status {
					p.t.Errorf("%s with %s: status %d, want %d", path, name, got.status, c.status)
				}
				if name == "nobody" && (got.alert() != en("pending_none_chosen") || len(got.pendingIDs()) != 2) {
					p.t.Errorf("%s: said is %q to %d", path, got.alert(), len(got.pendingIDs()))
				}
				if name == "another account's" && got.text() != unknown.text() {
					p.t.Errorf("an id of another account is told apart: %q", got.text())
				}
			}
			p.wantStatus(p.sue.post(path+"?member="+ids[0], nil), http.StatusBadRequest)
		}
		p.wantUnchanged("deciding about nobody", before)
	})
}

// The question before a rejection, and the list, take no choice that nobody can have made.
func TestApproval_InvalidChoicesAreNotAskedAbout(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		n := newOtherAccount(p)
		p.addPendingMembers(2)
		p.exec("UPDATE memberships SET status = 'pending' WHERE id = ?", n.memberID)
		before := p.snapshot()
		for _, query := range []string{
			"", "?member=", "?member=x", "?member=" + n.memberID, "?member=%00&member=%ff", "?other=1",
		} {
			for _, b := range []browser{p.sue, p.sue.withHTMX()} {
				got := b.get("/members/pending/reject" + query)
				if got.status != http.StatusNotFound && got.status != http.StatusUnprocessableEntity {
					p.t.Errorf("%s: status %d", got.request, got.status)
				}
				n.wantHidden(got)
			}
		}
		wantRefusal(p.sue.get("/members/pending?after=x"), http.StatusBadRequest)
		p.wantUnchanged("deciding about nobody", before)
	})
}

// Somebody in one account who waits for another sees that in the selector, cannot choose it, and keeps the
// one they have.
func TestPendingMembership_CannotBeSwitchedTo(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.addAccount("Beta Works", "300400", "bob@beta.example")
	bob := p.signIn("bob@beta.example")
	p.addJoinRequest("bob@beta.example")
	got := bob.get("/dashboard")
	if got.textAt("h1") != "Beta Works" {
		t.Errorf("the dashboard is %q", got.textAt("h1"))
	}
	menu := got.textAt("#account-list")
	if !strings.Contains(menu, "Acme Widgets") || !strings.Contains(menu, en("waiting_short")) ||
		got.document().Find("#account-list button").Length() != 1 {
		t.Errorf("the selector says %s", menu)
	}
	p.wantStatus(bob.post("/account/switch", url.Values{"account": {p.accountID("Acme Widgets")}}), http.StatusNotFound)
}

// Where a membership is suspended or over, its person sees what to do; a second open account can be chosen.
func TestClosedMembership_SaysWhyAndOffersOtherAccounts(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.addAccount("Beta Works", "300400", "sue@acme.example")
	for change, said := range map[string]string{
		"status = 'suspended'":               en("closed_suspended"),
		"expires_on = '2026-11-22 09:30:00'": en("closed_over", "Date", "22 November 2026, 09:30 UTC"),
	} {
		sue := p.signIn("sue@acme.example")
		p.exec("UPDATE memberships SET "+change+" WHERE account_id = ?", p.accountID("Acme Widgets"))
		got := sue.get("/dashboard")
		if !strings.Contains(got.textAt("main"), said) || got.value("main form [name=account]") != p.accountID("Beta Works") {
			t.Errorf("%s: %s", change, got.textAt("main"))
		}
		p.exec("UPDATE memberships SET status = 'active', expires_on = NULL WHERE account_id = ?",
			p.accountID("Acme Widgets"))
	}
}
