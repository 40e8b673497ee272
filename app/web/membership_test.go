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
func TestMemberPage_SaysWhoTheyAreAndWhatIsMissing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.register(p.generateLink(), "nia@acme.example")
		p.deliverMails()
		p.exec("UPDATE identities SET phone = '+49 30 5550199', job_title = 'Field Engineer' " +
			"WHERE email = 'nia@acme.example'")
		path := p.memberPath("nia@acme.example")
		list := p.sue.get("/members")
		if !list.has(`a[href="` + path + `"]`) {
			p.t.Error("the list does not lead to the member")
		}
		got := p.sue.get(path)
		p.wantStatus(got, http.StatusOK)
		for _, said := range []string{
			"Nia Okafor", "nia@acme.example", "+49 30 5550199", "Field Engineer", en("role_standard"), en("purpose_confirm"),
			en("joined_link"),
			"22 November 2026", en("signed_in_never"), en("expires_never"), en("activity_person_registered", "Actor",
				"Nia Okafor", "Subject", "Nia Okafor"),
		} {
			if !strings.Contains(got.textAt("main"), said) {
				p.t.Errorf("the page does not say %q: %s", said, got.textAt("main"))
			}
		}
		all := p.sue.get(got.attribute(`#membership a[href^="/account/links/"]`, "href"))
		if all.linkMemberEmails() != "nia@acme.example" {
			p.t.Errorf("by the link came %q", all.linkMemberEmails())
		}
		p.clock.advance(time.Minute)
		resent := p.sue.withHTMX().post(path+"/activation", url.Values{"next": {path}})
		p.wantStatus(resent, http.StatusOK)
		if !resent.has("#membership") || len(p.mailsTo("nia@acme.example")) != 2 {
			p.t.Errorf("resending from the page: %s", resent.text())
		}
		p.confirmEmail("nia@acme.example")
		if got := p.sue.get(path); got.has(`form[action$="/activation"]`) ||
			!strings.Contains(got.textAt("#membership"), en("status_active")) {
			p.t.Errorf("after confirming: %s", got.textAt("#membership"))
		}
	})
}

// What a Super User does on the page is done at once, with and without HTMX, and is told in the activity.
func TestMember_ChangesAreDoneAtOnceAndRecorded(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addMember("ada@acme.example", app.StandardUser)
		path := p.memberPath("ada@acme.example")
		for _, step := range []struct {
			act   string
			form  url.Values
			done  string
			shown string
			event app.Event
		}{
			{"/role", url.Values{"role": {"limited"}}, "done_role", en("role_limited"), app.RoleChanged},
			{
				"/expiry",
				url.Values{"expires": {"2026-12-24"}},
				"done_expiry", en("expires_until", "Date", "24 December 2026"),
				app.ExpiryChanged,
			},
			{"/expiry", url.Values{"expires": {""}}, "done_expiry", en("expires_never"), app.ExpiryChanged},
			{"/suspend", nil, "done_suspended", en("status_suspended"), app.MemberSuspended},
			{"/reinstate", nil, "done_reinstated", en("status_active"), app.MemberReinstated},
		} {
			for _, b := range []browser{p.sue.withHTMX(), p.sue} {
				p.clock.advance(time.Second)
				got := b.post(path+step.act, step.form)
				if !b.htmx {
					p.wantStatus(got, http.StatusSeeOther)
					got = b.withCookies(got).get(got.location())
				}
				p.wantStatus(got, http.StatusOK)
				if got.isPage() == b.htmx || !strings.Contains(got.body, en(step.done, "Name", "Ada Stone")) ||
					!strings.Contains(got.textAt("#membership"), step.shown) {
					p.t.Errorf("%s (HTMX %t): %s", step.act, b.htmx, got.text())
				}
			}
			if n := p.queryOne("SELECT COUNT(*) FROM activities WHERE event = ?", step.event); n != "1" &&
				step.event != app.ExpiryChanged {
				p.t.Errorf("%s, done twice, is told %s times", step.act, n)
			}
		}
	})
}

// Whoever is removed is gone from the list, has no page any more, and can be added anew.
func TestRemoveMember_CanBeAddedAnew(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addMember("ada@acme.example", app.StandardUser)
		path := p.memberPath("ada@acme.example")
		removed := p.sue.withHTMX().post(path+"/remove", nil)
		if removed.header.Get("HX-Redirect") != "/members" {
			p.t.Errorf("removing leads to %q", removed.header.Get("HX-Redirect"))
		}
		list := p.sue.withCookies(removed).get("/members")
		if !strings.Contains(list.textAt("#toast"), en("done_removed", "Name", "Ada Stone")) ||
			len(list.memberRowIDs()) != 1 {
			p.t.Errorf("after removing: %s", list.text())
		}
		for _, act := range []string{"", "/suspend", "/remove"} {
			wantRefusal(p.sue.get(path+act), http.StatusNotFound)
		}
		p.createUser("ada@acme.example", app.LimitedUser)
	})
}

