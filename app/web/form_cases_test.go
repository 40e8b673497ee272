package web_test

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"reglink/app"
)

// formCase is a form of the portal with values that will do.
type formCase struct {
	name     string
	who      browser
	path     string
	good     url.Values
	needs    []string // fields that may not be empty
	optional []string // other fields that a person types
	accepted int
	blank    bool // asks for passwords only, which never come back
	uploads  bool // takes multipart bodies too
	silent   bool // says its problem above the form, so as not to say which field it is (the sign-in)
}

// but gives the good form with another value in one field, or several, or none.
func (f formCase) but(field string, values ...string) url.Values {
	form := maps.Clone(f.good)
	form[field] = values
	return form
}

// everyForm gives each form of the portal, but for the set-up.
func everyForm(p *portal) []formCase {
	p.t.Helper()
	link := p.link()
	entitled := p.filledIn("/register", "ned@acme.example")
	entitled.Set("proof", "order_summary")
	entitled.Set("order_summary", "ord-77")
	p.entitle(app.OrderSummary, "ORD77")
	p.create("una@acme.example", app.StandardUser)
	p.imported("lea@learn.example")
	una := "/members/" + p.membership("una@acme.example", "Acme Widgets")
	needs := []string{"first_name", "last_name", "email", "password", "eula"}
	return slices.Insert([]formCase{
		{
			name: "register", who: browser{p: p}, path: link, good: p.filledIn(link, "nia@acme.example"),
			needs: needs, optional: []string{"phone", "job_title"}, accepted: http.StatusSeeOther,
		}, {
			name: "register without a link", who: browser{p: p}, path: "/register", good: entitled,
			needs: append(needs, "order_summary", "proof"), optional: []string{"phone", "job_title"}, accepted: http.StatusSeeOther,
		}, {
			name: "new user", who: p.sue, path: "/members", good: newUser("ada@acme.example", app.StandardUser),
			needs: []string{"first_name", "last_name", "email", "role"}, accepted: http.StatusSeeOther,
		}, {
			name: "preferences", who: p.sue, path: "/preferences", good: url.Values{
				"first_name": {"Sue"}, "last_name": {"Perez"}, "language": {"en"}, "topics": {"case_activity"},
			},
			needs: []string{"first_name", "last_name", "language"}, optional: []string{"phone", "job_title"}, accepted: http.StatusSeeOther,
		}, {
			name: "ask to be added", who: browser{p: p}, path: link + "/ask", good: p.filledIn(link, "lea@learn.example"),
			needs: []string{"email"}, accepted: http.StatusSeeOther,
		}, {
			name: "ask for a new email", who: browser{p: p}, path: "/confirm", good: url.Values{"email": {"una@acme.example"}},
			needs: []string{"email"}, accepted: http.StatusOK,
		}, {
			name: "activate", who: browser{p: p}, path: p.mailed("una@acme.example"), good: activation("Una", "Best"),
			needs: []string{"password", "eula"}, optional: []string{"first_name", "last_name"}, accepted: http.StatusOK,
		}, {
			name: "role", who: p.sue, path: una + "/role", good: url.Values{"role": {"limited"}},
			needs: []string{"role"}, accepted: http.StatusSeeOther,
		}, {
			name: "end of a membership", who: p.sue, path: una + "/expiry", good: url.Values{"expires": {"2027-03-31"}},
			optional: []string{"expires"}, accepted: http.StatusSeeOther,
		}, {
			name: "the rules of the link", who: p.sue, path: "/account/link/policy", good: p.rules(),
			needs: []string{"expiry", "expires_on", "role"}, optional: []string{"max_uses", "domains", "requires_approval"}, accepted: http.StatusSeeOther,
		}, {
			name: "sign in", who: browser{p: p}, path: "/sign-in", good: credentials("sue@acme.example", password),
			needs: []string{"email", "password"}, accepted: http.StatusSeeOther, silent: true,
		},
	}, 2, append(passwordForms(p), invitationForm(p))...)
}

func setUpForm(p *portal) formCase {
	p.t.Helper()
	token, err := p.setUps().Token(context.Background())
	p.check(err)
	return formCase{
		name: "set up", who: browser{p: p}, path: "/setup/" + token,
		good: url.Values{
			"account_name": {"Acme Widgets"}, "company_id": {"100200"}, "first_name": {"Sue"}, "last_name": {"Perez"},
			"email": {"sue@acme.example"}, "password": {password},
		},
		needs:    []string{"account_name", "company_id", "first_name", "last_name", "email", "password"},
		accepted: http.StatusSeeOther,
	}
}

