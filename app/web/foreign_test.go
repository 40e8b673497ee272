package web_test

import (
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/web"
)

var parameter = regexp.MustCompile(`:\w+`)

// unknown is a row's path with ids that were never given.
func unknown(r web.Route) string {
	return parameter.ReplaceAllStringFunc(r.Path, func(string) string { return app.NewID() })
}

// namesOf lists what no page of another account may say: whatever Acme Widgets has of its own.
func (s *scene) namesOf(account string) []string {
	s.t.Helper()
	id := s.account(account)
	all := []string{account, "@acme.example", s.one("SELECT company_id FROM accounts WHERE id = ?", id), id}
	for _, table := range []string{"memberships", "links", "invitations", "join_requests"} {
		all = append(all, s.column("SELECT id FROM "+table+" WHERE account_id = ?", id)...)
	}
	return all
}

// belongsTo gives what is stored of an account and its people, a line a row.
func (s *scene) belongsTo(account string) map[string]string {
	s.t.Helper()
	id := s.account(account)
	ids := append([]string{id}, s.column("SELECT identity_id FROM memberships WHERE account_id = ?", id)...)
	all := s.stored()
	for table, text := range all {
		lines := slices.DeleteFunc(strings.Split(text, "\n"), func(line string) bool {
			return !slices.ContainsFunc(ids, func(id string) bool { return strings.Contains(line, id) })
		})
		all[table] = strings.Join(lines, "\n")
	}
	return all
}

// A Super User of another account walks the whole table with Acme's ids wherever a row takes one. What belongs to Acme does not exist: a
// row with a parameter answers as for an id that was never given, and one without shows and changes nothing of Acme (T-43).
func TestT43TheWholeTableFromAnotherAccount(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		s := newScene(p)
		p.deliver()
		forbidden, before := s.namesOf("Acme Widgets"), s.belongsTo("Acme Widgets")
		walked := 0
		for _, row := range s.rows() {
			v := s.visitOf(row)
			if slices.Contains([]string{"machine", "anyone", "visitor"}, row.Who) { // they are for everybody, or for whoever has a secret
				continue
			}
			walked++
			bob := p.signIn(addresses()["other"]) // anew, for a row may end the session
			if strings.Contains(row.Path, ":") {
				s.wantUnknown(bob, row, v)
				continue
			}
			for _, b := range []browser{bob, bob.withHTMX()} {
				got := b.ask(row.Method, v.path, formType(row.Method), v.form.Encode())
				s.wantNothingOf(forbidden, got)
			}
		}
		if walked < 20 {
			p.t.Errorf("only %d rows were walked", walked)
		}
		p.sameAs(before, s.belongsTo("Acme Widgets"))
	})
}

// wantUnknown wants a row to answer Acme's id as one that was never given.
func (s *scene) wantUnknown(b browser, r web.Route, v visit) {
	s.t.Helper()
	for _, b := range []browser{b, b.withHTMX()} {
		theirs := b.ask(r.Method, v.path, formType(r.Method), v.form.Encode())
		never := b.ask(r.Method, unknown(r), formType(r.Method), v.form.Encode())
		if theirs.status != http.StatusNotFound || never.status != http.StatusNotFound || theirs.text() != never.text() {
			s.t.Errorf("%s: status %d, %q; an unknown id: %d, %q", theirs.asked, theirs.status, theirs.text(), never.status, never.text())
		}
	}
}

func (s *scene) wantNothingOf(forbidden []string, got answer) {
	s.t.Helper()
	for _, theirs := range forbidden {
		if strings.Contains(got.body, theirs) {
			s.t.Errorf("%s shows %q of another account: %.300s", got.asked, theirs, got.text())
		}
	}
}

func (p *portal) sameAs(before, now map[string]string) {
	p.t.Helper()
	for table, text := range now {
		if text != before[table] {
			p.t.Errorf("%s changed: gone %.500q, new %.500q", table, without(before[table], text), without(text, before[table]))
		}
	}
}

// Filters and cursors with Acme's ids find nothing of Acme either, nor do forms that carry them.
func TestT43FiltersWithForeignIDs(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		s := newScene(p)
		id := s.account("Acme Widgets")
		bob := s.visitors["other"]
		member := s.one("SELECT id FROM memberships WHERE account_id = ? AND identity_id = (SELECT id FROM identities WHERE email = 'nora@acme.example')", id)
		filters := url.Values{
			"link": {s.column("SELECT id FROM links WHERE account_id = ?", id)[0]}, "person": {s.identity("nora@acme.example")}, "account": {id},
			"after": {app.Cursor{At: p.clock.now.Add(time.Hour), ID: member}.String()}, "q": {"nora"}, "show": {"idle"}, "member": {member},
		}
		before := s.belongsTo("Acme Widgets")
		for _, row := range s.rows() {
			v := s.visitOf(row)
			if strings.Contains(row.Path, ":") || !slices.Contains([]string{"signed in", "member", "super user"}, row.Who) || v.path == "/account/switch" {
				continue
			}
			for name, value := range filters {
				form := maps.Clone(v.form)
				if form == nil {
					form = url.Values{}
				}
				form[name] = value
				got := bob.ask(http.MethodGet, v.path+"?"+form.Encode(), "", "")
				if row.Method == http.MethodPost {
					got = p.signIn(addresses()["other"]).post(v.path, form)
				}
				s.wantNothingOf([]string{"Acme Widgets", "@acme.example", "100200"}, got)
			}
		}
		p.sameAs(before, s.belongsTo("Acme Widgets"))
	})
}
