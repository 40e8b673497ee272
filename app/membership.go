package app

import (
	"context"
	"time"
)

// MembershipChange is what becomes of a membership, decided by a rule inside the store's transaction.
type MembershipChange struct {
	Was, Is  Membership
	Removed  bool
	Activity *Activity // nil: nothing becomes of it, and nothing is stored
}

// TakesAccess tells whether the person was let into the account until then and is not any more.
func (c MembershipChange) TakesAccess(at time.Time) bool {
	return c.Was.Opens(at) && (c.Removed || !c.Is.Opens(at))
}

// TakesStanding tells whether the person was a Super User until then and is none any more.
func (c MembershipChange) TakesStanding(at time.Time) bool {
	return c.Was.super(at) && (c.Removed || !c.Is.super(at))
}

// Weakens tells whether a Super User is left with less, were it only an end that comes sooner: another one may be needed then.
func (c MembershipChange) Weakens(at time.Time) bool {
	return c.TakesStanding(at) || (c.Was.super(at) && sooner(c.Is.ExpiresOn, c.Was.ExpiresOn))
}

func (m Membership) super(at time.Time) bool { return m.Role == SuperUser && m.Opens(at) }

// sooner compares two ends, where nil is none.
func sooner(end, than *time.Time) bool {
	return end != nil && (than == nil || end.Before(*than))
}

// MembershipStore keeps what becomes of memberships. Each method is one transaction.
type MembershipStore interface {
	// ChangeMembership lets decide say what becomes of a membership of the actor's account, and stores that: the membership, or
	// its end, and the activity. Whoever loses access loses every session, and a Super User who stops being one stops the link
	// that they generated. It gives the membership as it is now, with Identity. Forbidden: the actor is no active Super User any more.
	// Conflict: no Super User would be left. NotFound: no such membership.
	ChangeMembership(
		ctx context.Context, by Actor, membershipID string, at time.Time, decide func(Membership) (MembershipChange, error),
	) (*Membership, error)
	// RecordActivity stores an activity.
	RecordActivity(ctx context.Context, what Activity) error
	// ActivityAbout lists the newest activities that happened to an identity in an account, with Actor and Subject.
	ActivityAbout(ctx context.Context, accountID, identityID string, limit int) ([]Activity, error)
}

// MemberDetails are what a Super User sees of one member.
type MemberDetails struct {
	Member   Membership // with Identity and CreatedBy
	Activity []Activity // what happened to the person in this account, the newest first
}

// shownActivities is how many activities a member's page shows.
const shownActivities = 10

// Look gives one member of the acting Super User's account.
func (s Members) Look(ctx context.Context, by Actor, membershipID string) (MemberDetails, error) {
	if err := by.mustBeSuper(); err != nil {
		return MemberDetails{}, err
	}
	member, err := s.member(ctx, by, membershipID)
	if err != nil {
		return MemberDetails{}, err
	}
	about, err := s.Store.ActivityAbout(ctx, by.Account.ID, member.IdentityID, shownActivities)
	return MemberDetails{Member: *member, Activity: about}, err
}

// verdict says what becomes of a membership: it changes is and gives the event with its details, or an empty event for nothing.
type verdict func(is *Membership, at time.Time) (Event, Details)

// change lets a Super User of the account decide about a member who is no longer pending. They may decide about themselves too.
func (s Members) change(ctx context.Context, by Actor, membershipID string, decide verdict) (*Membership, error) {
	if err := by.mustBeSuper(); err != nil {
		return nil, err
	}
	if !IsID(membershipID) {
		return nil, Refuse(NotFound, "member_unknown")
	}
	at := s.Clock.Now()
	return s.Store.ChangeMembership(ctx, by, membershipID, at, func(was Membership) (MembershipChange, error) {
		if was.Status == Pending {
			return MembershipChange{}, Refuse(Conflict, "decide_first")
		}
		c := MembershipChange{Was: was, Is: was}
		event, details := decide(&c.Is, at)
		if event == "" {
			return c, nil
		}
		what := by.done(event, at)
		what.SubjectID, what.Details = was.IdentityID, details
		c.Activity, c.Removed = &what, event == MemberRemoved
		return c, nil
	})
}

