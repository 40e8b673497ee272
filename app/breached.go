package app

import (
	"context"
	"fmt"
)

// Breached tells whether a password is in a set of leaked ones that the operators provide.
type Breached interface {
	Has(password string) (bool, error)
}

// HashNew is Hash for a password that somebody chooses now: one that is known to have leaked is a Problem of the field "password". Where
// the set cannot be read, nobody can tell: Unavailable. Whoever proves a password goes first.
func (h *Hasher) HashNew(ctx context.Context, password string) (string, error) {
	m, err := h.breach(password)
	if err != nil {
		return "", err
	}
	if m.ID != "" {
		return "", Problems{"password": m}
	}
	return h.hash(ctx, h.choices, password)
}

func (h *Hasher) breach(password string) (Message, error) {
	if h.Leaked == nil || password == "" {
		return Message{}, nil
	}
	leaked, err := h.Leaked.Has(password)
	if err != nil {
		return Message{}, fmt.Errorf("%w: %w", Refuse(Unavailable, "breached_unreadable"), err)
	}
	if leaked {
		return Say("password_breached"), nil
	}
	return Message{}, nil
}

// lookUp is what a check asks for beyond the form itself.
func (s Registrations) lookUp(ctx context.Context, field string, policy LinkPolicy, form RegistrationForm) (Message, error) {
	switch field {
	case "email":
		return s.emailProblem(ctx, policy, form.Email)
	case "password":
		return s.Hasher.breach(form.Password)
	}
	return Message{}, nil
}
