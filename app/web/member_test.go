package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// A new address gets a login and an activation mail; what the mail opens sets the password, and its person signs in.
func TestCreateUser_NewAddressIsMailedAnActivation(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		form := p.sue.get("/members/new")
		for _, field := range []string{"first_name", "last_name", "email", "role"} {
			if !form.has(`form[action="/members"] [name=` + field + `]`) {
				p.t.Errorf("the form has no %s", field)
			}
		}
		sent := p.sue.post("/members", newUserForm("ada@acme.example", app.LimitedUser))
		p.wantStatus(sent, http.StatusSeeOther)
		list := p.sue.withCookies(sent).get(sent.location())
		if !strings.Contains(list.textAt("#toast"), en("done_created", "Name", "Ada Stone")) {
			p.t.Errorf("said is %q", list.textAt("#toast"))
		}
		row := list.textAt("#member-" + p.membershipID("ada@acme.example", "Acme Widgets"))
		for _, said := range []string{
			"Ada Stone", "ada@acme.example", en("role_limited"), en("purpose_activate"),
			"22 November 2026", en("joined_creation", "Actor", "Sue Perez"), en("resend_activate"),
		} {
			if !strings.Contains(row, said) {
				p.t.Errorf("the list does not say %q: %s", said, row)
			}
		}
		mails := p.mailsTo("ada@acme.example")
		if len(mails) != 1 || mails[0].Subject != en("mail_activate_subject") ||
			!strings.Contains(mails[0].Text, "Sue Perez") {
			p.t.Fatalf("%d mails: %q", len(mails), mails)
		}
		path := p.mailedPath("ada@acme.example")
		if got := (browser{p: p}).get(path); got.value("#first_name") != "Ada" ||
			!strings.Contains(got.textAt("main"), "ada@acme.example") {
			p.t.Errorf("the activation form: %s", got.textAt("main"))
		}
		p.activate(path, "Ada", "Stone")
		ada := p.signIn("ada@acme.example")
		p.wantStatus(ada.get("/members"), http.StatusOK)
		p.wantStatus(ada.get("/members/new"), http.StatusForbidden)
		if got := p.sue.get("/members").textAt("#member-" + p.membershipID("ada@acme.example",
			"Acme Widgets")); !strings.Contains(got, en("status_active")) || strings.Contains(got, en("resend_activate")) {
			p.t.Errorf("after the activation, the list says %s", got)
		}
	})
}

// An address that has a login gets a membership for that login and a mail that says so, and nobody's password changes.
func TestCreateUser_ExistingLoginIsAddedAndMailed(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addAccount("Beta Works", "300400", "bob@beta.example")
		p.importIdentity("lea@learn.example")
		for _, email := range []string{"bob@beta.example", "LEA@learn.example"} {
			sent := p.sue.post("/members", newUserForm(email, app.StandardUser))
			p.wantStatus(sent, http.StatusSeeOther)
			if got := p.sue.withCookies(sent).get("/members").textAt("#toast"); got == "" || strings.Contains(got, "Ada") {
				p.t.Errorf("said is %q", got)
			}
		}
		bob := p.mailsTo("bob@beta.example")
		if len(bob) != 1 || bob[0].Subject != en("mail_added_subject") || mailedLinkPattern.MatchString(bob[0].Text) {
			p.t.Fatalf("bob received %d mails: %q", len(bob), bob)
		}
		if lea := p.mailsTo("lea@learn.example"); len(lea) != 2 {
			p.t.Errorf("somebody without a password received %d mails, want two: added, and activate", len(lea))
		}
		in := p.signIn("bob@beta.example")
		switched := in.post("/account/switch", url.Values{"account": {p.accountID("Acme Widgets")}})
		p.wantStatus(switched, http.StatusSeeOther)
		if got := in.withCookies(switched).get("/dashboard"); got.textAt("h1") != "Acme Widgets" ||
			!strings.Contains(got.textAt("#toast"), "Acme Widgets") {
			p.t.Errorf("after switching: %s, %s", got.textAt("h1"), got.textAt("#toast"))
		}
		p.wantStatus(in.get("/account"), http.StatusForbidden) // a Standard User here, whatever in the other account
		if got := p.queryOne("SELECT first_name FROM identities WHERE email = 'bob@beta.example'"); got != "Sue" {
			p.t.Errorf("the existing login is now called %q", got)
		}
	})
}

