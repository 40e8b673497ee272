package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// linkRulesForm are a form of the link's rules that will do.
func (p *portal) linkRulesForm() url.Values {
	p.t.Helper()
	return url.Values{
		"link":   {p.queryOne("SELECT id FROM links WHERE active = ? AND account_id = ?", true, p.accountID("Acme Widgets"))},
		"expiry": {"date"}, "expires_on": {"2026-12-24"}, "max_uses": {"25"}, "role": {"limited"},
		"domains": {"acme.example"}, "requires_approval": {"1"},
	}
}

// setLinkRule changes one rule of the link; the others are as open as can be.
func (p *portal) setLinkRule(field, value string) {
	p.t.Helper()
	form := url.Values{"link": p.linkRulesForm()["link"], "expiry": {"never"}, "role": {"standard"}}
	switch field {
	case "expires_on":
		form.Set("expiry", "date")
	case "expire_days":
		form.Set("expiry", "days")
	}
	form.Set(field, value)
	p.wantStatus(p.sue.post("/account/link/policy", form), http.StatusSeeOther)
}

// The rules, from the panel to the form and back, without a new address (issue 3, "Link policy").
func TestLinkPolicy_IsSavedWithoutANewAddress(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.wantStatus(p.sue.get("/account/link/policy"), http.StatusSeeOther) // no link, no rules
		path := p.generateLink()
		if panel := p.sue.get("/account"); !panel.has(
			`#registration-link a[href="/account/link/policy"][hx-get="/account/link/policy"]`) {
			p.t.Error("the panel does not lead to the rules")
		}
		for _, b := range []browser{p.sue, p.sue.withHTMX()} {
			got := b.get("/account/link/policy")
			p.wantStatus(got, http.StatusOK)
			if got.isPage() == b.htmx || !got.has("#registration-link #policy-form[method=post] [name=link]") ||
				got.value("[name=expiry]:checked") != "never" {
				p.t.Errorf("%s is not the form: %s", got.request, got.text())
			}
		}
		p.wantStatus(p.sue.post("/account/link/policy", p.linkRulesForm()), http.StatusSeeOther)
		panel := p.sue.withHTMX().post("/account/link/policy", p.linkRulesForm())
		p.wantStatus(panel, http.StatusOK)
		if got := strings.TrimPrefix(panel.value("#registration-link-url"), baseURL); got != path ||
			!panel.has("[hx-swap-oob]") {
			p.t.Errorf("the address was %s and is %s", path, got)
		}
		for _, said := range []string{
			en("used_of", "Used", 0, "Max", 25), en("expires_in", "Count", 32, "End", "24 December 2026"), en("role_limited"),
			"acme.example", en("approval_required"),
		} {
			if !strings.Contains(panel.textAt("#registration-link"), said) {
				p.t.Errorf("the panel does not say %q: %s", said, panel.textAt("#registration-link"))
			}
		}
		form := p.sue.get("/account/link/policy")
		for selector, want := range map[string]string{
			"[name=expiry]:checked": "date", "#expires_on": "2026-12-24", "#max_uses": "25", "[name=role]:checked": "limited",
			"[name=requires_approval]:checked": "1",
		} {
			if got := form.value(selector); got != want {
				p.t.Errorf("%s is shown as %q, want %q", selector, got, want)
			}
		}
		if got := form.textAt("#domains"); got != "acme.example" {
			p.t.Errorf("the domains are shown as %q", got)
		}
		told := p.queryColumn("SELECT details FROM activities WHERE event = 'link_policy_changed'")
		if len(told) != 1 || told[0] != `{"Rules":"expiry max_uses role domains requires_approval"}` {
			p.t.Errorf("saving twice is told as %q", told)
		}
	})
}

