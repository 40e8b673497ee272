package web_test

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/db/dbtest"
)

// The form says what the link asks for before anything is typed, and refuses an address of elsewhere in the
// same words while it is typed and when it is sent, whether that has a login or not (T-24).
func TestT24_DomainRefusalIsAlikeForEveryAddress(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		p.importIdentity("lea@learn.example")
		form := p.sue.get("/account/link/policy")
		p.wantStatus(p.sue.post("/account/link/policy", url.Values{
			"link": {form.value("[name=link]")}, "expiry": {"never"}, "role": {"limited"},
			"domains": {"*.acme.example b\u00fccher.example"}, "requires_approval": {"1"},
		}), http.StatusSeeOther)
		named := "*.acme.example, b\u00fccher.example"
		page := browser{p: p}.get(path)
		for selector, want := range map[string]string{
			"#conditions": en("condition_domains", "Domains", named) + " " + en("condition_approval", "Account", "Acme Widgets"),
			"#hint-email": en("email_hint_domains", "Domains", named),
		} {
			if got := page.textAt(selector); got != want {
				p.t.Errorf("%s says %q, want %q", selector, got, want)
			}
		}
		before := p.snapshot()
		for _, email := range []string{"nia@evil.example", "lea@learn.example"} {
			checked := browser{p: p}.withHTMX().post(path+"/check/email", p.registrationForm(path, email))
			p.wantStatus(checked, http.StatusOK)
			sent := browser{p: p}.post(path, p.registrationForm(path, email))
			p.wantStatus(sent, http.StatusUnprocessableEntity)
			want := en("email_domain_not_allowed", "Domains", named)
			if checked.problems()["email"] != want || sent.problems()["email"] != want || sent.value("#email") != email ||
				!sent.has("#conditions") {
				p.t.Errorf("%s: %q while it is typed, %q when it is sent", email, checked.problems(), sent.problems())
			}
		}
		p.wantOnlyDenialRecorded("addresses of elsewhere", "email_domain_not_allowed", before)
		p.register(path, "nia@eu.acme.example")
		p.register(path, "nils@xn--bcher-kva.example")
		if got := p.describeMembership("nia@eu.acme.example",
			"Acme Widgets"); got != "limited pending link no 0 en unconfirmed" {
			p.t.Errorf("a newcomer is stored as %q", got)
		}
		letters := p.queryColumn(
			"SELECT letter FROM notices WHERE subject_id IS NOT NULL AND letter IN ('registered', 'approval_needed')")
		if strings.Join(letters, " ") != "approval_needed approval_needed" {
			p.t.Errorf("the Super Users are told by %q", letters)
		}
	})
}

// denialCauses are those by which a link stops letting people in, with the reason that is said.
func denialCauses(p *portal) map[string]func() {
	return map[string]func(){
		"expired": func() { p.exec("UPDATE links SET expires_at = generated_at WHERE active = ?", true) },
		"full":    func() { p.exec("UPDATE links SET max_uses = 1, used = 1 WHERE active = ?", true) },
		"stopped": func() { p.exec("UPDATE links SET stopped_at = generated_at WHERE active = ?", true) },
		"dead":    func() { p.wantStatus(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther) },
	}
}

// Whoever opens a link that lets nobody in reads why and what to do, and not whose it was; an open form keeps
// what was typed.
func TestT08_DenialSaysWhyAndKeepsTheForm(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		for reason, end := range denialCauses(p) {
			path := p.generateLink()
			form := p.registrationForm(path, "nia@acme.example")
			end()
			before := p.snapshot()
			page := browser{p: p}.get(path)
			p.wantStatus(page, http.StatusGone)
			for _, part := range []string{"title", "text", "ask"} {
				if !strings.Contains(page.textAt("main"), en("denied_"+reason+"_"+part)) {
					p.t.Errorf("%s: the page does not say its %s: %s", reason, part, page.textAt("main"))
				}
			}
			check := browser{p: p}.withHTMX().post(path+"/check/email", form)
			p.wantStatus(check, http.StatusGone)
			p.wantUnchanged("opening and checking ("+reason+")", before)
			htmx, sent := browser{p: p}.withHTMX().post(path, form), browser{p: p}.post(path, form)
			for _, got := range []testResponse{htmx, check, sent} {
				p.wantStatus(got, http.StatusGone)
				if !strings.Contains(got.alert(), en("link_"+reason)) || strings.Contains(got.text(), "Acme Widgets") {
					p.t.Errorf("%s: %s says %q", reason, got.request, got.text())
				}
			}
			if sent.value("#last_name") != "Okafor" || sent.has("#registration-form [type=submit]") {
				p.t.Errorf("%s: what was typed is lost, or can be sent", reason)
			}
			p.wantOnlyDenialRecorded("two forms sent ("+reason+")", "link_"+reason, before)
			p.exec("UPDATE links SET expires_at = NULL, max_uses = 0, used = 0, stopped_at = NULL")
		}
	})
}

