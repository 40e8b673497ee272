package app_test

import (
	"context"
	"testing"

	"reglink/app"
)

// archive is an ImportStore in memory.
type archive struct {
	rights []app.Entitlement
	people []app.Identity
	asked  []string
}

func (a *archive) AccountByCompanyID(_ context.Context, companyID string) (*app.Account, error) {
	a.asked = append(a.asked, companyID)
	if companyID != "ACME-7" {
		return nil, app.Refuse(app.NotFound, "account_unknown")
	}
	return &app.Account{ID: "ACME"}, nil
}

func (a *archive) AddEntitlement(_ context.Context, e app.Entitlement) error {
	a.rights = append(a.rights, e)
	return nil
}

func (a *archive) AddIdentity(_ context.Context, person app.Identity) error {
	a.people = append(a.people, person)
	return nil
}

func newImports() (app.Imports, *archive) {
	store, clock := &archive{}, &hands{noon}
	return app.Imports{Store: store, Clock: clock.clock}, store
}

func TestImportEntitlement(t *testing.T) {
	t.Parallel()
	imports, store := newImports()
	wantNoError(t, imports.Entitlement(t.Context(), " acme-7", app.SerialNumber, "sn 12-34"))
	right := store.rights[0]
	if right.AccountID != "ACME" || right.Proof != app.SerialNumber || right.Code != "SN1234" || right.UsedAt != nil || right.ID == "" {
		t.Errorf("got %+v", right)
	}
	wantRefusal(t, imports.Entitlement(t.Context(), "ACME-8", app.AuthCode, "x"), app.NotFound, "account_unknown")
}

func TestImportEntitlementProblems(t *testing.T) {
	t.Parallel()
	imports, store := newImports()
	err := imports.Entitlement(t.Context(), " ", "friend", " - ")
	wantProblem(t, err, "company_id", "company_id_required")
	wantProblem(t, err, "proof", "proof_required")
	wantProblem(t, err, "code", "code_required")
	wantProblem(t, imports.Entitlement(t.Context(), "ACME\x00", app.AuthCode, "x"), "company_id", "text_control")
	if len(store.asked) > 0 || len(store.rights) > 0 {
		t.Errorf("the store was asked for %q", store.asked)
	}
}

func TestImportIdentity(t *testing.T) {
	t.Parallel()
	imports, store := newImports()
	wantNoError(t, imports.Identity(t.Context(), " Ann@Example.com ", "Ann", "", "de"))
	person := store.people[0]
	if person.EmailKey != "ann@example.com" || person.ConfirmedAt == nil || person.PasswordHash != "" || person.Operator ||
		person.Language != "de" || person.Name() != "Ann" || person.Waiting() != app.ToActivate {
		t.Errorf("got %+v", person)
	}
	err := imports.Identity(t.Context(), "ann", "A\x00", "\u202e", "de")
	wantProblem(t, err, "email", "email_invalid")
	wantProblem(t, err, "first_name", "text_control")
	wantProblem(t, err, "last_name", "text_control")
	if len(store.people) != 1 {
		t.Errorf("got %d people, want 1", len(store.people))
	}
}
