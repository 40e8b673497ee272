package app

import (
	"time"
)

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
	addNameProblems(p, n.FirstName, n.LastName)
	_, m := EmailKey(n.Email)
	p.Add("email", m)
	if !n.Role.Valid() {
		p.Add("role", Say("role_required"))
	}
	return p
}

// CreatedMember tells how a person was added.
type CreatedMember struct {
	Name     string
	Existing bool // the address had a login already
}

// NewMember is everything that adding a person to an account stores, in one transaction.
type NewMember struct {
	Identity   Identity // inserted unless the address has a login already
	Membership Membership
	Activation *Confirmation // for a person who cannot sign in yet
	Notices    []Notice
	Activity   Activity
	token      string
	sealer     *Sealer
}

// ForExisting gives the creation for a person whose address has a login already: a membership for that login
// and a mail that says so, and the activation mail too where the login has no password yet. A password of
// somebody who has not shown that the address is theirs does not count: a stranger may have chosen it to wait
// for whom it belongs to (T-25). The store forgets it.
func (c NewMember) ForExisting(person Identity) NewMember {
	at := c.Membership.JoinedAt
	if person.ConfirmedAt == nil {
		person.PasswordHash = ""
	}
	c.Identity, c.Membership.IdentityID = person, person.ID
	added := newNotice(AddedToAccount, c.Membership.ID, person.ID, at)
	added.AccountID, added.SubjectID = c.Membership.AccountID, c.Membership.CreatedByID
	c.Notices, c.Activation, c.token = []Notice{added}, nil, ""
	c.Activity.Event, c.Activity.SubjectID = UserAdded, person.ID
	if !person.canSignIn() {
		c.addActivation(person, at)
	}
	return c
}

func (c *NewMember) addActivation(person Identity, at time.Time) {
	sent := issueConfirmation(c.sealer, person, at)
	sent.Notice.AccountID, sent.Notice.SubjectID = c.Membership.AccountID, c.Membership.CreatedByID
	c.Activation, c.token = &sent.Confirmation, sent.Token
	c.Notices = append(c.Notices, sent.Notice)
}

func newMember(sealer *Sealer, form NewUser, by Actor, at time.Time) NewMember {
	person := newIdentity(form.Email, form.Language, at).named(form.FirstName, form.LastName)
	c := NewMember{
		Identity: person,
		Membership: Membership{
			ID: NewID(), IdentityID: person.ID, AccountID: by.Account.ID, Role: form.Role, Status: Active,
			JoinedBy: ByCreation, CreatedByID: by.Identity.ID, JoinedAt: at,
		},
		Activity: by.newActivity(UserCreated, at),
		sealer:   sealer,
	}
	c.Activity.SubjectID = person.ID
	c.addActivation(person, at)
	return c
}