// The same denial to the same address is told once in ten minutes: nobody floods the activity.
func TestDenial_IsRecordedOnceInTenMinutes(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		dead, taken := p.registrationForm(path, "nia@acme.example"), p.registrationForm(path, "sue@acme.example")
		told := func(want int, what string) {
			p.t.Helper()
			if got := len(p.queryColumn("SELECT id FROM activities WHERE event = 'link_denied'")); got != want {
				p.t.Errorf("%s: %d denials, want %d", what, got, want)
			}
		}
		for range 5 {
			p.wantStatus(browser{p: p}.post(path, taken), http.StatusUnprocessableEntity)
			p.clock.advance(2*time.Minute - time.Second)
		}
		told(1, "the same five times")
		p.wantStatus(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
		p.wantStatus(browser{p: p}.post(path, dead), http.StatusGone)
		told(2, "another reason")
		p.restartWith(func(c *portalConfig) { c.TrustedProxies = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} })
		p.wantStatus(browser{p: p}.withHeader("X-Forwarded-For", "198.51.100.7").post(path, dead), http.StatusGone)
		told(3, "another address")
		p.clock.advance(10 * time.Minute)
		p.wantStatus(browser{p: p}.post(path, dead), http.StatusGone)
		told(4, "later")
		p.clock.advance(time.Second)
		p.sue = p.signIn("sue@acme.example")
		if got := p.sue.get("/dashboard").textAt("main"); !strings.Contains(got, en("reason_link_dead")) {
			p.t.Errorf("the dashboard does not tell of it: %s", got)
		}
	})
}

// A denial that cannot be recorded is a denial all the same.
func TestDenial_UnrecordedIsStillADenial(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		form := p.registrationForm(path, "sue@acme.example")
		p.exec("ALTER TABLE activities RENAME TO elsewhere")
		got := browser{p: p}.post(path, form)
		p.wantStatus(got, http.StatusUnprocessableEntity)
		if got.problems()["email"] != en("email_taken") || !strings.Contains(p.log.String(), "denial not recorded") {
			p.t.Errorf("said %q, and the log: %s", got.problems(), p.logTail())
		}
	})
}

// The role that newcomers get does not outlive the right of whoever gave it: made by a Super User who is none
// any more, the link stops.
func TestT08_LinkStopsWithItsCreatorsRights(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addMember("ann@acme.example", app.SuperUser)
		path := p.generateLink()
		p.setLinkRule("role", "super")
		p.register(path, "nia@acme.example")
		if got := p.describeMembership("nia@acme.example", "Acme Widgets"); !strings.HasPrefix(got, "super active") {
			p.t.Errorf("a newcomer is stored as %q", got)
		}
		form := p.registrationForm(path, "nils@acme.example")
		sue := p.membershipID("sue@acme.example", "Acme Widgets")
		for _, change := range []string{
			"role = 'standard'", "role = 'super', status = 'suspended'",
			"status = 'active', expires_on = joined_at",
		} {
			p.exec("UPDATE memberships SET "+change+" WHERE id = ?", sue)
			p.wantStatus(browser{p: p}.post(path, form), http.StatusGone)
			p.wantStatus(browser{p: p}.get(path), http.StatusGone)
		}
		p.exec("UPDATE memberships SET expires_on = NULL WHERE id = ?", sue)
		p.wantStatus(browser{p: p}.post(path, form), http.StatusSeeOther)
	})
}

