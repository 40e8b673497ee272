package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"reglink/app"
)

func (p *portal) linkEvents(account string) string {
	p.t.Helper()
	return strings.Join(p.queryColumn(
		"SELECT event FROM activities WHERE account_id = ? AND event LIKE 'link%' ORDER BY at, event", p.accountID(account)),
		" ")
}

// The panel, from no link to a link and back, as the Super User sees it (design.md, section 2.2).
func TestLinkPanel_GeneratesShowsAndDisablesTheLink(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		empty := p.sue.get("/account")
		if empty.has("#registration-link-url") ||
			!empty.has(`#registration-link form[action="/account/link/generate"] button`) {
			p.t.Error("without a link, the panel does not offer to generate one")
		}
		if empty.has(`a[href="/account/link/disable"]`) {
			p.t.Error("without a link, the panel offers to disable it")
		}
		made := p.sue.post("/account/link/generate", nil)
		p.wantStatus(made, http.StatusSeeOther)
		if made.location() != "/account" {
			p.t.Errorf("generating leads to %q", made.location())
		}
		page := p.sue.withCookies(made).get("/account")
		if page.textAt("#toast") == "" {
			p.t.Error("nothing says that the link was generated")
		}
		if again := p.sue.withCookies(made).withCookies(page).get("/account"); again.textAt("#toast") != "" {
			p.t.Error("it is said twice")
		}
		address := page.value("#registration-link-url")
		page.wantLinkPanelParts()
		p.clock.advance(3 * time.Minute)
		panel := p.sue.get("/account").textAt("#registration-link")
		for _, said := range []string{
			en("link_state_active"), "22 November 2026", "Sue Perez", en("people", "Count", 0),
			en("link_never_used"),
		} {
			if !strings.Contains(panel, said) {
				p.t.Errorf("the panel does not say %q: %s", said, panel)
			}
		}
		for range 3 {
			if got := p.sue.get("/account").value("#registration-link-url"); got != address {
				p.t.Errorf("after a reload the address is %s, it was %s", got, address)
			}
		}
		p.wantStatus(p.sue.withCookies(made).post("/account/link/disable", nil), http.StatusSeeOther)
		if gone := p.sue.get("/account"); gone.has("#registration-link-url") || strings.Contains(gone.body, address) {
			p.t.Error("the panel shows a disabled link")
		}
		if got := p.linkEvents("Acme Widgets"); got != "link_generated link_disabled" {
			p.t.Errorf("the activity is %q", got)
		}
	})
}

func TestGenerate_TwiceKeepsTheLink(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addMember("ann@acme.example", app.SuperUser)
		ann := p.signIn("ann@acme.example")
		answers := p.concurrently(8, func(i int) testResponse {
			return []browser{p.sue, ann}[i%2].withHTMX().post("/account/link/generate", nil)
		})
		first := answers[0].value("#registration-link-url")
		for _, got := range append(answers, ann.withHTMX().post("/account/link/generate", nil)) {
			p.wantStatus(got, http.StatusOK)
			if got.value("#registration-link-url") != first {
				p.t.Error("generating replaced a link that was there")
			}
		}
		if got := p.queryOne("SELECT COUNT(*) FROM links"); got != "1" {
			p.t.Errorf("%s links are stored", got)
		}
		if got := p.linkEvents("Acme Widgets"); got != "link_generated" {
			p.t.Errorf("the activity is %q", got)
		}
	})
}

// The question says what will happen, to whom, and does nothing yet; Cancel leads back.
func TestRegenerateAndDisable_AskFirst(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		for _, what := range []string{"regenerate", "disable"} {
			p.wantStatus(p.sue.get("/account/link/"+what), http.StatusSeeOther) // no link, no question
		}
		path := p.generateLink()
		p.register(path, "nia@acme.example")
		before := p.snapshot()
		for what, words := range map[string][]string{
			"regenerate": {en("confirm_regenerate_text", "Account", "Acme Widgets"), en("confirm_used", "Count", 1)},
			"disable": {
				en("confirm_disable_text", "Account", "Acme Widgets"), en("confirm_used", "Count", 1), en("confirm_members_stay"),
			},
		} {
			for _, b := range []browser{p.sue, p.sue.withHTMX()} {
				got := b.get("/account/link/" + what)
				p.wantStatus(got, http.StatusOK)
				for _, word := range words {
					if !strings.Contains(got.textAt("#registration-link"), word) {
						p.t.Errorf("%s does not say %q: %s", got.request, word, got.textAt("#registration-link"))
					}
				}
				if !got.has(`#registration-link form[method=post][action="/account/link/`+what+`"] button`) ||
					!got.has(`#registration-link a[href="/account"]`) {
					p.t.Errorf("%s: no way on, or no way back", got.request)
				}
				if got.has("#registration-link-url") {
					p.t.Errorf("%s: the panel and the question are both there", got.request)
				}
			}
		}
		p.wantUnchanged("asking first", before)
		p.wantStatus(browser{p: p}.get(path), http.StatusOK)
	})
}