func TestLinkPolicy_RefusedRulesComeBackAsTyped(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		p.register(path, "nia@acme.example")
		p.register(path, "nils@acme.example")
		typed := url.Values{
			"link": p.linkRulesForm()["link"], "expiry": {"days"}, "expire_days": {"soon"}, "expires_on": {"<b>"},
			"max_uses": {"1"}, "role": {"super"},
			"domains": {"acme.example\r\nsue@acme.example, com"}, "requires_approval": {"1"},
		}
		before := p.snapshot()
		for _, b := range []browser{p.sue, p.sue.withHTMX()} {
			got := b.post("/account/link/policy", typed)
			p.wantStatus(got, http.StatusUnprocessableEntity)
			want := map[string]string{
				"expire_days": en("days_required"), "max_uses": en("max_uses_below_used", "Count", 2),
				"domains": en("domain_is_address", "Entry", "sue@acme.example") + " " + en("domain_public", "Entry", "com"),
			}
			for field, said := range want {
				if got.problems()[field] != said {
					p.t.Errorf("%s: said %q, want %q", field, got.problems()[field], said)
				}
			}
			if n := len(got.problems()); n != len(want) {
				p.t.Errorf("%d problems: %q", n, got.problems())
			}
			if got.value("#expire_days") != "soon" || got.value("#expires_on") != "<b>" ||
				got.value("[name=role]:checked") != "super" || got.textAt("#domains") != collapseSpace(typed.Get("domains")) ||
				!got.has("[name=requires_approval]:checked") || got.value("[name=link]") != typed.Get("link") {
				p.t.Errorf("not everything came back: %s", got.body)
			}
		}
		p.wantUnchanged("refused rules", before)
	})
}

// A form that was open when the link was replaced, and an id that is not this account's link, change nothing
// and are told alike.
func TestLinkPolicy_OfAnotherLinkChangesNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addAccount("Beta Works", "300400", "bob@beta.example")
		p.wantStatus(p.signIn("bob@beta.example").post("/account/link/generate", nil), http.StatusSeeOther)
		p.generateLink()
		form := p.linkRulesForm()
		p.wantStatus(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
		before := p.snapshot()
		foreign := p.queryOne("SELECT id FROM links WHERE account_id = ?", p.accountID("Beta Works"))
		for _, id := range []string{form.Get("link"), foreign, app.NewID(), "", "x", "\x00", strings.Repeat("A", 10_000)} {
			form.Set("link", id)
			for _, b := range []browser{p.sue, p.sue.withHTMX()} {
				got := b.post("/account/link/policy", form)
				p.wantStatus(got, http.StatusConflict)
				if !strings.Contains(got.text(), en("link_replaced")) {
					p.t.Errorf("the link %.30q: said %s", id, got.text())
				}
			}
		}
		form["link"] = []string{foreign, foreign}
		if got := p.sue.post("/account/link/policy", form); got.status != http.StatusUnprocessableEntity ||
			got.alert() == "" {
			p.t.Errorf("two ids: status %d, says %q", got.status, got.alert())
		}
		p.wantUnchanged("rules of another link", before)
	})
}

// The installation's maximum: Generate sets an end, a later one is refused, and an older link ends all the same.
func TestLinkPolicy_MaximumAgeEndsEveryLink(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		old := p.generateLink()
		p.clock.advance(30 * 24 * time.Hour)
		p.sue = p.signIn("sue@acme.example")
		p.wantStatus(browser{p: p}.get(old), http.StatusOK)
		p.restartWith(func(c *portalConfig) { c.MaxLinkAge = 30 })
		denied := browser{p: p}.get(old)
		p.wantStatus(denied, http.StatusGone)
		if denied.textAt("h1") != en("denied_expired_title") {
			p.t.Errorf("an old link is denied as %s", denied.textAt("h1"))
		}
		if said := p.sue.get("/account").textAt("#registration-link [role=alert]"); said != en("link_too_old", "Count", 30) {
			p.t.Errorf("the panel of a link that no rule brings back says %q", said)
		}
		panel := p.sue.withHTMX().post("/account/link/regenerate", nil)
		if !strings.Contains(panel.text(), en("expires_in", "Count", 30, "End", "21 January 2027, 09:30 UTC")) {
			p.t.Errorf("a new link has no end: %s", panel.text())
		}
		form := p.sue.get("/account/link/policy")
		if form.has("[name=expiry][value=never]") || form.value("#expire_days") != "30" {
			p.t.Errorf("the form offers a link without an end: %s", form.textAt("#policy-form"))
		}
		for field, form := range map[string]url.Values{
			"expiry": {"expiry": {"never"}}, "expire_days": {"expiry": {"days"}, "expire_days": {"31"}},
			"expires_on": {"expiry": {"date"}, "expires_on": {"2027-01-21"}},
		} {
			form.Set("link", p.linkRulesForm().Get("link"))
			form.Set("role", "standard")
			got := p.sue.post("/account/link/policy", form)
			if got.status != http.StatusUnprocessableEntity || got.problems()[field] == "" {
				p.t.Errorf("%v: status %d, said %q", form, got.status, got.problems())
			}
		}
		p.setLinkRule("expires_on", "2027-01-20")
	})
}

