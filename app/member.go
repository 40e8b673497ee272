package app

import (
	"context"
	"errors"
	"time"
)

// MemberStore keeps the members. Each method is one transaction.
type MemberStore interface {
	MembershipStore
	// Members lists memberships of an account with Identity and CreatedBy, newest first, at most limit.
	Members(ctx context.Context, accountID string, q MemberQuery, limit int) ([]Membership, error)
	// Member gives a membership of the account with Identity and CreatedBy, or NotFound.
	Member(ctx context.Context, accountID, membershipID string) (*Membership, error)
	// CreateMember stores a new member, or its ForExisting if the address has a login. It returns what was
	// stored. Problems if the person is a member already.
	CreateMember(ctx context.Context, creation NewMember) (NewMember, error)
	// SendActivation stores a confirmation, its notice and the activity, and ends older ones of the identity.
	SendActivation(ctx context.Context, c Confirmation, n Notice, what Activity) error
}

// Members are the rules of the people in an account.
type Members struct {
	Store  MemberStore
	Sealer *Sealer
	Clock  Clock
}

// List gives a page of the account's members, with Identity and CreatedBy. Every active member may read it.
func (s Members) List(ctx context.Context, by Actor, q MemberQuery) (Page[Membership], error) {
	if !by.Member() {
		return Page[Membership]{}, Refuse(Forbidden, "members_only")
	}
	q = q.tidied(s.Clock.Now())
	if !q.canMatch() {
		return Page[Membership]{}, nil
	}
	found, err := s.Store.Members(ctx, by.Account.ID, q, PageSize+1)
	return newPage(found), err
}

// Create adds a person to the acting Super User's account: a new login with an activation mail, or a
// membership for the login that the address has. Unlike the registration link it accepts both.
func (s Members) Create(ctx context.Context, by Actor, form NewUser) (CreatedMember, error) {
	if err := by.requireSuperUser(); err != nil {
		return CreatedMember{}, err
	}
	form = form.Tidied()
	if err := form.Problems().Err(); err != nil {
		return CreatedMember{}, err
	}
	done, err := s.Store.CreateMember(ctx, newMember(s.Sealer, form, by, s.Clock.Now()))
	if err != nil {
		return CreatedMember{}, err
	}
	return CreatedMember{Name: done.Identity.Name(), Existing: done.Activity.Event == UserAdded}, nil
}

// SendActivation mails a member who cannot sign in yet a new activation, or a new confirmation where the
// password is set. Conflict where the member can sign in already, or waits to be accepted.
func (s Members) SendActivation(ctx context.Context, by Actor, membershipID string) (*Membership, error) {
	if err := by.requireSuperUser(); err != nil {
		return nil, err
	}
	member, err := s.member(ctx, by, membershipID)
	if err != nil {
		return nil, err
	}
	if member.Status == Pending {
		return nil, Refuse(Conflict, "decide_first")
	}
	if member.Identity.canSignIn() {
		return nil, Refuse(Conflict, "already_activated", "Name", member.Identity.Name())
	}
	at := s.Clock.Now()
	next := issueConfirmation(s.Sealer, *member.Identity, at)
	next.Notice.AccountID, next.Notice.SubjectID = by.Account.ID, by.Identity.ID
	what := by.newActivity(ActivationSent, at)
	what.SubjectID = member.IdentityID
	return member, s.Store.SendActivation(ctx, next.Confirmation, next.Notice, what)
}

func (s Members) member(ctx context.Context, by Actor, membershipID string) (*Membership, error) {
	if !IsID(membershipID) {
		return nil, Refuse(NotFound, "member_unknown")
	}
	member, err := s.Store.Member(ctx, by.Account.ID, membershipID)
	if errors.Is(err, NotFound) {
		return nil, Refuse(NotFound, "member_unknown")
	}
	return member, err
}

// memberExportBatch is how many members are read at once for an export.
const memberExportBatch = 1000

