package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// replacedLink is a portal whose first link has let some people in, the first of them two days before the
// others, and was then replaced.
type replacedLink struct {
	*portal
	linkID      string // of the link that leaked
	currentPath string // path of the current one
}

func newReplacedLink(p *portal) replacedLink {
	p.t.Helper()
	old := p.generateLink()
	l := replacedLink{portal: p, linkID: p.queryOne("SELECT id FROM links")}
	p.register(old, "early@acme.example")
	p.wantStatus(browser{p: p}.post(p.mailedPath("early@acme.example"), nil), http.StatusOK)
	p.clock.advance(48 * time.Hour)
	p.sue = p.signIn("sue@acme.example")
	p.register(old, "late@acme.example")
	p.importIdentity("lea@learn.example")
	p.clock.advance(time.Second)
	p.wantJoinPage(p.requestToJoin(old, "lea@learn.example"), "waiting")
	p.clock.advance(time.Minute - time.Second)
	panel := p.sue.withHTMX().post("/account/link/regenerate", nil)
	p.wantStatus(panel, http.StatusOK)
	l.currentPath = strings.TrimPrefix(panel.value("#registration-link-url"), baseURL)
	p.register(l.currentPath, "new@acme.example")
	return l
}

func (l replacedLink) pathTo(below string) string { return "/account/links/" + l.linkID + below }

// The step that ends a link offers to look at who came by it, with and without HTMX; where nobody came, there
// is nothing to offer.
func TestLinkHistory_EndingALinkOffersTheReview(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		for i, end := range []string{"regenerate", "disable"} {
			path := p.generateLink()
			id := p.queryOne("SELECT id FROM links WHERE active = 1")
			if got := p.sue.withHTMX().get("/account/link/" + end); strings.Contains(got.body, en("confirm_review")) {
				p.t.Errorf("%s speaks of people before anybody came", end)
			}
			p.register(path, fmt.Sprintf("nia%d@acme.example", i))
			ask := p.sue.get("/account/link/" + end).textAt("#registration-link")
			if !strings.Contains(ask, en("confirm_review")) ||
				!strings.Contains(ask, en("confirm_last_used", "When", p.clock.now.Format("2 January 2006, 15:04 UTC"))) {
				p.t.Errorf("%s asks: %s", end, ask)
			}
			done := p.sue.post("/account/link/"+end, nil)
			p.wantStatus(done, http.StatusSeeOther)
			if done.location() != "/account?ended="+id {
				p.t.Fatalf("%s leads to %q", end, done.location())
			}
			p.wantReviewOffer(p.sue.get(done.location()), id)
			if again := p.sue.get("/account"); again.has("#registration-link [role=alert]") {
				p.t.Error("the offer stays for ever")
			}
			p.wantStatus(p.sue.post("/account/link/disable", nil), http.StatusSeeOther)
			p.clock.advance(2 * time.Minute)
		}
		fresh := p.generateLink()
		id := p.queryOne("SELECT id FROM links WHERE active = 1")
		p.register(fresh, "nils@acme.example")
		p.wantReviewOffer(p.sue.withHTMX().post("/account/link/regenerate", nil), id)
		p.clock.advance(2 * time.Minute)
		if got := p.sue.withHTMX().post("/account/link/regenerate", nil); got.has("#registration-link [role=alert]") {
			p.t.Errorf("nobody came, and yet: %s", got.text())
		}
	})
}

func (p *portal) wantReviewOffer(panel testResponse, linkID string) {
	p.t.Helper()
	p.wantStatus(panel, http.StatusOK)
	if got := panel.attribute("#registration-link [role=alert] a", "href"); got != "/account/links/"+linkID {
		p.t.Errorf("the review leads to %q, want the link %s", got, linkID)
	}
}

// The address of Account Details takes any id, and says nothing about those that are not an ended link of this account.
func TestLinkHistory_ReviewIsOfferedForOwnEndedLinksOnly(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		l := newReplacedLink(p)
		n := newOtherAccount(p)
		p.wantStatus(n.bob.post("/account/link/disable", nil), http.StatusSeeOther)
		alive := p.queryOne("SELECT id FROM links WHERE active = 1")
		for _, id := range []string{n.linkID, alive, app.NewID(), "x", "%00", "%3Cb%3E"} {
			got := p.sue.get("/account?ended=" + id)
			p.wantStatus(got, http.StatusOK)
			if got.has("#registration-link [role=alert]") {
				p.t.Errorf("%s: %s", got.request, got.textAt("#registration-link [role=alert]"))
			}
		}
		p.wantReviewOffer(p.sue.get("/account?ended="+l.linkID), l.linkID)
	})
}