// eachForm runs a test with every form on both databases.
func eachForm(t *testing.T, run func(p *portal, forms []formCase)) {
	t.Helper()
	eachPortal(t, func(p *portal) { run(p, everyForm(p)) })
	eachEmptyPortal(t, func(p *portal) { run(p, []formCase{setUpForm(p)}) })
}

// sent posts the form with other values in a field.
func (f formCase) sent(field string, values ...string) answer {
	f.who.p.t.Helper()
	return f.who.post(f.path, f.but(field, values...))
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

// wantKept wants every value of the form to be in the answer, but for passwords. A value of several lines is looked for by its first.
func (f formCase) wantKept(got answer) {
	t := f.who.p.t
	t.Helper()
	for name, values := range f.good {
		for _, value := range values {
			line, _, _ := strings.Cut(value, "\n")
			input := got.page().Find(fmt.Sprintf("form [name=%s][value^=%q]", name, line)).Not("[type=checkbox]:not([checked]), [type=radio]:not([checked])")
			secret := name == "password" || name == "current_password"
			switch {
			case secret && (input.Length() > 0 || strings.Contains(got.body, value)):
				t.Errorf("%s: the password came back", f.name)
			case !secret && input.Length() == 0:
				t.Errorf("%s: %s is lost", f.name, name)
			}
		}
	}
}

// passwordForms are the forms that ask for a password that takes another's place.
func passwordForms(p *portal) []formCase {
	p.t.Helper()
	ray := p.member("ray@acme.example", app.StandardUser)
	p.member("flo@acme.example", app.StandardUser)
	return []formCase{
		{
			name: "forgotten password", who: browser{p: p}, path: "/forgot-password", good: url.Values{"email": {"ray@acme.example"}},
			needs: []string{"email"}, accepted: http.StatusOK,
		}, {
			name: "reset", who: browser{p: p}, path: p.forgot("flo@acme.example"), good: url.Values{"password": {another}},
			needs: []string{"password"}, accepted: http.StatusSeeOther, blank: true,
		}, {
			name: "change password", who: ray, path: "/preferences/password",
			good:  url.Values{"current_password": {password}, "password": {another}},
			needs: []string{"current_password", "password"}, accepted: http.StatusSeeOther, blank: true,
		},
	}
}

func invitationForm(p *portal) formCase {
	return formCase{
		name: "invite", who: p.sue, path: invitations, good: inviting("ida@acme.example"),
		needs: []string{"addresses", "language"}, accepted: http.StatusSeeOther, uploads: true,
	}
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

// lacking is a form without one of its fields.
func lacking(form url.Values, field string) url.Values {
	form = maps.Clone(form)
	form.Del(field)
	return form
}

// with gives the form with another value.
func with(form url.Values, name string, values ...string) url.Values {
	other := url.Values{}
	for key, value := range form {
		other[key] = value
	}
	other[name] = values
	return other
}

// missing are values that a field does not take which must be filled in.
func missing() map[string][]string {
	return map[string][]string{
		"nothing": {}, "an empty value": {""}, "spaces": {"   "}, "a tab": {"\t"}, "no-break spaces": {"\u00a0\u00a0"},
		"zero-width spaces": {"\u200b\u200b"},
	}
}

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

// whole is every field that any form of ours has, with what would do.
func whole(email string) url.Values {
	return url.Values{
		"first_name": {"Eve"}, "last_name": {"Evil"}, "email": {email}, "password": {password}, "eula": {app.EULAVersion}, "topics": {"product_updates"},
		"submission_id": {app.NewSubmissionID()}, "role": {"super"}, "account": {"x"}, "account_name": {"Evil"}, "company_id": {"666"}, "language": {"en"},
		"proof": {"order_summary"}, "order_summary": {"OS77"}, "serial_number": {"SN1"}, "auth_code": {"AC1"}, "token": {"x"}, "addresses": {email},
		"current_password": {password}, "theme": {"dark"}, "member": {"x"}, "status": {"active"},
	}
}
