package app_test

import (
	"errors"
	"slices"
	"testing"

	"reglink/app"
)

func TestRegisterEntitled_AdmitsOncePerForm(t *testing.T) {
	t.Parallel()
	for _, proof := range app.EntitlementKinds() {
		d := newRegistrations(t)
		form := d.addEntitlement(proof, "K1234")
		form.OrderSummary, form.SerialNumber, form.AuthCode = " k-12 34", "K 1234", "k1234"
		wantNoError(t, d.RegisterEntitled(t.Context(), form, testClient()))
		wantNoError(t, d.RegisterEntitled(t.Context(), form, testClient()))
		if len(d.store.admitted) != 1 {
			t.Fatalf("%s: got %d admissions, want 1", proof, len(d.store.admitted))
		}
		a := d.store.admitted[0]
		right := d.store.entitlements[string(proof)+" K1234"]
		if a.Membership.JoinedBy != app.ByEntitlement || a.Membership.AccountID != "ACME" || a.Membership.LinkID != "" ||
			a.Registration.EntitlementID != right.ID || a.Membership.Role != app.StandardUser {
			t.Errorf("%s: got %+v and %+v", proof, a.Membership, a.Registration)
		}
	}
}

// entitlementRefusal is a form, changed, with the field that has a problem and what it is.
type entitlementRefusal struct {
	name   string
	proof  app.EntitlementKind
	change func(*app.RegistrationForm, *app.Entitlement)
	field  string
	id     string
}

// unknownEntitlements are whole forms whose proof is not stored, or is another's or used.
func unknownEntitlements() []entitlementRefusal {
	return []entitlementRefusal{
		{
			"unknown order", app.OrderSummary, func(f *app.RegistrationForm, _ *app.Entitlement) { f.OrderSummary = "K1235" },
			"order_summary", "entitlement_unknown",
		},
		{
			"unknown serial number", app.SerialNumber,
			func(f *app.RegistrationForm, _ *app.Entitlement) { f.SerialNumber = "K1235" }, "serial_number",
			"entitlement_unknown",
		},
		{
			"other company", app.SerialNumber, func(f *app.RegistrationForm, _ *app.Entitlement) { f.CompanyID = "ACME-8" },
			"serial_number", "entitlement_unknown",
		},
		{
			"unknown code", app.AuthCode, func(f *app.RegistrationForm, _ *app.Entitlement) { f.AuthCode = "K1235" },
			"auth_code", "entitlement_unknown",
		},
		{
			"used code", app.AuthCode, func(_ *app.RegistrationForm, e *app.Entitlement) { at := noon; e.UsedAt = &at },
			"auth_code", "entitlement_unknown",
		},
		{
			"code of another proof", app.AuthCode,
			func(f *app.RegistrationForm, _ *app.Entitlement) { f.EntitlementKind = app.OrderSummary }, "order_summary",
			"entitlement_unknown",
		},
	}
}

// incompleteEntitlementForms are forms that could prove nothing, whatever is stored.
func incompleteEntitlementForms() []entitlementRefusal {
	return []entitlementRefusal{
		{
			"no order", app.OrderSummary, func(f *app.RegistrationForm, _ *app.Entitlement) { f.OrderSummary = " - " },
			"order_summary", "order_summary_required",
		},
		{
			"no company", app.SerialNumber, func(f *app.RegistrationForm, _ *app.Entitlement) { f.CompanyID = "" }, "company_id",
			"company_id_required",
		},
		{
			"no serial number", app.SerialNumber, func(f *app.RegistrationForm, _ *app.Entitlement) { f.SerialNumber = "" },
			"serial_number", "serial_number_required",
		},
		{
			"no code", app.AuthCode, func(f *app.RegistrationForm, _ *app.Entitlement) { f.AuthCode = "" }, "auth_code",
			"auth_code_required",
		},
		{
			"NUL in the code", app.AuthCode, func(f *app.RegistrationForm, _ *app.Entitlement) { f.AuthCode = "K\x00" },
			"auth_code", "text_control",
		},
		{
			"no proof", app.AuthCode, func(f *app.RegistrationForm, _ *app.Entitlement) { f.EntitlementKind = "" }, "proof",
			"proof_required",
		},
		{
			"strange proof", app.AuthCode, func(f *app.RegistrationForm, _ *app.Entitlement) { f.EntitlementKind = "friend" },
			"proof", "proof_required",
		},
		{
			"taken email", app.AuthCode, func(f *app.RegistrationForm, _ *app.Entitlement) { f.Email = "taken@example.com" },
			"email", "email_taken",
		},
		{
			"account's name as password", app.AuthCode,
			func(f *app.RegistrationForm, _ *app.Entitlement) { f.Password = "acme.widgets.99" }, "password",
			"password_guessable",
		},
	}
}

