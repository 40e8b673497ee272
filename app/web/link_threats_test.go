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
	"reglink/db/dbtest"
)

// nearMisses are spellings of a token that differ from it in one place, end too early or too late, or look like it.
func nearMisses(token string) []string {
	var all []string
	for i := range len(token) {
		char := token[i : i+1]
		flipped := strings.ToUpper(char)
		if flipped == char {
			flipped = strings.ToLower(char)
		}
		for _, other := range []string{"", char + char, flipped, "A", "-", "%20", "%00", "%D0%B0"} { // the last one is a Cyrillic a
			all = append(all, token[:i]+other+token[i+1:])
		}
		if i > 0 {
			all = append(all, token[:i])
		}
	}
	for _, tail := range []string{"=", "%3D", "==", "%20", "%00", "%0A", "A", ".", "%2F", "\u00b9", "\uff21"} {
		all = append(all, token+tail)
	}
	all = append(all, strings.ToUpper(token), strings.ToLower(token), "%20"+token, token+token, "rc1_"+token[4:], token[4:])
	return slices.DeleteFunc(all, func(near string) bool { return near == token })
}

// Whatever is nearly the token of a live link is answered like a token that never was: the same status, the same bytes (T-02).
func TestT02NearMissesAreAnsweredLikeUnknownTokens(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		token := strings.TrimPrefix(p.link(), "/register/")
		unknown := browser{p: p}.get("/register/" + app.NewToken(app.LinkToken))
		p.want(unknown, http.StatusNotFound)
		before := p.stored()
		near := nearMisses(token)
		for _, wrong := range near {
			got := browser{p: p}.get("/register/" + wrong)
			if got.status != http.StatusNotFound || got.text() != unknown.text() || len(got.body) > 2*len(unknown.body) || strings.Contains(got.body, "Acme") {
				p.t.Errorf("%q: status %d: %.200s", wrong, got.status, got.text())
			}
		}
		if len(near) < 400 {
			p.t.Errorf("only %d near misses were tried", len(near))
		}
		p.unchanged("near misses", before)
		p.want(browser{p: p}.get("/register/"+token), http.StatusOK)
	})
}

// No page gives its own address to another site: each says so by its header, and none loads, frames or pings anything from elsewhere, or
// says otherwise of a link of its own (T-05).
func TestT05PagesGiveTheirAddressToNobody(t *testing.T) {
	t.Parallel()
	s := newScene(onePortal(t))
	pages := s.pages(asThey)
	for _, got := range pages {
		if policy := got.header.Values("Referrer-Policy"); len(policy) != 1 || policy[0] != "same-origin" {
			t.Errorf("%s: Referrer-Policy is %q", got.asked, policy)
		}
		if found := got.page().Find("meta[name=referrer], [referrerpolicy], [ping], iframe, object, embed, base, [rel=preconnect], [rel=dns-prefetch]"); found.Length() > 0 {
			t.Errorf("%s: there is a %s", got.asked, found.First().Nodes[0].Data)
		}
		for _, element := range got.page().Find("[src], link[href], form[action], [srcset], [poster]").EachIter() {
			for _, attribute := range []string{"src", "href", "action", "srcset", "poster"} {
				target, ok := element.Attr(attribute)
				if ok && !strings.HasPrefix(target, baseURL) && (!strings.HasPrefix(target, "/") || strings.HasPrefix(target, "//")) {
					t.Errorf("%s: %s leads to %q", got.asked, attribute, target)
				}
			}
		}
	}
	if len(pages) < 40 {
		t.Errorf("only %d pages were looked at", len(pages))
	}
}

// The form is open, and then the link ends in one of all ways, or whoever generated it loses the right: sent, the form is denied with the
// reason, keeps what was typed, stores nobody and owes nobody a mail; the activity tells that somebody was denied, and why (T-08).
func TestT08AnOpenFormIsDenied(t *testing.T) {
	t.Parallel()
	for how, end := range map[string]struct {
		reason string
		do     func(p *portal, ann browser)
	}{
		"regenerated": {"dead", func(p *portal, _ browser) { p.want(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther) }},
		"disabled":    {"dead", func(p *portal, _ browser) { p.want(p.sue.post("/account/link/disable", nil), http.StatusSeeOther) }},
		"expired": {"expired", func(p *portal, _ browser) {
			p.rule("expire_days", "1")
			p.clock.pass(24 * time.Hour)
		}},
		"full": {"full", func(p *portal, _ browser) {
			path := p.link()
			p.rule("max_uses", "1")
			p.register(path, "first@acme.example")
		}},
		"creator demoted": {"stopped", func(p *portal, ann browser) {
			p.want(ann.post(p.memberPath("sue@acme.example")+"/role", url.Values{"role": {"standard"}}), http.StatusSeeOther)
		}},
		"creator suspended": {"stopped", func(p *portal, ann browser) {
			p.want(ann.post(p.memberPath("sue@acme.example")+"/suspend", nil), http.StatusSeeOther)
		}},
		"creator removed": {"stopped", func(p *portal, ann browser) {
			p.want(ann.post(p.memberPath("sue@acme.example")+"/remove", nil), http.StatusSeeOther)
		}},
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			eachPortal(t, func(p *portal) {
				ann := p.member("ann@acme.example", app.SuperUser)
				path := p.link()
				form := p.filledIn(path, "nia@acme.example")
				end.do(p, ann)
				before := p.stored()
				got := browser{p: p}.post(path, form)
				p.want(got, http.StatusGone)
				if !strings.Contains(got.alert(), en("link_"+end.reason)) || got.value("#last_name") != "Okafor" || strings.Contains(got.text(), "Acme Widgets") {
					p.t.Errorf("it says %q: %s", got.alert(), got.text())
				}
				p.onlyDenied("a form whose link was "+how, "link_"+end.reason, before)
			})
		})
	}
}

