package app

import (
	"context"
	"errors"
	"strconv"
	"time"
)

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

	LinkPolicyChanged Event = "link_policy_changed"
	LinkDenied        Event = "link_denied" // a form was sent and not admitted; details: Reason
	// forms whose addresses have a login, within an hour; details: Count
	ManyRefused          Event = "many_refused"
	LinkRevoked          Event = "link_killed"           // with all others of the portal, by its operators
	LinkJoinersSuspended Event = "link_people_suspended" // those who came by a leaked link; details: Count
	MemberAccepted       Event = "member_accepted"
	MemberRejected       Event = "member_rejected"
	PendingExpired       Event = "pending_expired" // nobody decided in time
	JoinRequested        Event = "join_requested"  // by a person who had a login already
	RoleChanged          Event = "role_changed"    // details: OldRole, Role
	MemberSuspended      Event = "member_suspended"
	MemberReinstated     Event = "member_reinstated"
	MemberRemoved        Event = "member_removed"
	ExpiryChanged        Event = "expiry_changed" // details: Date, or none where the membership has no end any more
	MembersExported      Event = "members_exported"
	ActivityExported     Event = "activity_exported"
	InvitationsSent      Event = "invitations_sent" // details: Count
	SignInChanged        Event = "sign_in_changed"  // how people of the account sign in; details: Way

	SecondFactorRequired Event = "second_factor_required" // of Super Users, from then on
	SecondFactorOptional Event = "second_factor_optional"
	SecondFactorRemoved  Event = "second_factor_removed" // a member's, by the organisation that runs the portal
	// a member's login from one at the provider of single sign-on, likewise
	SSOLoginRemoved Event = "sso_separated"
)

// Details are what an event needs said besides who and whom: texts by the names of the sentence's values.
// Role and OldRole hold a Role, Way a SignInMethod, Date a day (2006-01-02), Count a whole number, Reason the
// id of a message, Email an address, Rules the names of a policy's fields. Never a token or a password.
type Details map[string]string

// Activity is one line of an account's audit trail. It is written in the transaction of what it tells, never
// alone, and holds neither tokens nor passwords.
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

// EventGroup is a sort of events: what a list of activities is narrowed to.
type EventGroup string

// The groups of events.
const (
	LinkEvents         EventGroup = "link"
	RegistrationEvents EventGroup = "registrations"
	ApprovalEvents     EventGroup = "approvals"
	MemberEvents       EventGroup = "members"
	InvitationEvents   EventGroup = "invitations"
	AccountEvents      EventGroup = "account" // the account itself, and what was downloaded
)

// EventGroups in the order in which they are offered.
func EventGroups() []EventGroup {
	return []EventGroup{LinkEvents, RegistrationEvents, ApprovalEvents, MemberEvents, InvitationEvents, AccountEvents}
}

// Events of a group; none where there is no such group. Every event is in exactly one.
func (g EventGroup) Events() []Event {
	return map[EventGroup][]Event{
		LinkEvents:         {LinkGenerated, LinkRegenerated, LinkDisabled, LinkCopied, LinkPolicyChanged, LinkRevoked},
		RegistrationEvents: {PersonJoined, LinkDenied, ManyRefused},
		ApprovalEvents:     {JoinRequested, MemberAccepted, MemberRejected, PendingExpired},
		MemberEvents: {
			UserCreated, UserAdded, ActivationSent, RoleChanged, MemberSuspended, MemberReinstated, MemberRemoved, ExpiryChanged,
			LinkJoinersSuspended, SecondFactorRemoved, SSOLoginRemoved,
		},
		InvitationEvents: {InvitationsSent},
		AccountEvents: {
			AccountCreated, MembersExported, ActivityExported, SignInChanged, SecondFactorRequired, SecondFactorOptional,
		},
	}[g]
}

// ActivityFilter narrows the activities to what somebody asked for, as it was asked for. Empty fields narrow nothing.
type ActivityFilter struct {
	Group    EventGroup
	From     string // the first day, in UTC: 2006-01-02
	To       string // the last day, which counts too
	PersonID string // the identity who did it, or to whom it was done
}

// ActivityQuery says which activities of an account to list, newest first.
type ActivityQuery struct {
	Events   []Event   // empty: whatever happened
	Since    time.Time // the first moment; zero: from the beginning
	Until    time.Time // the first moment that no longer counts; zero: to the end
	PersonID string    // who did it, or to whom it was done; empty: everybody
	After    Cursor    // the last one of the page before; zero: from the newest
}

