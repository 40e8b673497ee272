package web_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"reglink/app"
)

// Whatever does not fit is refused with a sentence beside its field and nothing else, and nothing is stored
// (issue 2, "Bad input").
func TestForm_InvalidValuesAreRefusedBesideTheirField(t *testing.T) {
	t.Parallel()
	eachFormCase(t, func(p *portal, forms []formCase) {
		for _, f := range forms {
			before := p.snapshot()
			for _, field := range f.required {
				f.wantValuesRefused(field, missingValues())
			}
			for _, field := range append(f.required, f.optional...) {
				f.wantValuesRefused(field, invalidValues(field))
			}
			p.wantUnchanged("a refused form ("+f.name+")", before)
			p.wantStatus(f.browser.post(f.path, f.valid), f.acceptedStatus)
		}
	})
}

// The live check and the submitted form have the same rules and the same words (T-22).
func TestT22_LiveCheckSaysWhatTheFormSays(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		forms := allFormCases(p)
		for _, f := range forms[:2] {
			before := p.snapshot()
			for _, field := range app.RegistrationFields() {
				for how, value := range invalidValues(field) {
					form := f.withField(field, value...)
					sent := f.browser.post(f.path, form).problems()[field]
					check := f.browser.withHTMX().post(f.path+"/check/"+field, form)
					p.wantStatus(check, http.StatusOK)
					if got := check.problems()[field]; got != sent || got == "" {
						p.t.Errorf("%s: %s with %s: live check says %q, the form %q", f.name, field, how, got, sent)
					}
				}
			}
			p.wantUnchanged("a live check", before)
		}
	})
}

func TestT21_InvalidEmailsAreRefused(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		f := allFormCases(p)[0]
		before := p.snapshot()
		for _, address := range []string{
			"nia", "nia@", "@acme.example", "nia@acme", "nia@@acme.example", "nia@acme@example.com", "nia @acme.example",
			"nia@acme .example",
			"Nia Okafor <nia@acme.example>", "<nia@acme.example>", `"nia"@acme.example`, "nia@acme.example (Nia)",
			"nia@acme.example,",
			"nia@acme.example,eve@evil.example", "nia@acme.example;eve@evil.example", "nia@acme.example eve@evil.example",
			"ni\u00e4@acme.example", "n\u0131a@acme.example", "nia@127.0.0.1", "nia@[127.0.0.1]", "nia@[IPv6:::1]",
			"nia@-acme.example",
			"nia@acme..example", ".nia@acme.example", "nia.@acme.example", "ni..a@acme.example", "nia@acme.example.",
			"nia@acme_x.example",
			strings.Repeat("n", 65) + "@acme.example", "nia@" + strings.Repeat("a", 64) + ".example", "mailto:nia@acme.example",
		} {
			got := f.browser.post(f.path, f.withField("email", address))
			if got.status != http.StatusUnprocessableEntity || got.problems()["email"] == "" {
				p.t.Errorf("%q: status %d, said %q", address, got.status, got.problems())
			}
			if back := got.value("#email"); back != address {
				p.t.Errorf("%q came back as %q", address, back)
			}
		}
		p.wantUnchanged("an address that is none", before)
	})
}

func TestT20_UnusualEmailsAreAccepted(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		for typed, key := range map[string]string{
			"nia+reglink@acme.example": "nia+reglink@acme.example", "Nia.OKAFOR@ACME.example": "nia.okafor@acme.example",
			"  nia2@acme.example\t": "nia2@acme.example", "o'neill@acme.example": "o'neill@acme.example",
			"nia@b\u00fccher.example":        "nia@xn--bcher-kva.example",
			"n!#$%&*/=?^_`{|}~@acme.example": "n!#$%&*/=?^_`{|}~@acme.example",
			"nia@\u4f8b\u3048.example":       "nia@xn--r8jz45g.example", "1@a.b.c.d.example": "1@a.b.c.d.example",
		} {
			p.register(path, typed)
			if got := p.queryOne("SELECT email FROM identities WHERE email_key = ?", key); got != strings.TrimSpace(typed) {
				p.t.Errorf("%q is kept as %q", typed, got)
			}
			if n := len(p.mailsTo(strings.TrimSpace(typed))); n != 1 {
				p.t.Errorf("%q received %d mails", typed, n)
			}
		}
		again := browser{p: p}.post(path, p.registrationForm(path, "NIA@xn--bcher-kva.example"))
		p.wantStatus(again, http.StatusUnprocessableEntity)
		if again.problems()["email"] == "" {
			p.t.Error("a second spelling of an address is taken for another person")
		}
	})
}

