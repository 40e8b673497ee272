package app

import (
	"context"
	"errors"
)

// OperatorStore keeps who runs the portal. Each method is one transaction.
type OperatorStore interface {
	// SetOperator makes the login of a canonical address an operator's, or no longer one. NotFound where there is none.
	SetOperator(ctx context.Context, emailKey string, operator bool) error
	// AddOperator stores a login without a membership, its confirmation and its notice. Conflict where the
	// address has one.
	AddOperator(ctx context.Context, person Identity, c Confirmation, n Notice) error
}

// Operators are the rules by which staff of the organisation that runs the portal come and go. Only the
// command line asks them: whoever can start it holds the database anyway.
type Operators struct {
	Store  OperatorStore
	Sealer *Sealer
	Clock  Clock
}

// Add makes the login of an address an operator's. Where the address has none, it gets one without any account; the
// answer then is its activation token, and empty otherwise.
func (s Operators) Add(ctx context.Context, email, language string) (string, error) {
	email = tidyEmail(email)
	key, m := EmailKey(email)
	if !m.None() {
		return "", Problems{"email": m}
	}
	if err := s.Store.SetOperator(ctx, key, true); !errors.Is(err, NotFound) {
		return "", err
	}
	at := s.Clock.Now()
	person := newIdentity(email, language, at)
	person.Operator = true
	sent := issueConfirmation(s.Sealer, person, at)
	err := s.Store.AddOperator(ctx, person, sent.Confirmation, sent.Notice)
	if errors.Is(err, Conflict) { // registered a moment ago
		return "", s.Store.SetOperator(ctx, key, true)
	}
	return sent.Token, err
}

// Remove takes the operator's right away; the login stays. NotFound where the address has none.
func (s Operators) Remove(ctx context.Context, email string) error {
	key, m := EmailKey(tidyEmail(email))
	if !m.None() {
		return Problems{"email": m}
	}
	return s.Store.SetOperator(ctx, key, false)
}