// Who loses the current account finds the way to the others.
func TestSwitchAccount_OffersOthersWhenTheCurrentIsLost(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addAccount("Beta Works", "300400", "bob@beta.example")
		p.wantStatus(p.sue.post("/members", newUserForm("bob@beta.example", app.StandardUser)), http.StatusSeeOther)
		bob := p.signIn("bob@beta.example")
		choice := "header button[name=account][value='" + p.accountID("Beta Works") + "']"
		if bob.get("/dashboard").textAt("h1") != "Acme Widgets" {
			p.t.Fatal("the first account is another one")
		}
		p.exec("UPDATE memberships SET expires_on = '2026-11-22 09:00:00' WHERE id = ?",
			p.membershipID("bob@beta.example", "Acme Widgets"))
		got := bob.get("/dashboard")
		if got.textAt("h1") == "Acme Widgets" || !got.has(choice) ||
			!strings.Contains(got.textAt("header summary"), en("account_choose")) {
			p.t.Errorf("no way out: %s", got.text())
		}
		p.wantStatus(bob.post("/account/switch", url.Values{"account": {p.accountID("Beta Works")}}), http.StatusSeeOther)
		if got := bob.get("/dashboard").textAt("h1"); got != "Beta Works" {
			p.t.Errorf("in %q", got)
		}
	})
}

// Who waits is decided about first: no mail goes to them before.
func TestResendActivation_NotForPendingMembers(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.createUser("pia@acme.example", app.StandardUser)
		id := p.membershipID("pia@acme.example", "Acme Widgets")
		p.exec("UPDATE memberships SET status = 'pending' WHERE id = ?", id)
		if row := p.sue.get("/members"); row.has("#member-" + id + " form") {
			p.t.Error("the list offers it")
		}
		before := p.snapshot()
		p.wantStatus(p.sue.post("/members/"+id+"/activation", nil), http.StatusConflict)
		p.wantUnchanged("an activation of who waits", before)
	})
}

func TestCreateUser_TwiceIsRefused(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.createUser("ada@acme.example", app.StandardUser)
		before := p.snapshot()
		for _, email := range []string{"ada@acme.example", "ADA@acme.example", "sue@acme.example"} {
			got := p.sue.post("/members", newUserForm(email, app.SuperUser))
			p.wantStatus(got, http.StatusUnprocessableEntity)
			if said := got.problems()["email"]; said != en("already_member") || got.value("#email") != email {
				p.t.Errorf("%s: said is %q", email, got.problems())
			}
		}
		p.wantUnchanged("adding somebody twice", before)
		l := p.listen()
		answers := p.concurrently(10, func(int) testResponse {
			return l.send(p.sue, p.sue.newRequest(http.MethodPost, "/members", "application/x-www-form-urlencoded",
				newUserForm("una@acme.example", app.StandardUser).Encode()))
		})
		made := slices.DeleteFunc(answers, func(a testResponse) bool {
			return a.status == http.StatusUnprocessableEntity && a.problems()["email"] != ""
		})
		if len(made) != 1 || made[0].status != http.StatusSeeOther {
			p.t.Errorf("of ten at once, %d were not refused", len(made))
		}
	})
}

func TestResendActivation_ReplacesTheMailedLink(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.createUser("ada@acme.example", app.StandardUser)
		first := p.mailedPath("ada@acme.example")
		resend := "/members/" + p.membershipID("ada@acme.example", "Acme Widgets") + "/activation"
		p.clock.advance(time.Minute)
		row := p.sue.withHTMX().post(resend, nil)
		p.wantStatus(row, http.StatusOK)
		if !strings.Contains(row.textAt("tr"), "Ada Stone") ||
			!strings.Contains(row.body, en("done_resent", "Name", "Ada Stone")) {
			p.t.Errorf("the row after resending: %s", row.text())
		}
		second := p.mailedPath("ada@acme.example")
		if first == second {
			p.t.Fatal("the new mail has the old link")
		}
		p.wantStatus(browser{p: p}.get(first), http.StatusGone)
		p.wantStatus(browser{p: p}.post(first, activationForm("Eve", "Evil")), http.StatusGone)
		p.activate(second, "Ada", "Stone")
		p.wantStatus(p.sue.post(resend, nil), http.StatusConflict)
		path := p.generateLink()
		p.register(path, "nia@acme.example")
		p.wantStatus(p.sue.post("/members/"+p.membershipID("nia@acme.example", "Acme Widgets")+"/activation", nil),
			http.StatusSeeOther)
		if mails := p.mailsTo("nia@acme.example"); len(mails) != 1 || mails[0].Subject != en("mail_confirm_subject") {
			p.t.Errorf("somebody who has to confirm received %d mails: %q", len(mails), mails)
		}
		for _, id := range []string{"x", app.NewID(), "..%2f..", "%00", strings.Repeat("A", 3000)} {
			p.wantStatus(p.sue.post("/members/"+id+"/activation", nil), http.StatusNotFound)
		}
	})
}

