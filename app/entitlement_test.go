package app_test

import (
	"errors"
	"testing"

	"reglink/app"
)

func TestRegisterEntitled(t *testing.T) {
	t.Parallel()
	for _, proof := range app.Proofs() {
		d := newDesk(t)
		form := d.entitle(proof, "K1234")
		form.OrderSummary, form.SerialNumber, form.AuthCode = " k-12 34", "K 1234", "k1234"
		wantNoError(t, d.RegisterEntitled(t.Context(), form, visitor()))
		wantNoError(t, d.RegisterEntitled(t.Context(), form, visitor()))
		if len(d.store.admitted) != 1 {
			t.Fatalf("%s: got %d admissions, want 1", proof, len(d.store.admitted))
		}
		a := d.store.admitted[0]
		right := d.store.rights[string(proof)+" K1234"]
		if a.Membership.JoinedBy != app.ByEntitlement || a.Membership.AccountID != "ACME" || a.Membership.LinkID != "" ||
			a.Registration.EntitlementID != right.ID || a.Membership.Role != app.StandardUser {
			t.Errorf("%s: got %+v and %+v", proof, a.Membership, a.Registration)
		}
	}
}

// TestEntitlementRefused: what does not prove anything is said in the same words, whatever the reason, and costs no hash.
func TestEntitlementRefused(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		proof  app.Proof
		change func(*app.RegistrationForm, *app.Entitlement)
		field  string
		id     string
	}{
		{"unknown order", app.OrderSummary, func(f *app.RegistrationForm, _ *app.Entitlement) { f.OrderSummary = "K1235" }, "order_summary", "entitlement_unknown"},
		{"unknown serial number", app.SerialNumber, func(f *app.RegistrationForm, _ *app.Entitlement) { f.SerialNumber = "K1235" }, "serial_number", "entitlement_unknown"},
		{"other company", app.SerialNumber, func(f *app.RegistrationForm, _ *app.Entitlement) { f.CompanyID = "ACME-8" }, "serial_number", "entitlement_unknown"},
		{"unknown code", app.AuthCode, func(f *app.RegistrationForm, _ *app.Entitlement) { f.AuthCode = "K1235" }, "auth_code", "entitlement_unknown"},
		{"used code", app.AuthCode, func(_ *app.RegistrationForm, e *app.Entitlement) { at := noon; e.UsedAt = &at }, "auth_code", "entitlement_unknown"},
		{"code of another proof", app.AuthCode, func(f *app.RegistrationForm, _ *app.Entitlement) { f.Proof = app.OrderSummary }, "order_summary", "entitlement_unknown"},
		{"no order", app.OrderSummary, func(f *app.RegistrationForm, _ *app.Entitlement) { f.OrderSummary = " - " }, "order_summary", "order_summary_required"},
		{"no company", app.SerialNumber, func(f *app.RegistrationForm, _ *app.Entitlement) { f.CompanyID = "" }, "company_id", "company_id_required"},
		{"no serial number", app.SerialNumber, func(f *app.RegistrationForm, _ *app.Entitlement) { f.SerialNumber = "" }, "serial_number", "serial_number_required"},
		{"no code", app.AuthCode, func(f *app.RegistrationForm, _ *app.Entitlement) { f.AuthCode = "" }, "auth_code", "auth_code_required"},
		{"NUL in the code", app.AuthCode, func(f *app.RegistrationForm, _ *app.Entitlement) { f.AuthCode = "K\x00" }, "auth_code", "text_control"},
		{"no proof", app.AuthCode, func(f *app.RegistrationForm, _ *app.Entitlement) { f.Proof = "" }, "proof", "proof_required"},
		{"strange proof", app.AuthCode, func(f *app.RegistrationForm, _ *app.Entitlement) { f.Proof = "friend" }, "proof", "proof_required"},
		{"taken email", app.AuthCode, func(f *app.RegistrationForm, _ *app.Entitlement) { f.Email = "taken@example.com" }, "email", "email_taken"},
		{"account's name as password", app.AuthCode, func(f *app.RegistrationForm, _ *app.Entitlement) { f.Password = "acme.widgets.99" }, "password", "password_guessable"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			form := d.entitle(test.proof, "K1234")
			test.change(&form, d.store.rights[string(test.proof)+" K1234"])
			wantProblem(t, d.RegisterEntitled(impatient(t), form, visitor()), test.field, test.id)
			if len(d.store.admitted) > 0 {
				t.Error("the registration is stored")
			}
		})
	}
}

// TestAuthCodeSentTwice: the code of a form that was registered is used, and the same form is still answered with success.
func TestAuthCodeSentTwice(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	form := d.entitle(app.AuthCode, "K1234")
	wantNoError(t, d.RegisterEntitled(t.Context(), form, visitor()))
	at := noon
	d.store.rights["auth_code K1234"].UsedAt = &at
	wantNoError(t, d.RegisterEntitled(t.Context(), form, visitor()))
	form.Email, form.SubmissionID = "bob@example.com", app.NewSubmissionID()
	wantProblem(t, d.RegisterEntitled(t.Context(), form, visitor()), "auth_code", "entitlement_unknown")
}

func TestEntitlementFaults(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	form := d.entitle(app.AuthCode, "K1234")
	d.store.lookups = errBroken
	if err := d.RegisterEntitled(t.Context(), form, visitor()); !errors.Is(err, errBroken) || len(d.store.admitted) > 0 {
		t.Errorf("looking for an earlier copy: got %v", err)
	}
	d.store.broken = errBroken
	if err := d.RegisterEntitled(t.Context(), form, visitor()); !errors.Is(err, errBroken) {
		t.Errorf("looking for the entitlement: got %v", err)
	}
}

func TestCheckEntitled(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for field, want := range map[string]string{
		"first_name": "first_name_required", "email": "email_required", "proof": "proof_required", "auth_code": "",
	} {
		m, err := d.CheckEntitled(t.Context(), field, app.RegistrationForm{})
		wantNoError(t, err)
		if m.ID != want {
			t.Errorf("%s: got %q, want %q", field, m.ID, want)
		}
	}
	m, err := d.CheckEntitled(t.Context(), "auth_code", app.RegistrationForm{Proof: app.AuthCode})
	wantNoError(t, err)
	if m.ID != "auth_code_required" {
		t.Errorf("auth_code: got %q", m.ID)
	}
	_, err = d.CheckEntitled(t.Context(), "role", app.RegistrationForm{})
	wantRefusal(t, err, app.NotFound, "page_unknown")
}

func TestEntitlementCode(t *testing.T) {
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
