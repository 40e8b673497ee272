package web_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// endSessionPath gives the path that ends the session of another browser of the same person.
func (p *portal) endSessionPath(b, other browser) string {
	p.t.Helper()
	hash, _ := app.HashToken(app.SessionToken, other.cookie)
	path := "/preferences/sessions/" + app.Session{TokenHash: hash}.ID() + "/end"
	if !b.get("/preferences").has(`form[action="` + path + `"]`) {
		p.t.Fatalf("the page does not offer %s", path)
	}
	return path
}

// signInAs signs Sue in with a browser of that name.
func (p *portal) signInAs(agent string) browser {
	p.t.Helper()
	got := browser{p: p}.withHeader("User-Agent", agent).post("/sign-in", credentials("sue@acme.example", password))
	return browser{p: p, cookie: got.cookie("session")}
}

// One's sessions are listed with what is known of them; each can be ended, and is dead at once.
func TestSessions_AreListedAndEndedOneByOne(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		const hostile = `<script>alert(1)</script>" onmouseover="x`
		fox := p.signInAs("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
		eve, odd := p.signInAs(hostile), p.signInAs("")
		stranger := p.addMember("stan@acme.example", app.StandardUser)
		page := p.sue.get("/preferences")
		wantNoInjectedMarkup(page)
		for _, shown := range []string{
			"Firefox on Linux", hostile, en("session_unknown_browser"), en("session_present"), "0.0.0.0",
		} {
			if !strings.Contains(page.textAt("#sessions"), collapseSpace(shown)) {
				p.t.Errorf("the list lacks %q: %s", shown, page.textAt("#sessions"))
			}
		}
		if page.document().Find("#sessions li").Length() != 4 || page.document().Find("#sessions li form").Length() != 3 ||
			strings.Contains(page.body, fox.cookie[4:20]) {
			p.t.Errorf("the list is %q", page.textAt("#sessions"))
		}
		path := p.endSessionPath(p.sue, fox)
		for _, b := range []browser{stranger, stranger.withHTMX()} {
			p.wantStatus(b.post(path, nil), http.StatusNotFound)
		}
		p.wantStatus(p.sue.post("/preferences/sessions/"+strings.Repeat("0", 32)+"/end", nil), http.StatusNotFound)
		p.wantStatus(fox.get("/account"), http.StatusOK)
		part := p.sue.withHTMX().post(path, nil)
		p.wantStatus(part, http.StatusOK)
		if part.isPage() || part.document().Find("#sessions li").Length() != 3 ||
			!strings.Contains(part.text(), en("done_session_ended")) {
			p.t.Errorf("HTMX is answered %s", part.text())
		}
		p.wantStatus(fox.get("/account"), http.StatusSeeOther)
		p.wantStatus(p.sue.post(path, nil), http.StatusNotFound)
		p.wantStatus(p.sue.post(p.endSessionPath(p.sue, eve), nil), http.StatusSeeOther)
		p.wantStatus(eve.get("/account"), http.StatusSeeOther)

		p.wantStatus(p.sue.post("/preferences/sessions/end", nil), http.StatusSeeOther)
		p.wantStatus(odd.get("/account"), http.StatusSeeOther)
		p.wantStatus(stranger.get("/members"), http.StatusOK)
		if last := p.sue.get("/preferences"); last.document().Find("#sessions li").Length() != 1 ||
			last.has("#sessions form") {
			p.t.Errorf("at last the list is %q", last.textAt("#sessions"))
		}
	})
}

// Whoever ends the present session has signed out.
func TestSessions_EndingThePresentOneSignsOut(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		hash, _ := app.HashToken(app.SessionToken, p.sue.cookie)
		out := p.sue.post("/preferences/sessions/"+app.Session{TokenHash: hash}.ID()+"/end", nil)
		p.wantStatus(out, http.StatusSeeOther)
		if out.location() != "/" || out.setCookie("session") == nil || out.cookie("session") != "" {
			p.t.Errorf("leads to %q with %v", out.location(), out.cookies)
		}
		p.wantStatus(p.sue.get("/account"), http.StatusSeeOther)
	})
}

