package web_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"reglink/app"
	"reglink/db/dbtest"
)

// fuzzPortal is a portal that all inputs of a fuzz target share, one after the other, with the path of its link.
func fuzzPortal(f *testing.F) (*portal, string) {
	f.Helper()
	p := newPortal(f, dbtest.SQLite(f))
	f.Cleanup(func() { p.t = f })
	return p, p.generateLink()
}

// resetForInput makes the portal ready for an input: what the one before left in the log must have held no secret.
func (p *portal) resetForInput(t *testing.T) {
	t.Helper()
	p.t = t
	p.wantNoSecretsInLog()
	p.log.Reset()
}

// skipTooLong skips what no server of ours reads: larger bodies and headers are refused before they are (T-36).
func skipTooLong(t *testing.T, most int, values ...string) {
	t.Helper()
	if length := len(url.QueryEscape(strings.Join(values, ""))); length > most {
		t.Skip("longer than what is read")
	}
}

func (p *portal) countLogins() string {
	p.t.Helper()
	return p.queryOne("SELECT COUNT(*) FROM identities")
}

// FuzzRegistrationForm sends whatever body to a link: the answer is never a fault, and there is a new login
// exactly where it says so, of a person whose every field will do (T-47).
func FuzzRegistrationForm(f *testing.F) {
	f.Add("Nia", "Okafor", "nia@acme.example", "+49 30 123", password, "product_updates", app.EULAVersion, "")
	f.Add("\x00", "\u202e", "a@b.example,c@d.example", "((", "short", "gossip", "1999-01",
		"&email=eve@evil.example&role=super")
	f.Add("=1", "<b>", "nia@b\u00fccher.example", "", strings.Repeat("\U0001F40E", 20), "", app.EULAVersion, "&first_name")
	f.Add("Nia", "Okafor", "sue@acme.example", "", password, "product_updates", app.EULAVersion, "&%zz")
	f.Add("Nia", "Okafor", " NIA@acme.example\t", "", password, "", app.EULAVersion, ";eula=x&submission_id=")
	p, link := fuzzPortal(f)
	f.Fuzz(func(t *testing.T, first, last, email, phone, secret, topic, eula, rest string) {
		p.resetForInput(t)
		skipTooLong(t, 60<<10, first, last, email, phone, secret, topic, eula, rest, rest) // the end stands as it is
		form := url.Values{
			"first_name": {first}, "last_name": {last}, "email": {email}, "phone": {phone}, "password": {secret},
			"eula": {eula}, "submission_id": {app.NewSubmissionID()},
		}
		if topic != "" {
			form.Set("topics", topic)
		}
		p.exec("DELETE FROM limit_counts")
		before := p.countLogins()
		got := browser{p: p}.do(http.MethodPost, link, contentTypeOf(http.MethodPost), form.Encode()+rest)
		if got.status != http.StatusSeeOther {
			if now := p.countLogins(); now != before || !slices.Contains([]int{400, 415, 422}, got.status) {
				t.Fatalf("%q%q: status %d, and %s people after %s", form, rest, got.status, now, before)
			}
			return
		}
		p.wantOneNewLogin(form, before)
	})
}

// wantOneNewLogin wants one more login, stored as the form says and with every field one that will do, and
// takes it away again.
func (p *portal) wantOneNewLogin(form url.Values, before string) {
	p.t.Helper()
	key, _ := app.EmailKey(strings.TrimSpace(form.Get("email")))
	found := p.queryColumn("SELECT id FROM identities WHERE email_key = ?", key)
	if now := p.countLogins(); fmt.Sprint(now) == before || len(found) != 1 || key == "" {
		p.t.Fatalf("%q: %s people after %s, %d of them with the key %q", form, now, before, len(found), key)
	}
	typed := app.RegistrationForm{
		FirstName: form.Get("first_name"), LastName: form.Get("last_name"), Email: form.Get("email"),
		Profile:  app.Profile{Phone: form.Get("phone")},
		Password: form.Get("password"), Topics: form["topics"], EULA: form.Get("eula"),
		SubmissionID: form.Get("submission_id"),
	}.Tidied()
	if problems := typed.Problems("Acme Widgets"); len(problems) != 0 {
		p.t.Errorf("%q is let in although %v", form, problems)
	}
	if got := p.queryOne("SELECT COUNT(*) FROM memberships WHERE identity_id = ? AND role = 'standard'",
		found[0]); got != "1" {
		p.t.Errorf("%q: %s memberships", form, got)
	}
	if got := p.queryOne("SELECT COUNT(*) FROM consents WHERE identity_id = ?", found[0]); got != "1" {
		p.t.Errorf("%q: %s consents", form, got)
	}
	// so that the same address can come again
	p.exec("UPDATE identities SET email = id, email_key = id WHERE id = ?", found[0])
}

// FuzzLiveValidateEqualsSubmit: what the live check says of a field is what the form says of it when it is sent (T-22).
func FuzzLiveValidateEqualsSubmit(f *testing.F) {
	for i, field := range app.RegistrationFields() {
		for _, values := range invalidValues(field) {
			f.Add(uint8(i), values[0], len(values) > 1)
		}
		f.Add(uint8(i), "Nia", false)
	}
	f.Add(uint8(2), "nia@acme.example", true)
	f.Add(uint8(2), "sue@acme.example", false)
	p, link := fuzzPortal(f)
	f.Fuzz(func(t *testing.T, of uint8, value string, twice bool) {
		p.resetForInput(t)
		skipTooLong(t, 30<<10, value) // it may be sent twice
		field := app.RegistrationFields()[int(of)%len(app.RegistrationFields())]
		form := url.Values{
			"first_name": {"Nia"}, "last_name": {"Okafor"}, "email": {"nia@acme.example"}, "password": {password},
			"eula": {app.EULAVersion},
			// Nobody is let in: the form lacks what no live check is about.
			"submission_id": {"none"},
		}
		form[field] = []string{value}
		if twice {
			form[field] = append(form[field], value)
		}
		sent := browser{p: p}.post(link, form)
		p.wantStatus(sent, http.StatusUnprocessableEntity)
		check := browser{p: p}.withHTMX().post(link+"/check/"+field, form)
		p.wantStatus(check, http.StatusOK)
		live, submitted := check.problems()[field], sent.problems()[field]
		if submitted == "" && live == en("email_taken") {
			return // whether an email has a login is looked up once the rest of the form will do
		}
		if live != submitted {
			t.Errorf("%s with %q (twice: %t): live check says %q, the form %q", field, value, twice, live, submitted)
		}
	})
}
