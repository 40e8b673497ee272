package app_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"reglink/app"
)

func TestRegister_StoresAllRowsTogether(t *testing.T) {
	t.Parallel()
	d := newRegistrations(t)
	form := validRegistrationForm()
	form.Email, form.Topics = " Ann.Lee@Example.com ", []string{"case_activity", "product_updates", "case_activity"}
	wantNoError(t, d.Register(t.Context(), d.token, form, testClient()))
	if len(d.store.admitted) != 1 {
		t.Fatalf("got %d admissions, want 1", len(d.store.admitted))
	}
	a := d.store.admitted[0]
	got := fmt.Sprintln(
		a.Identity.Email, a.Identity.EmailKey, a.Identity.Name(), a.Identity.Language, a.Identity.ConfirmedAt,
		a.Identity.Operator,
		a.Membership.AccountID, a.Membership.Role, a.Membership.Status, a.Membership.JoinedBy, a.Membership.ExpiresOn,
		a.Consent.EULAVersion, a.Consent.Language, a.Consent.Topics, a.Consent.AcceptedAt.Equal(noon),
		a.Activity.Event, a.Activity.AccountID, a.Activity.Address, a.ConfirmNotice.Kind, a.ConfirmNotice.Delivery,
	)
	want := fmt.Sprintln(
		"Ann.Lee@Example.com", "ann.lee@example.com", "Ann Lee", "de", nil, false,
		"ACME", app.StandardUser, app.Active, app.ByLink, nil,
		app.EULAVersion, "de", "product_updates case_activity", true,
		app.PersonJoined, "ACME", "192.0.2.9", app.ConfirmAddress, app.Queued,
	)
	if got != want {
		t.Errorf("got  %swant %s", got, want)
	}
	wantLinkedRows(t, d, a)
}

// wantLinkedRows wants the rows of an admission to name each other.
func wantLinkedRows(t *testing.T, d *testRegistrations, a app.Admission) {
	t.Helper()
	who := a.Identity.ID
	for name, id := range map[string]string{
		"membership": a.Membership.IdentityID, "registration": a.Registration.IdentityID, "consent": a.Consent.IdentityID,
		"confirmation": a.Confirmation.IdentityID, "confirm": a.ConfirmNotice.RecipientID, "activity": a.Activity.SubjectID,
		"topics": a.Topics[0].IdentityID, "more topics": a.Topics[1].IdentityID, "notice": a.NoticeTo("SUE", 0).SubjectID,
	} {
		if id != who {
			t.Errorf("%s is of %q, want %q", name, id, who)
		}
	}
	if a.Registration.LinkID != d.link.ID || a.Membership.LinkID != d.link.ID || a.Registration.EntitlementID != "" {
		t.Errorf("the registration names the link %q and the entitlement %q", a.Registration.LinkID,
			a.Registration.EntitlementID)
	}
	told := a.NoticeTo("SUE", 0)
	if told.RecipientID != "SUE" || told.EventID != a.Registration.ID || told.Kind != app.PersonRegistered ||
		told.AccountID != "ACME" {
		t.Errorf("got notice %+v", told)
	}
	if ok, _ := mustVerify(t, d.Hasher, a.Identity.PasswordHash, "pluck.stove.hinge.moth"); !ok {
		t.Error("the stored hash is not of the password")
	}
	if a.ConfirmNotice.EventID != a.Confirmation.ID || a.Confirmation.Purpose != app.ToConfirm ||
		!a.Confirmation.ExpiresAt.Equal(noon.Add(app.ConfirmWithin)) {
		t.Errorf("got confirmation %+v", a.Confirmation)
	}
	token, err := d.Sealer.Open("confirmation|"+a.Confirmation.ID, a.Confirmation.TokenBox)
	hash, _ := app.HashToken(app.ConfirmationToken, token)
	if err != nil || !bytes.Equal(hash, a.Confirmation.TokenHash) {
		t.Errorf("the sealed token %q does not belong to its hash: %v", token, err)
	}
}

func TestOpen_GivesLiveLinksOnly(t *testing.T) {
	t.Parallel()
	d := newRegistrations(t)
	link, err := d.OpenLink(t.Context(), d.token)
	wantNoError(t, err)
	if link.Account.Name != "Acme Widgets" {
		t.Errorf("got %+v", link)
	}
	for _, token := range []string{
		"", "rl1_", d.token[:46], d.token + "A", strings.ToUpper(d.token),
		app.NewToken(app.LinkToken),
	} {
		_, err := d.OpenLink(t.Context(), token)
		wantRefusal(t, err, app.NotFound, "link_unknown")
	}
	d.store.endLink(d.link)
	_, err = d.OpenLink(t.Context(), d.token)
	wantRefusal(t, err, app.Gone, "link_dead")
	if refusal, ok := errors.AsType[*app.Error](err); ok && len(refusal.Message.Values) > 0 {
		t.Errorf("the denial tells %v", refusal.Message.Values)
	}
}