// A sign-in begins a session with an id of its own; the one that the browser had is over, and one that was
// planted never was (T-44).
func TestT44_EachSignInBeginsANewSession(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		in := p.sue.post("/sign-in", credentials("sue@acme.example", password))
		p.wantStatus(in, http.StatusSeeOther)
		fresh := browser{p: p, cookie: in.cookie("session")}
		if fresh.cookie == p.sue.cookie || !strings.HasPrefix(fresh.cookie, app.SessionToken) {
			p.t.Errorf("the session is %q, it was %q", fresh.cookie, p.sue.cookie)
		}
		p.wantStatus(fresh.get("/account"), http.StatusOK)
		p.wantStatus(p.sue.get("/account"), http.StatusSeeOther)
		planted := browser{p: p, cookie: app.NewToken(app.SessionToken)}
		p.wantStatus(planted.get("/account"), http.StatusSeeOther)
		adopted := planted.post("/sign-in", credentials("sue@acme.example", password))
		if adopted.cookie("session") == planted.cookie {
			p.t.Error("a planted session was adopted")
		}
		p.wantStatus(planted.get("/account"), http.StatusSeeOther)
		p.wantStatus(fresh.get("/account"), http.StatusOK) // another browser's session stays
		for _, nonsense := range []string{
			"x", fresh.cookie + "A", strings.ToLower(fresh.cookie),
			fresh.cookie[:len(fresh.cookie)-1], strings.Replace(fresh.cookie, "rs1_", "rl1_", 1),
		} {
			p.wantStatus(browser{p: p, cookie: nonsense}.get("/account"), http.StatusSeeOther)
		}
		for _, token := range append(p.queryColumn("SELECT token_hash FROM sessions"), p.snapshot()["sessions"]) {
			if strings.Contains(token, fresh.cookie) || strings.Contains(token, fresh.cookie[4:]) {
				p.t.Error("a session is stored as it stands in the cookie")
			}
		}
	})
}

func TestSignOut_EndsTheSession(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		other := p.signIn("sue@acme.example")
		for _, b := range []browser{p.sue, p.sue, {p: p}, {p: p, cookie: "x"}} {
			out := b.post("/sign-out", nil)
			p.wantStatus(out, http.StatusSeeOther)
			if out.location() != "/" {
				p.t.Errorf("signing out leads to %q", out.location())
			}
		}
		p.wantStatus(p.sue.get("/account"), http.StatusSeeOther)
		p.wantStatus(p.sue.post("/account/link/generate", nil), http.StatusUnauthorized)
		p.wantStatus(other.get("/account"), http.StatusOK)
		if got := (browser{p: p}).get("/"); got.status != http.StatusOK || !got.has(`a[href="/sign-in"]`) {
			p.t.Errorf("the front page after signing out: status %d", got.status)
		}
	})
}

// A session ends 30 minutes after the last request, and 12 hours after it began in any case.
func TestSessions_EndWhenIdleOrAfterTwelveHours(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.clock.advance(30 * time.Minute)
		p.wantStatus(p.sue.get("/account"), http.StatusOK)
		p.clock.advance(30*time.Minute + time.Second)
		idle := p.sue.get("/account")
		p.wantStatus(idle, http.StatusSeeOther)
		if idle.location() != "/sign-in?next=/account" {
			p.t.Errorf("an idle session is led to %q", idle.location())
		}
		p.wantStatus(p.sue.get("/account"), http.StatusSeeOther) // and stays over
		busy := p.signIn("sue@acme.example")
		for range 12 * 60 / 20 {
			p.clock.advance(20 * time.Minute)
			p.wantStatus(busy.get("/account"), http.StatusOK)
		}
		p.clock.advance(time.Second)
		p.wantStatus(busy.get("/account"), http.StatusSeeOther)
	})
}

// Who loses access is out at the next request on every server, in every browser; whoever signs in to one is
// known to all (T-45).
func TestT45_LostAccessCountsOnEveryServer(t *testing.T) {
	t.Parallel()
	for _, act := range []string{"/suspend", "/remove"} {
		t.Run(act[1:], func(t *testing.T) {
			t.Parallel()
			eachDatabaseThreeServers(t, func(p *portal, servers []*portal) {
				p.addMember("sam@acme.example", app.SuperUser)
				var browsers []browser
				for _, server := range servers {
					browsers = append(browsers, server.signIn("sam@acme.example"))
				}
				on := func(server *portal, b browser) browser { b.p = server; return b }
				for _, server := range servers {
					for _, b := range browsers {
						p.wantStatus(on(server, b).get("/account"), http.StatusOK)
					}
				}
				p.wantStatus(p.sue.post(p.memberPath("sam@acme.example")+act, nil), http.StatusSeeOther)
				before := p.snapshot()
				for _, server := range servers {
					for _, b := range browsers {
						if got := on(server, b).get("/account"); !strings.HasPrefix(got.location(), "/sign-in") {
							t.Errorf("%s after %s: status %d", got.request, act, got.status)
						}
						p.wantStatus(on(server, b).post("/account/link/generate", nil), http.StatusUnauthorized)
					}
				}
				p.wantUnchanged("a Super User who is out", before)
			})
		})
	}
}