func TestRegenerate_KillsOldLink(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		old := p.generateLink()
		p.register(old, "nia@acme.example")
		p.clock.advance(time.Minute)
		panel := p.sue.withHTMX().post("/account/link/regenerate", nil)
		p.wantStatus(panel, http.StatusOK)
		fresh := strings.TrimPrefix(panel.value("#registration-link-url"), baseURL)
		if fresh == old || !panel.has("[hx-swap-oob]") ||
			!strings.Contains(panel.textAt("#registration-link"), en("people", "Count", 0)) {
			p.t.Errorf("the panel after regenerating: %s", panel.text())
		}
		p.wantStatus(browser{p: p}.get(old), http.StatusGone)
		p.register(fresh, "nils@acme.example")
		if got := p.sue.get("/account").textAt("#registration-link"); strings.Contains(got, "nia@") ||
			!strings.Contains(got, en("people", "Count", 1)) {
			p.t.Errorf("the new link counts the old one's people: %s", got)
		}
		if got := p.queryOne("SELECT COUNT(*) FROM links WHERE token_box IS NOT NULL"); got != "1" {
			p.t.Errorf("%s tokens are kept, want the live one only", got)
		}
		if got := p.linkEvents("Acme Widgets"); got != "link_generated link_regenerated" {
			p.t.Errorf("the activity is %q", got)
		}
		p.wantStatus(p.sue.post("/account/link/disable", nil), http.StatusSeeOther)
		p.wantStatus(p.sue.post("/account/link/disable", nil), http.StatusSeeOther) // what is disabled stays so
		p.wantStatus(browser{p: p}.get(fresh), http.StatusGone)
		p.wantStatus(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
		p.wantStatus(p.sue.get("/account"), http.StatusOK)
	})
}

func TestT13_CopyingIsRecorded(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.generateLink()
		silent := p.sue.withHTMX().post("/account/link/copied", nil)
		p.wantStatus(silent, http.StatusNoContent)
		if silent.body != "" {
			p.t.Errorf("copying swaps %q", silent.body)
		}
		p.clock.advance(time.Second)
		p.wantStatus(p.sue.post("/account/link/copied", nil), http.StatusSeeOther)
		if got := p.linkEvents("Acme Widgets"); got != "link_copied link_generated link_copied" {
			p.t.Errorf("the activity is %q", got)
		}
		if got := p.sue.get("/dashboard").textAt("main"); !strings.Contains(got, en("activity_link_copied", "Actor",
			"Sue Perez")) {
			p.t.Errorf("the dashboard does not tell of it: %s", got)
		}
	})
}

// Email opens a mail that is written, in the account's name and by RFC 6068, and short enough for every mail program.
func TestMailto_HoldsLinkAndAccountName(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		for id, name := range map[string]string{
			"A1": "Beta & Söhne + Co = 100% #1?", "A2": "ACME", "A3": strings.Repeat("\u00e9", app.MaxAccountName),
			"A4": strings.Repeat("\U0001F98A", app.MaxAccountName),
			"A5": strings.Repeat("<\"'&", app.MaxAccountName/4),
		} {
			email := strings.ToLower(id) + "@names.example"
			p.addAccount(name, id, email)
			for _, language := range []string{"en", "de"} {
				panel := p.signIn(email).withHeader("Accept-Language", language).withHTMX().post("/account/link/generate", nil)
				p.wantStatus(panel, http.StatusOK)
				wantMailto(panel, name)
			}
		}
	})
}

func wantMailto(panel testResponse, name string) {
	panel.t.Helper()
	mailto := panel.attribute(`a[href^="mailto:"]`, "href")
	address := panel.value("#registration-link-url")
	if len(mailto) > 1500 || strings.ContainsAny(mailto, "+ \r\n\"<>") {
		panel.t.Errorf("a mailto of %d bytes: %s", len(mailto), mailto)
	}
	rest, ok := strings.CutPrefix(mailto, "mailto:?")
	query, err := url.ParseQuery(rest)
	if !ok || err != nil || !utf8.ValidString(query.Get("body")) {
		panel.t.Fatalf("%s: %v", mailto, err)
	}
	if !strings.Contains(query.Get("body"), address) {
		panel.t.Errorf("the mail does not hold the link: %q", query.Get("body"))
	}
	if utf8.RuneCountInString(name) > 40 {
		name = string([]rune(name)[:10]) // the rest may be cut
	}
	if !strings.Contains(query.Get("subject"), name) || !strings.Contains(query.Get("body"), name) {
		panel.t.Errorf("the mail does not name %q: %q", name, query)
	}
	lines := strings.Split(query.Get("body"), "\r\n")
	if strings.Contains(strings.Join(lines, ""), "\n") || strings.Contains(mailto, "%0A%0A") {
		panel.t.Errorf("lines of the mail end otherwise than by CRLF: %q", query.Get("body"))
	}
}

