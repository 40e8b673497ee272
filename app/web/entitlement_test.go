package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"reglink/app"
)

// entitlementForm is a form without a link that will do but for its proof.
func (p *portal) entitlementForm(email string, proof url.Values) url.Values {
	p.t.Helper()
	return mergeValues(p.registrationForm("/register", email), proof)
}

// Each of the three proofs lets somebody in, typed as it stands on paper.
func TestEntitlement_EachProofLetsSomebodyRegister(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addEntitlement(app.OrderSummary, "ORD77")
		p.addEntitlement(app.SerialNumber, "SN900")
		p.addEntitlement(app.AuthCode, "CODE42")
		for email, proof := range map[string]url.Values{
			"o@acme.example": {"proof": {"order_summary"}, "order_summary": {" ord-77 "}},
			"p@acme.example": {"proof": {"order_summary"}, "order_summary": {"ORD 77"}, "auth_code": {"whatever"}},
			"s@acme.example": {"proof": {"serial_number"}, "serial_number": {"sn-900"}, "company_id": {" 100200 "}},
			"a@acme.example": {"proof": {"auth_code"}, "auth_code": {"code-42"}},
		} {
			got := browser{p: p}.post("/register", p.entitlementForm(email, proof))
			p.wantStatus(got, http.StatusSeeOther)
			if got.location() != "/registered" {
				p.t.Errorf("%s leads to %q", email, got.location())
			}
			if got := p.describeMembership(email, "Acme Widgets"); got != "standard active entitlement no 0 en unconfirmed" {
				p.t.Errorf("%s is stored as %q", email, got)
			}
			p.wantStatus(browser{p: p}.post(p.mailedPath(email), nil), http.StatusOK)
			p.wantStatus(p.signIn(email).get("/members"), http.StatusOK)
		}
		if told := len(p.mailsTo("sue@acme.example")); told != 4 {
			p.t.Errorf("the Super User was told %d times, want 4", told)
		}
	})
}

// A proof that does not fit is refused in the same words, whatever is wrong with it, and never names an account.
func TestEntitlement_WrongProofsAreRefusedAlike(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addAccount("Beta Works", "300400", "bob@beta.example")
		p.addEntitlement(app.SerialNumber, "SN900")
		p.addEntitlement(app.AuthCode, "CODE42")
		p.wantStatus(browser{p: p}.post("/register", p.entitlementForm("first@acme.example",
			url.Values{"proof": {"auth_code"}, "auth_code": {"CODE42"}})), http.StatusSeeOther)
		before := p.snapshot()
		for how, proof := range map[string]url.Values{
			"unknown number":           {"proof": {"order_summary"}, "order_summary": {"ORD1"}},
			"another kind's number":    {"proof": {"order_summary"}, "order_summary": {"SN900"}},
			"unknown serial number":    {"proof": {"serial_number"}, "serial_number": {"SN1"}, "company_id": {"100200"}},
			"another company's serial": {"proof": {"serial_number"}, "serial_number": {"SN900"}, "company_id": {"300400"}},
			"unknown company":          {"proof": {"serial_number"}, "serial_number": {"SN900"}, "company_id": {"1"}},
			"used code":                {"proof": {"auth_code"}, "auth_code": {"code 42"}},
			"SQL":                      {"proof": {"auth_code"}, "auth_code": {"' OR '1'='1"}},
		} {
			got := browser{p: p}.post("/register", p.entitlementForm("nia@acme.example", proof))
			p.wantStatus(got, http.StatusUnprocessableEntity)
			field := proof.Get("proof")
			if said := got.problems(); said[field] != en("entitlement_unknown") || len(said) != 1 {
				p.t.Errorf("%s: said is %q", how, said)
			}
			if got.value("#"+field) != proof.Get(field) || !got.has("[name=proof][value="+field+"][checked]") {
				p.t.Errorf("%s: what was typed is lost", how)
			}
			if strings.Contains(got.body, "Acme Widgets") || strings.Contains(got.body, "Beta Works") {
				p.t.Errorf("%s: the answer names an account", how)
			}
		}
		p.wantUnchanged("a proof that does not fit", before)
	})
}

// An auth code is good for one person, also for ten who are as fast; who used it may send the form again.
func TestEntitlement_AuthCodeWorksOnce(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		p.addEntitlement(app.AuthCode, "CODE42")
		forms := make([]url.Values, 10)
		for i := range forms {
			forms[i] = p.entitlementForm(string(rune('a'+i))+"@acme.example",
				url.Values{"proof": {"auth_code"}, "auth_code": {"CODE42"}})
		}
		l := p.listen()
		first := -1
		for i, got := range p.concurrently(len(forms), func(i int) testResponse {
			b := browser{p: p}
			return l.send(b, b.newRequest(http.MethodPost, "/register", "application/x-www-form-urlencoded", forms[i].Encode()))
		}) {
			if got.status == http.StatusSeeOther && first < 0 {
				first = i
			} else if got.status != http.StatusUnprocessableEntity || got.problems()["auth_code"] == "" {
				p.t.Errorf("status %d, said %q", got.status, got.problems())
			}
		}
		if first < 0 || p.queryOne("SELECT COUNT(*) FROM registrations") != "1" {
			p.t.Fatal("the code let nobody in, or several")
		}
		p.wantStatus(browser{p: p}.post("/register", forms[first]), http.StatusSeeOther)
	})
}

func TestEntitlement_FormRequiresAProof(t *testing.T) {
	t.Parallel()
	p := sqlitePortal(t)
	form := browser{p: p}.get("/register")
	for _, field := range []string{
		"proof", "order_summary", "company_id", "serial_number", "auth_code", "first_name",
		"email", "password", "topics", "eula", "submission_id",
	} {
		if !form.has("#registration-form [name=" + field + "]") {
			t.Errorf("the form has no %s", field)
		}
	}
	for proof, missing := range map[string][]string{
		"": {"proof"}, "gossip": {"proof"}, "order_summary": {"order_summary"}, "serial_number": {
			"company_id",
			"serial_number",
		}, "auth_code": {"auth_code"},
	} {
		got := browser{p: p}.post("/register", p.entitlementForm("nia@acme.example", url.Values{"proof": {proof}}))
		p.wantStatus(got, http.StatusUnprocessableEntity)
		said := got.problems()
		for _, field := range missing {
			if said[field] == "" {
				t.Errorf("proof %q: nothing beside %s: %q", proof, field, said)
			}
		}
		if len(said) != len(missing) {
			t.Errorf("proof %q: said is %q, want %q", proof, said, missing)
		}
	}
}