// What a person may do is asked at each request: it ends with the next one after it was taken away (T-45, 8.3.2).
func TestT45_LostRightsAreGoneAtTheNextRequest(t *testing.T) {
	t.Parallel()
	members := "UPDATE memberships SET %s WHERE identity_id = (SELECT id FROM identities WHERE email = 'sam@acme.example')"
	for name, test := range map[string]struct {
		change  string
		account int // status of GET /account afterwards
		members int // and of GET /members; 0: not asked, its page has no words for that
	}{
		"demoted": {strings.Replace(members, "%s", "role = 'standard'", 1), http.StatusForbidden, http.StatusOK},
		"limited": {strings.Replace(members, "%s", "role = 'limited'", 1), http.StatusForbidden, http.StatusOK},
		"membership suspended": {
			strings.Replace(members, "%s", "status = 'suspended'", 1), http.StatusForbidden, http.StatusForbidden,
		},
		"membership pending": {
			strings.Replace(members, "%s", "status = 'pending'", 1), http.StatusForbidden, http.StatusForbidden,
		},
		"role unknown": {strings.Replace(members, "%s", "role = 'owner'", 1), http.StatusForbidden, 0},
		"membership over": {
			strings.Replace(members, "%s", "expires_on = '2026-11-22 09:30:00'", 1), http.StatusForbidden, http.StatusForbidden,
		},
		"identity suspended": {
			"UPDATE identities SET suspended_at = '2026-11-22 09:30:00' WHERE email = 'sam@acme.example'", http.StatusSeeOther,
			http.StatusSeeOther,
		},
		"session ended": {"DELETE FROM sessions", http.StatusSeeOther, http.StatusSeeOther},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(p *portal) {
				sam := p.addMember("sam@acme.example", app.SuperUser)
				p.wantStatus(sam.get("/account"), http.StatusOK)
				p.exec(test.change)
				p.wantStatus(sam.get("/account"), test.account)
				if test.members != 0 {
					p.wantStatus(sam.get("/members"), test.members)
				}
				before := p.snapshot()
				post := sam.post("/account/link/generate", nil)
				if post.status != http.StatusForbidden && post.status != http.StatusUnauthorized {
					p.t.Errorf("%s: status %d", post.request, post.status)
				}
				p.wantUnchanged("a Super User who is none any more", before)
			})
		})
	}
}

// Whoever loses access is out at the next request, in every browser (T-45).
func TestT45_SessionsEndWithAccess(t *testing.T) {
	t.Parallel()
	for _, act := range []string{"/suspend", "/remove"} {
		t.Run(act[1:], func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(p *portal) {
				browsers := []browser{p.addMember("sam@acme.example", app.SuperUser), p.signIn("sam@acme.example")}
				for _, b := range browsers {
					p.wantStatus(b.get("/account"), http.StatusOK)
				}
				p.wantStatus(p.sue.post(p.memberPath("sam@acme.example")+act, nil), http.StatusSeeOther)
				for _, b := range browsers {
					for _, path := range []string{"/account", "/members", "/dashboard", "/preferences"} {
						got := b.get(path)
						p.wantStatus(got, http.StatusSeeOther)
						if !strings.HasPrefix(got.location(), "/sign-in") {
							p.t.Errorf("%s leads to %s", path, got.location())
						}
					}
					p.wantStatus(b.post("/account/link/generate", nil), http.StatusUnauthorized)
				}
				again := p.signIn("sam@acme.example") // the login stays, and opens nothing here
				p.wantStatus(again.get("/members"), http.StatusForbidden)
				p.wantStatus(p.sue.get("/account"), http.StatusOK)
			})
		})
	}
}