// A link that was sealed with another key still works; only copying it again does not, and the panel says what helps.
func TestLinkPanel_LinkSealedWithAnotherKeyStillWorks(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		other, err := app.NewSealer([]byte(strings.Repeat("o", app.KeySize)))
		p.check(err)
		p.restartWith(func(c *portalConfig) { c.Sealer = other })
		got := p.sue.get("/account")
		p.wantStatus(got, http.StatusOK)
		if got.has("#registration-link-url") || got.textAt("#registration-link [role=alert]") == "" ||
			!got.has(`a[href="/account/link/regenerate"]`) {
			p.t.Errorf("the panel of a link that cannot be shown: %s", got.textAt("#registration-link"))
		}
		p.wantStatus(browser{p: p}.get(path), http.StatusOK)
	})
}

// Of everybody who can ask for anything, only the Super Users of the account ever read its link: not in a
// page, a fragment, a list or a download. What is mailed to whoever they invited is theirs (T-13).
func TestT13_OnlySuperUsersReadTheLink(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		s := newRouteFixture(p)
		p.deliverMails() // what is not, an operator may have to hand over
		token, read := strings.TrimPrefix(s.linkPath, "/register/"), 0
		for _, row := range s.routes() {
			v := s.caseFor(row)
			if v.path == s.linkPath || strings.HasPrefix(v.path, s.linkPath+"/") ||
				strings.HasPrefix(row.Path, "/operator/notices") {
				continue // whoever asks has it
			}
			if row.Method == http.MethodPost &&
				!slices.Contains([]string{"/members/export", "/activity/export", "/account/link/copied", "/account/link/generate"},
					row.Path) {
				continue
			}
			for _, name := range visitorNames() {
				for _, b := range []browser{s.visitors[name], s.visitors[name].withHTMX()} {
					got := b.do(row.Method, v.path, contentTypeOf(row.Method), v.form.Encode())
					if !strings.Contains(got.body+fmt.Sprint(got.header), token) {
						continue
					}
					read++
					if name != "super" {
						p.t.Errorf("%s is shown the link by %s", name, got.request)
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
func TestT14_OtherChangesLeaveTheLinkAlone(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.generateLink()
		p.wantStatus(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
		p.createUser("ada@acme.example", app.StandardUser)
		const kept = "SELECT CONCAT_WS(' ', id, HEX(token_hash), HEX(token_box), active, generated_at, ended_at) FROM " +
			"links ORDER BY id"
		before := p.queryColumn(kept)
		ada := p.memberPath("ada@acme.example")
		for _, step := range []struct {
			path string
			form url.Values
		}{
			{"/account/link/policy", p.linkRulesForm()},
			{"/account/link/copied", nil},
			{"/account/link/generate", nil},
			{"/preferences", url.Values{"first_name": {"Susan"}, "last_name": {"Perez"}, "language": {"de"}}},
			{"/account/switch", url.Values{"account": {p.accountID("Acme Widgets")}}},
			{"/language", url.Values{"language": {"en"}}},
			{ada + "/role", url.Values{"role": {"super"}}},
			{ada + "/expiry", url.Values{"expires": {"2027-01-31"}}},
			{ada + "/suspend", nil},
			{ada + "/reinstate", nil},
			{ada + "/remove", nil},
			{invitationsPath, invitationValues("ben@acme.example")},
		} {
			p.wantStatus(p.sue.post(step.path, step.form), http.StatusSeeOther)
			if now := p.queryColumn(kept); !slices.Equal(now, before) {
				p.t.Errorf("%s changed a link: %q, it was %q", step.path, now, before)
			}
		}
	})
}

// Of all that a Super User can post, but for the two that are there for it, nothing changes a link, live or
// dead: neither its secret nor its state, nor when it was generated (T-14).
func TestT14_NoOtherRouteChangesALink(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		s := newRouteFixture(p)
		p.wantStatus(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
		accepted := s.acceptedForms()
		sue := p.addCodeApp(p.sue, "sue@acme.example").browser
		const kept = "SELECT CONCAT_WS(' ', id, HEX(token_hash), HEX(token_box), active, generated_at, ended_at, " +
			"stopped_at) FROM links ORDER BY id"
		before := p.queryColumn(kept)
		for _, row := range s.routes() {
			if row.Method != http.MethodPost ||
				slices.Contains([]string{"/account/link/regenerate", "/account/link/disable", "/sign-out"}, row.Path) {
				continue
			}
			v := s.caseFor(row)
			form, must := accepted[row.Path]
			if must {
				v.form = form
			}
			if got := sue.post(v.path, v.form); must && got.status >= http.StatusBadRequest {
				p.t.Errorf("%s: status %d: %s", got.request, got.status, got.text())
			}
			if now := p.queryColumn(kept); !slices.Equal(now, before) {
				p.t.Fatalf("%s changed a link: %q, it was %q", row.Path, now, before)
			}
		}
		p.wantStatus(sue.post("/preferences/password", url.Values{"current_password": {password}, "password": {newPassword}}),
			http.StatusSeeOther)
		if now := p.queryColumn(kept); !slices.Equal(now, before) {
			p.t.Errorf("another password changed a link: %q, it was %q", now, before)
		}
	})
}