// What the form does not ask for is not looked at (T-23).
func TestT23_UnknownFieldsAreIgnored(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addAccount("Beta Works", "300400", "bob@beta.example")
		path := p.generateLink()
		eve := url.Values{
			"role": {"super"}, "account_id": {p.accountID("Beta Works")}, "account": {p.accountID("Beta Works")},
			"status":   {"suspended"},
			"operator": {"1"}, "id": {"EVE"}, "identity_id": {"EVE"}, "confirmed_at": {"2026-01-01"}, "password_hash": {"x"},
			"email_key": {"sue@acme.example"}, "language": {"de"}, "joined_by": {"set_up"}, "link_id": {"x"},
			"verified":   {"true"},
			"expires_on": {"2000-01-01"}, "email[]": {"sue@acme.example"}, "a[999999999]": {"1"},
		}
		p.wantStatus(browser{p: p}.post(path, mergeValues(p.registrationForm(path, "nia@acme.example"), eve)),
			http.StatusSeeOther)
		eve.Del("role")
		eve.Del("account")
		p.wantStatus(p.sue.post("/members", mergeValues(newUserForm("ada@acme.example", app.LimitedUser), eve)),
			http.StatusSeeOther)
		eve.Set("email", "eve@evil.example")
		own := url.Values{"first_name": {"Sue"}, "last_name": {"Perez"}}
		p.wantStatus(p.sue.post("/preferences", mergeValues(eve, own)), http.StatusSeeOther)
		for email, want := range map[string]string{
			"nia@acme.example": "standard active link no 0 en unconfirmed",
			"ada@acme.example": "limited active creation no 0 en unconfirmed",
			"sue@acme.example": "super active creation no 0 de confirmed",
		} {
			if got := p.describeMembership(email, "Acme Widgets"); got != want {
				p.t.Errorf("%s is stored as %q, want %q", email, got, want)
			}
		}
		if got := p.queryOne("SELECT COUNT(*) FROM memberships WHERE account_id = ?", p.accountID("Beta Works")); got != "1" {
			p.t.Errorf("the other account has %s members", got)
		}
	})
}

// Nobody types a hidden field, so what is wrong with it is said of the form, which comes back fit to be sent.
func TestForm_HiddenFieldsAreValidated(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		forms := allFormCases(p)
		signIn := forms[len(forms)-1]
		before := p.snapshot()
		for how, got := range map[string]testResponse{
			"no submission id":    forms[0].postWith("submission_id"),
			"two submission ids":  forms[0].postWith("submission_id", app.NewSubmissionID(), app.NewSubmissionID()),
			"a made-up id":        forms[0].postWith("submission_id", "1"),
			"a NUL for an id":     forms[1].postWith("submission_id", "\x00"),
			"two pages to go to":  signIn.postWith("next", "/account", "/members"),
			"10,000 letter id":    forms[0].postWith("submission_id", strings.Repeat("A", 10_000)),
			"a lower-case id":     forms[0].postWith("submission_id", strings.ToLower(app.NewSubmissionID())),
			"an id with brackets": forms[0].postWith("submission_id", "\"><b>"),
		} {
			if got.status != http.StatusUnprocessableEntity || got.alert() == "" || len(got.problems()) != 0 {
				p.t.Errorf("%s: status %d, says %q and %q", how, got.status, got.alert(), got.problems())
			}
			if id, shown := got.document().Find("[name=submission_id]").Attr("value"); shown &&
				len(id) != len(app.NewSubmissionID()) {
				p.t.Errorf("%s: the form comes back with the id %q", how, id)
			}
		}
		p.wantUnchanged("a form with a bad hidden field", before)
	})
}

type twoAddresses struct {
	contentType, body string
	status            int
}

