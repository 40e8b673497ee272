package app

import (
	"context"
	"time"
)

// Role is what a member may do in an account.
type Role string

// The roles. Only Super Users see or manage the link, create users, approve and change roles; the others see
// the members.
const (
	SuperUser    Role = "super"
	StandardUser Role = "standard"
	LimitedUser  Role = "limited"
)

// Roles in the order in which they are offered: the most common first.
func Roles() []Role { return []Role{StandardUser, LimitedUser, SuperUser} }

// Valid tells whether r is one of the roles.
func (r Role) Valid() bool { return r == SuperUser || r == StandardUser || r == LimitedUser }

// Status is where a membership stands.
type Status string

// The states of a membership. Only an active one opens the account.
const (
	Pending   Status = "pending"
	Active    Status = "active"
	Suspended Status = "suspended"
)

// Statuses in the order of a membership's life.
func Statuses() []Status { return []Status{Pending, Active, Suspended} }

// Valid tells whether s is one of the states.
func (s Status) Valid() bool { return s == Pending || s == Active || s == Suspended }

// JoinMethod says how a membership came to be.
type JoinMethod string

// The ways into an account.
const (
	ByLink        JoinMethod = "link"        // registered through the registration link
	ByEntitlement JoinMethod = "entitlement" // registered without a link
	ByCreation    JoinMethod = "creation"    // created by a Super User or an operator's command
	ByRequest     JoinMethod = "request"     // asked for by a person who had a login already
	BySetUp       JoinMethod = "set_up"      // the first Super User
)

// Membership is an identity in an account.
type Membership struct {
	ID          string `bun:",pk"`
	IdentityID  string
	AccountID   string
	Role        Role
	Status      Status
	JoinedBy    JoinMethod
	LinkID      string     `bun:",nullzero"` // the link that was used, with ByLink
	CreatedByID string     `bun:",nullzero"` // the Super User who created it, with ByCreation
	JoinedAt    time.Time  // also the order of the list, newest first
	ExpiresOn   *time.Time // the first moment at which it no longer counts; nil: never

	Reminders       int        // how often the Super Users were reminded that it is pending
	ExpiryWarnedFor *time.Time `bun:"expiry_told_for"` // the ExpiresOn that its person was told of; nil: was not told

	Identity  *Identity `bun:"rel:belongs-to,join:identity_id=id"`
	Account   *Account  `bun:"rel:belongs-to,join:account_id=id"`
	CreatedBy *Identity `bun:"rel:belongs-to,join:created_by_id=id"`
}

// PendingUntil is when a pending membership expires.
func (m Membership) PendingUntil() time.Time { return m.JoinedAt.Add(PendingFor) }

// needsActivation tells whether the person cannot sign in and was not mailed on behalf of this membership how to.
func (m Membership) needsActivation() bool { return m.JoinedBy == ByRequest && !m.Identity.canSignIn() }

// RemindersDue tells how many reminders of a pending membership are due at that time, those that were sent included.
func (m Membership) RemindersDue(at time.Time) int {
	due := 0
	for _, after := range ReminderDelays() {
		if !at.Before(m.JoinedAt.Add(after)) {
			due++
		}
	}
	return due
}

func (m Membership) cursor() Cursor { return Cursor{At: m.JoinedAt, ID: m.ID} }

// expiresSoon tells whether the membership ends within ExpiryWarningPeriod of that time, and has not ended yet.
func (m Membership) expiresSoon(at time.Time) bool {
	return m.ExpiresOn != nil && m.GrantsAccess(at) && !m.ExpiresOn.After(at.Add(ExpiryWarningPeriod))
}

// GrantsAccess tells whether the membership lets its person into the account at that time.
func (m Membership) GrantsAccess(at time.Time) bool {
	return m.Status == Active && (m.ExpiresOn == nil || at.Before(*m.ExpiresOn))
}

func (m Membership) isSuperUser(at time.Time) bool { return m.Role == SuperUser && m.GrantsAccess(at) }

// LastDay is the last day, in UTC, on which the membership counts; the zero time where it has no end.
func (m Membership) LastDay() time.Time {
	if m.ExpiresOn == nil {
		return time.Time{}
	}
	return m.ExpiresOn.UTC().Add(-time.Microsecond).Truncate(24 * time.Hour)
}

// Memberships is where a person stands in the accounts, each list by the accounts' names.
type Memberships struct {
	Open    []Membership // the accounts that the person can choose from
	Pending []Membership // where a Super User has not decided yet
	Closed  []Membership // suspended, or over
}

// MembershipChange is what becomes of a membership, decided by a rule inside the store's transaction.
type MembershipChange struct {
	Before, After Membership
	Removed       bool
	Activity      *Activity // nil: nothing becomes of it, and nothing is stored
}

// RevokesAccess tells whether the person was let into the account until then and is not any more.
func (c MembershipChange) RevokesAccess(at time.Time) bool {
	return c.Before.GrantsAccess(at) && (c.Removed || !c.After.GrantsAccess(at))
}

// RevokesSuperUser tells whether the person was a Super User until then and is none any more.
func (c MembershipChange) RevokesSuperUser(at time.Time) bool {
	return c.Before.isSuperUser(at) && (c.Removed || !c.After.isSuperUser(at))
}

// WeakensSuperUser tells whether a Super User is left with less, were it only an end that comes sooner:
// another one may be needed then.
func (c MembershipChange) WeakensSuperUser(at time.Time) bool {
	return c.RevokesSuperUser(at) || (c.Before.isSuperUser(at) && endsEarlier(c.After.ExpiresOn, c.Before.ExpiresOn))
}

// endsEarlier compares two ends, where nil is none.
func endsEarlier(end, than *time.Time) bool {
	return end != nil && (than == nil || end.Before(*than))
}

// MembershipStore keeps what becomes of memberships. Each method is one transaction.
type MembershipStore interface {
	// ChangeMembership lets decide say what becomes of a membership of the actor's account, and stores that: the
	// membership, or its end, and the activity. Whoever loses access loses every session, and a Super User who
	// stops being one stops the link that they generated. It gives the membership as it is now, with Identity.
	// Forbidden: the actor is no active Super User any more. Conflict: no Super User would be left. NotFound: no
	// such membership.
	ChangeMembership(
		ctx context.Context, by Actor, membershipID string, at time.Time, decide func(Membership) (MembershipChange, error),
	) (*Membership, error)
	// RecordActivity stores an activity.
	RecordActivity(ctx context.Context, what Activity) error
	// ActivitiesAbout lists the newest activities that happened to an identity in an account, with Actor and Subject.
	ActivitiesAbout(ctx context.Context, accountID, identityID string, limit int) ([]Activity, error)
}

// PendingFor is how long somebody waits for a Super User at most. Whom nobody has decided about by then is
// not a member and may ask again.
const PendingFor = 30 * 24 * time.Hour

// ReminderDelays are the times after which the Super Users are reminded of somebody who waits for them.
func ReminderDelays() []time.Duration {
	const day = 24 * time.Hour
	return []time.Duration{2 * day, 5 * day, 10 * day}
}

// ReinstatesUnaccepted tells whether somebody who asked to be added is let in without having been accepted:
// suspended while pending, and reinstated. As with being accepted, a password that nobody has proven to be
// theirs does not count then (T-25).
func (c MembershipChange) ReinstatesUnaccepted() bool {
	return c.Before.JoinedBy == ByRequest && c.Before.Status == Suspended && c.After.Status == Active
}
