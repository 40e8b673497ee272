package app

import (
	"context"
	"encoding/hex"
)

// Standing is where a person stands in the accounts, each list by the accounts' names.
type Standing struct {
	Open    []Membership // the accounts that the person can choose from
	Pending []Membership // where a Super User has not decided yet
	Closed  []Membership // suspended, or over
}

// Standing gives the actor's memberships with Account. It costs one statement.
func (s SignIns) Standing(ctx context.Context, by Actor) (Standing, error) {
	all, err := s.Store.Memberships(ctx, by.Identity.ID)
	if err != nil {
		return Standing{}, err
	}
	var in Standing
	for _, m := range all {
		switch {
		case m.Opens(s.Clock.Now()):
			in.Open = append(in.Open, m)
		case m.Status == Pending:
			in.Pending = append(in.Pending, m)
		default:
			in.Closed = append(in.Closed, m)
		}
	}
	return in, nil
}

// Switch makes another account the current one and gives it. An account that is not open to the actor does not exist: NotFound.
// One that wants another way of signing in is Forbidden.
func (s SignIns) Switch(ctx context.Context, by Actor, accountID string) (Account, error) {
	in, err := s.Standing(ctx, by)
	if err != nil {
		return Account{}, err
	}
	for _, m := range in.Open {
		if m.AccountID == accountID && !m.Account.SignIn.Admits(by.SSO) {
			return Account{}, m.Account.barrier()
		}
		if m.AccountID == accountID {
			hash, _ := hex.DecodeString(by.SessionID)
			return *m.Account, s.Store.SwitchAccount(ctx, hash, accountID)
		}
	}
	return Account{}, Refuse(NotFound, "account_unknown")
}
