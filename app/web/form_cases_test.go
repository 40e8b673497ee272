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
	name           string
	browser        browser
	path           string
	valid          url.Values
	required       []string // fields that may not be empty
	optional       []string // other fields that a person types
	acceptedStatus int
	passwordsOnly  bool // asks for passwords only, which never come back
	takesUploads   bool // takes multipart bodies too
	alertOnly      bool // says its problem above the form, so as not to say which field it is (the sign-in)
}

// withField gives the good form with another value in one field, or several, or none.
func (f formCase) withField(field string, values ...string) url.Values {
	form := maps.Clone(f.valid)
	form[field] = values
	return form
}

// allFormCases gives each form of the portal, but for the set-up.
func allFormCases(p *portal) []formCase {
	p.t.Helper()
	link := p.generateLink()
	registrations, others := registrationFormCases(p, link), memberFormCases(p, link)
	return slices.Concat(registrations, passwordFormCases(p), []formCase{invitationFormCase(p)}, others)
}

func registrationFormCases(p *portal, link string) []formCase {
	p.t.Helper()
	entitled := p.registrationForm("/register", "ned@acme.example")
	entitled.Set("proof", "order_summary")
	entitled.Set("order_summary", "ord-77")
	p.addEntitlement(app.OrderSummary, "ORD77")
	needs := []string{"first_name", "last_name", "email", "password", "eula"}
	return []formCase{
		{
			name: "register", browser: browser{p: p}, path: link, valid: p.registrationForm(link, "nia@acme.example"),
			required: needs, optional: app.ProfileFields(), acceptedStatus: http.StatusSeeOther,
		}, {
			name: "register without a link", browser: browser{p: p}, path: "/register", valid: entitled,
			required: append(needs, "order_summary", "proof"), optional: app.ProfileFields(),
			acceptedStatus: http.StatusSeeOther,
		},
	}
}

// memberFormCases gives the forms of people who have a login, or are to get one.
func memberFormCases(p *portal, link string) []formCase {
	p.t.Helper()
	p.createUser("una@acme.example", app.StandardUser)
	p.importIdentity("lea@learn.example")
	una := "/members/" + p.membershipID("una@acme.example", "Acme Widgets")
	return []formCase{
		{
			name: "new user", browser: p.sue, path: "/members", valid: newUserForm("ada@acme.example", app.StandardUser),
			required: []string{"first_name", "last_name", "email", "role"}, acceptedStatus: http.StatusSeeOther,
		}, {
			name: "preferences", browser: p.sue, path: "/preferences", valid: url.Values{
				"first_name": {"Sue"}, "last_name": {"Perez"}, "language": {"en"}, "topics": {"case_activity"},
			},
			required: []string{"first_name", "last_name", "language"}, optional: app.ProfileFields(),
			acceptedStatus: http.StatusSeeOther,
		}, {
			name: "ask to be added", browser: browser{p: p}, path: link + "/ask",
			valid:    p.registrationForm(link, "lea@learn.example"),
			required: []string{"email"}, acceptedStatus: http.StatusSeeOther,
		}, {
			name: "ask for a new email", browser: browser{p: p}, path: "/confirm",
			valid:    url.Values{"email": {"una@acme.example"}},
			required: []string{"email"}, acceptedStatus: http.StatusOK,
		}, {
			name: "activate", browser: browser{p: p}, path: p.mailedPath("una@acme.example"),
			valid:    activationForm("Una", "Best"),
			required: []string{"password", "eula"}, optional: []string{"first_name", "last_name"}, acceptedStatus: http.StatusOK,
		}, {
			name: "role", browser: p.sue, path: una + "/role", valid: url.Values{"role": {"limited"}},
			required: []string{"role"}, acceptedStatus: http.StatusSeeOther,
		}, {
			name: "end of a membership", browser: p.sue, path: una + "/expiry", valid: url.Values{"expires": {"2027-03-31"}},
			optional: []string{"expires"}, acceptedStatus: http.StatusSeeOther,
		}, {
			name: "the rules of the link", browser: p.sue, path: "/account/link/policy", valid: p.linkRulesForm(),
			required: []string{"expiry", "expires_on", "role"}, optional: []string{"max_uses", "domains", "requires_approval"},
			acceptedStatus: http.StatusSeeOther,
		}, {
			name: "sign in", browser: browser{p: p}, path: "/sign-in", valid: credentials("sue@acme.example", password),
			required: []string{"email", "password"}, acceptedStatus: http.StatusSeeOther, alertOnly: true,
		},
	}
}

func setupFormCase(p *portal) formCase {
	p.t.Helper()
	token, err := p.setUps().Token(context.Background())
	p.check(err)
	return formCase{
		name: "set up", browser: browser{p: p}, path: "/setup/" + token,
		valid: url.Values{
			"account_name": {"Acme Widgets"}, "company_id": {"100200"}, "first_name": {"Sue"}, "last_name": {"Perez"},
			"email": {"sue@acme.example"}, "password": {password},
		},
		required:       []string{"account_name", "company_id", "first_name", "last_name", "email", "password"},
		acceptedStatus: http.StatusSeeOther,
	}
}