// Export gives every member whom the query finds, newest first, to each, with Identity and CreatedBy. It is
// kept in the activity before the first one is given: who took the list is known even where it did not
// arrive.
func (s Members) Export(ctx context.Context, by Actor, q MemberQuery, each func(Membership)) error {
	if err := by.requireSuperUser(); err != nil {
		return err
	}
	if err := s.Store.RecordActivity(ctx, by.newActivity(MembersExported, s.Clock.Now())); err != nil {
		return err
	}
	q = q.tidied(s.Clock.Now())
	for q.canMatch() {
		found, err := s.Store.Members(ctx, by.Account.ID, q, memberExportBatch)
		if err != nil {
			return err
		}
		for _, m := range found {
			each(m)
		}
		if len(found) < memberExportBatch {
			return nil
		}
		q.After = found[len(found)-1].cursor()
	}
	return nil
}

// MemberDetails are what a Super User sees of one member.
type MemberDetails struct {
	Member   Membership // with Identity and CreatedBy
	Activity []Activity // what happened to the person in this account, the newest first
}

// shownActivities is how many activities a member's page shows.
const shownActivities = 10

// Details gives one member of the acting Super User's account.
func (s Members) Details(ctx context.Context, by Actor, membershipID string) (MemberDetails, error) {
	if err := by.requireSuperUser(); err != nil {
		return MemberDetails{}, err
	}
	member, err := s.member(ctx, by, membershipID)
	if err != nil {
		return MemberDetails{}, err
	}
	about, err := s.Store.ActivitiesAbout(ctx, by.Account.ID, member.IdentityID, shownActivities)
	return MemberDetails{Member: *member, Activity: about}, err
}

// membershipRule says what becomes of a membership: it changes is and gives the event with its details, or an
// empty event for nothing.
type membershipRule func(is *Membership, at time.Time) (Event, Details)

// changeMembership lets a Super User of the account decide about a member who is no longer pending. They may
// decide about themselves too.
func (s Members) changeMembership(ctx context.Context, by Actor, membershipID string,
	decide membershipRule,
) (*Membership, error) {
	if err := by.requireSuperUser(); err != nil {
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
		c := MembershipChange{Before: was, After: was}
		event, details := decide(&c.After, at)
		if event == "" {
			return c, nil
		}
		what := by.newActivity(event, at)
		what.SubjectID, what.Details = was.IdentityID, details
		c.Activity, c.Removed = &what, event == MemberRemoved
		return c, nil
	})
}

// ChangeRole gives a member another role. The role that they have changes nothing.
func (s Members) ChangeRole(ctx context.Context, by Actor, membershipID string, role Role) (*Membership, error) {
	if err := by.requireSuperUser(); err != nil {
		return nil, err
	}
	if !role.Valid() {
		return nil, Problem("role", "role_required")
	}
	return s.changeMembership(ctx, by, membershipID, func(is *Membership, _ time.Time) (Event, Details) {
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
	return s.changeMembership(ctx, by, membershipID, setStatus(Suspended, MemberSuspended))
}

// Reinstate gives a suspended member the account back.
func (s Members) Reinstate(ctx context.Context, by Actor, membershipID string) (*Membership, error) {
	return s.changeMembership(ctx, by, membershipID, setStatus(Active, MemberReinstated))
}

func setStatus(status Status, event Event) membershipRule {
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
	return s.changeMembership(ctx, by, membershipID,
		func(*Membership, time.Time) (Event, Details) { return MemberRemoved, nil })
}

// SetExpiry ends a membership with a day, in UTC and as an input of type date sends it; an empty one takes
// the end away. Problems beside "expires" where the day is none, is over, or lies more than maxExpiryYears
// ahead.
func (s Members) SetExpiry(ctx context.Context, by Actor, membershipID, day string) (*Membership, error) {
	if err := by.requireSuperUser(); err != nil {
		return nil, err
	}
	end, m := parseExpiry(tidy(day), s.Clock.Now())
	if !m.None() {
		return nil, Problems{"expires": m}
	}
	return s.changeMembership(ctx, by, membershipID, func(is *Membership, _ time.Time) (Event, Details) {
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

// parseExpiry gives the moment after a day, or nil for no day.
func parseExpiry(day string, at time.Time) (*time.Time, Message) {
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
