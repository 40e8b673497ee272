package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

func (s *scene) historyVisits() map[string]visit {
	link := "/account/links/" + s.one("SELECT id FROM links WHERE account_id = ?", s.account("Acme Widgets"))
	theirs := map[string]int{"other": http.StatusNotFound}
	return map[string]visit{
		"GET /account/links":              {who: "super user", status: http.StatusOK},
		"GET /account/links/:id":          {who: "super user", path: link, status: http.StatusOK, unlike: theirs},
		"GET /account/links/:id/suspend":  {who: "super user", path: link + "/suspend", status: http.StatusOK, unlike: theirs},
		"POST /account/links/:id/suspend": {who: "super user", path: link + "/suspend", status: http.StatusSeeOther, unlike: theirs},
	}
}

// leaked is a portal whose first link has let some people in, the first of them two days before the others, and was then replaced.
type leaked struct {
	*portal
	id    string // of the link that leaked
	fresh string // path of the current one
}

func newLeaked(p *portal) leaked {
	p.t.Helper()
	old := p.link()
	l := leaked{portal: p, id: p.one("SELECT id FROM links")}
	p.register(old, "early@acme.example")
	p.want(browser{p: p}.post(p.mailed("early@acme.example"), nil), http.StatusOK)
	p.clock.pass(48 * time.Hour)
	p.sue = p.signIn("sue@acme.example")
	p.register(old, "late@acme.example")
	p.imported("lea@learn.example")
	p.clock.pass(time.Second)
	p.wantJoined(p.asks(old, "lea@learn.example"), "waiting")
	p.clock.pass(time.Minute - time.Second)
	panel := p.sue.withHTMX().post("/account/link/regenerate", nil)
	p.want(panel, http.StatusOK)
	l.fresh = strings.TrimPrefix(panel.value("#registration-link-url"), baseURL)
	p.register(l.fresh, "new@acme.example")
	return l
}

func (l leaked) path(below string) string { return "/account/links/" + l.id + below }

// status gives where the membership of an address stands.
func (p *portal) status(email string) string {
	p.t.Helper()
	return p.one("SELECT m.status FROM memberships m JOIN identities i ON i.id = m.identity_id WHERE i.email = ?", email)
}

// The step that ends a link offers to look at who came by it, with and without HTMX; where nobody came, there is nothing to offer.
func TestEndingALinkOffersTheReview(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		for i, end := range []string{"regenerate", "disable"} {
			path := p.link()
			id := p.one("SELECT id FROM links WHERE active = 1")
			if got := p.sue.withHTMX().get("/account/link/" + end); strings.Contains(got.body, en("confirm_review")) {
				p.t.Errorf("%s speaks of people before anybody came", end)
			}
			p.register(path, fmt.Sprintf("nia%d@acme.example", i))
			ask := p.sue.get("/account/link/" + end).find("#registration-link")
			if !strings.Contains(ask, en("confirm_review")) || !strings.Contains(ask, en("confirm_last_used", "When", p.clock.now.Format("2 January 2006, 15:04 UTC"))) {
				p.t.Errorf("%s asks: %s", end, ask)
			}
			done := p.sue.post("/account/link/"+end, nil)
			p.want(done, http.StatusSeeOther)
			if done.leadsTo() != "/account?ended="+id {
				p.t.Fatalf("%s leads to %q", end, done.leadsTo())
			}
			p.wantOffer(p.sue.get(done.leadsTo()), id)
			if again := p.sue.get("/account"); again.has("#registration-link [role=alert]") {
				p.t.Error("the offer stays for ever")
			}
			p.want(p.sue.post("/account/link/disable", nil), http.StatusSeeOther)
			p.clock.pass(2 * time.Minute)
		}
		fresh := p.link()
		id := p.one("SELECT id FROM links WHERE active = 1")
		p.register(fresh, "nils@acme.example")
		p.wantOffer(p.sue.withHTMX().post("/account/link/regenerate", nil), id)
		p.clock.pass(2 * time.Minute)
		if got := p.sue.withHTMX().post("/account/link/regenerate", nil); got.has("#registration-link [role=alert]") {
			p.t.Errorf("nobody came, and yet: %s", got.text())
		}
	})
}

func (p *portal) wantOffer(panel answer, linkID string) {
	p.t.Helper()
	p.want(panel, http.StatusOK)
	if got := panel.attribute("#registration-link [role=alert] a", "href"); got != "/account/links/"+linkID {
		p.t.Errorf("the review leads to %q, want the link %s", got, linkID)
	}
}

// The address of Account Details takes any id, and says nothing about those that are not an ended link of this account.
func TestOfferOfOtherLinks(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		l := newLeaked(p)
		n := newNeighbours(p)
		p.want(n.bob.post("/account/link/disable", nil), http.StatusSeeOther)
		alive := p.one("SELECT id FROM links WHERE active = 1")
		for _, id := range []string{n.link, alive, app.NewID(), "x", "%00", "%3Cb%3E"} {
			got := p.sue.get("/account?ended=" + id)
			p.want(got, http.StatusOK)
			if got.has("#registration-link [role=alert]") {
				p.t.Errorf("%s: %s", got.asked, got.find("#registration-link [role=alert]"))
			}
		}
		p.wantOffer(p.sue.get("/account?ended="+l.id), l.id)
	})
}

