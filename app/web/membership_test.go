package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// The page of a member says who they are, how they came and what they still have to do.
func TestMemberPage(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.register(p.link(), "nia@acme.example")
		p.deliver()
		p.run("UPDATE identities SET phone = '+49 30 5550199', job_title = 'Field Engineer' WHERE email = 'nia@acme.example'")
		path := p.memberPath("nia@acme.example")
		list := p.sue.get("/members")
		if !list.has(`a[href="` + path + `"]`) {
			p.t.Error("the list does not lead to the member")
		}
		got := p.sue.get(path)
		p.want(got, http.StatusOK)
		for _, said := range []string{
			"Nia Okafor", "nia@acme.example", "+49 30 5550199", "Field Engineer", en("role_standard"), en("purpose_confirm"), en("joined_link"),
			"22 November 2026", en("signed_in_never"), en("expires_never"), en("activity_person_registered", "Actor", "Nia Okafor", "Subject", "Nia Okafor"),
		} {
			if !strings.Contains(got.find("main"), said) {
				p.t.Errorf("the page does not say %q: %s", said, got.find("main"))
			}
		}
		all := p.sue.get(got.attribute(`#membership a[href^="/account/links/"]`, "href"))
		if all.who() != "nia@acme.example" {
			p.t.Errorf("by the link came %q", all.who())
		}
		p.clock.pass(time.Minute)
		resent := p.sue.withHTMX().post(path+"/activation", url.Values{"next": {path}})
		p.want(resent, http.StatusOK)
		if !resent.has("#membership") || len(p.mailsTo("nia@acme.example")) != 2 {
			p.t.Errorf("resending from the page: %s", resent.text())
		}
		p.confirmAddress("nia@acme.example")
		if got := p.sue.get(path); got.has(`form[action$="/activation"]`) || !strings.Contains(got.find("#membership"), en("status_active")) {
			p.t.Errorf("after confirming: %s", got.find("#membership"))
		}
	})
}

// What a Super User does on the page is done at once, with and without HTMX, and is told in the activity.
func TestManagingAMember(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.member("ada@acme.example", app.StandardUser)
		path := p.memberPath("ada@acme.example")
		for _, step := range []struct {
			act   string
			form  url.Values
			done  string
			shown string
			event app.Event
		}{
			{"/role", url.Values{"role": {"limited"}}, "done_role", en("role_limited"), app.RoleChanged},
			{"/expiry", url.Values{"expires": {"2026-12-24"}}, "done_expiry", en("expires_until", "Date", "24 December 2026"), app.ExpiryChanged},
			{"/expiry", url.Values{"expires": {""}}, "done_expiry", en("expires_never"), app.ExpiryChanged},
			{"/suspend", nil, "done_suspended", en("status_suspended"), app.MemberSuspended},
			{"/reinstate", nil, "done_reinstated", en("status_active"), app.MemberReinstated},
		} {
			for _, b := range []browser{p.sue.withHTMX(), p.sue} {
				p.clock.pass(time.Second)
				got := b.post(path+step.act, step.form)
				if !b.htmx {
					p.want(got, http.StatusSeeOther)
					got = b.keeping(got).get(got.leadsTo())
				}
				p.want(got, http.StatusOK)
				if got.isPage() == b.htmx || !strings.Contains(got.body, en(step.done, "Name", "Ada Stone")) || !strings.Contains(got.find("#membership"), step.shown) {
					p.t.Errorf("%s (HTMX %t): %s", step.act, b.htmx, got.text())
				}
			}
			if n := p.one("SELECT COUNT(*) FROM activities WHERE event = ?", step.event); n != "1" && step.event != app.ExpiryChanged {
				p.t.Errorf("%s, done twice, is told %s times", step.act, n)
			}
		}
	})
}

// Whoever is removed is gone from the list, has no page any more, and can be added anew.
func TestRemovingAMember(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.member("ada@acme.example", app.StandardUser)
		path := p.memberPath("ada@acme.example")
		removed := p.sue.withHTMX().post(path+"/remove", nil)
		if removed.header.Get("HX-Redirect") != "/members" {
			p.t.Errorf("removing leads to %q", removed.header.Get("HX-Redirect"))
		}
		list := p.sue.keeping(removed).get("/members")
		if !strings.Contains(list.find("#toast"), en("done_removed", "Name", "Ada Stone")) || len(list.members()) != 1 {
			p.t.Errorf("after removing: %s", list.text())
		}
		for _, act := range []string{"", "/suspend", "/remove"} {
			wantRefusal(p.sue.get(path+act), http.StatusNotFound)
		}
		p.create("ada@acme.example", app.LimitedUser)
	})
}

