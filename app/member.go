package app

import (
	"context"
	"errors"
)

// MemberPage is one page of the list.
type MemberPage struct {
	Members []Membership // with Identity and CreatedBy
	Next    Cursor       // of the page after it; zero on the last one
}

// MemberStore keeps the members. Each method is one transaction.
type MemberStore interface {
	MembershipStore
	// Members lists memberships of an account with Identity and CreatedBy, newest first, at most limit.
	Members(ctx context.Context, accountID string, q MemberQuery, limit int) ([]Membership, error)
	// Member gives a membership of the account with Identity and CreatedBy, or NotFound.
	Member(ctx context.Context, accountID, membershipID string) (*Membership, error)
	// CreateMember stores a creation; where the address has a login, its Joining. It gives what was stored. Problems
	// where the person is a member already.
	CreateMember(ctx context.Context, creation Creation) (Creation, error)
	// SendActivation stores a confirmation, its notice and the activity, and ends older ones of the identity.
	SendActivation(ctx context.Context, c Confirmation, n Notice, what Activity) error
}

// Members are the rules of the people in an account.
type Members struct {
	Store  MemberStore
	Sealer *Sealer
	Clock  Clock
}

// List gives a page of the account's members. Every active member may read it.
func (s Members) List(ctx context.Context, by Actor, q MemberQuery) (MemberPage, error) {
	if !by.Member() {
		return MemberPage{}, Refuse(Forbidden, "members_only")
	}
	q = q.tidied(s.Clock.Now())
	if !q.answerable() {
		return MemberPage{}, nil
	}
	found, err := s.Store.Members(ctx, by.Account.ID, q, PageSize+1)
	if err != nil || len(found) <= PageSize {
		return MemberPage{Members: found}, err
	}
	found = found[:PageSize]
	return MemberPage{Members: found, Next: after(found)}, nil
}

// NewUser is the form of Create New User.
type NewUser struct {
	FirstName string
	LastName  string
	Email     string
	Role      Role
	Language  string // of the mails until the person chooses one
}

// Tidied gives the form as it is checked and kept.
func (n NewUser) Tidied() NewUser {
	n.FirstName, n.LastName, n.Email = tidy(n.FirstName), tidy(n.LastName), tidyEmail(n.Email)
	return n
}

// Problems of a tidied form.
func (n NewUser) Problems() Problems {
	p := Problems{}
	p.Add("first_name", required(n.FirstName, "first_name_required", MaxName))
	p.Add("last_name", required(n.LastName, "last_name_required", MaxName))
	_, m := EmailKey(n.Email)
	p.Add("email", m)
	if !n.Role.Valid() {
		p.Add("role", Say("role_required"))
	}
	return p
}

// Created tells how a person was added.
type Created struct {
	Name     string
	Existing bool // the address had a login already
}

// Create adds a person to the acting Super User's account: a new login with an activation mail, or a membership for the login
// that the address has. Unlike the registration link it accepts both.
func (s Members) Create(ctx context.Context, by Actor, form NewUser) (Created, error) {
	if err := by.mustBeSuper(); err != nil {
		return Created{}, err
	}
	form = form.Tidied()
	if err := form.Problems().Err(); err != nil {
		return Created{}, err
	}
	done, err := s.Store.CreateMember(ctx, newCreation(s.Sealer, form, by, s.Clock.Now()))
	if err != nil {
		return Created{}, err
	}
	return Created{Name: done.Identity.Name(), Existing: done.Activity.Event == UserAdded}, nil
}

// SendActivation mails a member who cannot sign in yet a new activation, or a new confirmation where the password is set.
// Conflict where the member can sign in already, or waits to be accepted.
func (s Members) SendActivation(ctx context.Context, by Actor, membershipID string) (*Membership, error) {
	if err := by.mustBeSuper(); err != nil {
		return nil, err
	}
	member, err := s.member(ctx, by, membershipID)
	if err != nil {
		return nil, err
	}
	if member.Status == Pending {
		return nil, Refuse(Conflict, "decide_first")
	}
	if member.Identity.ready() {
		return nil, Refuse(Conflict, "already_activated", "Name", member.Identity.Name())
	}
	at := s.Clock.Now()
	next := issue(s.Sealer, *member.Identity, at)
	next.Notice.AccountID, next.Notice.SubjectID = by.Account.ID, by.Identity.ID
	what := by.done(ActivationSent, at)
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

// Waiting says what a member still has to do before the first sign-in; empty where nothing.
func (i Identity) Waiting() Purpose {
	switch {
	case i.PasswordHash == "":
		return ToActivate
	case i.ConfirmedAt == nil:
		return ToConfirm
	}
	return ""
}
