package app

import (
	"context"
	"errors"
	"strconv"
	"time"
)

// denialInterval is how often at most the same denial to the same address is recorded, so that nobody floods
// the activity.
const denialInterval = 10 * time.Minute

// denialReason is the id of the message that says why the form of a link did not let somebody in; empty where
// that was not the link's doing. What was typed is no part of it: it may be the address of somebody who has
// nothing to do with it.
func denialReason(refusal error) string {
	id := ""
	if problems, ok := errors.AsType[Problems](refusal); ok {
		id = problems["email"].ID
	} else if stopped, ok := errors.AsType[*Error](refusal); ok && stopped.Kind == Gone {
		id = stopped.Message.ID
	}
	switch id {
	case "link_dead", "link_expired", "link_full", "link_stopped", "email_taken", "email_domain_not_allowed":
		return id
	}
	return ""
}

// recordDenial keeps in the activity that a form was sent and not admitted. That it could not be kept changes
// nothing for whoever sent the form.
func (s Registrations) recordDenial(ctx context.Context, link Link, refusal error, by Client) {
	reason := denialReason(refusal)
	if reason == "" {
		return
	}
	at := s.Clock.Now()
	err := s.Store.RecordDenial(ctx, Activity{
		ID: NewID(), AccountID: link.AccountID, At: at, Event: LinkDenied, Address: by.Address,
		Details: Details{"Reason": reason},
	}, at.Add(-denialInterval))
	if err != nil && s.OnUnrecorded != nil {
		s.OnUnrecorded(ctx, err)
	}
}

// MaxTakenEmailsPerHour is how many forms of an account are refused within an hour because their addresses
// have a login. The next one may be from somebody who tries addresses, so that the Super Users are told
// (T-24): they know whether an office is at it, or a stranger.
const MaxTakenEmailsPerHour = 10

// alertInterval is how often at most they are told.
const alertInterval = time.Hour

// AlertStore counts what may become an alert, and keeps it.
type AlertStore interface {
	// ConsumeLimits is LimitStore's.
	ConsumeLimits(ctx context.Context, uses []LimitUse, at time.Time) (taken []string, until time.Time, err error)
	// RecordAlert stores the activity and a notice to each Super User of its account, unless one of the same
	// event was stored since then.
	RecordAlert(ctx context.Context, what Activity, since time.Time) error
}

// alertOnTakenEmails counts a form that was refused because its address has a login, for all servers
// together. That it could not be counted changes nothing for whoever sent the form.
func (s Registrations) alertOnTakenEmails(ctx context.Context, accountID string, refusal error, by Client) {
	if problems, ok := errors.AsType[Problems](refusal); !ok || problems["email"].ID != EmailTaken().ID {
		return
	}
	if err := s.countTakenEmail(ctx, accountID, by); err != nil && s.OnUnrecorded != nil {
		s.OnUnrecorded(ctx, err)
	}
}

func (s Registrations) countTakenEmail(ctx context.Context, accountID string, by Client) error {
	at := s.Clock.Now()
	name := s.Sealer.DeriveToken("", "limit|taken addresses of an account|"+accountID)
	_, full, err := s.Store.ConsumeLimits(ctx,
		[]LimitUse{{Name: name, Max: MaxTakenEmailsPerHour, EndsAt: at.Add(alertInterval)}}, at)
	if err != nil || full.IsZero() {
		return err
	}
	return s.Store.RecordAlert(ctx, Activity{
		ID: NewID(), AccountID: accountID, At: at, Event: ManyRefused, Address: by.Address,
		Details: Details{"Count": strconv.Itoa(MaxTakenEmailsPerHour)},
	}, at.Add(-alertInterval))
}
