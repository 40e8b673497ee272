package web_test

import (
	"context"
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

// entitle gives Acme Widgets an entitlement.
func (p *portal) entitle(proof app.Proof, code string) {
	p.t.Helper()
	imports := app.Imports{Store: p.store, Clock: p.clock.tell}
	p.check(imports.Entitlement(context.Background(), "100200", proof, code))
}

// eachForm runs a test with every form on both databases.
func eachForm(t *testing.T, run func(p *portal, forms []formCase)) {
	t.Helper()
	eachPortal(t, func(p *portal) { run(p, everyForm(p)) })
	eachEmptyPortal(t, func(p *portal) { run(p, []formCase{setUpForm(p)}) })
}

// problems gives what stands beside the fields, by field.
func (a answer) problems() map[string]string {
	a.t.Helper()
	all := map[string]string{}
	for _, said := range a.page().Find("[id^=problem-]").EachIter() {
		id, _ := said.Attr("id")
		all[strings.TrimPrefix(id, "problem-")] = plain(said.Text())
	}
	return all
}

// alert is what is said above a form or on a page of its own, where no field is to blame.
func (a answer) alert() string {
	a.t.Helper()
	return plain(a.page().Find("[role=alert]:not(.sr-only)").First().Text())
}
