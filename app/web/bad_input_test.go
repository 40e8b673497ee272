package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"reglink/app"
)

// unfit are values that the field does not take. Passwords are taken exactly as they are typed, so line breaks are fit for one, and a
// list of addresses has them.
func unfit(field string) map[string][]string {
	all := map[string][]string{
		"10,000 characters": {strings.Repeat("a", 10_000)},
		"4,000 emoji":       {strings.Repeat("🦊", 4_000)},
		"NUL":               {"a\x00b"},
		"NUL alone":         {"\x00"},
		"a bell":            {"a\ab"},
		"line breaks":       {"a\r\nBcc: eve@evil.example"},
		"a line separator":  {"a\u2028b"},
		"no UTF-8":          {"a\xff\xfeb"},
		"half a character":  {"a\xc3"},
		"a bidi override":   {"a\u202Eb"},
		"a bidi isolate":    {"a\u2066b"},
		"two values":        {"Ada", "Eve"},
		"the same twice":    {"Ada", "Ada"},
	}
	switch field {
	case "password", "addresses":
		delete(all, "line breaks")
	case "topics":
		return map[string][]string{"no such topic": {"gossip"}, "one of two": {"product_updates", "gossip"}, "NUL": {"\x00"}}
	}
	return all
}

// missing are values that a field does not take which must be filled in.
func missing() map[string][]string {
	return map[string][]string{
		"nothing": {}, "an empty value": {""}, "spaces": {"   "}, "a tab": {"\t"}, "no-break spaces": {"\u00a0\u00a0"},
		"zero-width spaces": {"\u200b\u200b"},
	}
}

// Whatever does not fit is refused with a sentence beside its field and nothing else, and nothing is stored (issue 2, "Bad input").
func TestUnfitValuesAreRefusedBesideTheirField(t *testing.T) {
	t.Parallel()
	eachForm(t, func(p *portal, forms []formCase) {
		for _, f := range forms {
			before := p.stored()
			for _, field := range f.needs {
				f.wantRefused(field, missing())
			}
			for _, field := range append(f.needs, f.optional...) {
				f.wantRefused(field, unfit(field))
			}
			p.unchanged("a refused form ("+f.name+")", before)
			p.want(f.who.post(f.path, f.good), f.accepted)
		}
	})
}

func (f formCase) wantRefused(field string, values map[string][]string) {
	t := f.who.p.t
	t.Helper()
	for how, value := range values {
		got := f.who.post(f.path, f.but(field, value...))
		if got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s with %s: status %d, want 422: %.200s", f.name, field, how, got.status, got.text())
			continue
		}
		if strings.Contains(got.body, password) || got.has("[type=password][value]") {
			t.Errorf("%s: %s with %s: the password came back", f.name, field, how)
		}
		problems := got.problems()
		if f.silent && len(value) < 2 {
			if got.alert() == "" || len(problems) != 0 {
				t.Errorf("%s: %s with %s: says %q and %q", f.name, field, how, got.alert(), problems)
			}
			continue
		}
		if problems[field] == "" || len(problems) != 1 {
			t.Errorf("%s: %s with %s: problems %q, want one", f.name, field, how, problems)
		}
	}
}

// The live check and the submitted form have the same rules and the same words (T-22).
func TestT22LiveCheckSaysWhatTheFormSays(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		forms := everyForm(p)
		for _, f := range forms[:2] {
			before := p.stored()
			for _, field := range app.Fields() {
				for how, value := range unfit(field) {
					form := f.but(field, value...)
					sent := f.who.post(f.path, form).problems()[field]
					check := f.who.withHTMX().post(f.path+"/check/"+field, form)
					p.want(check, http.StatusOK)
					if got := check.problems()[field]; got != sent || got == "" {
						p.t.Errorf("%s: %s with %s: live check says %q, the form %q", f.name, field, how, got, sent)
					}
				}
			}
			p.unchanged("a live check", before)
		}
	})
}

func TestT21EmailsThatAreNone(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		f := everyForm(p)[0]
		before := p.stored()
		for _, address := range []string{
			"nia", "nia@", "@acme.example", "nia@acme", "nia@@acme.example", "nia@acme@example.com", "nia @acme.example", "nia@acme .example",
			"Nia Okafor <nia@acme.example>", "<nia@acme.example>", `"nia"@acme.example`, "nia@acme.example (Nia)", "nia@acme.example,",
			"nia@acme.example,eve@evil.example", "nia@acme.example;eve@evil.example", "nia@acme.example eve@evil.example",
			"ni\u00e4@acme.example", "n\u0131a@acme.example", "nia@127.0.0.1", "nia@[127.0.0.1]", "nia@[IPv6:::1]", "nia@-acme.example",
			"nia@acme..example", ".nia@acme.example", "nia.@acme.example", "ni..a@acme.example", "nia@acme.example.", "nia@acme_x.example",
			strings.Repeat("n", 65) + "@acme.example", "nia@" + strings.Repeat("a", 64) + ".example", "mailto:nia@acme.example",
		} {
			got := f.who.post(f.path, f.but("email", address))
			if got.status != http.StatusUnprocessableEntity || got.problems()["email"] == "" {
				p.t.Errorf("%q: status %d, said %q", address, got.status, got.problems())
			}
			if back := got.value("#email"); back != address {
				p.t.Errorf("%q came back as %q", address, back)
			}
		}
		p.unchanged("an address that is none", before)
	})
}

