package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"reglink/app"
	"reglink/app/web"
)

// whole is every field that any form of ours has, with what would do.
func whole(email string) url.Values {
	return url.Values{
		"first_name": {"Eve"}, "last_name": {"Evil"}, "email": {email}, "password": {password}, "eula": {app.EULAVersion}, "topics": {"product_updates"},
		"submission_id": {app.NewSubmissionID()}, "role": {"super"}, "account": {"x"}, "account_name": {"Evil"}, "company_id": {"666"}, "language": {"en"},
		"proof": {"order_summary"}, "order_summary": {"OS77"}, "serial_number": {"SN1"}, "auth_code": {"AC1"}, "token": {"x"}, "addresses": {email},
		"current_password": {password}, "theme": {"dark"}, "member": {"x"}, "status": {"active"},
	}
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

// lacking is a form without one of its fields.
func lacking(form url.Values, field string) url.Values {
	form = maps.Clone(form)
	form.Del(field)
	return form
}

// hostileWords are values by which somebody tries to leave the place of a value in a statement, or of a path in an address.
func hostileWords() []string {
	return []string{
		"' OR '1'='1", "1; DROP TABLE sessions --", `" OR 1=1 --`, "x' UNION SELECT password_hash FROM identities --", "%", "_", "\\", "%00", "\x00", "NULL", "-1", "0",
		"../../etc/passwd", strings.Repeat("A", 1200), strings.Repeat("A", 26) + "'", "\u202e\U0001F40E", "<script>alert(1)</script>", "${7*7}", "{{7*7}}", "\r\nSet-Cookie: x=y",
	}
}

// No id, no cursor and no filter of an address or a form leads anywhere but to a refusal or to nothing found, and nothing changes (T-55).
func TestT55HostileIDsAndFilters(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		s := newScene(p)
		before := p.stored()
		for _, row := range s.rows() {
			b := s.visitors["super"]
			if row.Who == "operator" {
				b = s.visitors["operator"]
			}
			for _, word := range hostileWords() {
				s.asksFor(b, row, word)
			}
		}
		p.unchanged("what is no id", before)
	})
}

// asksFor puts a word into every parameter of a row, or of its query.
func (s *scene) asksFor(b browser, row web.Route, word string) {
	s.t.Helper()
	if strings.Contains(row.Path, ":") {
		path := parameter.ReplaceAllStringFunc(row.Path, func(string) string { return url.PathEscape(word) })
		if got := b.ask(row.Method, path, formType(row.Method), ""); got.status < 400 || got.status > 431 {
			s.t.Errorf("%s: status %d", got.asked, got.status)
		}
		return
	}
	if row.Method != http.MethodGet {
		return
	}
	query := url.Values{}
	for _, name := range []string{"q", "link", "role", "status", "show", "what", "from", "to", "person", "member", "since", "ended", "next", "days", "page", "code", "state"} {
		query.Set(name, word[:min(len(word), 100)])
	}
	for _, asked := range []url.Values{query, {"after": {word}}} {
		if got := b.get(row.Path + "?" + asked.Encode()); got.set("x") != nil {
			s.t.Errorf("%s sets what it was told", got.asked)
		}
	}
}

// A cookie, a filter or an id is no statement: the list of members is the same whatever is asked of it, or empty (T-55).
func TestT55FiltersFindNoMore(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		n := newNeighbours(p)
		all := len(p.sue.get("/members").members())
		for _, name := range []string{"q", "link", "role", "status", "show"} {
			for _, word := range hostileWords() {
				got := p.sue.get("/members?" + url.Values{name: {word}}.Encode())
				p.want(got, http.StatusOK)
				n.hidden(got)
				if found := len(got.members()); found > all {
					p.t.Errorf("%s finds %d members of %d", got.asked, found, all)
				}
			}
		}
	})
}

// No mail goes to who is no Super User any more when it is sent, although they were when it was owed: it is closed as skipped, while the
// others have theirs (T-53).
func TestT53WhoIsNoSuperUserAnyMoreIsNotMailed(t *testing.T) {
	t.Parallel()
	for how, change := range map[string]string{
		"suspended": "status = 'suspended'", "demoted": "role = 'standard'", "over": "expires_on = joined_at", "pending": "status = 'pending'",
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			eachPortal(t, func(p *portal) {
				p.member("sam@acme.example", app.SuperUser)
				path := p.link()
				p.deliver()
				before := len(p.mailsTo("sam@acme.example"))
				p.register(path, "nia@acme.example")
				p.rule("requires_approval", "1")
				p.register(path, "nils@acme.example")
				p.want(p.sue.post("/members/pending/accept", url.Values{"member": {p.membership("nils@acme.example", "Acme Widgets")}}), http.StatusSeeOther)
				sam := p.identity("sam@acme.example")
				p.run("UPDATE memberships SET "+change+" WHERE identity_id = ?", sam)
				if got := len(p.mailsTo("sam@acme.example")) - before; got != 0 {
					p.t.Errorf("%d mails to somebody who is no Super User", got)
				}
				if got := p.column("SELECT letter FROM notices WHERE recipient_id = ? AND delivery = 'skipped' ORDER BY letter", sam); strings.Join(got, " ") != "approval_needed decided registered" {
					p.t.Errorf("closed as skipped: %q", got)
				}
				if got := p.one("SELECT COUNT(*) FROM notices WHERE delivery = 'queued'"); got != "0" {
					p.t.Errorf("%s notices are left", got)
				}
				if told := p.mailsTo("sue@acme.example"); len(told) < 2 || secretShape.MatchString(told[len(told)-1].Text) {
					p.t.Errorf("the other Super User has %d mails", len(told))
				}
			})
		})
	}
}

// Nothing that is typed stands in an address: no form of ours with a secret in it, or that changes anything, is sent by GET, and nothing asks by
// DELETE, PUT or PATCH, by which HTMX puts the form into the address (T-42).
func TestT42NoFormGoesIntoAnAddress(t *testing.T) {
	t.Parallel()
	p := onePortal(t)
	s := newScene(p)
	forms := 0
	for _, page := range s.pages(asThey) {
		for _, form := range page.page().Find("form").EachIter() {
			forms++
			if strings.EqualFold(form.AttrOr("method", "get"), "post") && form.AttrOr("hx-get", "") == "" {
				continue
			}
			if form.Find("[type=password], [type=email], [type=hidden][name=submission_id], textarea, [name=phone]").Length() > 0 || form.AttrOr("hx-post", "") != "" {
				t.Errorf("%s: the form to %q is sent in an address", page.asked, form.AttrOr("action", ""))
			}
		}
		for _, method := range []string{"hx-delete", "hx-put", "hx-patch"} {
			if page.has("[" + method + "]") {
				t.Errorf("%s uses %s", page.asked, method)
			}
		}
		if page.has("form:has([type=password]) [hx-get], form:has([type=email]) [hx-get]") {
			t.Errorf("%s: something asks by GET with fields of a form", page.asked)
		}
	}
	if forms < 50 {
		t.Errorf("only %d forms were looked at", forms)
	}
}