// twoAddressForms are the ways of putting more than one address, or one that is not plain, into a form.
func twoAddressForms(form url.Values) map[string]twoAddresses {
	changed := func(change func(url.Values)) twoAddresses {
		values := mergeValues(form)
		change(values)
		return twoAddresses{contentTypeOf("POST"), values.Encode(), http.StatusUnprocessableEntity}
	}
	return map[string]twoAddresses{
		"twice":          changed(func(f url.Values) { f.Add("email", "eve@evil.example") }),
		"the same twice": changed(func(f url.Values) { f.Add("email", "nia@acme.example") }),
		"brackets": changed(func(f url.Values) {
			f["email[]"] = []string{"nia@acme.example", "eve@evil.example"}
			f.Del("email")
		}),
		"numbered brackets": changed(func(f url.Values) {
			f["email[0]"] = f["email"]
			f.Del("email")
		}),
		"a comma":        changed(func(f url.Values) { f.Set("email", "nia@acme.example,eve@evil.example") }),
		"a display name": changed(func(f url.Values) { f.Set("email", `"nia"<eve@evil.example>`) }),
		"a list in JSON": {
			"application/json", `{"email":["nia@acme.example","eve@evil.example"]}`, http.StatusUnsupportedMediaType,
		},
		"JSON in the form": changed(func(f url.Values) { f.Set("email", `["nia@acme.example"]`) }),
	}
}

// One address and one alone: two fields, two addresses in one, a list in brackets or in JSON register nobody (T-21).
func TestT21_TwoAddressesRegisterNobody(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		form := p.registrationForm(path, "nia@acme.example")
		before := p.snapshot()
		for how, c := range twoAddressForms(form) {
			if got := (browser{p: p}).do(http.MethodPost, path, c.contentType, c.body); got.status != c.status {
				p.t.Errorf("%s: status %d, want %d: %.200s", how, got.status, c.status, got.text())
			}
		}
		p.wantUnchanged("two addresses", before)
	})
}

// The query never speaks for the form: neither submitting nor checking takes one (T-22).
func TestT22_QueryOnAFormIsRefused(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		form := p.registrationForm(path, "nia@acme.example")
		before := p.snapshot()
		for _, below := range []string{"", "/check/email"} {
			for _, b := range []browser{{p: p}, {p: p, htmx: true}} {
				p.wantStatus(b.post(path+below+"?email=sue@acme.example", form), http.StatusBadRequest)
			}
		}
		p.wantUnchanged("a form with a query", before)
	})
}

// Every column of every table that a registration writes, posted as a field with an odd value, is not looked
// at: what is stored is what a form without them stores (T-23).
func TestT23_PostedColumnNamesAreIgnored(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		path := p.generateLink()
		p.register(path, "nia@acme.example")
		form := p.registrationForm(path, "eve@acme.example")
		columns := 0
		for _, table := range []string{
			"identities", "memberships", "registrations", "consents", "confirmations", "links",
			"notices", "accounts",
		} {
			for _, column := range p.columnsOf(table) {
				for _, name := range []string{column, table + "[" + column + "]", table + "." + column, strings.ToUpper(column)} {
					if !form.Has(name) && !slices.Contains(app.RegistrationFields(), name) {
						form.Set(name, "1")
						columns++
					}
				}
			}
		}
		if columns < 200 {
			p.t.Errorf("only %d fields were made up", columns)
		}
		p.wantStatus(browser{p: p}.post(path, form), http.StatusSeeOther)
		if plain, odd := p.describeMembership("nia@acme.example", "Acme Widgets"), p.describeMembership("eve@acme.example",
			"Acme Widgets"); odd != plain {
			p.t.Errorf("with every column posted one is stored as %q, without as %q", odd, plain)
		}
		for _, column := range p.columnsOf("identities") {
			if slices.Contains([]string{"id", "email", "email_key", "password_hash", "search_text"}, column) {
				continue
			}
			query := "SELECT COALESCE(" + column + ", '') FROM identities WHERE email = ?"
			if plain, odd := p.queryOne(query, "nia@acme.example"), p.queryOne(query, "eve@acme.example"); odd != plain {
				p.t.Errorf("%s is %q, without being posted %q", column, odd, plain)
			}
		}
		if n := p.queryOne("SELECT COUNT(*) FROM identities WHERE id = '1' OR email_key = '1' OR password_hash = '1' OR " +
			"search_text = '1'"); n != "0" {
			p.t.Errorf("%s rows are made of what was posted", n)
		}
	})
}