// Every link that there was, with who made and ended it, how, and how often it was used; never an address to open.
func TestTheListOfLinks(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		if got := p.sue.get("/account/links"); got.find("main") == "" || !strings.Contains(got.text(), en("past_links_none")) {
			p.t.Errorf("without a link: %s", got.text())
		}
		l := newLeaked(p)
		sam := p.member("sam@acme.example", app.SuperUser)
		p.want(sam.post("/account/link/disable", nil), http.StatusSeeOther)
		p.clock.pass(time.Minute)
		p.link()
		list := p.sue.get("/account/links")
		p.want(list, http.StatusOK)
		rows := list.page().Find("tbody tr")
		var got []string
		for _, row := range rows.EachIter() {
			got = append(got, plain(row.Text()))
		}
		for i, want := range [][]string{
			{en("past_link_active"), "Sue Perez", en("people", "Count", 0)},
			{en("past_link_dead"), "Ada Stone", en("people", "Count", 1)},
			{en("past_link_replaced"), "22 November", "24 November", en("people", "Count", 2), en("past_link_last", "Date", "24 November 2026")},
		} {
			for _, words := range want {
				if i >= len(got) || !strings.Contains(got[i], words) {
					p.t.Errorf("row %d lacks %q: %q", i, words, got)
				}
			}
		}
		if strings.Contains(list.body, "rl1_") || strings.Contains(p.sue.get(l.path("")).body, "rl1_") {
			p.t.Error("a link's address stands in the list")
		}
		part := p.sue.withHTMX().get("/account/links")
		if part.isPage() || !part.has("#link-list") {
			p.t.Errorf("HTMX is answered: %.200s", part.body)
		}
	})
}

func TestManyLinksArePaged(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.link()
		for range 29 {
			p.clock.pass(time.Second)
			p.want(p.sue.post("/account/link/regenerate", nil), http.StatusSeeOther)
		}
		seen := map[string]bool{}
		pages := 0
		for path := "/account/links"; path != ""; pages++ {
			got := p.sue.get(path)
			p.want(got, http.StatusOK)
			for _, a := range got.page().Find("tbody th a").EachIter() {
				seen[a.AttrOr("href", "")] = true
			}
			path = got.page().Find(`nav [hx-push-url]`).AttrOr("href", "")
		}
		if pages != 2 || len(seen) != 30 {
			p.t.Errorf("%d links on %d pages, want 30 on 2", len(seen), pages)
		}
		p.want(p.sue.get("/account/links?after=x"), http.StatusBadRequest)
	})
}

// who gives the addresses in the list of those who came by a link, the newest first.
func (a answer) who() string {
	a.t.Helper()
	var all []string
	for _, row := range a.page().Find("#came-by li p:last-child").EachIter() {
		if email := plain(row.Text()); strings.Contains(email, "@") {
			all = append(all, email)
		}
	}
	return strings.Join(all, " ")
}

// Who came by a link, since when, by which way; those who came otherwise, or by another link, are not among them.
func TestWhoCameByALink(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		l := newLeaked(p)
		p.create("ada@acme.example", app.StandardUser)
		for since, want := range map[string]string{
			"": "lea@learn.example late@acme.example early@acme.example", "24h": "lea@learn.example late@acme.example",
			"7d": "lea@learn.example late@acme.example early@acme.example", "2026-11-24": "lea@learn.example late@acme.example",
			"2026-11-24T09:30": "lea@learn.example late@acme.example", "2026-11-24T09:30:01": "lea@learn.example",
			"2026-11-25": "", "9999-12-31": "", "0000-01-01": "lea@learn.example late@acme.example early@acme.example",
		} {
			for _, b := range []browser{p.sue, p.sue.withHTMX()} {
				got := b.get(l.path("?since=" + url.QueryEscape(since)))
				p.want(got, http.StatusOK)
				if got.who() != want || got.isPage() == b.htmx {
					p.t.Errorf("since %q: %q, want %q", since, got.who(), want)
				}
				if got.has(`a[href*="/suspend"]`) != (want != "") {
					p.t.Errorf("since %q, suspending is offered: %v", since, got.has(`a[href*="/suspend"]`))
				}
			}
		}
		page := p.sue.get(l.path("?since=24h"))
		if page.find(`#came-by [aria-current]`) != en("since_day") || page.attribute(`a[href*="/suspend"]`, "href") != l.path("/suspend?since=24h") {
			p.t.Errorf("the chosen moment is lost: %s", page.text())
		}
		for _, words := range []string{en("came_request"), en("came_link"), en("status_pending"), en("role_standard"), "24 November 2026, 09:30 UTC"} {
			if !strings.Contains(page.find("#came-by"), words) {
				p.t.Errorf("the list lacks %q: %s", words, page.find("#came-by"))
			}
		}
		for _, bad := range []string{"x", "\x00", "2026-02-30", strings.Repeat("9", 2000), "<b>"} {
			got := p.sue.get(l.path("?since=" + url.QueryEscape(bad)))
			p.want(got, http.StatusUnprocessableEntity)
			if got.problems()["since"] != en("since_invalid") {
				p.t.Errorf("%q: %q", bad, got.problems())
			}
			p.want(p.sue.get(l.path("/suspend?since="+url.QueryEscape(bad))), http.StatusUnprocessableEntity)
			p.want(p.sue.post(l.path("/suspend"), url.Values{"since": {bad}}), http.StatusUnprocessableEntity)
		}
	})
}