// Every link that there was, with who made and ended it, how, and how often it was used; never an address to open.
func TestLinkHistory_ListsEveryLinkAndNoAddress(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		if got := p.sue.get("/account/links"); got.textAt("main") == "" ||
			!strings.Contains(got.text(), en("past_links_none")) {
			p.t.Errorf("without a link: %s", got.text())
		}
		l := newReplacedLink(p)
		sam := p.addMember("sam@acme.example", app.SuperUser)
		p.wantStatus(sam.post("/account/link/disable", nil), http.StatusSeeOther)
		p.clock.advance(time.Minute)
		p.generateLink()
		list := p.sue.get("/account/links")
		p.wantStatus(list, http.StatusOK)
		rows := list.document().Find("tbody tr")
		var got []string
		for _, row := range rows.EachIter() {
			got = append(got, collapseSpace(row.Text()))
		}
		for i, want := range [][]string{
			{en("past_link_active"), "Sue Perez", en("people", "Count", 0)},
			{en("past_link_dead"), "Ada Stone", en("people", "Count", 1)},
			{
				en("past_link_replaced"), "22 November", "24 November", en("people", "Count", 2),
				en("past_link_last", "Date", "24 November 2026"),
			},
		} {
			for _, words := range want {
				if i >= len(got) || !strings.Contains(got[i], words) {
					p.t.Errorf("row %d lacks %q: %q", i, words, got)
				}
			}
		}
		if strings.Contains(list.body, "rl1_") || strings.Contains(p.sue.get(l.pathTo("")).body, "rl1_") {
			p.t.Error("a link's address stands in the list")
		}
		part := p.sue.withHTMX().get("/account/links")
		if part.isPage() || !part.has("#link-list") {
			p.t.Errorf("HTMX is answered: %.200s", part.body)
		}
	})
}

func TestLinkHistory_IsPaged(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.generateLink()
		for range 29 {
			p.clock.advance(time.Second)
			p.wantStatus(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
		}
		seen := map[string]bool{}
		pages := 0
		for path := "/account/links"; path != ""; pages++ {
			got := p.sue.get(path)
			p.wantStatus(got, http.StatusOK)
			for _, a := range got.document().Find("tbody th a").EachIter() {
				seen[a.AttrOr("href", "")] = true
			}
			path = got.document().Find(`nav [hx-push-url]`).AttrOr("href", "")
		}
		if pages != 2 || len(seen) != 30 {
			p.t.Errorf("%d links on %d pages, want 30 on 2", len(seen), pages)
		}
		p.wantStatus(p.sue.get("/account/links?after=x"), http.StatusBadRequest)
	})
}

// Who came by a link, since when, by which way; those who came otherwise, or by another link, are not among them.
func TestLinkHistory_ListsWhoCameSinceAMoment(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		l := newReplacedLink(p)
		p.createUser("ada@acme.example", app.StandardUser)
		for since, want := range map[string]string{
			"": "lea@learn.example late@acme.example early@acme.example", "24h": "lea@learn.example late@acme.example",
			"7d": "lea@learn.example late@acme.example early@acme.example", "2026-11-24": "lea@learn.example late@acme.example",
			"2026-11-24T09:30": "lea@learn.example late@acme.example", "2026-11-24T09:30:01": "lea@learn.example",
			"2026-11-25": "", "9999-12-31": "", "0000-01-01": "lea@learn.example late@acme.example early@acme.example",
		} {
			for _, b := range []browser{p.sue, p.sue.withHTMX()} {
				got := b.get(l.pathTo("?since=" + url.QueryEscape(since)))
				p.wantStatus(got, http.StatusOK)
				if got.linkMemberEmails() != want || got.isPage() == b.htmx {
					p.t.Errorf("since %q: %q, want %q", since, got.linkMemberEmails(), want)
				}
				if got.has(`a[href*="/suspend"]`) != (want != "") {
					p.t.Errorf("since %q, suspending is offered: %v", since, got.has(`a[href*="/suspend"]`))
				}
			}
		}
		page := p.sue.get(l.pathTo("?since=24h"))
		if page.textAt(`#link-members [aria-current]`) != en("since_day") ||
			page.attribute(`a[href*="/suspend"]`, "href") != l.pathTo("/suspend?since=24h") {
			p.t.Errorf("the chosen moment is lost: %s", page.text())
		}
		for _, words := range []string{
			en("came_request"), en("came_link"), en("status_pending"), en("role_standard"),
			"24 November 2026, 09:30 UTC",
		} {
			if !strings.Contains(page.textAt("#link-members"), words) {
				p.t.Errorf("the list lacks %q: %s", words, page.textAt("#link-members"))
			}
		}
		for _, bad := range []string{"x", "\x00", "2026-02-30", strings.Repeat("9", 2000), "<b>"} {
			got := p.sue.get(l.pathTo("?since=" + url.QueryEscape(bad)))
			p.wantStatus(got, http.StatusUnprocessableEntity)
			if got.problems()["since"] != en("since_invalid") {
				p.t.Errorf("%q: %q", bad, got.problems())
			}
			p.wantStatus(p.sue.get(l.pathTo("/suspend?since="+url.QueryEscape(bad))), http.StatusUnprocessableEntity)
			p.wantStatus(p.sue.post(l.pathTo("/suspend"), url.Values{"since": {bad}}), http.StatusUnprocessableEntity)
		}
	})
}

