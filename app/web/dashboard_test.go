package web_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"reglink/app"
)

func TestDashboard_CountsMembersAndRegistrations(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		p.register(path, "first@acme.example")
		p.advanceDays(8)
		p.register(path, "second@acme.example")
		p.register(path, "third@acme.example")
		p.createUser("lim@acme.example", app.LimitedUser)
		p.exec("UPDATE memberships SET status = 'pending' WHERE id = ?", p.membershipID("third@acme.example", "Acme Widgets"))
		page := p.sue.get("/dashboard")
		p.wantStatus(page, http.StatusOK)
		rows := page.document().Find("details tbody tr")
		if got := collapseSpace(rows.Last().Text()) + "; " +
			collapseSpace(rows.Eq(rows.Length()-2).Text()); got != "24 Nov – 30 Nov202; 17 Nov – 23 Nov101" {
			p.t.Errorf("registered: %q", got)
		}
		for path, want := range map[string]string{
			"/members?role=standard&status=active": "2", "/members?role=standard&status=pending": "1",
			"/members?role=standard":              "3",
			"/members?role=limited&status=active": "1", "/members?role=super&status=active": "1", "/members?status=active": "4",
		} {
			if got := page.textAt("table a[href='" + path + "']"); got != want {
				p.t.Errorf("%s: %q, want %q", path, got, want)
			}
			if listed := p.sue.get(path).document().Find("#member-list tbody tr").Length(); fmt.Sprint(listed) != want {
				p.t.Errorf("%s lists %d, want %s", path, listed, want)
			}
		}
		if page.has("a[href='/members?role=super&status=pending']") {
			p.t.Error("there is a way to nobody")
		}
	})
}

// Who is no Super User sees figures, and neither people to look after, nor the link, nor what happened.
func TestDashboard_OtherMembersSeeFiguresAlone(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	p.register(p.generateLink(), "nia@acme.example")
	page := p.addMember("stan@acme.example", app.StandardUser).get("/dashboard")
	p.wantStatus(page, http.StatusOK)
	if page.textAt("tfoot a[href='/members?status=active']") != "3" {
		t.Errorf("the figures are %q", page.textAt("tfoot"))
	}
	if page.has("#attention-title") || page.has("#activity-title") || page.has("main a[href='/account']") ||
		strings.Contains(page.textAt("main"), "Nia") {
		t.Errorf("a Standard User reads %q", page.textAt("main"))
	}
}

func TestDashboard_NamesExpiringAndIdleMembers(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.register(p.generateLink(), "idle@acme.example")
		if said := p.sue.get("/dashboard").textAt("#idle-title"); said != en("none_idle", "Days", app.IdleDays) {
			p.t.Errorf("at first: %q", said)
		}
		p.advanceDays(61)
		for i := range 7 {
			email := fmt.Sprintf("m%d@acme.example", i)
			p.createUser(email, app.StandardUser)
			p.exec("UPDATE memberships SET expires_on = ? WHERE id = ?", p.clock.now.AddDate(0, 0, i+1),
				p.membershipID(email, "Acme Widgets"))
		}
		page := p.sue.get("/dashboard")
		if said := page.textAt("#expiring-title"); said != "7 memberships end within 30 days" {
			p.t.Errorf("expiring: %q", said)
		}
		named := page.document().Find("section[aria-labelledby=expiring-title] li")
		if named.Length() != 5 ||
			named.First().Find("a").AttrOr("href", "") != "/members/"+p.membershipID("m0@acme.example", "Acme Widgets") {
			p.t.Errorf("named: %q", collapseSpace(named.Text()))
		}
		for path, want := range map[string]int{"/members?show=expiring": 7, "/members?show=idle": 1} {
			if !page.has("main a[href='" + path + "']") {
				p.t.Errorf("no way to %s", path)
			}
			if listed := p.sue.get(path).document().Find("#member-list tbody tr").Length(); listed != want {
				p.t.Errorf("%s lists %d, want %d", path, listed, want)
			}
		}
	})
}

// A link by which nobody came for 90 days is flagged until it is used or disabled; one that lets nobody in is not.
func TestDashboard_FlagsAnUnusedLink(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	flagged := func(want bool, when string) {
		t.Helper()
		if got := p.sue.get("/dashboard").has("#unused-link-title"); got != want {
			t.Errorf("%s: flagged %t", when, got)
		}
	}
	flagged(false, "without a link")
	path := p.generateLink()
	flagged(false, "a new link")
	p.advanceDays(89)
	flagged(false, "after 89 days")
	p.advanceDays(1)
	flagged(true, "after 90 days")
	p.register(path, "nia@acme.example")
	flagged(false, "once it was used")
	p.advanceDays(90)
	flagged(true, "90 days after it was used")
	p.wantStatus(p.sue.post("/account/link/disable", nil), http.StatusSeeOther)
	flagged(false, "once it was disabled")
}

// The tile says what the link does now, and of how many uses it has how many are left.
func TestDashboard_SaysTheStateOfTheLink(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	tile := func() string {
		t.Helper()
		return collapseSpace(p.sue.get("/dashboard").document().Find("main section:has(a[href='/account'])").First().Text())
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
	p.register(p.generateLink(), "nia@acme.example")
	says("a link without rules", en("link_state_active"), en("tile_used", "Count", 1))
	p.exec("UPDATE links SET max_uses = 2, expires_at = ?", p.clock.now.AddDate(0, 0, 3))
	says("with rules", en("link_state_active"), en("used_of", "Used", 1, "Max", 2), "in 3 days")
	p.exec("UPDATE links SET max_uses = 1")
	says("used up", en("link_state_full"))
	p.exec("UPDATE links SET max_uses = 0, expires_at = ?", p.clock.now)
	says("expired", en("link_state_expired"))
	p.exec("UPDATE links SET expires_at = NULL, stopped_at = ?", p.clock.now)
	says("stopped", en("link_state_stopped"))
}