type linkEnd struct {
	reason string
	do     func(p *portal, ann browser)
}

// linkEnds are all ways in which a link stops while its form is open.
func linkEnds() map[string]linkEnd {
	return map[string]linkEnd{
		"regenerated": {"dead", func(p *portal, _ browser) {
			p.wantStatus(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
		}},
		"disabled": {"dead", func(p *portal, _ browser) {
			p.wantStatus(p.sue.post("/account/link/disable", nil), http.StatusSeeOther)
		}},
		"expired": {"expired", func(p *portal, _ browser) {
			p.setLinkRule("expire_days", "1")
			p.clock.advance(24 * time.Hour)
		}},
		"full": {"full", func(p *portal, _ browser) {
			path := p.generateLink()
			p.setLinkRule("max_uses", "1")
			p.register(path, "first@acme.example")
		}},
		"creator demoted": {"stopped", func(p *portal, ann browser) {
			p.wantStatus(ann.post(p.memberPath("sue@acme.example")+"/role", url.Values{"role": {"standard"}}),
				http.StatusSeeOther)
		}},
		"creator suspended": {"stopped", func(p *portal, ann browser) {
			p.wantStatus(ann.post(p.memberPath("sue@acme.example")+"/suspend", nil), http.StatusSeeOther)
		}},
		"creator removed": {"stopped", func(p *portal, ann browser) {
			p.wantStatus(ann.post(p.memberPath("sue@acme.example")+"/remove", nil), http.StatusSeeOther)
		}},
	}
}

// The form is open, and then the link ends in one of all ways, or whoever generated it loses the right: sent,
// the form is denied with the reason, keeps what was typed, stores nobody and owes nobody a mail; the
// activity tells that somebody was denied, and why (T-08).
func TestT08_OpenFormIsDeniedHoweverTheLinkEnds(t *testing.T) {
	t.Parallel()
	for how, end := range linkEnds() {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(p *portal) {
				ann := p.addMember("ann@acme.example", app.SuperUser)
				path := p.generateLink()
				form := p.registrationForm(path, "nia@acme.example")
				end.do(p, ann)
				before := p.snapshot()
				got := browser{p: p}.post(path, form)
				p.wantStatus(got, http.StatusGone)
				if !strings.Contains(got.alert(), en("link_"+end.reason)) || got.value("#last_name") != "Okafor" ||
					strings.Contains(got.text(), "Acme Widgets") {
					p.t.Errorf("it says %q: %s", got.alert(), got.text())
				}
				p.wantOnlyDenialRecorded("a form whose link was "+how, "link_"+end.reason, before)
			})
		})
	}
}

// The end of a link is compared when somebody comes, and needs nobody who sweeps: no part of the portal runs
// beside these requests (T-10).
func TestT10_ExpiryNeedsNoSweeper(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		p.setLinkRule("expire_days", "1")
		form, late := p.registrationForm(path, "nia@acme.example"), p.registrationForm(path, "nils@acme.example")
		p.clock.advance(24*time.Hour - time.Second)
		p.wantStatus(browser{p: p}.get(path), http.StatusOK)
		p.wantStatus(browser{p: p}.post(path, form), http.StatusSeeOther)
		p.clock.advance(time.Second)
		for _, got := range []testResponse{
			browser{p: p}.get(path), browser{p: p}.post(path, late),
			browser{p: p}.withHTMX().post(path+"/check/email", late),
		} {
			p.wantStatus(got, http.StatusGone)
		}
		if active := p.queryOne("SELECT COUNT(*) FROM links WHERE active = 1"); active != "1" {
			p.t.Errorf("somebody has swept: %s links are active", active)
		}
	})
}

