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

const requirePath = "/account/security/second-factor"

func TestSecurityPageSaysHowPeopleSignIn(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		page := p.sue.get("/account/security")
		p.want(page, http.StatusOK)
		said := page.text()
		for _, want := range []string{"At least 15 characters", "After 30 minutes", "After 12 hours", "1 of the 1 Super Users has none yet."} {
			if !strings.Contains(said, want) {
				p.t.Errorf("it does not say %q: %.300s", want, said)
			}
		}
	})
}

// Nobody shuts themselves out: who has no second factor cannot require one, and is told how to come by it.
func TestRequireASecondFactorWithoutHavingOne(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		before := p.stored()
		for _, b := range []browser{p.sue, p.sue.withHTMX()} {
			got := b.post(requirePath, url.Values{"required": {"yes"}})
			p.want(got, http.StatusConflict)
			if got.alert() != en("second_factor_first") || !got.has(`a[href="`+factorPath+`"]`) {
				p.t.Errorf("said is %q", got.text())
			}
		}
		for _, form := range []url.Values{nil, {"required": {""}}, {"required": {"maybe"}}, {"required": {"yes", "no"}}, {"required": {"yes\x00"}}} {
			p.want(p.sue.post(requirePath, form), http.StatusBadRequest)
		}
		p.unchanged("a refused choice", before)
	})
}

// Where it is required, a Super User without one is asked to set one up, and can do nothing as a Super User before that.
func TestRequireASecondFactor(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		sid := p.member("sid@acme.example", app.SuperUser)
		sue := p.withApp(p.sue, "sue@acme.example")
		p.want(sue.post(requirePath, url.Values{"required": {"yes"}}), http.StatusSeeOther)
		p.want(sue.post(requirePath, url.Values{"required": {"yes"}}), http.StatusSeeOther)
		p.want(sue.get("/account"), http.StatusOK)
		if page := sue.get("/account/security").text(); !strings.Contains(page, "1 of the 2 Super Users has none yet.") || !strings.Contains(page, en("required_factor_yes")) {
			p.t.Errorf("the page says %q", page)
		}
		p.wantOutside(sid)

		sid = p.withApp(sid, "sid@acme.example").browser
		p.want(sid.get("/account"), http.StatusOK)
		p.want(sid.post("/account/link/generate", nil), http.StatusSeeOther)
		p.want(sid.post(requirePath, url.Values{"required": {"no"}}), http.StatusSeeOther)
		events := p.column("SELECT event FROM activities WHERE event LIKE 'second_factor%' ORDER BY at")
		if !slices.Equal(events, []string{"second_factor_required", "second_factor_optional"}) {
			p.t.Errorf("the activity has %q", events)
		}
	})
}

// wantOutside holds that a Super User may do nothing as one, whatever the way, and what every member can.
func (p *portal) wantOutside(sid browser) {
	p.t.Helper()
	for _, row := range p.superRows() {
		path := strings.NewReplacer(":id", app.NewID()).Replace(row.Path)
		if row.Method == http.MethodGet {
			if got := sid.get(path); got.status != http.StatusSeeOther || got.leadsTo() != factorPath {
				p.t.Errorf("%s: status %d, leads to %q", got.asked, got.status, got.leadsTo())
			}
			continue
		}
		if got := sid.post(path, nil); got.status != http.StatusForbidden || !strings.Contains(got.text(), en("second_factor_required")) {
			p.t.Errorf("%s: status %d, %.200s", got.asked, got.status, got.text())
		}
	}
	for _, path := range []string{"/dashboard", "/members", "/preferences", factorPath} {
		if page := sid.get(path); page.status != http.StatusOK || page.alert() == "" || page.has(`a[href="/account"]`) {
			p.t.Errorf("%s: status %d, %q", path, page.status, page.alert())
		}
	}
}

// superRows are the rows for Super Users alone.
func (p *portal) superRows() []web.Route {
	return slices.DeleteFunc(web.Routes(p.config()), func(r web.Route) bool { return r.Who != "super user" })
}