func TestT22_OnlyFormsAreAccepted(t *testing.T) {
	t.Parallel()
	eachFormCase(t, func(p *portal, forms []formCase) {
		before := p.snapshot()
		for _, f := range forms {
			for contentType, body := range map[string]string{
				"application/json":                   `{"email":"eve@evil.example","first_name":"Eve"}`,
				"application/xml":                    "<form><email>eve@evil.example</email></form>",
				"text/plain":                         f.valid.Encode(),
				"":                                   f.valid.Encode(),
				"application/x-www-form-urlencodedx": f.valid.Encode(),
				"multipart/form-data; boundary=limit": "--limit\r\nContent-Disposition: form-data; " +
					"name=\"email\"\r\n\r\neve@evil.example\r\n--limit--\r\n",
				"application/x-www-form-urlencoded; =": f.valid.Encode(),
			} {
				if f.takesUploads && strings.HasPrefix(contentType, "multipart/") {
					continue
				}
				wantRefusal(f.browser.do(http.MethodPost, f.path, contentType, body), http.StatusUnsupportedMediaType)
			}
			for _, query := range []string{"?email=eve@evil.example", "?x", "?" + f.valid.Encode(), "?first_name"} {
				wantRefusal(f.browser.post(f.path+query, f.valid), http.StatusBadRequest)
			}
			for _, body := range []string{"email=%zz", "email=a;first_name=b", "%", "email=%u0041"} {
				wantRefusal(f.browser.do(http.MethodPost, f.path, "application/x-www-form-urlencoded", body), http.StatusBadRequest)
			}
			p.wantUnchanged("what is no form, to "+f.path, before)
			p.wantStatus(f.browser.do(http.MethodPost, f.path, "application/x-www-form-urlencoded; charset=UTF-8",
				f.valid.Encode()), f.acceptedStatus)
			before = p.snapshot()
		}
	})
}

// A form may have any names of fields, with numbers in brackets that would be an array of a terabyte (T-36).
func TestT36_NumbersInBracketsAreFieldNames(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	before := p.snapshot()
	for _, name := range []string{
		"a[999999999]", "email[999999999999999999]", "topics[-1]", "a[0][999999999][x]", "[",
		"]", "a[", "topics[999999999]",
	} {
		got := browser{p: p}.post("/sign-in", url.Values{name: {"1"}})
		p.wantStatus(got, http.StatusUnprocessableEntity)
		p.wantStatus(browser{p: p}.post("/register", url.Values{name: {"1"}, "email": {"nia@acme.example"}}),
			http.StatusUnprocessableEntity)
	}
	p.wantUnchanged("numbers in brackets", before)
}

// Nothing that is typed stands in an address: no form of ours with a secret in it, or that changes anything,
// is sent by GET, and nothing asks by DELETE, PUT or PATCH, by which HTMX puts the form into the address
// (T-42).
func TestT42_NoFormIsSentInTheURL(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	s := newRouteFixture(p)
	forms := 0
	for _, page := range s.pages(asIs) {
		for _, form := range page.document().Find("form").EachIter() {
			forms++
			if strings.EqualFold(form.AttrOr("method", "get"), "post") && form.AttrOr("hx-get", "") == "" {
				continue
			}
			private := form.Find("[type=password], [type=email], [type=hidden][name=submission_id], textarea, [name=phone]")
			if private.Length() > 0 || form.AttrOr("hx-post", "") != "" {
				t.Errorf("%s: the form to %q is sent in an address", page.request, form.AttrOr("action", ""))
			}
		}
		for _, method := range []string{"hx-delete", "hx-put", "hx-patch"} {
			if page.has("[" + method + "]") {
				t.Errorf("%s uses %s", page.request, method)
			}
		}
		if page.has("form:has([type=password]) [hx-get], form:has([type=email]) [hx-get]") {
			t.Errorf("%s: something asks by GET with fields of a form", page.request)
		}
	}
	if forms < 50 {
		t.Errorf("only %d forms were looked at", forms)
	}
}
