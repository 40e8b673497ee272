package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"reglink/app"
)

func TestDashboardShowsTheAccount(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		p.register(path, "first@acme.example")
		p.later(8)
		p.register(path, "second@acme.example")
		p.register(path, "third@acme.example")
		p.create("lim@acme.example", app.LimitedUser)
		p.run("UPDATE memberships SET status = 'pending' WHERE id = ?", p.membership("third@acme.example", "Acme Widgets"))
		page := p.sue.get("/dashboard")
		p.want(page, http.StatusOK)
		rows := page.page().Find("details tbody tr")
		if got := plain(rows.Last().Text()) + "; " + plain(rows.Eq(rows.Length()-2).Text()); got != "24 Nov – 30 Nov202; 17 Nov – 23 Nov101" {
			p.t.Errorf("registered: %q", got)
		}
		for path, want := range map[string]string{
			"/members?role=standard&status=active": "2", "/members?role=standard&status=pending": "1", "/members?role=standard": "3",
			"/members?role=limited&status=active": "1", "/members?role=super&status=active": "1", "/members?status=active": "4",
		} {
			if got := page.find("table a[href='" + path + "']"); got != want {
				p.t.Errorf("%s: %q, want %q", path, got, want)
			}
			if listed := p.sue.get(path).page().Find("#member-list tbody tr").Length(); fmt.Sprint(listed) != want {
				p.t.Errorf("%s lists %d, want %s", path, listed, want)
			}
		}
		if page.has("a[href='/members?role=super&status=pending']") {
			p.t.Error("there is a way to nobody")
		}
	})
}

// Who is no Super User sees figures, and neither people to look after, nor the link, nor what happened.
func TestDashboardOfOtherMembers(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	p.register(p.link(), "nia@acme.example")
	page := p.member("stan@acme.example", app.StandardUser).get("/dashboard")
	p.want(page, http.StatusOK)
	if page.find("tfoot a[href='/members?status=active']") != "3" {
		t.Errorf("the figures are %q", page.find("tfoot"))
	}
	if page.has("#attention-title") || page.has("#activity-title") || page.has("main a[href='/account']") || strings.Contains(page.find("main"), "Nia") {
		t.Errorf("a Standard User reads %q", page.find("main"))
	}
}

func TestDashboardTellsWhomToLookAfter(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.register(p.link(), "idle@acme.example")
		if said := p.sue.get("/dashboard").find("#idle-title"); said != en("none_idle", "Days", app.IdleDays) {
			p.t.Errorf("at first: %q", said)
		}
		p.later(61)
		for i := range 7 {
			email := fmt.Sprintf("m%d@acme.example", i)
			p.create(email, app.StandardUser)
			p.run("UPDATE memberships SET expires_on = ? WHERE id = ?", p.clock.now.AddDate(0, 0, i+1), p.membership(email, "Acme Widgets"))
		}
		page := p.sue.get("/dashboard")
		if said := page.find("#expiring-title"); said != "7 memberships end within 30 days" {
			p.t.Errorf("expiring: %q", said)
		}
		named := page.page().Find("section[aria-labelledby=expiring-title] li")
		if named.Length() != 5 || named.First().Find("a").AttrOr("href", "") != "/members/"+p.membership("m0@acme.example", "Acme Widgets") {
			p.t.Errorf("named: %q", plain(named.Text()))
		}
		for path, want := range map[string]int{"/members?show=expiring": 7, "/members?show=idle": 1} {
			if !page.has("main a[href='" + path + "']") {
				p.t.Errorf("no way to %s", path)
			}
			if listed := p.sue.get(path).page().Find("#member-list tbody tr").Length(); listed != want {
				p.t.Errorf("%s lists %d, want %d", path, listed, want)
			}
		}
	})
}

// A link by which nobody came for 90 days is flagged until it is used or disabled; one that lets nobody in is not.
func TestDashboardFlagsAnUnusedLink(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	flagged := func(want bool, when string) {
		t.Helper()
		if got := p.sue.get("/dashboard").has("#unused-link-title"); got != want {
			t.Errorf("%s: flagged %t", when, got)
		}
	}
	flagged(false, "without a link")
	path := p.link()
	flagged(false, "a new link")
	p.later(89)
	flagged(false, "after 89 days")
	p.later(1)
	flagged(true, "after 90 days")
	p.register(path, "nia@acme.example")
	flagged(false, "once it was used")
	p.later(90)
	flagged(true, "90 days after it was used")
	p.want(p.sue.post("/account/link/disable", nil), http.StatusSeeOther)
	flagged(false, "once it was disabled")
}

// The tile says what the link does now, and of how many uses it has how many are left.
func TestDashboardSaysTheStateOfTheLink(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	tile := func() string {
		t.Helper()
		return plain(p.sue.get("/dashboard").page().Find("main section:has(a[href='/account'])").First().Text())
	}
	says := func(when string, all ...string) {
		t.Helper()
		for _, want := range all {
			if got := tile(); !strings.Contains(got, want) {
				t.Errorf("%s: %q lacks %q", when, got, want)
			}
		}
	}
	says("without a link", en("link_none"), en("link_generate"))
	p.register(p.link(), "nia@acme.example")
	says("a link without rules", en("link_state_active"), en("tile_used", "Count", 1))
	p.run("UPDATE links SET max_uses = 2, expires_at = ?", p.clock.now.AddDate(0, 0, 3))
	says("with rules", en("link_state_active"), en("used_of", "Used", 1, "Max", 2), "in 3 days")
	p.run("UPDATE links SET max_uses = 1")
	says("used up", en("link_state_full"))
	p.run("UPDATE links SET max_uses = 0, expires_at = ?", p.clock.now)
	says("expired", en("link_state_expired"))
	p.run("UPDATE links SET expires_at = NULL, stopped_at = ?", p.clock.now)
	says("stopped", en("link_state_stopped"))
}
