package app

import (
	"strings"
	"time"
)

// Identity is one person's login in the SSO directory, known by its email. It may exist without any membership and without
// a password, as for somebody who has Learning Center access only.
type Identity struct {
	ID           string `bun:",pk"`
	Email        string // as the person typed it; mails go here
	EmailKey     string // the canonical form, unique (EmailKey)
	FirstName    string
	LastName     string
	Phone        string
	JobTitle     string
	PasswordHash string // argon2id in PHC format; empty where there is none yet, NoPassword where none is needed
	Language     string // of pages and mails: a BCP 47 tag that the catalogues know
	Operator     bool   // staff of the organisation that runs the portal
	SearchText   string // SearchText of names and address
	CreatedAt    time.Time
	ConfirmedAt  *time.Time // when the address was confirmed; nil: cannot sign in yet
	SuspendedAt  *time.Time // when sign-in was taken away; nil: it was not
	SignedInAt   *time.Time // the last sign-in; nil: never
	Factors      int        // how many second factors there are; recovery codes are none of their own
}

// Name is the person's full name, or the address where no name is known.
func (i Identity) Name() string {
	if name := strings.TrimSpace(i.FirstName + " " + i.LastName); name != "" {
		return name
	}
	return i.Email
}

// Limits of a person's words, in characters.
const (
	MaxName     = 80
	MaxPhone    = 40
	MaxJobTitle = 120
)

// Role is what a member may do in an account.
type Role string

// The roles. Only Super Users see or manage the link, create users, approve and change roles; the others see the members.
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

// Joined says how a membership came to be.
type Joined string

// The ways into an account.
const (
	ByLink        Joined = "link"        // registered through the registration link
	ByEntitlement Joined = "entitlement" // registered without a link
	ByCreation    Joined = "creation"    // created by a Super User or an operator's command
	ByRequest     Joined = "request"     // asked for by a person who had a login already
	BySetUp       Joined = "set_up"      // the first Super User
)

// Membership is an identity in an account.
type Membership struct {
	ID          string `bun:",pk"`
	IdentityID  string
	AccountID   string
	Role        Role
	Status      Status
	JoinedBy    Joined
	LinkID      string     `bun:",nullzero"` // the link that was used, with ByLink
	CreatedByID string     `bun:",nullzero"` // the Super User who created it, with ByCreation
	JoinedAt    time.Time  // also the order of the list, newest first
	ExpiresOn   *time.Time // the first moment at which it no longer counts; nil: never

	Reminders     int        // how often the Super Users were reminded that it is pending
	ExpiryToldFor *time.Time // the ExpiresOn that its person was told of; nil: was not told

	Identity  *Identity `bun:"rel:belongs-to,join:identity_id=id"`
	Account   *Account  `bun:"rel:belongs-to,join:account_id=id"`
	CreatedBy *Identity `bun:"rel:belongs-to,join:created_by_id=id"`
}

// Opens tells whether the membership lets its person into the account at that time.
func (m Membership) Opens(at time.Time) bool {
	return m.Status == Active && (m.ExpiresOn == nil || at.Before(*m.ExpiresOn))
}

// Actor is who acts: a signed-in identity in its current account. Every rule that asks who may do what takes one.
type Actor struct {
	Identity   Identity
	Membership Membership // the current one; zero where the identity is in no account
	Account    Account    // the current one; zero likewise
	Barred     Account    // the current one, where it is open to the person but not to a session that was begun this way
	SSO        bool       // the session was begun through the provider of single sign-on
	SessionID  string     // the stored hash of the session, in hex; never the cookie
	Address    string     // the client's network address, kept in the activity
	Proven     Proven     // how the session began
}

// SuperUser tells whether the actor may act as a Super User of the current account.
func (a Actor) SuperUser() bool {
	return a.Member() && a.Membership.Role == SuperUser && !a.MustProve()
}

// Member tells whether the actor is in an account at all.
func (a Actor) Member() bool { return a.Account.ID != "" && a.Membership.Status == Active }

// mustBeSuper is the rule behind everything that only Super Users do.
func (a Actor) mustBeSuper() error {
	if a.MustProve() {
		return Refuse(Forbidden, "second_factor_required")
	}
	if !a.SuperUser() {
		return Refuse(Forbidden, "super_users_only")
	}
	return nil
}
