package app

import (
	"context"
	"time"
)

// Killed counts what was ended.
type Killed struct {
	Links         int
	Confirmations int // with activations and resets
	Requests      int // to be added
	Sessions      int
}

// KillStore ends what opens something. Each method is one read or one transaction, and leaves alone what was made after that moment.
type KillStore interface {
	// AccountsWithLink gives the ids of accounts that have an active link, at most limit.
	AccountsWithLink(ctx context.Context, until time.Time, limit int) ([]string, error)
	// KillLink ends the active link of the activity's account as EndLink does and stores the activity, or tells that there is none.
	KillLink(ctx context.Context, what Activity) (bool, error)
	// KillConfirmations uses up open confirmations, at most limit, and gives their number.
	KillConfirmations(ctx context.Context, until time.Time, limit int) (int, error)
	// KillRequests uses up open requests to be added, at most limit, and gives their number.
	KillRequests(ctx context.Context, until time.Time, limit int) (int, error)
	// KillSessions forgets sessions, at most limit, and gives their number.
	KillSessions(ctx context.Context, until time.Time, limit int) (int, error)
}

// killAtOnce is few enough for nobody to wait for them.
const killAtOnce = 200

// KillAll ends every registration link of every account and everything else that opens something: mailed addresses that were not used yet and
// sessions. It is for a database that was restored from a backup, in which what was disabled, used or signed out since has come
// back to life (T-16): nobody can tell which of them. What people make while it runs stays. Passwords stay, too. It may
// end at any point and be begun again.
func KillAll(ctx context.Context, store KillStore, clock Clock) (Killed, error) {
	at := clock.Now()
	var done Killed
	var err error
	if done.Links, err = killLinks(ctx, store, at); err != nil {
		return done, err
	}
	for _, each := range []struct {
		kill  func(context.Context, time.Time, int) (int, error)
		count *int
	}{
		{store.KillConfirmations, &done.Confirmations}, {store.KillRequests, &done.Requests}, {store.KillSessions, &done.Sessions},
	} {
		for n := 1; n > 0; *each.count += n {
			if n, err = each.kill(ctx, at, killAtOnce); err != nil {
				return done, err
			}
		}
	}
	return done, nil
}

func killLinks(ctx context.Context, store KillStore, at time.Time) (int, error) {
	killed := 0
	for {
		accounts, err := store.AccountsWithLink(ctx, at, killAtOnce)
		if err != nil || len(accounts) == 0 {
			return killed, err
		}
		for _, id := range accounts {
			ended, err := store.KillLink(ctx, Activity{ID: NewID(), AccountID: id, At: at, Event: LinkKilled})
			if err != nil {
				return killed, err
			}
			if ended {
				killed++
			}
		}
	}
}
