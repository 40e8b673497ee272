package app_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"reglink/app"
)

// registry is a RegistrationStore in memory. It keeps the promises of the interface: all or nothing, and once.
type registry struct {
	mu       sync.Mutex
	links    map[string]*app.Link // by token hash
	logins   map[string]bool      // by email key
	rights   map[string]*app.Entitlement
	keys     map[string]bool // submission keys
	admitted []app.Admission

	counts    app.Fence // of what may become an alert
	alerts    []app.Activity
	denials   []app.Activity
	unwritten error // what RecordDenial says

	answer    error  // what Register says whatever it did
	stores    bool   // whether it stores before it says so
	unknown   int    // how often Register loses its database first, and says so
	asked     int    // how often Register was asked
	lookups   error  // what looking for an earlier copy says
	directory error  // what looking for logins says
	broken    error  // what looking for entitlements says
	then      func() // what happens right after Register was asked
	emailAsks int
}

func (r *registry) LinkByToken(_ context.Context, hash []byte) (*app.Link, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	link, ok := r.links[string(hash)]
	if !ok {
		return nil, app.NotFound
	}
	found := *link
	return &found, nil
}

func (r *registry) EmailHasLogin(_ context.Context, emailKey string) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.emailAsks++
	return r.logins[emailKey], r.directory
}

func (r *registry) Registered(_ context.Context, submissionKey []byte) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.keys[string(submissionKey)], r.lookups
}

func (r *registry) Register(_ context.Context, a app.Admission) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.then != nil {
		r.then()
	}
	if r.asked++; r.asked <= r.unknown {
		return fmt.Errorf("at Commit: %w", app.PerhapsDone())
	}
	if r.answer != nil && !r.stores {
		return r.answer
	}
	a, err := r.under(a)
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
	return r.answer
}

func (r *registry) RecordDenial(_ context.Context, what app.Activity, _ time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.denials = append(r.denials, what)
	return r.unwritten
}

func (r *registry) TakeLimits(ctx context.Context, uses []app.LimitUse, at time.Time) ([]string, time.Time, error) {
	return r.counts.TakeLimits(ctx, uses, at)
}

func (r *registry) Alert(_ context.Context, what app.Activity, since time.Time) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.alerts) == 0 || !r.alerts[len(r.alerts)-1].At.After(since) {
		r.alerts = append(r.alerts, what)
	}
	return r.unwritten
}

// under holds the admission to the policy that its link has now.
func (r *registry) under(a app.Admission) (app.Admission, error) {
	for _, link := range r.links {
		if link.ID == a.Registration.LinkID {
			return a.Under(link.LinkPolicy)
		}
	}
	return a, nil
}

func (r *registry) EntitlementBy(_ context.Context, proof app.Proof, code string) (*app.Entitlement, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.broken != nil {
		return nil, r.broken
	}
	right, ok := r.rights[string(proof)+" "+code]
	if !ok {
		return nil, app.NotFound
	}
	found := *right
	return &found, nil
}

// kill ends a link, as disabling and regenerating do.
func (r *registry) kill(link *app.Link) {
	r.mu.Lock()
	defer r.mu.Unlock()
	link.Active = nil
}

// desk is an account with a link and the rules of registering.
type desk struct {
	app.Registrations
	store *registry
	link  *app.Link
	token string
	clock *hands
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	clock := &hands{noon}
	token := app.NewToken(app.LinkToken)
	hash, _ := app.HashToken(app.LinkToken, token)
	alive := true
	link := &app.Link{
		ID: app.NewID(), AccountID: "ACME", TokenHash: hash, Active: &alive,
		Account: &app.Account{ID: "ACME", Name: "Acme Widgets", CompanyID: "ACME-7"}, LinkPolicy: app.LinkPolicy{Role: app.StandardUser},
		GeneratedBy: &app.Identity{ID: "SUE"}, Creator: &app.Membership{Role: app.SuperUser, Status: app.Active},
	}
	store := &registry{
		links: map[string]*app.Link{string(hash): link}, logins: map[string]bool{"taken@example.com": true},
		rights: map[string]*app.Entitlement{}, keys: map[string]bool{},
	}
	return &desk{
		Registrations: app.Registrations{
			Store: store, Hasher: app.NewHasher(cheapParams), Sealer: newSealer(t), Clock: clock.clock,
		},
		store: store, link: link, token: token, clock: clock,
	}
}

// entitle adds an entitlement of the account and gives a form that claims it.
func (d *desk) entitle(proof app.Proof, code string) app.RegistrationForm {
	d.store.rights[string(proof)+" "+code] = &app.Entitlement{
		ID: app.NewID(), AccountID: "ACME", Proof: proof, Code: code, Account: d.link.Account,
	}
	form := goodForm()
	form.Proof, form.OrderSummary, form.SerialNumber, form.AuthCode, form.CompanyID = proof, code, code, code, "acme-7"
	return form
}
