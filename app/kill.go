package app

import (
	"context"
	"time"
)

// Revoked counts what was ended.
type Revoked struct {
	Links         int
	Confirmations int // with activations and resets
	Requests      int // to be added
	Sessions      int
}

// RevocationStore ends what opens something. Each method is one read or one transaction, and leaves alone
// what was made after that moment.
type RevocationStore interface {
	// AccountsWithLink gives the ids of accounts that have an active link from before that moment, at most limit.
	AccountsWithLink(ctx context.Context, until time.Time, limit int) ([]string, error)
	// RevokeLink ends the active link of the activity's account, if it is from before the activity, and stores the
	// activity, or tells that there is none.
	RevokeLink(ctx context.Context, what Activity) (bool, error)
	// RevokeConfirmations uses up open confirmations from before that moment, at most limit, and gives their number.
	RevokeConfirmations(ctx context.Context, until time.Time, limit int) (int, error)
	// RevokeJoinRequests uses up open requests to be added from before that moment, at most limit, and gives their
	// number.
	RevokeJoinRequests(ctx context.Context, until time.Time, limit int) (int, error)
	// RevokeSessions forgets sessions that began before that moment, at most limit, and gives their number.
	RevokeSessions(ctx context.Context, until time.Time, limit int) (int, error)
}

// revokeBatch is few enough for nobody to wait for them.
const revokeBatch = 200

// RevokeAll ends every registration link of every account and everything else that opens something: mailed
// addresses that were not used yet and sessions. It is for a database that was restored from a backup, in
// which what was disabled, used or signed out since has come back to life (T-16): nobody can tell which of
// them. What people make while it runs stays. Passwords stay, too. It may end at any point and be begun
// again.
func RevokeAll(ctx context.Context, store RevocationStore, clock Clock) (Revoked, error) {
	at := clock.Now()
	var done Revoked
	var err error
	if done.Links, err = revokeLinks(ctx, store, at); err != nil {
		return done, err
	}
	for _, each := range []struct {
		kill  func(context.Context, time.Time, int) (int, error)
		count *int
	}{
		{store.RevokeConfirmations, &done.Confirmations},
		{store.RevokeJoinRequests, &done.Requests},
		{store.RevokeSessions, &done.Sessions},
	} {
		for n := 1; n > 0; *each.count += n {
			if n, err = each.kill(ctx, at, revokeBatch); err != nil {
				return done, err
			}
		}
	}
	return done, nil
}

func revokeLinks(ctx context.Context, store RevocationStore, at time.Time) (int, error) {
	killed := 0
	for {
		accounts, err := store.AccountsWithLink(ctx, at, revokeBatch)
		if err != nil || len(accounts) == 0 {
			return killed, err
		}
		for _, id := range accounts {
			ended, err := store.RevokeLink(ctx, Activity{ID: NewID(), AccountID: id, At: at, Event: LinkRevoked})
			if err != nil {
				return killed, err
			}
			if ended {
				killed++
			}
		}
	}
}