// What another account's links are, and who came by them, does not exist (T-43).
func TestLinkHistory_OfOtherAccountsDoesNotExist(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		newReplacedLink(p)
		n := newOtherAccount(p)
		n.wantHidden(p.sue.get("/account/links"))
		before := p.snapshot()
		for _, below := range []string{"", "?since=24h", "/suspend", "/suspend?since=24h"} {
			unknown, theirs := p.sue.get("/account/links/"+app.NewID()+below), p.sue.get("/account/links/"+n.linkID+below)
			p.wantStatus(theirs, http.StatusNotFound)
			n.wantHidden(theirs)
			if unknown.status != theirs.status || unknown.text() != theirs.text() {
				p.t.Errorf("%s is told apart: %q, %q", theirs.request, theirs.text(), unknown.text())
			}
		}
		for _, id := range []string{n.linkID, app.NewID(), "x", "%00"} {
			p.wantStatus(p.sue.post("/account/links/"+id+"/suspend", url.Values{"since": {""}}), http.StatusNotFound)
		}
		p.wantUnchanged("asking for another account's links", before)
	})
}

// The question names whom the step meets, and what it does; nothing has happened yet.
func TestSuspendLinkMembers_AsksFirst(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		l := newReplacedLink(p)
		before := p.snapshot()
		ask := p.sue.get(l.pathTo("/suspend?since=24h"))
		p.wantStatus(ask, http.StatusOK)
		for _, words := range []string{
			en("suspend_newcomers_title", "Count", 2), "late@acme.example", "lea@learn.example", en("suspend_newcomers_you"),
			en("suspend_newcomers_sessions"), en("suspend_newcomers_pending"), en("suspend_newcomers_text", "When",
				"23 November 2026, 09:31 UTC"),
		} {
			if !strings.Contains(ask.textAt("main"), words) {
				p.t.Errorf("the question lacks %q: %s", words, ask.textAt("main"))
			}
		}
		if strings.Contains(ask.body, "early@acme.example") || ask.attribute("main form", "action") != l.pathTo("/suspend") ||
			ask.value("main form [name=since]") != "2026-11-23T09:31:00" || !ask.has(`main a[href="`+l.pathTo("")+`"]`) {
			p.t.Errorf("the question: %s", ask.text())
		}
		if nobody := p.sue.get(l.pathTo("/suspend?since=2026-11-25")); nobody.status != http.StatusSeeOther ||
			nobody.location() != l.pathTo("") {
			p.t.Errorf("with nobody to suspend: status %d to %q", nobody.status, nobody.location())
		}
		p.wantUnchanged("asking first", before)
		p.exec("UPDATE memberships SET role = 'super', status = 'active' WHERE identity_id = (SELECT id FROM identities " +
			"WHERE email = 'late@acme.example')")
		if got := p.sue.get(l.pathTo("/suspend")).textAt("main"); !strings.Contains(got, en("suspend_newcomers_supers",
			"Count", 1)) || !strings.Contains(got, "early@acme.example") {
			p.t.Errorf("a Super User is not told of: %s", got)
		}
	})
}

