package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// What another account's links are, and who came by them, does not exist (T-43).
func TestLinksOfOtherAccountsDoNotExist(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		newLeaked(p)
		n := newNeighbours(p)
		n.hidden(p.sue.get("/account/links"))
		before := p.stored()
		for _, below := range []string{"", "?since=24h", "/suspend", "/suspend?since=24h"} {
			unknown, theirs := p.sue.get("/account/links/"+app.NewID()+below), p.sue.get("/account/links/"+n.link+below)
			p.want(theirs, http.StatusNotFound)
			n.hidden(theirs)
			if unknown.status != theirs.status || unknown.text() != theirs.text() {
				p.t.Errorf("%s is told apart: %q, %q", theirs.asked, theirs.text(), unknown.text())
			}
		}
		for _, id := range []string{n.link, app.NewID(), "x", "%00"} {
			p.want(p.sue.post("/account/links/"+id+"/suspend", url.Values{"since": {""}}), http.StatusNotFound)
		}
		p.unchanged("asking for another account's links", before)
	})
}

// The question names whom the step meets, and what it does; nothing has happened yet.
func TestSuspendingNewcomersAsksFirst(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		l := newLeaked(p)
		before := p.stored()
		ask := p.sue.get(l.path("/suspend?since=24h"))
		p.want(ask, http.StatusOK)
		for _, words := range []string{
			en("suspend_newcomers_title", "Count", 2), "late@acme.example", "lea@learn.example", en("suspend_newcomers_you"),
			en("suspend_newcomers_sessions"), en("suspend_newcomers_pending"), en("suspend_newcomers_text", "When", "23 November 2026, 09:31 UTC"),
		} {
			if !strings.Contains(ask.find("main"), words) {
				p.t.Errorf("the question lacks %q: %s", words, ask.find("main"))
			}
		}
		if strings.Contains(ask.body, "early@acme.example") || ask.attribute("main form", "action") != l.path("/suspend") ||
			ask.value("main form [name=since]") != "2026-11-23T09:31:00" || !ask.has(`main a[href="`+l.path("")+`"]`) {
			p.t.Errorf("the question: %s", ask.text())
		}
		if nobody := p.sue.get(l.path("/suspend?since=2026-11-25")); nobody.status != http.StatusSeeOther || nobody.leadsTo() != l.path("") {
			p.t.Errorf("with nobody to suspend: status %d to %q", nobody.status, nobody.leadsTo())
		}
		p.unchanged("asking first", before)
		p.run("UPDATE memberships SET role = 'super', status = 'active' WHERE identity_id = (SELECT id FROM identities WHERE email = 'late@acme.example')")
		if got := p.sue.get(l.path("/suspend")).find("main"); !strings.Contains(got, en("suspend_newcomers_supers", "Count", 1)) || !strings.Contains(got, "early@acme.example") {
			p.t.Errorf("a Super User is not told of: %s", got)
		}
	})
}

// All of them in one step: suspended, signed out everywhere, and written down; those who came earlier, by another link or otherwise stay.
func TestSuspendingNewcomers(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		l := newLeaked(p)
		for _, email := range []string{"late@acme.example", "new@acme.example"} {
			p.want(browser{p: p}.post(p.mailed(email), nil), http.StatusOK)
		}
		late, fresh := p.signIn("late@acme.example"), p.signIn("new@acme.example")
		p.want(late.get("/members"), http.StatusOK)
		since := url.Values{"since": {p.sue.get(l.path("/suspend?since=24h")).value("main form [name=since]")}}
		p.clock.pass(time.Hour / 4)
		done := p.sue.post(l.path("/suspend"), since)
		p.want(done, http.StatusSeeOther)
		if done.leadsTo() != l.path("") || p.sue.keeping(done).get(l.path("")).find("#toast") == "" {
			p.t.Errorf("it leads to %q and says nothing", done.leadsTo())
		}
		if got := p.sue.keeping(done).get(l.path("")).find("#toast"); !strings.Contains(got, en("done_suspended_newcomers", "Count", 2)) {
			p.t.Errorf("it says %q", got)
		}
		for email, want := range map[string]string{
			"late@acme.example": "suspended", "lea@learn.example": "suspended", "early@acme.example": "active", "new@acme.example": "active", "sue@acme.example": "active",
		} {
			if got := p.status(email); got != want {
				p.t.Errorf("%s is %s, want %s", email, got, want)
			}
		}
		if late.get("/members").status != http.StatusSeeOther || fresh.get("/members").status != http.StatusOK {
			p.t.Error("sessions: those of the suspended have to end, and no others")
		}
		p.wantSuspensions(`{"Count":"2"}`, 2)
		before := p.stored()
		p.want(p.sue.withHTMX().post(l.path("/suspend"), since), http.StatusOK) // again: nobody is left
		p.want(p.sue.get(l.path("/suspend?since=24h")), http.StatusSeeOther)
		p.unchanged("suspending whom nobody is left of", before)
	})
}

