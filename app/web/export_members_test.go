package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

func TestMembersExport(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.register(p.link(), "nia@acme.example")
		p.clock.pass(time.Second)
		p.create("lim@acme.example", app.LimitedUser)
		p.run("UPDATE memberships SET expires_on = '2026-12-25 00:00:00' WHERE id = ?", p.membership("lim@acme.example", "Acme Widgets"))
		p.addAccount("Beta Works", "300400", "bob@beta.example")
		form := p.sue.get("/members").page().Find(`form[action="/members/export"]`)
		if form.AttrOr("method", "") != "post" || form.Find("[hx-post]").Length() > 0 {
			p.t.Error("the list has no plain form that downloads it")
		}
		got := p.sue.post("/members/export", nil)
		p.want(got, http.StatusOK)
		link := p.one("SELECT id FROM links")
		for i, want := range [][]string{
			{"first_name", "last_name", "email", "role", "status", "joined", "how", "link", "created_by", "expires", "last_sign_in"},
			{"Ada", "Stone", "lim@acme.example", "limited", "active", "2026-11-22T09:30:01Z", "creation", "", "sue@acme.example", "2026-12-25T00:00:00Z", ""},
			{"Nia", "Okafor", "nia@acme.example", "standard", "active", "2026-11-22T09:30:00Z", "link", link, "", "", ""},
			{"Sue", "Perez", "sue@acme.example", "super", "active", "2026-11-22T09:30:00Z", "creation", "", "", "", "2026-11-22T09:30:00Z"},
		} {
			rows := got.rows()
			slices.SortFunc(rows[2:], slices.Compare) // the two who joined in the same second
			if !slices.Equal(rows[i], want) || len(rows) != 4 {
				p.t.Errorf("row %d of %d: %q, want %q", i, len(rows), rows[i], want)
			}
		}
		if n := p.one("SELECT COUNT(*) FROM activities WHERE event = 'members_exported' AND actor_id IS NOT NULL"); n != "1" {
			p.t.Errorf("the export is told %s times", n)
		}
	})
}

// The file has everybody whom the filters of the page let through, on every page of the list.
func TestMembersExportIsFiltered(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.sixty()
		for query, want := range map[string]int{
			"": 61, "q=stone": 20, "role=limited": 20, "q=stone&role=super": 0, "status=active": 61, "show=expiring": 0, "q=%25": 0, "role=owner": 0,
			"link=" + app.NewID(): 0, "q=m0&role=standard": 4,
		} {
			form, err := url.ParseQuery(query)
			p.check(err)
			if got := len(p.sue.post("/members/export", form).rows()) - 1; got != want {
				p.t.Errorf("%q: %d rows, want %d", query, got, want)
			}
			page := p.sue.get("/members?" + query).page().Find(`form[action="/members/export"] input`)
			if want > 0 && page.Length() != len(form) {
				p.t.Errorf("%q: the form carries %d of %d filters", query, page.Length(), len(form))
			}
		}
		p.want(p.sue.post("/members/export", url.Values{"q": {"a", "b"}}), http.StatusUnprocessableEntity)
	})
}

// A name can be a formula that runs where somebody opens the file (OWASP, CSV Injection). None arrives as one.
func TestT33NoFormulaInTheExport(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		formulas := []string{
			`=HYPERLINK("https://evil.example","Click")`, "+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "\uFF1D1+1", "\uFF0B1", "\uFF0D1", "\uFF201",
			" =1+1", "|calc", "%0A=1", "\u3000=1+1", "\u00a0=1",
		}
		plain := []string{`Ann "Bo"`, "a;b", "a,b", "O'Neill", "a\nb", "Zo\u00eb", "a=b", "'=1", "李"}
		for i, name := range append(formulas, plain...) {
			email := "n" + string(rune('a'+i)) + "@acme.example"
			p.create(email, app.StandardUser)
			p.run("UPDATE identities SET first_name = ?, last_name = ? WHERE email = ?", name, name, email)
		}
		got := p.sue.post("/members/export", nil)
		cells, read := map[string]bool{}, map[string]bool{}
		for _, row := range got.rows()[1:] {
			cells[row[0]], cells[row[1]] = true, true
			read[strings.ReplaceAll(row[0], "'", "")] = true
			for _, cell := range row {
				if cell != "" && strings.ContainsRune("=+-@\t\r\n|%\uFF1D\uFF0B\uFF0D\uFF20", []rune(strings.TrimLeft(cell, " \u00a0\u3000"))[0]) {
					p.t.Errorf("the cell %q is a formula", cell)
				}
			}
		}
		for _, name := range formulas {
			if !read[strings.NewReplacer("'", "", "\r", "").Replace(name)] {
				p.t.Errorf("%q is not in the file", name)
			}
		}
		for _, name := range plain {
			if !cells[name] {
				p.t.Errorf("%q is not in the file as it is", name)
			}
		}
	})
}
