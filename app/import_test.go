package app_test

import (
	"context"
	"testing"

	"reglink/app"
)

// fakeImportStore is an ImportStore in memory.
type fakeImportStore struct {
	entitlements    []app.Entitlement
	people          []app.Identity
	askedCompanyIDs []string
}

func (a *fakeImportStore) AccountByCompanyID(_ context.Context, companyID string) (*app.Account, error) {
	a.askedCompanyIDs = append(a.askedCompanyIDs, companyID)
	if companyID != "ACME-7" {
		return nil, app.Refuse(app.NotFound, "account_unknown")
	}
	return &app.Account{ID: "ACME"}, nil
}

func (a *fakeImportStore) AddEntitlement(_ context.Context, e app.Entitlement) error {
	a.entitlements = append(a.entitlements, e)
	return nil
}

func (a *fakeImportStore) AddIdentity(_ context.Context, person app.Identity) error {
	a.people = append(a.people, person)
	return nil
}

func newImports() (app.Imports, *fakeImportStore) {
	store, clock := &fakeImportStore{}, &fakeClock{noon}
	return app.Imports{Store: store, Clock: clock.now}, store
}

func TestImports_EntitlementIsStoredCanonically(t *testing.T) {
	t.Parallel()
	imports, store := newImports()
	wantNoError(t, imports.AddEntitlement(t.Context(), " acme-7", app.SerialNumber, "sn 12-34"))
	right := store.entitlements[0]
	if right.AccountID != "ACME" || right.Kind != app.SerialNumber || right.Code != "SN1234" || right.UsedAt != nil ||
		right.ID == "" {
		t.Errorf("got %+v", right)
	}
	wantRefusal(t, imports.AddEntitlement(t.Context(), "ACME-8", app.AuthCode, "x"), app.NotFound, "account_unknown")
}

func TestImports_RefuseInvalidEntitlements(t *testing.T) {
	t.Parallel()
	imports, store := newImports()
	err := imports.AddEntitlement(t.Context(), " ", "friend", " - ")
	wantProblem(t, err, "company_id", "company_id_required")
	wantProblem(t, err, "proof", "proof_required")
	wantProblem(t, err, "code", "code_required")
	wantProblem(t, imports.AddEntitlement(t.Context(), "ACME\x00", app.AuthCode, "x"), "company_id", "text_control")
	if len(store.askedCompanyIDs) > 0 || len(store.entitlements) > 0 {
		t.Errorf("the store was asked for %q", store.askedCompanyIDs)
	}
}

func TestImports_IdentityIsConfirmedWithoutPassword(t *testing.T) {
	t.Parallel()
	imports, store := newImports()
	wantNoError(t, imports.AddIdentity(t.Context(), " Ann@Example.com ", "Ann", "", "de"))
	person := store.people[0]
	if person.EmailKey != "ann@example.com" || person.ConfirmedAt == nil || person.PasswordHash != "" || person.Operator ||
		person.Language != "de" || person.Name() != "Ann" || person.PendingConfirmation() != app.ToActivate {
		t.Errorf("got %+v", person)
	}
	err := imports.AddIdentity(t.Context(), "ann", "A\x00", "\u202e", "de")
	wantProblem(t, err, "email", "email_invalid")
	wantProblem(t, err, "first_name", "text_control")
	wantProblem(t, err, "last_name", "text_control")
	if len(store.people) != 1 {
		t.Errorf("got %d people, want 1", len(store.people))
	}
}