func (p *portal) wantSuspensions(details string, each int) {
	p.t.Helper()
	if got := p.column("SELECT details FROM activities WHERE event = 'link_people_suspended'"); len(got) != 1 || got[0] != details {
		p.t.Errorf("the activity is %q, want %s once", got, details)
	}
	if got := p.column("SELECT subject_id FROM activities WHERE event = 'member_suspended' AND actor_id IS NOT NULL AND details IS NULL"); len(got) != each {
		p.t.Errorf("%d people have a line, want %d", len(got), each)
	}
}

// A Super User who came by the leaked link goes too, and a link that they have made stops; whoever presses the button stays, though they came
// by it themselves.
func TestSuspendingNewcomersWithPower(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		l := newLeaked(p)
		for _, email := range []string{"early@acme.example", "late@acme.example"} {
			if email != "early@acme.example" {
				p.want(browser{p: p}.post(p.mailed(email), nil), http.StatusOK)
			}
			p.run("UPDATE memberships SET role = 'super' WHERE identity_id = (SELECT id FROM identities WHERE email = ?)", email)
		}
		early, late := p.signIn("early@acme.example"), p.signIn("late@acme.example")
		theirs := late.withHTMX().post("/account/link/regenerate", nil)
		path := strings.TrimPrefix(theirs.value("#registration-link-url"), baseURL)
		p.want(browser{p: p}.get(path), http.StatusOK)
		p.want(early.post(l.path("/suspend"), url.Values{"since": {""}}), http.StatusSeeOther)
		if a, b, c := p.status("early@acme.example"), p.status("late@acme.example"), p.status("sue@acme.example"); a != "active" || b != "suspended" || c != "active" {
			p.t.Errorf("early is %s, late %s, Sue %s", a, b, c)
		}
		p.want(browser{p: p}.get(path), http.StatusGone)
		p.want(late.get("/account"), http.StatusSeeOther)
		if got := p.one("SELECT COUNT(*) FROM links WHERE stopped_at IS NOT NULL"); got != "1" {
			p.t.Errorf("%s links are stopped", got)
		}
	})
}

// What looking back and asking cost, however many people came by the link.
func TestStatementsOfLookingBack(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		l := newLeaked(p)
		p.imported("ida@learn.example")
		p.imported("ilse@learn.example")
		join := p.asks(l.fresh, "ilse@learn.example")
		ask := func(email string) func() answer {
			return func() answer { return browser{p: p}.post(l.fresh+"/ask", url.Values{"email": {email}}) }
		}
		get := func(path string) func() answer { return func() answer { return p.sue.withHTMX().get(path) } }
		p.wantCosts([]costs{
			{"the list of links", get("/account/links"), http.StatusOK, 2, 2},
			{"who came by a link", get(l.path("?since=24h")), http.StatusOK, 3, 3},
			{"the question", get(l.path("/suspend")), http.StatusOK, 6, 6},
			{"asking for somebody with a login", ask("ida@learn.example"), http.StatusSeeOther, 7, 9},
			{"asking again", ask("ida@learn.example"), http.StatusSeeOther, 5, 7},
			{"asking for nobody", ask("nobody@learn.example"), http.StatusSeeOther, 2, 2},
			{"the page behind the mail", get(join), http.StatusOK, 2, 2},
			{"pressing its button", func() answer { return browser{p: p}.post(join, nil) }, http.StatusOK, 13, 14},
			{"suspending", func() answer { return p.sue.post(l.path("/suspend"), url.Values{"since": {""}}) }, http.StatusSeeOther, 11, 11},
		})
	})
}
