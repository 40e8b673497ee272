package app_test

import (
	"bytes"
	"context"
	"errors"
	"testing"

	"reglink/app"
)

// fakeOperatorStore is an OperatorStore in memory.
type fakeOperatorStore struct {
	logins         map[string]bool // by email key: whether an operator's
	added          []app.Identity
	sent           []app.Confirmation
	mailed         []app.Notice
	addedMeanwhile string // a login that comes to be just before one is added
	broken         error
}

func (s *fakeOperatorStore) SetOperator(_ context.Context, emailKey string, operator bool) error {
	if s.broken != nil {
		return s.broken
	}
	if _, ok := s.logins[emailKey]; !ok {
		return app.Refuse(app.NotFound, "login_unknown")
	}
	s.logins[emailKey] = operator
	return nil
}

func (s *fakeOperatorStore) AddOperator(_ context.Context, person app.Identity, c app.Confirmation,
	n app.Notice,
) error {
	if s.addedMeanwhile == person.EmailKey {
		s.logins[s.addedMeanwhile] = false
		return app.Refuse(app.Conflict, "email_taken")
	}
	s.logins[person.EmailKey] = person.Operator
	s.added, s.sent, s.mailed = append(s.added, person), append(s.sent, c), append(s.mailed, n)
	return nil
}

func newOperators(t *testing.T) (app.Operators, *fakeOperatorStore) {
	t.Helper()
	store, clock := &fakeOperatorStore{logins: map[string]bool{"ann@example.com": false}}, &fakeClock{noon}
	return app.Operators{Store: store, Sealer: newSealer(t), Clock: clock.now}, store
}

func TestAppoint_MarksOrCreatesTheLogin(t *testing.T) {
	t.Parallel()
	operators, store := newOperators(t)
	token, err := operators.Add(t.Context(), " Ann@Example.com ", "de")
	wantNoError(t, err)
	if token != "" || !store.logins["ann@example.com"] || len(store.added) > 0 {
		t.Errorf("a login: got token %q and %+v", token, store.added)
	}
	token, err = operators.Add(t.Context(), "Bob@Example.com", "de")
	wantNoError(t, err)
	person, hash := store.added[0], store.sent[0].TokenHash
	if got, ok := app.HashToken(app.ConfirmationToken, token); !ok || !bytes.Equal(got, hash) ||
		store.sent[0].Purpose != app.ToActivate {
		t.Errorf("got token %q for %+v", token, store.sent[0])
	}
	if person.EmailKey != "bob@example.com" || person.Email != "Bob@Example.com" || !person.Operator ||
		person.ConfirmedAt != nil ||
		person.Language != "de" || store.mailed[0].RecipientID != person.ID || store.mailed[0].Kind != app.ActivateLogin {
		t.Errorf("got %+v and %+v", person, store.mailed[0])
	}
}

func TestAppoint_MarksALoginCreatedMeanwhile(t *testing.T) {
	t.Parallel()
	operators, store := newOperators(t)
	store.addedMeanwhile = "bob@example.com"
	token, err := operators.Add(t.Context(), "bob@example.com", "en")
	wantNoError(t, err)
	if token != "" || !store.logins["bob@example.com"] {
		t.Errorf("got token %q and operator %t", token, store.logins["bob@example.com"])
	}
}

func TestDismiss_RemovesTheMark(t *testing.T) {
	t.Parallel()
	operators, store := newOperators(t)
	store.logins["ann@example.com"] = true
	wantNoError(t, operators.Remove(t.Context(), " ANN@example.com"))
	if store.logins["ann@example.com"] {
		t.Error("ann is still an operator")
	}
	wantRefusal(t, operators.Remove(t.Context(), "bob@example.com"), app.NotFound, "login_unknown")
}

func TestOperators_RefuseInvalidEmails(t *testing.T) {
	t.Parallel()
	operators, store := newOperators(t)
	for _, email := range []string{"", "ann", "\u212aate@example.com", "ann@example.com\x00"} {
		_, err := operators.Add(t.Context(), email, "en")
		_, m := app.EmailKey(email)
		wantProblem(t, err, "email", m.ID)
		wantProblem(t, operators.Remove(t.Context(), email), "email", m.ID)
	}
	store.broken = errBroken
	if _, err := operators.Add(t.Context(), "bob@example.com", "en"); !errors.Is(err, errBroken) || len(store.added) > 0 {
		t.Errorf("got %v and %+v", err, store.added)
	}
}