// The end of a link is compared when somebody comes, and needs nobody who sweeps: no part of the portal runs beside these requests (T-10).
func TestT10ExpiryNeedsNoSweeper(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		p.rule("expire_days", "1")
		form, late := p.filledIn(path, "nia@acme.example"), p.filledIn(path, "nils@acme.example")
		p.clock.pass(24*time.Hour - time.Second)
		p.want(browser{p: p}.get(path), http.StatusOK)
		p.want(browser{p: p}.post(path, form), http.StatusSeeOther)
		p.clock.pass(time.Second)
		for _, got := range []answer{browser{p: p}.get(path), browser{p: p}.post(path, late), browser{p: p}.withHTMX().post(path+"/check/email", late)} {
			p.want(got, http.StatusGone)
		}
		if active := p.one("SELECT COUNT(*) FROM links WHERE active = 1"); active != "1" {
			p.t.Errorf("somebody has swept: %s links are active", active)
		}
	})
}

// However a link died, its page is the same for every account: nothing of name, rules, role or people is to be learnt from it (T-11).
func TestT11DenialsTellNothingOfTheAccount(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.addAccount("Beta Works", "300400", "bob@beta.example")
		bob := p.signIn("bob@beta.example")
		panel := bob.withHTMX().post("/account/link/generate", nil)
		theirs, ours := strings.TrimPrefix(panel.value("#registration-link-url"), baseURL), p.link()
		p.rule("domains", "acme.example")
		p.rule("role", "super")
		form := p.filledIn("/register", "nia@acme.example")
		costs := map[int]bool{} // what the page of a dead link costs, for a stopwatch
		for _, how := range []string{"expires_at = generated_at", "max_uses = 1, used = 1", "stopped_at = generated_at", "active = NULL, token_box = NULL"} {
			p.run("UPDATE links SET " + how)
			costs[dbtest.Count(p.t, p.store, func() { browser{p: p}.get(ours) })] = true
			for _, ask := range []func(browser, string) answer{
				browser.get, func(b browser, path string) answer { return b.post(path, form) },
				func(b browser, path string) answer { return b.post(path+"/check/email", form) },
			} {
				for _, b := range []browser{{p: p}, {p: p, htmx: true}} {
					one, other := ask(b, ours), ask(b, theirs)
					p.want(one, http.StatusGone)
					one.header.Del("Date")
					other.header.Del("Date")
					if one.body != strings.ReplaceAll(other.body, theirs, ours) || fmt.Sprint(one.header) != fmt.Sprint(other.header) {
						p.t.Errorf("%s: the links of two accounts are told apart (%s)", one.asked, how)
					}
				}
			}
			p.run("UPDATE links SET expires_at = NULL, max_uses = 0, used = 0, stopped_at = NULL")
		}
		if len(costs) != 1 {
			p.t.Errorf("dead links cost different numbers of statements: %v", costs)
		}
	})
}

// Of everybody who can ask for anything, only the Super Users of the account ever read its link: not in a page, a fragment, a list or a
// download. What is mailed to whoever they invited is theirs (T-13).
func TestT13OnlySuperUsersReadTheLink(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		s := newScene(p)
		p.deliver() // what is not, an operator may have to hand over
		token, read := strings.TrimPrefix(s.link, "/register/"), 0
		for _, row := range s.rows() {
			v := s.visitOf(row)
			if v.path == s.link || strings.HasPrefix(v.path, s.link+"/") || strings.HasPrefix(row.Path, "/operator/notices") {
				continue // whoever asks has it
			}
			if row.Method == http.MethodPost && !slices.Contains([]string{"/members/export", "/activity/export", "/account/link/copied", "/account/link/generate"}, row.Path) {
				continue
			}
			for _, name := range everybody() {
				for _, b := range []browser{s.visitors[name], s.visitors[name].withHTMX()} {
					got := b.ask(row.Method, v.path, formType(row.Method), v.form.Encode())
					if !strings.Contains(got.body+fmt.Sprint(got.header), token) {
						continue
					}
					read++
					if name != "super" {
						p.t.Errorf("%s is shown the link by %s", name, got.asked)
					}
				}
			}
		}
		if read < 3 {
			p.t.Errorf("the link was read %d times: this test looks at nothing", read)
		}
	})
}