func TestT20EmailsThatAreUnusual(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		path := p.link()
		for typed, key := range map[string]string{
			"nia+reglink@acme.example": "nia+reglink@acme.example", "Nia.OKAFOR@ACME.example": "nia.okafor@acme.example",
			"  nia2@acme.example\t": "nia2@acme.example", "o'neill@acme.example": "o'neill@acme.example",
			"nia@b\u00fccher.example": "nia@xn--bcher-kva.example", "n!#$%&*/=?^_`{|}~@acme.example": "n!#$%&*/=?^_`{|}~@acme.example",
			"nia@\u4f8b\u3048.example": "nia@xn--r8jz45g.example", "1@a.b.c.d.example": "1@a.b.c.d.example",
		} {
			p.register(path, typed)
			if got := p.one("SELECT email FROM identities WHERE email_key = ?", key); got != strings.TrimSpace(typed) {
				p.t.Errorf("%q is kept as %q", typed, got)
			}
			if n := len(p.mailsTo(strings.TrimSpace(typed))); n != 1 {
				p.t.Errorf("%q received %d mails", typed, n)
			}
		}
		again := browser{p: p}.post(path, p.filledIn(path, "NIA@xn--bcher-kva.example"))
		p.want(again, http.StatusUnprocessableEntity)
		if again.problems()["email"] == "" {
			p.t.Error("a second spelling of an address is taken for another person")
		}
	})
}

// What the form does not ask for is not looked at (T-23).
func TestT23UnknownFieldsAreIgnored(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		p.addAccount("Beta Works", "300400", "bob@beta.example")
		path := p.link()
		eve := url.Values{
			"role": {"super"}, "account_id": {p.account("Beta Works")}, "account": {p.account("Beta Works")}, "status": {"suspended"},
			"operator": {"1"}, "id": {"EVE"}, "identity_id": {"EVE"}, "confirmed_at": {"2026-01-01"}, "password_hash": {"x"},
			"email_key": {"sue@acme.example"}, "language": {"de"}, "joined_by": {"set_up"}, "link_id": {"x"}, "verified": {"true"},
			"expires_on": {"2000-01-01"}, "email[]": {"sue@acme.example"}, "a[999999999]": {"1"},
		}
		p.want(browser{p: p}.post(path, joined(p.filledIn(path, "nia@acme.example"), eve)), http.StatusSeeOther)
		eve.Del("role")
		eve.Del("account")
		p.want(p.sue.post("/members", joined(newUser("ada@acme.example", app.LimitedUser), eve)), http.StatusSeeOther)
		eve.Set("email", "eve@evil.example")
		own := url.Values{"first_name": {"Sue"}, "last_name": {"Perez"}}
		p.want(p.sue.post("/preferences", joined(eve, own)), http.StatusSeeOther)
		for email, want := range map[string]string{
			"nia@acme.example": "standard active link no 0 en unconfirmed", "ada@acme.example": "limited active creation no 0 en unconfirmed",
			"sue@acme.example": "super active creation no 0 de confirmed",
		} {
			if got := p.standing(email, "Acme Widgets"); got != want {
				p.t.Errorf("%s is stored as %q, want %q", email, got, want)
			}
		}
		if got := p.one("SELECT COUNT(*) FROM memberships WHERE account_id = ?", p.account("Beta Works")); got != "1" {
			p.t.Errorf("the other account has %s members", got)
		}
	})
}

// standing is what a person is in an account, in a line.
func (p *portal) standing(email, account string) string {
	p.t.Helper()
	var all []string
	for _, expression := range []string{
		"m.role", "m.status", "m.joined_by", "CASE WHEN m.expires_on IS NULL THEN 'no' ELSE 'expires' END", "i.operator", "i.language",
		"CASE WHEN i.confirmed_at IS NULL THEN 'unconfirmed' ELSE 'confirmed' END",
	} {
		all = append(all, p.one("SELECT "+expression+" FROM memberships m JOIN identities i ON i.id = m.identity_id "+
			"JOIN accounts a ON a.id = m.account_id WHERE i.email = ? AND a.name = ?", email, account))
	}
	return strings.Join(all, " ")
}

// joined is a form with the values of another besides.
func joined(forms ...url.Values) url.Values {
	all := url.Values{}
	for _, form := range forms {
		for name, values := range form {
			all[name] = append(all[name], values...)
		}
	}
	return all
}

// Nobody types a hidden field, so what is wrong with it is said of the form, which comes back fit to be sent.
func TestHiddenFieldsAreCheckedToo(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		forms := everyForm(p)
		signIn := forms[len(forms)-1]
		before := p.stored()
		for how, got := range map[string]answer{
			"no submission id":    forms[0].sent("submission_id"),
			"two submission ids":  forms[0].sent("submission_id", app.NewSubmissionID(), app.NewSubmissionID()),
			"a made-up id":        forms[0].sent("submission_id", "1"),
			"a NUL for an id":     forms[1].sent("submission_id", "\x00"),
			"two pages to go to":  signIn.sent("next", "/account", "/members"),
			"10,000 letter id":    forms[0].sent("submission_id", strings.Repeat("A", 10_000)),
			"a lower-case id":     forms[0].sent("submission_id", strings.ToLower(app.NewSubmissionID())),
			"an id with brackets": forms[0].sent("submission_id", "\"><b>"),
		} {
			if got.status != http.StatusUnprocessableEntity || got.alert() == "" || len(got.problems()) != 0 {
				p.t.Errorf("%s: status %d, says %q and %q", how, got.status, got.alert(), got.problems())
			}
			if id, shown := got.page().Find("[name=submission_id]").Attr("value"); shown && len(id) != len(app.NewSubmissionID()) {
				p.t.Errorf("%s: the form comes back with the id %q", how, id)
			}
		}
		p.unchanged("a form with a bad hidden field", before)
	})
}

// sent posts the form with other values in a field.
func (f formCase) sent(field string, values ...string) answer {
	f.who.p.t.Helper()
	return f.who.post(f.path, f.but(field, values...))
}
