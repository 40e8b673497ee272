package app

import (
	"context"
	"errors"
	"time"
)

// denialsEvery is how often at most the same denial to the same address is recorded, so that nobody floods the activity.
const denialsEvery = 10 * time.Minute

// denialReason is the id of the message that says why the form of a link did not let somebody in; empty where that was not the link's doing. What was typed is
// no part of it: it may be the address of somebody who has nothing to do with it.
func denialReason(refusal error) string {
	var stopped *Error
	var problems Problems
	id := ""
	switch {
	case errors.As(refusal, &stopped) && stopped.Kind == Gone:
		id = stopped.Message.ID
	case errors.As(refusal, &problems):
		id = problems["email"].ID
	}
	switch id {
	case "link_dead", "link_expired", "link_full", "link_stopped", "email_taken", "email_domain_not_allowed":
		return id
	}
	return ""
}

// recordDenial keeps in the activity that a form was sent and not admitted. That it could not be kept changes nothing for whoever sent
// the form.
func (s Registrations) recordDenial(ctx context.Context, link Link, refusal error, by Client) {
	reason := denialReason(refusal)
	if reason == "" {
		return
	}
	at := s.Clock.Now()
	err := s.Store.RecordDenial(ctx, Activity{
		ID: NewID(), AccountID: link.AccountID, At: at, Event: LinkDenied, Address: by.Address, Details: Details{"Reason": reason},
	}, at.Add(-denialsEvery))
	if err != nil && s.Unrecorded != nil {
		s.Unrecorded(ctx, err)
	}
}