// TestT35_RefusalsCostNoHash: hashing is dear, so nobody who is refused anyway costs a hash, and nothing is stored.
func TestT35_RefusalsCostNoHash(t *testing.T) {
	t.Parallel()
	d := newRegistrations(t)
	register := func(token string, change func(*app.RegistrationForm)) error {
		form := validRegistrationForm()
		change(&form)
		return d.Register(expiredContext(t), token, form, testClient())
	}
	asTyped := func(*app.RegistrationForm) {}
	wantRefusal(t, register(d.token, asTyped), app.Unavailable, "busy") // the one that does hash
	wantRefusal(t, register(app.NewToken(app.LinkToken), asTyped), app.NotFound, "link_unknown")
	wantRefusal(t, register("rl1_x", asTyped), app.NotFound, "link_unknown")
	wantProblem(t, register(d.token, func(f *app.RegistrationForm) { f.FirstName = "" }), "first_name",
		"first_name_required")
	wantProblem(t, register(d.token, func(f *app.RegistrationForm) { f.Password = "short" }), "password", "password_short")
	wantProblem(t, register(d.token, func(f *app.RegistrationForm) { f.SubmissionID = "" }), "", "form_incomplete")
	wantProblem(t, register(d.token, func(f *app.RegistrationForm) { f.Email = "Taken@Example.com" }), "email",
		"email_taken")
	both := register(d.token, func(f *app.RegistrationForm) { f.Email, f.EULA = "taken@example.com", "" })
	wantProblem(t, both, "email", "email_taken")
	wantProblem(t, both, "eula", "eula_required")
	d.store.endLink(d.link)
	wantRefusal(t, register(d.token, asTyped), app.Gone, "link_dead")
	wantRefusal(t, register(d.token, func(f *app.RegistrationForm) { *f = app.RegistrationForm{} }), app.Gone, "link_dead")
	if len(d.store.admitted) > 0 {
		t.Errorf("got %d admissions, want none", len(d.store.admitted))
	}
}

// TestRegister_SucceedsExactlyWhenStored: the answer is success exactly when the form is registered, whatever
// the store said about it.
func TestRegister_SucceedsExactlyWhenStored(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		answer  error
		stores  bool
		lookups error
		want    error
	}{
		{"stored", nil, true, nil, nil},
		{"stored, but the answer was lost", app.Refuse(app.Unavailable, "database_away"), true, nil, nil},
		{"stored, and the retry found the address", app.Problems{"email": app.EmailTaken()}, true, nil, nil},
		{"stored by a faster copy", app.Refuse(app.Conflict, "registered_already"), true, nil, nil},
		{"stored before the link died", app.Refuse(app.Gone, "link_dead"), true, nil, nil},
		{"a fault after storing", errBroken, true, nil, nil},
		{"not stored, database away", app.Refuse(app.Unavailable, "database_away"), false, nil, app.Unavailable},
		{"not stored, link dead by now", app.Refuse(app.Gone, "link_dead"), false, nil, app.Gone},
		{"not stored, a fault", errBroken, false, nil, errBroken},
	}
	for _, test := range tests {
		d := newRegistrations(t)
		d.store.registerErr, d.store.storesFirst, d.store.lookupErr = test.answer, test.stores, test.lookups
		if err := d.Register(t.Context(), d.token, validRegistrationForm(), testClient()); !errors.Is(err, test.want) {
			t.Errorf("%s: got %v, want %v", test.name, err, test.want)
		}
	}
}

// TestRegister_LookupFaultIsReturned: where nobody can say whether the form is registered, the answer is
// neither yes nor no.
func TestRegister_LookupFaultIsReturned(t *testing.T) {
	t.Parallel()
	d := newRegistrations(t)
	d.store.lookupErr = errBroken
	if err := d.Register(t.Context(), d.token, validRegistrationForm(), testClient()); !errors.Is(err, errBroken) {
		t.Errorf("before hashing: got %v, want %v", err, errBroken)
	}
	d = newRegistrations(t)
	d.store.directoryErr = errBroken
	if err := d.Register(t.Context(), d.token, validRegistrationForm(), testClient()); !errors.Is(err, errBroken) {
		t.Errorf("asking for the address: got %v, want %v", err, errBroken)
	}
	d = newRegistrations(t)
	d.store.registerErr, d.store.onRegister = app.Refuse(app.Unavailable, "database_away"),
		func() { d.store.lookupErr = errBroken }
	if err := d.Register(t.Context(), d.token, validRegistrationForm(), testClient()); !errors.Is(err, errBroken) {
		t.Errorf("after an unknown commit: got %v, want %v", err, errBroken)
	}
}