// addSixtyMembers fills the account: three members join in each second, so that the order of those has to
// come from elsewhere.
func (p *portal) addSixtyMembers() {
	p.t.Helper()
	for i := range 60 {
		if i%3 == 0 {
			p.clock.advance(time.Second)
		}
		form := newUserForm(fmt.Sprintf("m%02d@acme.example", i), app.Roles()[i%3])
		form.Set("last_name", []string{"Stone", "Brook", "\u00c5str\u00f6m"}[i%3])
		p.wantStatus(p.sue.post("/members", form), http.StatusSeeOther)
	}
}

// Pages go by key: who joins while somebody turns them shifts nothing, and nobody is shown twice or never.
func TestMemberList_PagesShowEachMemberOnce(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addSixtyMembers()
		var seen []string
		for path := "/members"; path != ""; {
			got := p.sue.get(path)
			p.wantStatus(got, http.StatusOK)
			if len(got.memberRowIDs()) > app.PageSize {
				p.t.Errorf("%s shows %d members", path, len(got.memberRowIDs()))
			}
			seen = append(seen, got.memberRowIDs()...)
			path = got.document().Find("#member-list nav a[hx-get]").AttrOr("href", "")
			p.clock.advance(time.Second)
			p.createUser(fmt.Sprintf("late%d@acme.example", len(seen)), app.StandardUser)
		}
		var want []string
		for _, id := range p.queryColumn("SELECT m.id FROM memberships m JOIN identities i ON i.id = m.identity_id " +
			"WHERE i.email NOT LIKE 'late%' ORDER BY m.joined_at DESC, m.id DESC") {
			want = append(want, "member-"+id)
		}
		if len(want) != 61 || !slices.Equal(seen, want) {
			p.t.Errorf("the pages showed %d members, want these %d:\n%q\n%q", len(seen), len(want), seen, want)
		}
		part := p.sue.withHTMX().get("/members?status=active")
		if part.isPage() || len(part.memberRowIDs()) != app.PageSize ||
			!strings.Contains(part.attribute("nav a[hx-get]", "hx-get"), "status=active") {
			p.t.Errorf("the list alone has %d members", len(part.memberRowIDs()))
		}
	})
}

func TestMemberList_IsSearchedAndFiltered(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addSixtyMembers()
		for query, want := range map[string]int{
			"q=m07": 1, "q=M07@ACME": 1, "q=stone": 20, "q=ada+stone": 20, "q=stone+ada": 20, "q=brook+m0": 3,
			"q=%C3%85STR%C3%96M":  20,
			"q=%C3%A5stro%CC%88m": 20, "q=nobody": 0, "q=%25": 0, "q=_": 0, "q='": 0, "q=%5C": 0, "q=%00": 0, "q=%ff": 0,
			"q=": 25, "q=++": 25,
			"role=super": 21, "role=limited": 20, "role=owner": 0, "role=%00": 0, "status=active": 25, "status=pending": 0,
			"status=gone":        0,
			"q=m0&role=standard": 4, "link=x": 0, "link=" + app.NewID(): 0, "q=" + strings.Repeat("a", 300): 0,
			"q=stone&q=brook": 20, "page=7&limit=1": 25,
		} {
			got := p.sue.get("/members?" + query)
			p.wantStatus(got, http.StatusOK)
			if n := len(got.memberRowIDs()); n != want {
				p.t.Errorf("%s finds %d members, want %d", query, n, want)
			}
			if want == 0 && (got.textAt("#member-list") == "" || !got.has(`#member-list a[href="/members"]`)) {
				p.t.Errorf("%s: nobody found, and no way back", query)
			}
		}
	})
}

func TestMemberList_ShowsTheMembersOfALink(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		for i := range 7 {
			p.clock.advance(time.Second)
			p.register(path, fmt.Sprintf("n%d@acme.example", i))
		}
		panel := p.sue.get("/account")
		if n := panel.document().Find("#registration-link li").Length(); n != 5 {
			p.t.Errorf("the panel names %d people, want the newest five", n)
		}
		all := panel.attribute(`#registration-link a[href^="/members?link="]`, "href")
		got := p.sue.get(all)
		if n := len(got.memberRowIDs()); n != 7 || !strings.Contains(got.textAt("#member-list"), en("joined_link")) {
			p.t.Errorf("%s shows %d members, want the 7 who came by the link", all, n)
		}
	})
}

// A cursor that nobody gave out is refused in words (T-55).
func TestT55_ForeignCursorsAreRefused(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		for _, cursor := range []string{
			"x", "%00", "1.1", "MS5B", "';--", strings.Repeat("A", 2000),
			"OTk5OTk5OTk5OTk5OTk5OTk5OTk5OS5BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQQ",
		} {
			wantRefusal(p.sue.get("/members?after="+cursor), http.StatusBadRequest)
		}
	})
}