// eachFormCase runs a test with every form on both databases.
func eachFormCase(t *testing.T, run func(p *portal, forms []formCase)) {
	t.Helper()
	eachDatabase(t, func(p *portal) { run(p, allFormCases(p)) })
	eachDatabaseBeforeSetup(t, func(p *portal) { run(p, []formCase{setupFormCase(p)}) })
}

// postWith posts the form with other values in a field.
func (f formCase) postWith(field string, values ...string) testResponse {
	f.browser.p.t.Helper()
	return f.browser.post(f.path, f.withField(field, values...))
}

func (f formCase) wantValuesRefused(field string, values map[string][]string) {
	t := f.browser.p.t
	t.Helper()
	for how, value := range values {
		got := f.browser.post(f.path, f.withField(field, value...))
		if got.status != http.StatusUnprocessableEntity {
			t.Errorf("%s: %s with %s: status %d, want 422: %.200s", f.name, field, how, got.status, got.text())
			continue
		}
		if strings.Contains(got.body, password) || got.has("[type=password][value]") {
			t.Errorf("%s: %s with %s: the password came back", f.name, field, how)
		}
		problems := got.problems()
		if f.alertOnly && len(value) < 2 {
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

// wantTypedKept wants every value of the form to be in the answer, but for passwords. A value of several
// lines is looked for by its first.
func (f formCase) wantTypedKept(got testResponse) {
	t := f.browser.p.t
	t.Helper()
	for name, values := range f.valid {
		for _, value := range values {
			line, _, _ := strings.Cut(value, "\n")
			input := got.document().Find(fmt.Sprintf("form [name=%s][value^=%q]", name, line)).
				Not("[type=checkbox]:not([checked]), [type=radio]:not([checked])")
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

// passwordFormCases are the forms that ask for a password that takes another's place.
func passwordFormCases(p *portal) []formCase {
	p.t.Helper()
	ray := p.addMember("ray@acme.example", app.StandardUser)
	p.addMember("flo@acme.example", app.StandardUser)
	return []formCase{
		{
			name: "forgotten password", browser: browser{p: p}, path: "/forgot-password",
			valid:    url.Values{"email": {"ray@acme.example"}},
			required: []string{"email"}, acceptedStatus: http.StatusOK,
		}, {
			name: "reset", browser: browser{p: p}, path: p.requestReset("flo@acme.example"),
			valid:    url.Values{"password": {newPassword}},
			required: []string{"password"}, acceptedStatus: http.StatusSeeOther, passwordsOnly: true,
		}, {
			name: "change password", browser: ray, path: "/preferences/password",
			valid:    url.Values{"current_password": {password}, "password": {newPassword}},
			required: []string{"current_password", "password"}, acceptedStatus: http.StatusSeeOther, passwordsOnly: true,
		},
	}
}

func invitationFormCase(p *portal) formCase {
	return formCase{
		name: "invite", browser: p.sue, path: invitationsPath, valid: invitationValues("ida@acme.example"),
		required: []string{"addresses", "language"}, acceptedStatus: http.StatusSeeOther, takesUploads: true,
	}
}

// mergeValues is a form with the values of another besides.
func mergeValues(forms ...url.Values) url.Values {
	all := url.Values{}
	for _, form := range forms {
		for name, values := range form {
			all[name] = append(all[name], values...)
		}
	}
	return all
}

// withoutField is a form without one of its fields.
func withoutField(form url.Values, field string) url.Values {
	form = maps.Clone(form)
	form.Del(field)
	return form
}

// withValue gives the form with another value.
func withValue(form url.Values, name string, values ...string) url.Values {
	other := url.Values{}
	for key, value := range form {
		other[key] = value
	}
	other[name] = values
	return other
}

// missingValues are values that a field does not take which must be filled in.
func missingValues() map[string][]string {
	return map[string][]string{
		"nothing": {}, "an empty value": {""}, "spaces": {"   "}, "a tab": {"\t"}, "no-break spaces": {"\u00a0\u00a0"},
		"zero-width spaces": {"\u200b\u200b"},
	}
}

// invalidValues are values that the field does not take. Passwords are taken exactly as they are typed, so
// line breaks are fit for one, and a list of addresses has them.
func invalidValues(field string) map[string][]string {
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

// formWithEveryField is every field that any form of ours has, with what would do.
func formWithEveryField(email string) url.Values {
	return url.Values{
		"first_name": {"Eve"}, "last_name": {"Evil"}, "email": {email}, "password": {password}, "eula": {app.EULAVersion},
		"topics":        {"product_updates"},
		"submission_id": {app.NewSubmissionID()}, "role": {"super"}, "account": {"x"}, "account_name": {"Evil"},
		"company_id": {"666"}, "language": {"en"},
		"proof": {"order_summary"}, "order_summary": {"OS77"}, "serial_number": {"SN1"}, "auth_code": {"AC1"}, "token": {"x"},
		"addresses":        {email},
		"current_password": {password}, "theme": {"dark"}, "member": {"x"}, "status": {"active"},
	}
}
