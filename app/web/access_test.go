package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"reglink/app"
)

// newRouteFixture makes one visitor of each sort; "other" is Super User of another account, "homeless" in none.
func newRouteFixture(p *portal) *routeFixture {
	p.t.Helper()
	p.restartWith(enableAllFeatures)
	p.addAccount("Beta Works", "300400", "bob@beta.example")
	s := &routeFixture{portal: p, linkPath: p.generateLink()}
	s.visitors = map[string]browser{
		"nobody": {p: p}, "super": p.sue, "other": p.signIn(addresses()["other"]),
		"standard": p.addMember(addresses()["standard"], app.StandardUser),
		"limited":  p.addMember(addresses()["limited"], app.LimitedUser),
		"homeless": p.addLoginWithoutAccount(addresses()["homeless"]), "operator": p.addOperator(addresses()["operator"]),
		"pending": p.addPendingMember(addresses()["pending"]),
	}
	p.wantStatus(s.visitors["other"].post("/account/link/generate", nil), http.StatusSeeOther)
	s.cases = s.allRouteCases()
	return s
}

func addresses() map[string]string {
	return map[string]string{
		"super": "sue@acme.example", "other": "bob@beta.example", "standard": "stan@acme.example",
		"limited":  "lim@acme.example",
		"homeless": "lea@learn.example", "operator": "olga@staff.example",
		"pending": "penny@acme.example",
	}
}

func TestAccess_EveryRouteAdmitsOnlyItsVisitors(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		s := newRouteFixture(p)
		rows := s.routes()
		for _, row := range rows {
			v := s.caseFor(row)
			for _, name := range visitorNames() {
				s.requestAs(name, row.Method, v)
			}
		}
		if len(rows) != len(s.cases) {
			p.t.Errorf("%d rows, %d visits: a row is gone", len(rows), len(s.cases))
		}
	})
}

// With no link, no entitlement and the set-up done, no row of the whole table makes a login or a member for
// anybody who is not a Super User, whatever form is sent to it: not showing a page is not what keeps people
// out (T-46).
func TestT46_NoRouteCreatesALoginWithoutPermission(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		s := newRouteFixture(p)
		p.wantStatus(p.sue.post("/account/link/disable", nil), http.StatusSeeOther)
		people, members := "SELECT COUNT(*) FROM identities", "SELECT COUNT(*) FROM memberships"
		before, were := p.queryOne(people), p.queryOne(members)
		walked := 0
		for _, row := range s.routes() {
			if row.Method == http.MethodGet {
				continue
			}
			v := s.caseFor(row)
			for _, name := range []string{"nobody", "homeless", "pending", "operator", "limited", "standard"} {
				walked++
				form := maps.Clone(formWithEveryField(name + "@evil.example"))
				for _, b := range []browser{s.visitors[name], s.visitors[name].withHTMX()} {
					got := b.post(v.path, form)
					if now := p.queryOne(people); now != before || p.queryOne(members) != were {
						p.t.Fatalf("%s by %s (status %d) made a login: %s after %s", got.request, name, got.status, now, before)
					}
				}
				if v.path == "/sign-out" && name != "nobody" {
					s.visitors[name] = s.signIn(addresses()[name])
				}
			}
		}
		if walked < 100 {
			p.t.Errorf("only %d forms were sent", walked)
		}
	})
}

// What is missing from a form, from a request or from the address never lets somebody in: what is not said is
// no (T-47).
func TestT47_MissingValuesLetNobodyIn(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		forms := allFormCases(p)
		people := "SELECT COUNT(*) FROM identities"
		for _, f := range forms[:3] { // by a link, without one, by a Super User
			before := p.queryOne(people)
			for field := range f.valid {
				if slices.Contains(f.optional, field) || field == "topics" {
					continue
				}
				for how, form := range map[string]url.Values{
					"missing": withoutField(f.valid, field),
					"empty":   f.withField(field, ""), "of no value": f.withField(field),
				} {
					got := f.browser.post(f.path, form)
					if now := p.queryOne(people); now != before || got.status < 400 || got.status == http.StatusGone {
						p.t.Errorf("%s: with %s %s the answer is %d, and %s people after %s", f.name, field, how, got.status, now, before)
					}
				}
			}
			for how, got := range map[string]testResponse{
				"no form":         f.browser.post(f.path, nil),
				"no content type": f.browser.do(http.MethodPost, f.path, "", f.valid.Encode()),
				"no secret in path": f.browser.post(strings.TrimRight(f.path,
					"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"), f.valid),
				"no body, but a query": f.browser.post(f.path+"?"+f.valid.Encode(), nil),
			} {
				if now := p.queryOne(people); now != before || got.status < 400 {
					p.t.Errorf("%s: %s: status %d, and %s people after %s", f.name, how, got.status, now, before)
				}
			}
		}
		nobody := browser{p: p}
		before := p.queryOne(people)
		p.wantStatus(nobody.post("/members", newUserForm("eve@evil.example", app.SuperUser)), http.StatusUnauthorized)
		p.wantStatus(browser{p: p, cookie: ""}.withHTMX().post("/members", newUserForm("eve@evil.example", app.SuperUser)),
			http.StatusUnauthorized)
		if now := p.queryOne(people); now != before {
			p.t.Errorf("without a session, %s people after %s", now, before)
		}
	})
}