// TestRegisterEntitled_RefusesBeforeHashing: what does not prove anything is said in the same words, whatever
// the reason, and costs no hash.
func TestRegisterEntitled_RefusesBeforeHashing(t *testing.T) {
	t.Parallel()
	for _, test := range slices.Concat(unknownEntitlements(), incompleteEntitlementForms()) {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newRegistrations(t)
			form := d.addEntitlement(test.proof, "K1234")
			test.change(&form, d.store.entitlements[string(test.proof)+" K1234"])
			wantProblem(t, d.RegisterEntitled(expiredContext(t), form, testClient()), test.field, test.id)
			if len(d.store.admitted) > 0 {
				t.Error("the registration is stored")
			}
		})
	}
}

// TestRegisterEntitled_ResentFormOfUsedCodeSucceeds: the code of a form that was registered is used, and the
// same form is still answered with success.
func TestRegisterEntitled_ResentFormOfUsedCodeSucceeds(t *testing.T) {
	t.Parallel()
	d := newRegistrations(t)
	form := d.addEntitlement(app.AuthCode, "K1234")
	wantNoError(t, d.RegisterEntitled(t.Context(), form, testClient()))
	at := noon
	d.store.entitlements["auth_code K1234"].UsedAt = &at
	wantNoError(t, d.RegisterEntitled(t.Context(), form, testClient()))
	form.Email, form.SubmissionID = "bob@example.com", app.NewSubmissionID()
	wantProblem(t, d.RegisterEntitled(t.Context(), form, testClient()), "auth_code", "entitlement_unknown")
}

func TestRegisterEntitled_StoreFaultIsReturned(t *testing.T) {
	t.Parallel()
	d := newRegistrations(t)
	form := d.addEntitlement(app.AuthCode, "K1234")
	d.store.lookupErr = errBroken
	if err := d.RegisterEntitled(t.Context(), form, testClient()); !errors.Is(err, errBroken) ||
		len(d.store.admitted) > 0 {
		t.Errorf("looking for an earlier copy: got %v", err)
	}
	d.store.entitlementErr = errBroken
	if err := d.RegisterEntitled(t.Context(), form, testClient()); !errors.Is(err, errBroken) {
		t.Errorf("looking for the entitlement: got %v", err)
	}
}

func TestCheckEntitled_ChecksOneFieldAtATime(t *testing.T) {
	t.Parallel()
	d := newRegistrations(t)
	for field, want := range map[string]string{
		"first_name": "first_name_required", "email": "email_required", "proof": "proof_required", "auth_code": "",
	} {
		m, err := d.CheckEntitled(t.Context(), field, app.RegistrationForm{})
		wantNoError(t, err)
		if m.ID != want {
			t.Errorf("%s: got %q, want %q", field, m.ID, want)
		}
	}
	m, err := d.CheckEntitled(t.Context(), "auth_code", app.RegistrationForm{EntitlementKind: app.AuthCode})
	wantNoError(t, err)
	if m.ID != "auth_code_required" {
		t.Errorf("auth_code: got %q", m.ID)
	}
	_, err = d.CheckEntitled(t.Context(), "role", app.RegistrationForm{})
	wantRefusal(t, err, app.NotFound, "page_unknown")
}

func TestEntitlementCode_IgnoresCaseAndSeparators(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"ab-12 34": "AB1234", " AB1234\t": "AB1234", "a\u00a0b": "AB", "- -": "", "é-1": "É1", "a/b": "A/B",
	} {
		got := app.EntitlementCode(typed)
		if got != want || app.EntitlementCode(got) != got {
			t.Errorf("EntitlementCode(%q): got %q, want %q", typed, got, want)
		}
	}
}
