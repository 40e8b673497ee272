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

// joins makes a person with a login ask to be added to Acme Widgets, as the page behind their mail does, and gives the membership's id.
func (p *portal) joins(address string) string {
	p.t.Helper()
	p.want(browser{p: p}.post(p.asks(p.link(), address), nil), http.StatusOK)
	return p.membership(address, "Acme Widgets")
}

func members(ids ...string) url.Values { return url.Values{"member": ids} }

// From asking to being in: the Super Users see who waits, one accepts, everybody concerned is told, and the account opens.
func TestAcceptingSomebody(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.super("tom@acme.example")
		lea := p.homeless("lea@learn.example")
		id := p.joins("lea@learn.example")
		row := p.sue.get("/members/pending").find("#pending-" + id)
		for _, said := range []string{"Lea Center", "lea@learn.example", en("role_standard"), en("joined_request"), "22 November 2026", "22 December 2026", en("accept"), en("reject")} {
			if !strings.Contains(row, said) {
				p.t.Errorf("the list does not say %q: %s", said, row)
			}
		}
		for _, path := range []string{"/dashboard", "/members", "/account"} {
			got := p.sue.get(path)
			if !strings.Contains(got.find("[data-pending-banner]"), en("pending_banner", "Count", 1)) || !strings.Contains(got.find("nav[aria-label] [data-pending]"), en("pending_count", "Number", 1)) {
				p.t.Errorf("%s does not say that somebody waits: %s", path, got.find("main"))
			}
		}
		waiting := lea.get("/dashboard")
		for _, said := range []string{en("waiting_title"), "Acme Widgets", en("waiting_since", "Date", "22 November 2026, 09:30 UTC"), en("waiting_until", "Date", "22 December 2026")} {
			if !strings.Contains(waiting.find("main"), said) {
				p.t.Errorf("who waits is not told %q: %s", said, waiting.find("main"))
			}
		}
		sent := p.sue.post("/members/pending/accept", members(id))
		p.want(sent, http.StatusSeeOther)
		list := p.sue.keeping(sent).get(sent.leadsTo())
		if list.find("#toast") != en("done_accepted", "Count", 1, "Name", "Lea Center") || !strings.Contains(list.find("main"), en("pending_none")) {
			p.t.Errorf("afterwards: %s, %s", list.find("#toast"), list.find("main"))
		}
		if got := p.sue.get("/dashboard"); got.has("[data-pending-banner]") || strings.Contains(got.find("nav[aria-label] [data-pending]"), "(") {
			p.t.Error("nobody waits, and the pages say otherwise")
		}
		if got := lea.get("/dashboard").find("h1"); got != "Acme Widgets" {
			p.t.Errorf("who was accepted sees %q", got)
		}
		for address, want := range map[string]string{"lea@learn.example": en("mail_accepted_subject"), "tom@acme.example": en("mail_decided_subject")} {
			if got := p.subjects(address); !slices.Contains(got, want) {
				p.t.Errorf("%s received %q", address, got)
			}
		}
		if slices.Contains(p.subjects("sue@acme.example"), en("mail_decided_subject")) {
			p.t.Error("who decided is told of it by mail")
		}
	})
}

