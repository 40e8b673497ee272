package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"reglink/app"
	"reglink/app/web"
)

const requireSecondFactorPath = "/account/security/second-factor"

func TestSecurityPage_SaysHowPeopleSignIn(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		page := p.sue.get("/account/security")
		p.wantStatus(page, http.StatusOK)
		said := page.text()
		for _, want := range []string{
			"At least 15 characters", "After 30 minutes", "After 12 hours",
			"1 of the 1 Super Users has none yet.",
		} {
			if !strings.Contains(said, want) {
				p.t.Errorf("it does not say %q: %.300s", want, said)
			}
		}
	})
}

// Nobody shuts themselves out: who has no second factor cannot require one, and is told how to come by it.
func TestRequireSecondFactor_NeedsOneOfOnesOwn(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		before := p.snapshot()
		for _, b := range []browser{p.sue, p.sue.withHTMX()} {
			got := b.post(requireSecondFactorPath, url.Values{"required": {"yes"}})
			p.wantStatus(got, http.StatusConflict)
			if got.alert() != en("second_factor_first") || !got.has(`a[href="`+factorPath+`"]`) {
				p.t.Errorf("said is %q", got.text())
			}
		}
		for _, form := range []url.Values{
			nil,
			{"required": {""}},
			{"required": {"maybe"}},
			{"required": {"yes", "no"}},
			{"required": {"yes\x00"}},
		} {
			p.wantStatus(p.sue.post(requireSecondFactorPath, form), http.StatusBadRequest)
		}
		p.wantUnchanged("a refused choice", before)
	})
}

// Where it is required, a Super User without one is asked to set one up, and can do nothing as a Super User
// before that.
func TestRequireSecondFactor_BarsSuperUsersWithoutOne(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		sid := p.addMember("sid@acme.example", app.SuperUser)
		sue := p.addCodeApp(p.sue, "sue@acme.example")
		p.wantStatus(sue.post(requireSecondFactorPath, url.Values{"required": {"yes"}}), http.StatusSeeOther)
		p.wantStatus(sue.post(requireSecondFactorPath, url.Values{"required": {"yes"}}), http.StatusSeeOther)
		p.wantStatus(sue.get("/account"), http.StatusOK)
		if page := sue.get("/account/security").text(); !strings.Contains(page, "1 of the 2 Super Users has none yet.") ||
			!strings.Contains(page, en("required_factor_yes")) {
			p.t.Errorf("the page says %q", page)
		}
		p.wantBarredFromSuperUserRoutes(sid)

		sid = p.addCodeApp(sid, "sid@acme.example").browser
		p.wantStatus(sid.get("/account"), http.StatusOK)
		p.wantStatus(sid.post("/account/link/generate", nil), http.StatusSeeOther)
		p.wantStatus(sid.post(requireSecondFactorPath, url.Values{"required": {"no"}}), http.StatusSeeOther)
		events := p.queryColumn("SELECT event FROM activities WHERE event LIKE 'second_factor%' ORDER BY at")
		if !slices.Equal(events, []string{"second_factor_required", "second_factor_optional"}) {
			p.t.Errorf("the activity has %q", events)
		}
	})
}

// wantBarredFromSuperUserRoutes holds that a Super User may do nothing as one, whatever the way, and what
// every member can.
func (p *portal) wantBarredFromSuperUserRoutes(sid browser) {
	p.t.Helper()
	for _, row := range p.superUserRoutes() {
		path := strings.NewReplacer(":id", app.NewID()).Replace(row.Path)
		if row.Method == http.MethodGet {
			if got := sid.get(path); got.status != http.StatusSeeOther || got.location() != factorPath {
				p.t.Errorf("%s: status %d, leads to %q", got.request, got.status, got.location())
			}
			continue
		}
		if got := sid.post(path, nil); got.status != http.StatusForbidden ||
			!strings.Contains(got.text(), en("second_factor_required")) {
			p.t.Errorf("%s: status %d, %.200s", got.request, got.status, got.text())
		}
	}
	for _, path := range []string{"/dashboard", "/members", "/preferences", factorPath} {
		if page := sid.get(path); page.status != http.StatusOK || page.alert() == "" || page.has(`a[href="/account"]`) {
			p.t.Errorf("%s: status %d, %q", path, page.status, page.alert())
		}
	}
}

// superUserRoutes are the rows for Super Users alone.
func (p *portal) superUserRoutes() []web.Route {
	return slices.DeleteFunc(web.Routes(p.config().web()), func(r web.Route) bool { return r.Who != "super user" })
}
