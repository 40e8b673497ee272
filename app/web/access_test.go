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

// newScene makes one visitor of each sort; "other" is Super User of another account, "homeless" in none.
func newScene(p *portal) *scene {
	p.t.Helper()
	p.serve(everything)
	p.addAccount("Beta Works", "300400", "bob@beta.example")
	s := &scene{portal: p, link: p.link()}
	s.visitors = map[string]browser{
		"nobody": {p: p}, "super": p.sue, "other": p.signIn(addresses()["other"]),
		"standard": p.member(addresses()["standard"], app.StandardUser),
		"limited":  p.member(addresses()["limited"], app.LimitedUser),
		"homeless": p.homeless(addresses()["homeless"]), "operator": p.operator(addresses()["operator"]),
		"pending": p.waiting(addresses()["pending"]),
	}
	p.want(s.visitors["other"].post("/account/link/generate", nil), http.StatusSeeOther)
	s.visits = s.everyVisit()
	return s
}

func addresses() map[string]string {
	return map[string]string{
		"super": "sue@acme.example", "other": "bob@beta.example", "standard": "stan@acme.example", "limited": "lim@acme.example",
		"homeless": "lea@learn.example", "operator": "olga@staff.example",
		"pending": "penny@acme.example",
	}
}

func TestAccess(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		s := newScene(p)
		rows := s.rows()
		for _, row := range rows {
			v := s.visitOf(row)
			for _, name := range everybody() {
				s.visitAs(name, row.Method, v)
			}
		}
		if len(rows) != len(s.visits) {
			p.t.Errorf("%d rows, %d visits: a row is gone", len(rows), len(s.visits))
		}
	})
}

// With no link, no entitlement and the set-up done, no row of the whole table makes a login or a member for anybody who is not a Super
// User, whatever form is sent to it: not showing a page is not what keeps people out (T-46).
func TestT46NoRowMakesALogin(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		s := newScene(p)
		p.want(p.sue.post("/account/link/disable", nil), http.StatusSeeOther)
		people, members := "SELECT COUNT(*) FROM identities", "SELECT COUNT(*) FROM memberships"
		before, were := p.one(people), p.one(members)
		walked := 0
		for _, row := range s.rows() {
			if row.Method == http.MethodGet {
				continue
			}
			v := s.visitOf(row)
			for _, name := range []string{"nobody", "homeless", "pending", "operator", "limited", "standard"} {
				walked++
				form := maps.Clone(whole(name + "@evil.example"))
				for _, b := range []browser{s.visitors[name], s.visitors[name].withHTMX()} {
					got := b.post(v.path, form)
					if now := p.one(people); now != before || p.one(members) != were {
						p.t.Fatalf("%s by %s (status %d) made a login: %s after %s", got.asked, name, got.status, now, before)
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

// What is missing from a form, from a request or from the address never lets somebody in: what is not said is no (T-47).
func TestT47NothingMissingLetsSomebodyIn(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		forms := everyForm(p)
		people := "SELECT COUNT(*) FROM identities"
		for _, f := range forms[:3] { // by a link, without one, by a Super User
			before := p.one(people)
			for field := range f.good {
				if slices.Contains(f.optional, field) || field == "topics" {
					continue
				}
				for how, form := range map[string]url.Values{"missing": lacking(f.good, field), "empty": f.but(field, ""), "of no value": f.but(field)} {
					got := f.who.post(f.path, form)
					if now := p.one(people); now != before || got.status < 400 || got.status == http.StatusGone {
						p.t.Errorf("%s: with %s %s the answer is %d, and %s people after %s", f.name, field, how, got.status, now, before)
					}
				}
			}
			for how, got := range map[string]answer{
				"no form":              f.who.post(f.path, nil),
				"no content type":      f.who.ask(http.MethodPost, f.path, "", f.good.Encode()),
				"no secret in path":    f.who.post(strings.TrimRight(f.path, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_"), f.good),
				"no body, but a query": f.who.post(f.path+"?"+f.good.Encode(), nil),
			} {
				if now := p.one(people); now != before || got.status < 400 {
					p.t.Errorf("%s: %s: status %d, and %s people after %s", f.name, how, got.status, now, before)
				}
			}
		}
		nobody := browser{p: p}
		before := p.one(people)
		p.want(nobody.post("/members", newUser("eve@evil.example", app.SuperUser)), http.StatusUnauthorized)
		p.want(browser{p: p, cookie: ""}.withHTMX().post("/members", newUser("eve@evil.example", app.SuperUser)), http.StatusUnauthorized)
		if now := p.one(people); now != before {
			p.t.Errorf("without a session, %s people after %s", now, before)
		}
	})
}