// ChangeRole gives a member another role. The role that they have changes nothing.
func (s Members) ChangeRole(ctx context.Context, by Actor, membershipID string, role Role) (*Membership, error) {
	if err := by.mustBeSuper(); err != nil {
		return nil, err
	}
	if !role.Valid() {
		return nil, Problem("role", "role_required")
	}
	return s.change(ctx, by, membershipID, func(is *Membership, _ time.Time) (Event, Details) {
		if is.Role == role {
			return "", nil
		}
		details := Details{"OldRole": string(is.Role), "Role": string(role)}
		is.Role = role
		return RoleChanged, details
	})
}

// Suspend takes the account from a member, who stays in the list and can be reinstated.
func (s Members) Suspend(ctx context.Context, by Actor, membershipID string) (*Membership, error) {
	return s.change(ctx, by, membershipID, standing(Suspended, MemberSuspended))
}

// Reinstate gives a suspended member the account back.
func (s Members) Reinstate(ctx context.Context, by Actor, membershipID string) (*Membership, error) {
	return s.change(ctx, by, membershipID, standing(Active, MemberReinstated))
}

func standing(status Status, event Event) verdict {
	return func(is *Membership, _ time.Time) (Event, Details) {
		if is.Status == status {
			return "", nil
		}
		is.Status = status
		return event, nil
	}
}

// Remove ends a membership. The person's login stays, and so does what they did.
func (s Members) Remove(ctx context.Context, by Actor, membershipID string) (*Membership, error) {
	return s.change(ctx, by, membershipID, func(*Membership, time.Time) (Event, Details) { return MemberRemoved, nil })
}

// SetExpiry ends a membership with a day, in UTC and as an input of type date sends it; an empty one takes the end away. Problems beside
// "expires" where the day is none, is over, or lies more than maxExpiryYears ahead.
func (s Members) SetExpiry(ctx context.Context, by Actor, membershipID, day string) (*Membership, error) {
	if err := by.mustBeSuper(); err != nil {
		return nil, err
	}
	end, m := endOf(tidy(day), s.Clock.Now())
	if m.ID != "" {
		return nil, Problems{"expires": m}
	}
	return s.change(ctx, by, membershipID, func(is *Membership, _ time.Time) (Event, Details) {
		if sameTime(end, is.ExpiresOn) {
			return "", nil
		}
		is.ExpiresOn = end
		if end == nil {
			return ExpiryChanged, nil
		}
		return ExpiryChanged, Details{"Date": is.LastDay().Format(time.DateOnly)}
	})
}

// maxExpiryYears keeps an end within what both databases, and plans, can hold.
const maxExpiryYears = 50

// endOf gives the moment after a day, or nil for no day.
func endOf(day string, at time.Time) (*time.Time, Message) {
	if day == "" {
		return nil, Message{}
	}
	begins, err := time.Parse(time.DateOnly, day)
	if err != nil {
		return nil, Say("expiry_invalid")
	}
	end := begins.AddDate(0, 0, 1)
	switch {
	case !end.After(at):
		return nil, Say("expiry_past")
	case end.After(at.AddDate(maxExpiryYears, 0, 0)):
		return nil, Say("expiry_far", "Years", maxExpiryYears)
	}
	return &end, Message{}
}

func sameTime(a, b *time.Time) bool {
	return (a == nil) == (b == nil) && (a == nil || a.Equal(*b))
}

// LastDay is the last day, in UTC, on which the membership counts; the zero time where it has no end.
func (m Membership) LastDay() time.Time {
	if m.ExpiresOn == nil {
		return time.Time{}
	}
	return m.ExpiresOn.UTC().Add(-time.Microsecond).Truncate(24 * time.Hour)
}