func TestRegister_ResentFormIsStoredOnce(t *testing.T) {
	t.Parallel()
	d := newRegistrations(t)
	form := validRegistrationForm()
	wantNoError(t, d.Register(t.Context(), d.token, form, testClient()))
	wantNoError(t, d.Register(expiredContext(t), d.token, form, testClient()))
	d.store.endLink(d.link)
	wantNoError(t, d.Register(t.Context(), d.token, form, testClient()))
	if len(d.store.admitted) != 1 {
		t.Errorf("got %d admissions, want 1", len(d.store.admitted))
	}
	fresh := form
	fresh.SubmissionID = app.NewSubmissionID()
	wantRefusal(t, d.Register(t.Context(), d.token, fresh, testClient()), app.Gone, "link_dead")
}

// TestRegister_EmailRegistersOnce: another form with the same address is refused, the same form with another
// address is another person.
func TestRegister_EmailRegistersOnce(t *testing.T) {
	t.Parallel()
	d := newRegistrations(t)
	form := validRegistrationForm()
	wantNoError(t, d.Register(t.Context(), d.token, form, testClient()))
	fresh := form
	fresh.SubmissionID, fresh.Email = app.NewSubmissionID(), strings.ToUpper(form.Email)
	wantProblem(t, d.Register(t.Context(), d.token, fresh, testClient()), "email", "email_taken")
	colleague := form
	colleague.Email = "bob@example.com"
	wantNoError(t, d.Register(t.Context(), d.token, colleague, testClient()))
	if len(d.store.admitted) != 2 {
		t.Errorf("got %d admissions, want 2", len(d.store.admitted))
	}
}

func TestT30_ParallelCopiesRegisterOnce(t *testing.T) {
	t.Parallel()
	d := newRegistrations(t)
	form := validRegistrationForm()
	var copies sync.WaitGroup
	for range 40 {
		copies.Go(func() {
			if err := d.Register(t.Context(), d.token, form, testClient()); err != nil {
				t.Errorf("got %v, want success for every copy", err)
			}
		})
	}
	copies.Wait()
	if len(d.store.admitted) != 1 {
		t.Errorf("got %d admissions, want 1", len(d.store.admitted))
	}
}

// TestCheck_SaysWhatSubmittingWould: the live check says what the submitted form would be told.
func TestCheck_SaysWhatSubmittingWould(t *testing.T) {
	t.Parallel()
	d := newRegistrations(t)
	bad := app.RegistrationForm{
		Email: "Taken@example.com", Profile: app.Profile{Phone: "x", JobTitle: "\x00"}, Topics: []string{"x"},
		EULA: "old",
	}
	err := d.Register(t.Context(), d.token, bad, testClient())
	want, ok := errors.AsType[app.Problems](err)
	if !ok {
		t.Fatalf("got %v, want problems", err)
	}
	d.store.emailLookups = 0
	for _, field := range app.RegistrationFields() {
		m, err := d.Check(t.Context(), *d.link, field, bad)
		wantNoError(t, err)
		if m.ID != want[field].ID || m.None() {
			t.Errorf("%s: got %q, want %q", field, m.ID, want[field].ID)
		}
		m, err = d.Check(t.Context(), *d.link, field, validRegistrationForm())
		wantNoError(t, err)
		if !m.None() {
			t.Errorf("%s of a good form: got %q", field, m.ID)
		}
	}
	if d.store.emailLookups != 2 {
		t.Errorf("the directory was asked %d times, want once for each email that is one", d.store.emailLookups)
	}
	for _, field := range []string{"", "role", "account_id", "submission_id", "proof", "Email", "email\x00"} {
		_, err := d.Check(t.Context(), *d.link, field, bad)
		wantRefusal(t, err, app.NotFound, "page_unknown")
	}
	m, err := d.Check(t.Context(), *d.link, "password", app.RegistrationForm{Password: "acme.widgets.99"})
	wantNoError(t, err)
	if m.ID != "password_guessable" {
		t.Errorf("the account's name as password: got %q", m.ID)
	}
}

