package app

import "time"

// Event names what happened, in an account's activity.
type Event string

// What is kept in the activity.
const (
	LinkGenerated   Event = "link_generated"
	LinkRegenerated Event = "link_regenerated"
	LinkDisabled    Event = "link_disabled"
	LinkCopied      Event = "link_copied"
	PersonJoined    Event = "person_registered"
	UserCreated     Event = "user_created"
	UserAdded       Event = "user_added"
	ActivationSent  Event = "activation_sent"
	AccountCreated  Event = "account_created"
)

// Activity is one line of an account's audit trail. It is written in the transaction of what it tells, never alone, and holds
// neither tokens nor passwords.
type Activity struct {
	ID        string `bun:",pk"`
	AccountID string
	At        time.Time
	Event     Event
	ActorID   string `bun:",nullzero"` // who did it; empty: the portal's own command line
	SubjectID string `bun:",nullzero"` // the identity to whom it happened, if any
	Address   string // where from: the client's network address

	Actor   *Identity `bun:"rel:belongs-to,join:actor_id=id"`
	Subject *Identity `bun:"rel:belongs-to,join:subject_id=id"`
}

// done makes the activity of what an actor does now in the current account.
func (a Actor) done(event Event, at time.Time) Activity {
	return Activity{
		ID: NewID(), AccountID: a.Account.ID, At: at, Event: event,
		ActorID: a.Identity.ID, Address: a.Address,
	}
}