// The steps before something is taken say what will happen, and change nothing.
func TestStepsBeforeTaking(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.create("sam@acme.example", app.SuperUser)
		path, own := p.memberPath("sam@acme.example"), p.memberPath("sue@acme.example")
		before := p.stored()
		for step, text := range map[string]string{"/suspend": "member_suspend_stays", "/remove": "member_remove_login"} {
			for _, b := range []browser{p.sue, p.sue.withHTMX()} {
				got := b.get(path + step)
				p.want(got, http.StatusOK)
				said := got.find("#membership")
				for _, id := range []string{text, "member_sessions_end", "member_link_stops"} {
					if !strings.Contains(said, en(id, "Name", "Ada Stone")) {
						p.t.Errorf("%s does not say %s: %s", step, id, said)
					}
				}
				if !got.has(`form[method=post][action="`+path+step+`"]`) || !got.has(`a[href="`+path+`"]`) || strings.Contains(said, en("member_own")) {
					p.t.Errorf("%s: %s", step, said)
				}
			}
			if got := p.sue.get(own + step); !strings.Contains(got.find("#membership"), en("member_own")) {
				p.t.Errorf("%s of oneself: %s", step, got.find("#membership"))
			}
		}
		if got := p.sue.get(own); !strings.Contains(got.find("#role-form"), en("member_own_role")) {
			p.t.Errorf("one's own role: %s", got.find("#role-form"))
		}
		p.unchanged("asking", before)
	})
}

// Somebody who takes their own standing is led where they still may be, and the last Super User cannot.
func TestActingOnOneself(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		own := p.memberPath("sue@acme.example")
		before := p.stored()
		for act, form := range map[string]url.Values{
			"/role": {"role": {"standard"}}, "/suspend": nil, "/remove": nil, "/expiry": {"expires": {"2027-01-01"}},
		} {
			for _, b := range []browser{p.sue, p.sue.withHTMX()} {
				got := b.post(own+act, form)
				p.want(got, http.StatusConflict)
				if !strings.Contains(got.text(), en("last_super_user")) {
					p.t.Errorf("%s: %s", act, got.text())
				}
			}
		}
		p.unchanged("the last Super User", before)
		sam := p.member("sam@acme.example", app.SuperUser)
		demoted := sam.post(p.memberPath("sam@acme.example")+"/role", url.Values{"role": {"standard"}})
		p.want(demoted, http.StatusSeeOther)
		p.want(sam.get("/members"), http.StatusOK)
		p.want(sam.get(own), http.StatusForbidden)
		if demoted.leadsTo() != "/" {
			p.t.Errorf("demoting oneself leads to %s", demoted.leadsTo())
		}
		tom := p.member("tom@acme.example", app.SuperUser)
		left := tom.withHTMX().post(p.memberPath("tom@acme.example")+"/remove", nil)
		if left.header.Get("HX-Redirect") != "/" {
			p.t.Errorf("removing oneself leads to %q", left.header.Get("HX-Redirect"))
		}
		p.want(tom.get("/dashboard"), http.StatusSeeOther)
	})
}

// Of two Super Users who suspend each other at once, the later one is told that it is none any more.
func TestSuperUsersSuspendEachOther(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		l := p.listen()
		for _, email := range []string{"s1@acme.example", "s2@acme.example", "s3@acme.example"} {
			sam := p.member(email, app.SuperUser)
			asked := []struct {
				by   browser
				path string
			}{{p.sue, p.memberPath(email)}, {sam, p.memberPath("sue@acme.example")}}
			answers := p.atOnce(2, func(i int) answer {
				return l.send(asked[i].by, asked[i].by.request(http.MethodPost, asked[i].path+"/suspend", formType(http.MethodPost), ""))
			})
			won := 0
			for _, got := range answers {
				switch got.status {
				case http.StatusSeeOther:
					won++
				case http.StatusForbidden, http.StatusUnauthorized: // the session may be gone before the request is let in
				default:
					p.t.Errorf("%s: status %d: %s", got.asked, got.status, got.text())
				}
			}
			if left := p.one("SELECT COUNT(*) FROM memberships WHERE role = 'super' AND status = 'active'"); won != 1 || left != "1" {
				p.t.Errorf("%d succeeded, %s Super Users are left", won, left)
			}
			p.run("UPDATE memberships SET status = 'suspended' WHERE role = 'super'")
			p.run("UPDATE memberships SET status = 'active' WHERE id = ?", p.membership("sue@acme.example", "Acme Widgets"))
			p.sue = p.signIn("sue@acme.example")
		}
	})
}