func TestMemberExport_HasEveryMember(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.register(p.generateLink(), "nia@acme.example")
		p.clock.advance(time.Second)
		p.createUser("lim@acme.example", app.LimitedUser)
		p.exec("UPDATE memberships SET expires_on = '2026-12-25 00:00:00' WHERE id = ?",
			p.membershipID("lim@acme.example", "Acme Widgets"))
		p.addAccount("Beta Works", "300400", "bob@beta.example")
		form := p.sue.get("/members").document().Find(`form[action="/members/export"]`)
		if form.AttrOr("method", "") != "post" || form.Find("[hx-post]").Length() > 0 {
			p.t.Error("the list has no plain form that downloads it")
		}
		got := p.sue.post("/members/export", nil)
		p.wantStatus(got, http.StatusOK)
		link := p.queryOne("SELECT id FROM links")
		for i, want := range [][]string{
			{
				"first_name", "last_name", "email", "role", "status", "joined", "how", "link", "created_by", "expires",
				"last_sign_in",
			},
			{
				"Ada", "Stone", "lim@acme.example", "limited", "active", "2026-11-22T09:30:01Z", "creation", "", "sue@acme.example",
				"2026-12-25T00:00:00Z", "",
			},
			{"Nia", "Okafor", "nia@acme.example", "standard", "active", "2026-11-22T09:30:00Z", "link", link, "", "", ""},
			{
				"Sue", "Perez", "sue@acme.example", "super", "active", "2026-11-22T09:30:00Z", "creation", "", "", "",
				"2026-11-22T09:30:00Z",
			},
		} {
			rows := got.csvRows()
			slices.SortFunc(rows[2:], slices.Compare) // the two who joined in the same second
			if !slices.Equal(rows[i], want) || len(rows) != 4 {
				p.t.Errorf("row %d of %d: %q, want %q", i, len(rows), rows[i], want)
			}
		}
		n := p.queryOne("SELECT COUNT(*) FROM activities WHERE event = 'members_exported' AND actor_id IS NOT NULL")
		if n != "1" {
			p.t.Errorf("the export is told %s times", n)
		}
	})
}

// The file has everybody whom the filters of the page let through, on every page of the list.
func TestMemberExport_IsFilteredLikeTheList(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addSixtyMembers()
		for query, want := range map[string]int{
			"": 61, "q=stone": 20, "role=limited": 20, "q=stone&role=super": 0, "status=active": 61, "show=expiring": 0,
			"q=%25": 0, "role=owner": 0,
			"link=" + app.NewID(): 0, "q=m0&role=standard": 4,
		} {
			form, err := url.ParseQuery(query)
			p.check(err)
			if got := len(p.sue.post("/members/export", form).csvRows()) - 1; got != want {
				p.t.Errorf("%q: %d rows, want %d", query, got, want)
			}
			page := p.sue.get("/members?" + query).document().Find(`form[action="/members/export"] input`)
			if want > 0 && page.Length() != len(form) {
				p.t.Errorf("%q: the form carries %d of %d filters", query, page.Length(), len(form))
			}
		}
		p.wantStatus(p.sue.post("/members/export", url.Values{"q": {"a", "b"}}), http.StatusUnprocessableEntity)
	})
}

// A name can be a formula that runs where somebody opens the file (OWASP, CSV Injection). None arrives as one.
func TestT33_NoFormulaInTheExport(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		formulas := []string{
			`=HYPERLINK("https://evil.example","Click")`, "+1", "-2+3", "@SUM(A1)", "\t=1+1", "\r=1+1", "\n=1+1", "\uFF1D1+1",
			"\uFF0B1", "\uFF0D1", "\uFF201",
			" =1+1", "|calc", "%0A=1", "\u3000=1+1", "\u00a0=1",
		}
		plain := []string{`Ann "Bo"`, "a;b", "a,b", "O'Neill", "a\nb", "Zo\u00eb", "a=b", "'=1", "李"}
		for i, name := range append(formulas, plain...) {
			email := "n" + string(rune('a'+i)) + "@acme.example"
			p.createUser(email, app.StandardUser)
			p.exec("UPDATE identities SET first_name = ?, last_name = ? WHERE email = ?", name, name, email)
		}
		got := p.sue.post("/members/export", nil)
		cells, read := map[string]bool{}, map[string]bool{}
		for _, row := range got.csvRows()[1:] {
			cells[row[0]], cells[row[1]] = true, true
			read[strings.ReplaceAll(row[0], "'", "")] = true
			for _, cell := range row {
				if cell != "" &&
					strings.ContainsRune("=+-@\t\r\n|%\uFF1D\uFF0B\uFF0D\uFF20", []rune(strings.TrimLeft(cell, " \u00a0\u3000"))[0]) {
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
