package app_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"reglink/app"
)

// staff is an OperatorStore in memory.
type staff struct {
	logins map[string]bool // by email key: whether an operator's
	added  []app.Identity
	sent   []app.Confirmation
	mailed []app.Notice
	faster string // a login that comes to be just before one is added
	broken error
}

func (s *staff) SetOperator(_ context.Context, emailKey string, operator bool) error {
	if s.broken != nil {
		return s.broken
	}
	if _, ok := s.logins[emailKey]; !ok {
		return app.Refuse(app.NotFound, "login_unknown")
	}
	s.logins[emailKey] = operator
	return nil
}

func (s *staff) AddOperator(_ context.Context, person app.Identity, c app.Confirmation, n app.Notice) error {
	if s.faster == person.EmailKey {
		s.logins[s.faster] = false
		return app.Refuse(app.Conflict, "email_taken")
	}
	s.logins[person.EmailKey] = person.Operator
	s.added, s.sent, s.mailed = append(s.added, person), append(s.sent, c), append(s.mailed, n)
	return nil
}

func newOperators(t *testing.T) (app.Operators, *staff) {
	t.Helper()
	store, clock := &staff{logins: map[string]bool{"ann@example.com": false}}, &hands{noon}
	return app.Operators{Store: store, Sealer: newSealer(t), Clock: clock.clock}, store
}

func TestAppoint(t *testing.T) {
	t.Parallel()
	operators, store := newOperators(t)
	token, err := operators.Appoint(t.Context(), " Ann@Example.com ", "de")
	wantNoError(t, err)
	if token != "" || !store.logins["ann@example.com"] || len(store.added) > 0 {
		t.Errorf("a login: got token %q and %+v", token, store.added)
	}
	token, err = operators.Appoint(t.Context(), "Bob@Example.com", "de")
	wantNoError(t, err)
	person, hash := store.added[0], store.sent[0].TokenHash
	if got, ok := app.HashToken(app.ConfirmationToken, token); !ok || !bytes.Equal(got, hash) || store.sent[0].Purpose != app.ToActivate {
		t.Errorf("got token %q for %+v", token, store.sent[0])
	}
	if person.EmailKey != "bob@example.com" || person.Email != "Bob@Example.com" || !person.Operator || person.ConfirmedAt != nil ||
		person.Language != "de" || store.mailed[0].RecipientID != person.ID || store.mailed[0].Letter != app.ActivateLogin {
		t.Errorf("got %+v and %+v", person, store.mailed[0])
	}
}

func TestAppointRace(t *testing.T) {
	t.Parallel()
	operators, store := newOperators(t)
	store.faster = "bob@example.com"
	token, err := operators.Appoint(t.Context(), "bob@example.com", "en")
	wantNoError(t, err)
	if token != "" || !store.logins["bob@example.com"] {
		t.Errorf("got token %q and operator %t", token, store.logins["bob@example.com"])
	}
}

func TestDismiss(t *testing.T) {
	t.Parallel()
	operators, store := newOperators(t)
	store.logins["ann@example.com"] = true
	wantNoError(t, operators.Dismiss(t.Context(), " ANN@example.com"))
	if store.logins["ann@example.com"] {
		t.Error("ann is still an operator")
	}
	wantRefusal(t, operators.Dismiss(t.Context(), "bob@example.com"), app.NotFound, "login_unknown")
}

func TestOperatorsRefuse(t *testing.T) {
	t.Parallel()
	operators, store := newOperators(t)
	for _, email := range []string{"", "ann", "\u212aate@example.com", "ann@example.com\x00"} {
		_, err := operators.Appoint(t.Context(), email, "en")
		_, m := app.EmailKey(email)
		wantProblem(t, err, "email", m.ID)
		wantProblem(t, operators.Dismiss(t.Context(), email), "email", m.ID)
	}
	store.broken = errBroken
	if _, err := operators.Appoint(t.Context(), "bob@example.com", "en"); !errors.Is(err, errBroken) || len(store.added) > 0 {
		t.Errorf("got %v and %+v", err, store.added)
	}
}