// All of them in one step: suspended, signed out everywhere, and written down; those who came earlier, by
// another link or otherwise stay.
func TestSuspendLinkMembers_SuspendsAndSignsOutOnlyThem(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		l := newReplacedLink(p)
		for _, email := range []string{"late@acme.example", "new@acme.example"} {
			p.wantStatus(browser{p: p}.post(p.mailedPath(email), nil), http.StatusOK)
		}
		late, fresh := p.signIn("late@acme.example"), p.signIn("new@acme.example")
		p.wantStatus(late.get("/members"), http.StatusOK)
		since := url.Values{"since": {p.sue.get(l.pathTo("/suspend?since=24h")).value("main form [name=since]")}}
		p.clock.advance(time.Hour / 4)
		done := p.sue.post(l.pathTo("/suspend"), since)
		p.wantStatus(done, http.StatusSeeOther)
		if done.location() != l.pathTo("") || p.sue.withCookies(done).get(l.pathTo("")).textAt("#toast") == "" {
			p.t.Errorf("it leads to %q and says nothing", done.location())
		}
		if got := p.sue.withCookies(done).get(l.pathTo("")).textAt("#toast"); !strings.Contains(got,
			en("done_suspended_newcomers", "Count", 2)) {
			p.t.Errorf("it says %q", got)
		}
		for email, want := range map[string]string{
			"late@acme.example": "suspended", "lea@learn.example": "suspended", "early@acme.example": "active",
			"new@acme.example": "active", "sue@acme.example": "active",
		} {
			if got := p.membershipStatus(email); got != want {
				p.t.Errorf("%s is %s, want %s", email, got, want)
			}
		}
		if late.get("/members").status != http.StatusSeeOther || fresh.get("/members").status != http.StatusOK {
			p.t.Error("sessions: those of the suspended have to end, and no others")
		}
		p.wantSuspensions(`{"Count":"2"}`, 2)
		before := p.snapshot()
		p.wantStatus(p.sue.withHTMX().post(l.pathTo("/suspend"), since), http.StatusOK) // again: nobody is left
		p.wantStatus(p.sue.get(l.pathTo("/suspend?since=24h")), http.StatusSeeOther)
		p.wantUnchanged("suspending whom nobody is left of", before)
	})
}

func (p *portal) wantSuspensions(details string, each int) {
	p.t.Helper()
	if got := p.queryColumn("SELECT details FROM activities WHERE event = 'link_people_suspended'"); len(got) != 1 ||
		got[0] != details {
		p.t.Errorf("the activity is %q, want %s once", got, details)
	}
	if got := p.queryColumn("SELECT subject_id FROM activities WHERE event = 'member_suspended' AND actor_id IS NOT " +
		"NULL AND details IS NULL"); len(got) != each {
		p.t.Errorf("%d people have a line, want %d", len(got), each)
	}
}

// A Super User who came by the leaked link goes too, and a link that they have made stops; whoever presses
// the button stays, though they came by it themselves.
func TestSuspendLinkMembers_SuspendsSuperUsersButNotTheActor(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		l := newReplacedLink(p)
		for _, email := range []string{"early@acme.example", "late@acme.example"} {
			if email != "early@acme.example" {
				p.wantStatus(browser{p: p}.post(p.mailedPath(email), nil), http.StatusOK)
			}
			p.exec("UPDATE memberships SET role = 'super' WHERE identity_id = (SELECT id FROM identities WHERE email = ?)",
				email)
		}
		early, late := p.signIn("early@acme.example"), p.signIn("late@acme.example")
		theirs := late.withHTMX().post("/account/link/regenerate", nil)
		path := strings.TrimPrefix(theirs.value("#registration-link-url"), baseURL)
		p.wantStatus(browser{p: p}.get(path), http.StatusOK)
		p.wantStatus(early.post(l.pathTo("/suspend"), url.Values{"since": {""}}), http.StatusSeeOther)
		if a, b, c := p.membershipStatus("early@acme.example"), p.membershipStatus("late@acme.example"),
			p.membershipStatus("sue@acme.example"); a != "active" || b != "suspended" || c != "active" {
			p.t.Errorf("early is %s, late %s, Sue %s", a, b, c)
		}
		p.wantStatus(browser{p: p}.get(path), http.StatusGone)
		p.wantStatus(late.get("/account"), http.StatusSeeOther)
		if got := p.queryOne("SELECT COUNT(*) FROM links WHERE stopped_at IS NOT NULL"); got != "1" {
			p.t.Errorf("%s links are stopped", got)
		}
	})
}
