package app

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// TakenAnHour is how many forms of an account are refused within an hour because their addresses have a login. The next one may be from
// somebody who tries addresses, so that the Super Users are told (T-24): they know whether an office is at it, or a stranger.
const TakenAnHour = 10

// alertEvery is how often at most they are told.
const alertEvery = time.Hour

// AlertStore counts what may become an alert, and keeps it.
type AlertStore interface {
	// TakeLimits is LimitStore's.
	TakeLimits(ctx context.Context, uses []LimitUse, at time.Time) (taken []string, until time.Time, err error)
	// Alert stores the activity and a notice to each Super User of its account, unless one of the same event was stored since then.
	Alert(ctx context.Context, what Activity, since time.Time) error
}

// AlertTo makes the notice that tells a Super User of what happened.
func (a Activity) AlertTo(superUserID string) Notice {
	n := newNotice(RefusalAlert, a.ID, superUserID, a.At)
	n.AccountID = a.AccountID
	return n
}

// watchTaken counts a form that was refused because its address has a login, for all servers together. That it could not be counted
// changes nothing for whoever sent the form.
func (s Registrations) watchTaken(ctx context.Context, accountID string, refusal error, by Client) {
	var problems Problems
	if !errors.As(refusal, &problems) || problems["email"].ID != EmailTaken().ID {
		return
	}
	if err := s.countTaken(ctx, accountID, by); err != nil && s.Unrecorded != nil {
		s.Unrecorded(ctx, err)
	}
}

func (s Registrations) countTaken(ctx context.Context, accountID string, by Client) error {
	at := s.Clock.Now()
	name := s.Sealer.Derived("", "limit|taken addresses of an account|"+accountID)
	_, full, err := s.Store.TakeLimits(ctx, []LimitUse{{Name: name, Max: TakenAnHour, EndsAt: at.Add(alertEvery)}}, at)
	if err != nil || full.IsZero() {
		return err
	}
	return s.Store.Alert(ctx, Activity{
		ID: NewID(), AccountID: accountID, At: at, Event: ManyRefused, Address: by.Address,
		Details: Details{"Count": strconv.Itoa(TakenAnHour)},
	}, at.Add(-alertEvery))
}
