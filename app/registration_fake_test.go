package app_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"reglink/app"
)

// fakeRegistrationStore is a RegistrationStore in memory. It keeps the promises of the interface: all or
// nothing, and once.
type fakeRegistrationStore struct {
	mu           sync.Mutex
	links        map[string]*app.Link // by token hash
	logins       map[string]bool      // by email key
	entitlements map[string]*app.Entitlement
	keys         map[string]bool // submission keys
	admitted     []app.Admission

	counts    app.MemoryLimiter // of what may become an alert
	alerts    []app.Activity
	denials   []app.Activity
	denialErr error // what RecordDenial says

	registerErr     error  // what Register says whatever it did
	storesFirst     bool   // whether it stores before it says so
	unknownOutcomes int    // how often Register loses its database first, and says so
	registerCalls   int    // how often Register was asked
	lookupErr       error  // what looking for an earlier copy says
	directoryErr    error  // what looking for logins says
	entitlementErr  error  // what looking for entitlements says
	onRegister      func() // what happens right after Register was asked
	emailLookups    int
}

func (r *fakeRegistrationStore) LinkByToken(_ context.Context, hash []byte) (*app.Link, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	link, ok := r.links[string(hash)]
	if !ok {
		return nil, app.NotFound
	}
	found := *link
	return &found, nil
}

func (r *fakeRegistrationStore) EmailHasLogin(_ context.Context, emailKey string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.emailLookups++
	return r.logins[emailKey], r.directoryErr
}

func (r *fakeRegistrationStore) IsRegistered(_ context.Context, submissionKey []byte) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys[string(submissionKey)], r.lookupErr
}

func (r *fakeRegistrationStore) Register(_ context.Context, a app.Admission) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.onRegister != nil {
		r.onRegister()
	}
	if r.registerCalls++; r.registerCalls <= r.unknownOutcomes {
		return fmt.Errorf("at Commit: %w", app.CommitUnknown())
	}
	if r.registerErr != nil && !r.storesFirst {
		return r.registerErr
	}
	a, err := r.applyPolicy(a)
	if err != nil {
		return err
	}
	key := string(a.Registration.SubmissionKey)
	switch {
	case r.keys[key]:
		return app.Refuse(app.Conflict, "registered_already")
	case r.logins[a.Identity.EmailKey]:
		return app.Problems{"email": app.EmailTaken()}
	}
	r.keys[key], r.logins[a.Identity.EmailKey] = true, true
	r.admitted = append(r.admitted, a)
	return r.registerErr
}

func (r *fakeRegistrationStore) RecordDenial(_ context.Context, what app.Activity, _ time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.denials = append(r.denials, what)
	return r.denialErr
}

func (r *fakeRegistrationStore) ConsumeLimits(ctx context.Context, uses []app.LimitUse, at time.Time) ([]string,
	time.Time, error,
) {
	return r.counts.ConsumeLimits(ctx, uses, at)
}

func (r *fakeRegistrationStore) RecordAlert(_ context.Context, what app.Activity, since time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.alerts) == 0 || !r.alerts[len(r.alerts)-1].At.After(since) {
		r.alerts = append(r.alerts, what)
	}
	return r.denialErr
}

// applyPolicy holds the admission to the policy that its link has now.
func (r *fakeRegistrationStore) applyPolicy(a app.Admission) (app.Admission, error) {
	for _, link := range r.links {
		if link.ID == a.Registration.LinkID {
			return a.WithPolicy(link.LinkPolicy)
		}
	}
	return a, nil
}

func (r *fakeRegistrationStore) EntitlementByCode(_ context.Context, proof app.EntitlementKind,
	code string,
) (*app.Entitlement, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.entitlementErr != nil {
		return nil, r.entitlementErr
	}
	right, ok := r.entitlements[string(proof)+" "+code]
	if !ok {
		return nil, app.NotFound
	}
	found := *right
	return &found, nil
}

// endLink ends a link, as disabling and regenerating do.
func (r *fakeRegistrationStore) endLink(link *app.Link) {
	r.mu.Lock()
	defer r.mu.Unlock()
	link.Active = nil
}

// testRegistrations is an account with a link and the rules of registering.
type testRegistrations struct {
	app.Registrations
	store *fakeRegistrationStore
	link  *app.Link
	token string
	clock *fakeClock
}

func newRegistrations(t *testing.T) *testRegistrations {
	t.Helper()
	clock := &fakeClock{noon}
	token := app.NewToken(app.LinkToken)
	hash, _ := app.HashToken(app.LinkToken, token)
	alive := true
	link := &app.Link{
		ID: app.NewID(), AccountID: "ACME", TokenHash: hash, Active: &alive,
		Account:     &app.Account{ID: "ACME", Name: "Acme Widgets", CompanyID: "ACME-7"},
		LinkPolicy:  app.LinkPolicy{Role: app.StandardUser},
		GeneratedBy: &app.Identity{ID: "SUE"}, Creator: &app.Membership{Role: app.SuperUser, Status: app.Active},
	}
	store := &fakeRegistrationStore{
		links: map[string]*app.Link{string(hash): link}, logins: map[string]bool{"taken@example.com": true},
		entitlements: map[string]*app.Entitlement{}, keys: map[string]bool{},
	}
	return &testRegistrations{
		Registrations: app.Registrations{
			Store: store, Hasher: app.NewPasswordHasher(cheapParams), Sealer: newSealer(t), Clock: clock.now,
		},
		store: store, link: link, token: token, clock: clock,
	}
}

// addEntitlement adds an entitlement of the account and gives a form that claims it.
func (d *testRegistrations) addEntitlement(proof app.EntitlementKind, code string) app.RegistrationForm {
	d.store.entitlements[string(proof)+" "+code] = &app.Entitlement{
		ID: app.NewID(), AccountID: "ACME", Kind: proof, Code: code, Account: d.link.Account,
	}
	form := validRegistrationForm()
	form.EntitlementKind, form.OrderSummary, form.SerialNumber, form.AuthCode, form.CompanyID = proof, code, code, code,
		"acme-7"
	return form
}