// Rejecting asks once more, names whom, and ends the session of who waited. The login stays.
func TestRejectingSomebody(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.super("tom@acme.example")
		lea := p.homeless("lea@learn.example")
		id := p.joins("lea@learn.example")
		page := p.sue.get("/members/pending")
		ask := p.sue.get(page.attribute("#pending-"+id+" a[hx-get]", "href"))
		p.want(ask, http.StatusOK)
		if got := ask.find("#pending-list"); !strings.Contains(got, en("confirm_reject_title", "Count", 1, "Name", "Lea Center")) || !strings.Contains(got, "lea@learn.example") {
			p.t.Errorf("asked is %s", got)
		}
		done := p.sue.withHTMX().post("/members/pending/reject", members(ask.value("[name=member]")))
		p.want(done, http.StatusOK)
		if !strings.Contains(done.find("#toast"), en("done_rejected", "Count", 1, "Name", "Lea Center")) || !strings.Contains(done.find("#pending-list"), en("pending_none")) || !strings.Contains(done.body, `hx-swap-oob="innerHTML:[data-pending]"`) {
			p.t.Errorf("the answer: %s", done.body)
		}
		if got := lea.get("/dashboard"); got.leadsTo() != "/sign-in?next=/dashboard" {
			p.t.Errorf("who was rejected is still signed in: %d", got.status)
		}
		if got := p.signIn("lea@learn.example").get("/dashboard").find("main"); strings.Contains(got, "Acme Widgets") || !strings.Contains(got, en("no_account_head")) {
			p.t.Errorf("the login sees %s", got)
		}
		mails := p.mailsTo("lea@learn.example")
		at := slices.IndexFunc(mails, func(m email.Mail) bool { return m.Subject == en("mail_rejected_subject") })
		if at < 0 || strings.Contains(mails[at].Text, "Sue") || strings.Contains(mails[at].Text, "Perez") {
			p.t.Errorf("who was rejected is told %q", p.subjects("lea@learn.example"))
		}
		told := p.mailsTo("tom@acme.example")
		if !slices.ContainsFunc(told, func(m email.Mail) bool { return strings.Contains(m.Text, "Sue Perez rejected Lea Center") }) {
			p.t.Errorf("the other Super User is not told: %q", p.subjects("tom@acme.example"))
		}
		again := p.sue.post("/members/pending/accept", members(id))
		p.want(again, http.StatusSeeOther)
		if got := p.sue.keeping(again).get("/members/pending").find("#toast"); got != en("done_late", "Count", 1) {
			p.t.Errorf("deciding again says %q", got)
		}
	})
}

// crowd makes so many people wait, a second apart, and gives their memberships, the longest first.
func (p *portal) crowd(n int) []string {
	p.t.Helper()
	for i := range n {
		p.clock.pass(time.Second)
		p.create(fmt.Sprintf("w%02d@acme.example", i), app.StandardUser)
	}
	p.run("UPDATE memberships SET status = 'pending' WHERE identity_id IN (SELECT id FROM identities WHERE email LIKE 'w%')")
	return p.column("SELECT id FROM memberships WHERE status = 'pending' ORDER BY joined_at, id")
}

// Many at once: pages of those who wait, choosing several, and what another Super User decided meanwhile.
func TestDecidingAboutMany(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		tom := p.super("tom@acme.example")
		ids := p.crowd(30)
		first := p.sue.get("/members/pending")
		next := first.attribute("#pending-list nav a[hx-get]", "href")
		second := p.sue.get(next)
		if got := slices.Concat(first.waiting(), second.waiting()); !slices.Equal(got, ids) || len(second.waiting()) != 5 {
			p.t.Fatalf("the pages show %q, want %q", got, ids)
		}
		if n := first.page().Find("#pending-list [name=member][form=pending-form]").Length(); n != app.PageSize {
			p.t.Errorf("%d can be chosen", n)
		}
		p.want(tom.post("/members/pending/reject", members(ids[0])), http.StatusSeeOther)
		part := p.sue.withHTMX().post("/members/pending/accept", members(slices.Concat(ids[:4], ids[:1], []string{app.NewID()})...))
		p.want(part, http.StatusOK)
		if !strings.Contains(part.find("#toast"), en("done_accepted_some", "Number", 3, "Late", 1)) || !slices.Equal(part.waiting(), ids[4:29]) {
			p.t.Errorf("said is %q, waiting are %d", part.find("#toast"), len(part.waiting()))
		}
		cursor := url.Values{"member": ids[25:], "after": {second.value("#pending-form [name=after]")}}
		left := p.sue.post("/members/pending/accept", cursor)
		if got := p.sue.keeping(left).get(left.leadsTo()); !slices.Equal(got.waiting(), ids[4:25]) || got.find("#toast") != en("done_accepted", "Count", 5, "Name", "x") {
			p.t.Errorf("after the second page: %d wait, said is %q", len(got.waiting()), got.find("#toast"))
		}
		rest := ids[4:25]
		ask := p.sue.get("/members/pending/reject?" + members(rest...).Encode())
		p.want(ask, http.StatusOK)
		if ask.page().Find("#pending-list [name=member]").Length() != len(rest) || !strings.Contains(ask.find("h2"), en("confirm_reject_title", "Count", len(rest), "Name", "x")) {
			p.t.Errorf("asked is %s", ask.find("#pending-list"))
		}
		p.want(p.sue.post("/members/pending/reject", members(rest...)), http.StatusSeeOther)
		if got := p.one("SELECT COUNT(*) FROM memberships WHERE status = 'pending'"); got != "0" {
			p.t.Errorf("%s still wait", got)
		}
	})
}