func TestRegenerate_KeepsTheRules(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.generateLink()
		p.wantStatus(p.sue.post("/account/link/policy", p.linkRulesForm()), http.StatusSeeOther)
		const kept = "SELECT CONCAT(role, ' ', max_uses, ' ', domains, ' ', requires_approval, ' ', expires_at) FROM " +
			"links WHERE active = 1"
		query := kept
		if p.isSQLite() {
			query = "SELECT role || ' ' || max_uses || ' ' || domains || ' ' || requires_approval || ' ' || expires_at FROM " +
				"links WHERE active = 1"
		}
		before := p.queryOne(query)
		p.wantStatus(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
		if got := p.queryOne(query); got != before {
			p.t.Errorf("regenerating made %q of %q", got, before)
		}
		p.wantStatus(p.sue.post("/account/link/disable", nil), http.StatusSeeOther)
		p.clock.advance(time.Second)
		panel := p.sue.withHTMX().post("/account/link/generate", nil)
		if got := p.queryOne(query); got != before || !strings.Contains(panel.text(), en("used_of", "Used", 0, "Max", 25)) {
			p.t.Errorf("generating again made %q of %q: %s", got, before, panel.text())
		}
	})
}

// What a Super User sees of a link that lets nobody in, and what brings it back.
func TestLinkPanel_SaysWhyTheLinkIsClosed(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addMember("ann@acme.example", app.SuperUser)
		ann := p.signIn("ann@acme.example")
		path := p.generateLink()
		says := func(badge string, alert string, address bool) {
			p.t.Helper()
			got := ann.get("/account")
			if said := got.textAt("#registration-link header"); !strings.Contains(said, en(badge)) {
				p.t.Errorf("the badge is %s, want %s", said, en(badge))
			}
			if got.has("#registration-link-url") != address || got.textAt("#registration-link [role=alert]") != alert ||
				got.has(`a[href^="mailto:"]`) {
				p.t.Errorf("%s: says %q, want %q", badge, got.textAt("#registration-link [role=alert]"), alert)
			}
		}
		p.setLinkRule("max_uses", "1")
		p.register(path, "nia@acme.example")
		says("link_state_full", en("panel_full"), true)
		p.wantStatus(browser{p: p}.get(path), http.StatusGone)
		p.setLinkRule("max_uses", "2")
		p.register(path, "nils@acme.example")
		p.setLinkRule("expire_days", "1")
		p.clock.advance(24 * time.Hour)
		ann, p.sue = p.signIn("ann@acme.example"), p.signIn("sue@acme.example")
		says("link_state_expired", en("panel_expired"), true)
		p.setLinkRule("expire_days", "2")
		p.register(path, "nora@acme.example")
		p.exec("UPDATE memberships SET role = 'standard' WHERE id = ?", p.membershipID("sue@acme.example", "Acme Widgets"))
		says("link_state_stopped", en("panel_stopped", "Name", "Sue Perez"), false)
		p.wantStatus(browser{p: p}.get(path), http.StatusGone)
		panel := ann.withHTMX().post("/account/link/regenerate", nil)
		p.register(strings.TrimPrefix(panel.value("#registration-link-url"), baseURL), "nick@acme.example")
	})
}