// TestRegister_UnknownCommitIsTriedOnceMore: where the database was lost just as it was told to store a form,
// and a look finds it nowhere, it is stored once more, with the hash that there is. Only whoever meets that
// twice is told that nobody knows.
func TestRegister_UnknownCommitIsTriedOnceMore(t *testing.T) {
	t.Parallel()
	lost := app.CommitUnknown()
	for name, test := range map[string]struct {
		unknown  int
		answer   error // of the store afterwards, instead of storing
		stores   bool
		asked    int
		admitted int
		want     error
	}{
		"known":                          {0, nil, false, 1, 1, nil},
		"unknown once":                   {1, nil, false, 2, 1, nil},
		"unknown once, and stored":       {0, lost, true, 1, 1, nil},
		"unknown twice":                  {2, nil, false, 2, 0, app.Unavailable},
		"unknown twice, and stored":      {1, lost, true, 2, 1, nil},
		"unknown, then the link is dead": {1, app.Refuse(app.Gone, "link_dead"), false, 2, 0, app.Gone},
		"away is not unknown":            {0, app.Refuse(app.Unavailable, "database_away"), false, 1, 0, app.Unavailable},
	} {
		d := newRegistrations(t)
		d.store.unknownOutcomes, d.store.registerErr, d.store.storesFirst = test.unknown, test.answer, test.stores
		err := d.Register(t.Context(), d.token, validRegistrationForm(), testClient())
		if !errors.Is(err, test.want) || d.store.registerCalls != test.asked || len(d.store.admitted) != test.admitted {
			t.Errorf("%s: %v after %d tries, %d stored", name, err, d.store.registerCalls, len(d.store.admitted))
		}
	}
}

// TestRegister_SecondTryReusesTheHash: the second try costs no second hash, which might not be had any more.
func TestRegister_SecondTryReusesTheHash(t *testing.T) {
	t.Parallel()
	d := newRegistrations(t)
	d.store.unknownOutcomes = 1
	d.store.onRegister = func() { d.Hasher = nil } // whoever hashes now, falls over
	wantNoError(t, d.Register(t.Context(), d.token, validRegistrationForm(), testClient()))
	if len(d.store.admitted) != 1 {
		t.Errorf("got %d admissions, want 1", len(d.store.admitted))
	}
}

// TestRegister_LookupFaultPreventsSecondTry: where the look fails too, nothing is stored again: the look
// would have to come first.
func TestRegister_LookupFaultPreventsSecondTry(t *testing.T) {
	t.Parallel()
	d := newRegistrations(t)
	d.store.unknownOutcomes, d.store.onRegister = 1, func() { d.store.lookupErr = errBroken }
	if err := d.Register(t.Context(), d.token, validRegistrationForm(), testClient()); !errors.Is(err, errBroken) ||
		d.store.registerCalls != 1 {
		t.Errorf("%v after %d tries", err, d.store.registerCalls)
	}
}

func TestRegister_FollowsTheLinksPolicy(t *testing.T) {
	t.Parallel()
	d := newRegistrations(t)
	d.link.Role, d.link.RequiresApproval, d.link.Domains = app.LimitedUser, true, "example.com"
	form := validRegistrationForm()
	form.Email = "nia@example.com"
	wantNoError(t, d.Register(t.Context(), d.token, form, testClient()))
	got := d.store.admitted[0]
	if got.Membership.Role != app.LimitedUser || got.Membership.Status != app.Pending ||
		got.NoticeTo("SUE", 0).Kind != app.ApprovalNeeded {
		t.Errorf("got %+v", got.Membership)
	}
	d.link.Role, d.link.RequiresApproval = app.SuperUser, false
	form.Email, form.SubmissionID = "nils@example.com", app.NewSubmissionID()
	wantNoError(t, d.Register(t.Context(), d.token, form, testClient()))
	got = d.store.admitted[1]
	if got.Membership.Role != app.SuperUser || got.Membership.Status != app.Active ||
		got.NoticeTo("SUE", 0).Kind != app.PersonRegistered {
		t.Errorf("got %+v", got.Membership)
	}
}

// TestRegister_ChecksDomainBeforeDirectory: an address that the link does not admit learns nothing of who has
// a login (T-24).
func TestRegister_ChecksDomainBeforeDirectory(t *testing.T) {
	t.Parallel()
	d := newRegistrations(t)
	d.link.Domains = "acme.example"
	form := validRegistrationForm()
	form.Email = "taken@example.com"
	m, err := d.Check(t.Context(), *d.link, "email", form)
	wantNoError(t, err)
	err = d.Register(expiredContext(t), d.token, form, testClient())
	problems, _ := errors.AsType[app.Problems](err)
	if problems["email"].ID != "email_domain_not_allowed" || m.ID != problems["email"].ID ||
		d.store.emailLookups != 0 {
		t.Errorf("got %v and %v after %d looks into the directory", m, err, d.store.emailLookups)
	}
}