// Choices that nobody can have made are refused in words, and nothing is decided.
func TestDecidingAboutNobody(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		n := newNeighbours(p)
		ids := p.crowd(2)
		p.run("UPDATE memberships SET status = 'pending' WHERE id = ?", n.member)
		many := make([]string, app.MaxDecided+1)
		for i := range many {
			many[i] = app.NewID()
		}
		before := p.stored()
		unknown := p.sue.post("/members/pending/accept", members(app.NewID()))
		p.want(unknown, http.StatusNotFound)
		for _, path := range []string{"/members/pending/accept", "/members/pending/reject"} {
			for name, c := range map[string]struct {
				form   url.Values
				status int
			}{
				"nobody": {nil, http.StatusUnprocessableEntity}, "too many": {members(many...), http.StatusUnprocessableEntity},
				"an empty id": {members(""), http.StatusNotFound}, "no id": {members("x", "\x00", "%00", strings.Repeat("A", 9000)), http.StatusNotFound},
				"another account's":      {members(n.member), http.StatusNotFound},
				"two places":             {url.Values{"member": ids, "after": {"x", "y"}}, http.StatusUnprocessableEntity},
				"a place from elsewhere": {url.Values{"member": ids, "after": {"x"}}, http.StatusBadRequest},
			} {
				got := p.sue.post(path, c.form)
				if got.status != c.status {
					p.t.Errorf("%s with %s: status %d, want %d", path, name, got.status, c.status)
				}
				if name == "nobody" && (got.alert() != en("pending_none_chosen") || len(got.waiting()) != 2) {
					p.t.Errorf("%s: said is %q to %d", path, got.alert(), len(got.waiting()))
				}
				if name == "another account's" && got.text() != unknown.text() {
					p.t.Errorf("an id of another account is told apart: %q", got.text())
				}
			}
			p.want(p.sue.post(path+"?member="+ids[0], nil), http.StatusBadRequest)
		}
		for _, query := range []string{"", "?member=", "?member=x", "?member=" + n.member, "?member=%00&member=%ff", "?other=1"} {
			for _, b := range []browser{p.sue, p.sue.withHTMX()} {
				got := b.get("/members/pending/reject" + query)
				if got.status != http.StatusNotFound && got.status != http.StatusUnprocessableEntity {
					p.t.Errorf("%s: status %d", got.asked, got.status)
				}
				n.hidden(got)
			}
		}
		wantRefusal(p.sue.get("/members/pending?after=x"), http.StatusBadRequest)
		p.unchanged("deciding about nobody", before)
	})
}

// Somebody in one account who waits for another sees that in the selector, cannot choose it, and keeps the one they have.
func TestWaitingBesideAnotherAccount(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	p.addAccount("Beta Works", "300400", "bob@beta.example")
	bob := p.signIn("bob@beta.example")
	p.joins("bob@beta.example")
	got := bob.get("/dashboard")
	if got.find("h1") != "Beta Works" {
		t.Errorf("the dashboard is %q", got.find("h1"))
	}
	menu := got.find("#account-list")
	if !strings.Contains(menu, "Acme Widgets") || !strings.Contains(menu, en("waiting_short")) || got.page().Find("#account-list button").Length() != 1 {
		t.Errorf("the selector says %s", menu)
	}
	p.want(bob.post("/account/switch", url.Values{"account": {p.account("Acme Widgets")}}), http.StatusNotFound)
}

// Where a membership is suspended or over, its person sees what to do; a second open account can be chosen.
func TestWhereSomebodyStands(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	p.addAccount("Beta Works", "300400", "sue@acme.example")
	for change, said := range map[string]string{
		"status = 'suspended'":               en("closed_suspended"),
		"expires_on = '2026-11-22 09:30:00'": en("closed_over", "Date", "22 November 2026, 09:30 UTC"),
	} {
		sue := p.signIn("sue@acme.example")
		p.run("UPDATE memberships SET "+change+" WHERE account_id = ?", p.account("Acme Widgets"))
		got := sue.get("/dashboard")
		if !strings.Contains(got.find("main"), said) || got.value("main form [name=account]") != p.account("Beta Works") {
			t.Errorf("%s: %s", change, got.find("main"))
		}
		p.run("UPDATE memberships SET status = 'active', expires_on = NULL WHERE account_id = ?", p.account("Acme Widgets"))
	}
}