// What else a Super User changes neither rotates the link nor brings a dead one back (T-14).
func TestT14OtherChangesLeaveTheLinkAlone(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.link()
		p.want(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
		p.create("ada@acme.example", app.StandardUser)
		const kept = "SELECT CONCAT_WS(' ', id, HEX(token_hash), HEX(token_box), active, generated_at, ended_at) FROM links ORDER BY id"
		before := p.column(kept)
		ada := p.memberPath("ada@acme.example")
		for _, step := range []struct {
			path string
			form url.Values
		}{
			{"/account/link/policy", p.rules()},
			{"/account/link/copied", nil},
			{"/account/link/generate", nil},
			{"/preferences", url.Values{"first_name": {"Susan"}, "last_name": {"Perez"}, "language": {"de"}}},
			{"/account/switch", url.Values{"account": {p.account("Acme Widgets")}}},
			{"/language", url.Values{"language": {"en"}}},
			{ada + "/role", url.Values{"role": {"super"}}},
			{ada + "/expiry", url.Values{"expires": {"2027-01-31"}}},
			{ada + "/suspend", nil},
			{ada + "/reinstate", nil},
			{ada + "/remove", nil},
			{invitations, inviting("ben@acme.example")},
		} {
			p.want(p.sue.post(step.path, step.form), http.StatusSeeOther)
			if now := p.column(kept); !slices.Equal(now, before) {
				p.t.Errorf("%s changed a link: %q, it was %q", step.path, now, before)
			}
		}
	})
}

// settings are forms of the scene that are accepted, for those rows whose own visit is refused.
func (s *scene) settings() map[string]url.Values {
	s.t.Helper()
	s.waiting("paul@acme.example")
	return map[string]url.Values{
		"/account/security/second-factor": {"required": {"yes"}},
		"/account/security/sign-in":       {"way": {"both"}},
		"/account/link/policy":            s.rules(),
		"/account/link/invitations":       inviting("ben@acme.example"),
		"/members":                        newUser("uma@acme.example", app.StandardUser),
		"/members/:id/activation":         nil,
		"/members/:id/role":               {"role": {"super"}},
		"/members/pending/accept":         {"member": {s.membership(addresses()["pending"], "Acme Widgets")}},
		"/members/pending/reject":         {"member": {s.membership("paul@acme.example", "Acme Widgets")}},
		"/account/links/:id/suspend":      nil,
		"/preferences":                    {"first_name": {"Susan"}, "last_name": {"Perez"}, "language": {"en"}},
		"/members/export":                 nil,
		"/activity/export":                {"what": {"link"}},
	}
}

// Of all that a Super User can post, but for the two that are there for it, nothing changes a link, live or dead: neither its secret nor
// its state, nor when it was generated (T-14).
func TestT14NoOtherRouteTouchesALink(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		s := newScene(p)
		p.want(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
		accepted := s.settings()
		sue := p.withApp(p.sue, "sue@acme.example").browser
		const kept = "SELECT CONCAT_WS(' ', id, HEX(token_hash), HEX(token_box), active, generated_at, ended_at, stopped_at) FROM links ORDER BY id"
		before := p.column(kept)
		for _, row := range s.rows() {
			if row.Method != http.MethodPost || slices.Contains([]string{"/account/link/regenerate", "/account/link/disable", "/sign-out"}, row.Path) {
				continue
			}
			v := s.visitOf(row)
			form, must := accepted[row.Path]
			if must {
				v.form = form
			}
			if got := sue.post(v.path, v.form); must && got.status >= http.StatusBadRequest {
				p.t.Errorf("%s: status %d: %s", got.asked, got.status, got.text())
			}
			if now := p.column(kept); !slices.Equal(now, before) {
				p.t.Fatalf("%s changed a link: %q, it was %q", row.Path, now, before)
			}
		}
		p.want(sue.post("/preferences/password", url.Values{"current_password": {password}, "password": {another}}), http.StatusSeeOther)
		if now := p.column(kept); !slices.Equal(now, before) {
			p.t.Errorf("another password changed a link: %q, it was %q", now, before)
		}
	})
}