// However a link died, its page is the same for every account: nothing of name, rules, role or people is to
// be learnt from it (T-11).
func TestT11_DenialTellsNothingOfTheAccount(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addAccount("Beta Works", "300400", "bob@beta.example")
		bob := p.signIn("bob@beta.example")
		panel := bob.withHTMX().post("/account/link/generate", nil)
		theirs, ours := strings.TrimPrefix(panel.value("#registration-link-url"), baseURL), p.generateLink()
		p.setLinkRule("domains", "acme.example")
		p.setLinkRule("role", "super")
		form := p.registrationForm("/register", "nia@acme.example")
		costs := map[int]bool{} // what the page of a dead link costs, for a stopwatch
		for _, how := range []string{
			"expires_at = generated_at", "max_uses = 1, used = 1", "stopped_at = generated_at",
			"active = NULL, token_box = NULL",
		} {
			p.exec("UPDATE links SET " + how)
			costs[dbtest.CountStatements(p.t, p.store, func() { browser{p: p}.get(ours) })] = true
			for _, ask := range []func(browser, string) testResponse{
				browser.get, func(b browser, path string) testResponse { return b.post(path, form) },
				func(b browser, path string) testResponse { return b.post(path+"/check/email", form) },
			} {
				for _, b := range []browser{{p: p}, {p: p, htmx: true}} {
					one, other := ask(b, ours), ask(b, theirs)
					p.wantStatus(one, http.StatusGone)
					one.header.Del("Date")
					other.header.Del("Date")
					if one.body != strings.ReplaceAll(other.body, theirs, ours) || fmt.Sprint(one.header) != fmt.Sprint(other.header) {
						p.t.Errorf("%s: the links of two accounts are told apart (%s)", one.request, how)
					}
				}
			}
			p.exec("UPDATE links SET expires_at = NULL, max_uses = 0, used = 0, stopped_at = NULL")
		}
		if len(costs) != 1 {
			p.t.Errorf("dead links cost different numbers of statements: %v", costs)
		}
	})
}

func TestT08_DeadLinkIsDenied(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"regenerate", "disable"} {
		t.Run(end, func(t *testing.T) {
			t.Parallel()
			eachDatabase(t, func(p *portal) {
				path := p.generateLink()
				form := p.registrationForm(path, "nia@acme.example")
				p.wantStatus(p.sue.post("/account/link/"+end, nil), http.StatusSeeOther)
				for _, got := range []testResponse{
					browser{p: p}.get(path),
					browser{p: p}.post(path, form),
					browser{p: p, htmx: true}.post(path, form),
					browser{p: p, htmx: true}.post(path+"/check/email", form),
				} {
					p.wantStatus(got, http.StatusGone)
					if strings.Contains(got.body, "Acme Widgets") {
						p.t.Errorf("%s names the account", got.request)
					}
				}
				kept := browser{p: p}.post(path, form)
				if kept.value("#last_name") != "Okafor" || kept.has("#registration-form [type=submit]") {
					p.t.Error("the form does not keep what was typed, or can be sent again")
				}
			})
		})
	}
}

// The page of a dead link does not tell how it died, nor whose it was: the same bytes for all of them (T-11).
func TestT11_DeadLinksAreAnsweredAlike(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addAccount("Beta Works", "300400", "bob@beta.example")
		bob := p.signIn("bob@beta.example")
		var dead []string
		for b, end := range map[*browser]string{&p.sue: "disable", &bob: "regenerate"} {
			panel := b.withHTMX().post("/account/link/generate", nil)
			dead = append(dead, strings.TrimPrefix(panel.value("#registration-link-url"), baseURL))
			p.wantStatus(b.post("/account/link/"+end, nil), http.StatusSeeOther)
		}
		form := p.registrationForm("/register", "nia@acme.example")
		for _, b := range []browser{{p: p}, {p: p, htmx: true}} {
			for _, ask := range []func(path string) testResponse{
				b.get, func(path string) testResponse { return b.post(path, form) },
				func(path string) testResponse { return b.post(path, nil) },
				func(path string) testResponse { return b.post(path+"/check/email", form) },
			} {
				one, other := ask(dead[0]), ask(dead[1])
				p.wantStatus(one, http.StatusGone)
				p.wantStatus(other, http.StatusGone)
				if one.body != strings.ReplaceAll(other.body, dead[1], dead[0]) {
					p.t.Errorf("%s: a replaced link is told apart from a disabled one", one.request)
				}
			}
		}
		if got := (browser{p: p}).get(dead[0]); got.textAt("h1") != en("denied_dead_title") ||
			!got.has(`main a[href="/help/registration-link"]`) {
			p.t.Errorf("the denial says %s", got.textAt("main"))
		}
	})
}
