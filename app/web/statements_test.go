package web_test

import (
	"net/http"
	"testing"

	"reglink/app"
	"reglink/db/dbtest"
)

// What a page costs in SQL statements is pinned: opening the form and checking a field cost two at the most (issue 2).
func TestStatementsOfAPage(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		form := p.filledIn(path, "nia@acme.example")
		p.want(browser{p: p}.post(path, p.filledIn(path, "ned@acme.example")), http.StatusSeeOther)
		costs := func(what string, want int, do func() answer) {
			p.t.Helper()
			got := dbtest.Count(p.t, p.store, func() { p.want(do(), http.StatusOK) })
			if got != want {
				p.t.Errorf("%s costs %d statements, want %d", what, got, want)
			}
		}
		costs("opening the form", 1, func() answer { return browser{p: p}.get(path) })
		for _, field := range app.Fields() {
			want := 1
			if field == "email" {
				want = 2
			}
			costs("checking "+field, want, func() answer { return browser{p: p, htmx: true}.post(path+"/check/"+field, form) })
		}
		costs("the panel", 3, func() answer { return p.sue.withHTMX().get("/account") })
		costs("Account Details", 4, func() answer { return p.sue.get("/account") })
		costs("Manage Users", 3, func() answer { return p.sue.get("/members") })
	})
}
