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

	LinkPolicyChanged   Event = "link_policy_changed"
	LinkDenied          Event = "link_denied"           // a form was sent and not admitted; details: Reason
	LinkPeopleSuspended Event = "link_people_suspended" // those who came by a leaked link; details: Count
	MemberAccepted      Event = "member_accepted"
	MemberRejected      Event = "member_rejected"
	PendingExpired      Event = "pending_expired" // nobody decided in time
	JoinRequested       Event = "join_requested"  // by a person who had a login already
	RoleChanged         Event = "role_changed"    // details: OldRole, Role
	MemberSuspended     Event = "member_suspended"
	MemberReinstated    Event = "member_reinstated"
	MemberRemoved       Event = "member_removed"
	ExpiryChanged       Event = "expiry_changed" // details: Date, or none where the membership has no end any more
	MembersExported     Event = "members_exported"
	ActivityExported    Event = "activity_exported"
	InvitationsSent     Event = "invitations_sent" // details: Count
)

// Details are what an event needs said besides who and whom: texts by the names of the sentence's values. Role and OldRole hold a
// Role, Date a day (2006-01-02), Count a whole number, Reason the id of a message, Email an address. Never a token or a password.
type Details map[string]string

// Activity is one line of an account's audit trail. It is written in the transaction of what it tells, never alone, and holds
// neither tokens nor passwords.
type Activity struct {
	ID        string `bun:",pk"`
	AccountID string
	At        time.Time
	Event     Event
	ActorID   string  `bun:",nullzero"` // who did it; empty: the portal's own command line
	SubjectID string  `bun:",nullzero"` // the identity to whom it happened, if any
	Address   string  // where from: the client's network address
	Details   Details `bun:"type:json,nullzero"`

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
