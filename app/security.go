package app

import (
	"context"
	"time"
)

// SecondFactorStatus tells how the Super Users of an account are proven.
type SecondFactorStatus struct {
	Required      bool // they need a second factor
	SuperUsers    int  // how many there are who can sign in
	WithoutFactor int  // how many of them have a password and no second factor
}

// SecurityStore keeps what an account decides about how its people sign in. Each method is one transaction or one read.
type SecurityStore interface {
	// SuperUserFactors counts the Super Users whose membership opens the account at that time, and those of them
	// who have a password and no second factor.
	SuperUserFactors(ctx context.Context, accountID string, at time.Time) (all, without int, err error)
	// RequireSecondFactor stores the account's choice and what is said of it; nothing where it is the choice
	// already. Conflict where it is to be required by somebody who has none and whom the provider has not
	// proven, Forbidden where the actor is no Super User any more.
	RequireSecondFactor(ctx context.Context, by Actor, required bool, what Activity) error
}

// Security are the rules of an account about how its people sign in. Only its Super Users make them.
type Security struct {
	Store SecurityStore
	Clock Clock
}

// SecondFactorStatus gives what holds in the actor's account.
func (s Security) SecondFactorStatus(ctx context.Context, by Actor) (SecondFactorStatus, error) {
	if err := by.requireSuperUser(); err != nil {
		return SecondFactorStatus{}, err
	}
	all, without, err := s.Store.SuperUserFactors(ctx, by.Account.ID, s.Clock.Now())
	return SecondFactorStatus{Required: by.Account.SecondFactor, SuperUsers: all, WithoutFactor: without}, err
}

// RequireSecondFactor decides whether Super Users of the actor's account need a second factor to act as such.
// Conflict where the actor has none, signed in by the password alone, and would be the first to stand
// outside.
func (s Security) RequireSecondFactor(ctx context.Context, by Actor, required bool) error {
	if err := by.requireSuperUser(); err != nil {
		return err
	}
	event := SecondFactorOptional
	if required {
		event = SecondFactorRequired
	}
	return s.Store.RequireSecondFactor(ctx, by, required, by.newActivity(event, s.Clock.Now()))
}