// query gives what the filter asks the store for. It is false where nothing can match, as with a day that no
// calendar has: like the list of members, a filter that nobody can have chosen finds nothing.
func (f ActivityFilter) query() (ActivityQuery, bool) {
	q := ActivityQuery{Events: f.Group.Events(), PersonID: f.PersonID}
	from, fromOK := parseDay(f.From)
	to, toOK := parseDay(f.To)
	q.Since = from
	if !to.IsZero() {
		q.Until = to.AddDate(0, 0, 1)
	}
	return q, fromOK && toOK && (f.Group == "" || len(q.Events) > 0) && (f.PersonID == "" || IsID(f.PersonID))
}

// The years that a day may be in: databases write others in other ways, or not at all.
const (
	firstYear = 1970
	lastYear  = 9998
)

// parseDay gives the beginning of a day in UTC; the zero time for an empty one.
func parseDay(day string) (time.Time, bool) {
	if day == "" {
		return time.Time{}, true
	}
	at, err := time.Parse(time.DateOnly, day)
	return at, err == nil && at.Year() >= firstYear && at.Year() <= lastYear
}

// ActivityPage is one page of the list.
type ActivityPage struct {
	Page[Activity]           // with Actor and Subject
	Person         *Identity // whom the filter names; nil: nobody, or nobody of this account
}

// ActivityStore keeps the activities. Each method is one read or one transaction.
type ActivityStore interface {
	// Activities lists activities of an account with Actor and Subject, newest first, at most limit.
	Activities(ctx context.Context, accountID string, q ActivityQuery, limit int) ([]Activity, error)
	// ActivityPerson gives an identity that is a member of the account, or did something there, or had it done,
	// or NotFound.
	ActivityPerson(ctx context.Context, accountID, identityID string) (*Identity, error)
	// RecordActivity stores an activity.
	RecordActivity(ctx context.Context, what Activity) error
}

// Activities are the rules of an account's audit trail. Only its Super Users read it.
type Activities struct {
	Store ActivityStore
	Clock Clock
}

// List gives a page of the activities that meet the filter.
func (s Activities) List(ctx context.Context, by Actor, f ActivityFilter, after Cursor) (ActivityPage, error) {
	if err := by.requireSuperUser(); err != nil {
		return ActivityPage{}, err
	}
	q, ok := f.query()
	if !ok {
		return ActivityPage{}, nil
	}
	page, err := s.pageFor(ctx, by, q.PersonID)
	if err != nil || (q.PersonID != "" && page.Person == nil) {
		return page, err
	}
	q.After = after
	found, err := s.Store.Activities(ctx, by.Account.ID, q, PageSize+1)
	page.Page = newPage(found)
	return page, err
}

// pageFor begins a page with the person whom a filter names. Who has nothing to do with the account has no name here.
func (s Activities) pageFor(ctx context.Context, by Actor, identityID string) (ActivityPage, error) {
	if identityID == "" {
		return ActivityPage{}, nil
	}
	person, err := s.Store.ActivityPerson(ctx, by.Account.ID, identityID)
	if errors.Is(err, NotFound) {
		return ActivityPage{}, nil
	}
	return ActivityPage{Person: person}, err
}

// How many activities a download holds at most, and how many are read at a time.
const (
	MaxExport           = 100_000
	activityExportBatch = 1000
)

// Export hands each activity that meets the filter to write, newest first, at most MaxExport, and then
// records that it did. What is not recorded must not be handed on: write to memory, and throw it away where
// Export fails.
func (s Activities) Export(ctx context.Context, by Actor, f ActivityFilter, write func(Activity)) error {
	if err := by.requireSuperUser(); err != nil {
		return err
	}
	q, more := f.query()
	for n := 0; more && n < MaxExport; n += activityExportBatch {
		found, err := s.Store.Activities(ctx, by.Account.ID, q, activityExportBatch)
		if err != nil {
			return err
		}
		for _, a := range found {
			write(a)
			q.After = a.cursor()
		}
		more = len(found) == activityExportBatch
	}
	return s.Store.RecordActivity(ctx, by.newActivity(ActivityExported, s.Clock.Now()))
}

func (a Activity) cursor() Cursor { return Cursor{At: a.At, ID: a.ID} }

// AlertTo makes the notice that tells a Super User of what happened.
func (a Activity) AlertTo(superUserID string) Notice {
	n := newNotice(RefusalAlert, a.ID, superUserID, a.At)
	n.AccountID = a.AccountID
	return n
}

// WithCount gives the activity of suspending so many people.
func (a Activity) WithCount(people int) Activity {
	a.Details = Details{"Count": strconv.Itoa(people)}
	return a
}

// ForSubject gives an activity of that kind for one of the people to whom this one happened.
func (a Activity) ForSubject(event Event, identityID string) Activity {
	a.ID, a.Event, a.SubjectID, a.Details = NewID(), event, identityID, nil
	return a
}