// The steps before something is taken say what will happen, and change nothing.
func TestSuspendAndRemove_AskFirst(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.createUser("sam@acme.example", app.SuperUser)
		path, own := p.memberPath("sam@acme.example"), p.memberPath("sue@acme.example")
		before := p.snapshot()
		for step, text := range map[string]string{"/suspend": "member_suspend_stays", "/remove": "member_remove_login"} {
			for _, b := range []browser{p.sue, p.sue.withHTMX()} {
				got := b.get(path + step)
				p.wantStatus(got, http.StatusOK)
				said := got.textAt("#membership")
				for _, id := range []string{text, "member_sessions_end", "member_link_stops"} {
					if !strings.Contains(said, en(id, "Name", "Ada Stone")) {
						p.t.Errorf("%s does not say %s: %s", step, id, said)
					}
				}
				if !got.has(`form[method=post][action="`+path+step+`"]`) || !got.has(`a[href="`+path+`"]`) ||
					strings.Contains(said, en("member_own")) {
					p.t.Errorf("%s: %s", step, said)
				}
			}
			if got := p.sue.get(own + step); !strings.Contains(got.textAt("#membership"), en("member_own")) {
				p.t.Errorf("%s of oneself: %s", step, got.textAt("#membership"))
			}
		}
		if got := p.sue.get(own); !strings.Contains(got.textAt("#role-form"), en("member_own_role")) {
			p.t.Errorf("one's own role: %s", got.textAt("#role-form"))
		}
		p.wantUnchanged("asking", before)
	})
}

// Somebody who takes their own standing is led where they still may be, and the last Super User cannot.
func TestMember_LastSuperUserCannotLeave(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		own := p.memberPath("sue@acme.example")
		before := p.snapshot()
		for act, form := range map[string]url.Values{
			"/role": {"role": {"standard"}}, "/suspend": nil, "/remove": nil, "/expiry": {"expires": {"2027-01-01"}},
		} {
			for _, b := range []browser{p.sue, p.sue.withHTMX()} {
				got := b.post(own+act, form)
				p.wantStatus(got, http.StatusConflict)
				if !strings.Contains(got.text(), en("last_super_user")) {
					p.t.Errorf("%s: %s", act, got.text())
				}
			}
		}
		p.wantUnchanged("the last Super User", before)
		sam := p.addMember("sam@acme.example", app.SuperUser)
		demoted := sam.post(p.memberPath("sam@acme.example")+"/role", url.Values{"role": {"standard"}})
		p.wantStatus(demoted, http.StatusSeeOther)
		p.wantStatus(sam.get("/members"), http.StatusOK)
		p.wantStatus(sam.get(own), http.StatusForbidden)
		if demoted.location() != "/" {
			p.t.Errorf("demoting oneself leads to %s", demoted.location())
		}
		tom := p.addMember("tom@acme.example", app.SuperUser)
		left := tom.withHTMX().post(p.memberPath("tom@acme.example")+"/remove", nil)
		if left.header.Get("HX-Redirect") != "/" {
			p.t.Errorf("removing oneself leads to %q", left.header.Get("HX-Redirect"))
		}
		p.wantStatus(tom.get("/dashboard"), http.StatusSeeOther)
	})
}

// Of two Super Users who suspend each other at once, the later one is told that it is none any more.
func TestSuspend_OfTwoSuperUsersAtOnceOneStays(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		l := p.listen()
		for _, email := range []string{"s1@acme.example", "s2@acme.example", "s3@acme.example"} {
			sam := p.addMember(email, app.SuperUser)
			asked := []struct {
				by   browser
				path string
			}{{p.sue, p.memberPath(email)}, {sam, p.memberPath("sue@acme.example")}}
			answers := p.concurrently(2, func(i int) testResponse {
				return l.send(asked[i].by,
					asked[i].by.newRequest(http.MethodPost, asked[i].path+"/suspend", contentTypeOf(http.MethodPost), ""))
			})
			won := 0
			for _, got := range answers {
				switch got.status {
				case http.StatusSeeOther:
					won++
				case http.StatusForbidden, http.StatusUnauthorized: // the session may be gone before the request is let in
				default:
					p.t.Errorf("%s: status %d: %s", got.request, got.status, got.text())
				}
			}
			if left := p.queryOne("SELECT COUNT(*) FROM memberships WHERE role = 'super' AND status = 'active'"); won != 1 ||
				left != "1" {
				p.t.Errorf("%d succeeded, %s Super Users are left", won, left)
			}
			p.exec("UPDATE memberships SET status = 'suspended' WHERE role = 'super'")
			p.exec("UPDATE memberships SET status = 'active' WHERE id = ?", p.membershipID("sue@acme.example", "Acme Widgets"))
			p.sue = p.signIn("sue@acme.example")
		}
	})
}
