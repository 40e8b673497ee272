package app

import (
	"strings"
	"time"
)

// Identity is one person's login in the SSO directory, known by its email. It may exist without any
// membership and without a password, as for somebody who has Learning Center access only.
type Identity struct {
	ID        string `bun:",pk"`
	Email     string // as the person typed it; mails go here
	EmailKey  string // the canonical form, unique (EmailKey)
	FirstName string
	LastName  string
	Profile
	PasswordHash string // argon2id in PHC format; empty where there is none yet, NoPassword where none is needed
	Language     string // of pages and mails: a BCP 47 tag that the catalogues know
	Operator     bool   // staff of the organisation that runs the portal
	SearchText   string // SearchText of names and address; named keeps it
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

// newIdentity makes a login, as yet without a name, for an address that has an EmailKey.
func newIdentity(email, language string, at time.Time) Identity {
	person := Identity{ID: NewID(), Email: email, Language: language, CreatedAt: at}
	person.EmailKey, _ = EmailKey(email)
	return person.named("", "")
}

// named gives the identity with a name, and what it is found by then.
func (i Identity) named(first, last string) Identity {
	i.FirstName, i.LastName = first, last
	i.SearchText = SearchText(first, last, i.Email)
	return i
}

// MaxName is how many characters a first or a last name has at most.
const MaxName = 80

// addNameProblems adds what is wrong with a person's name.
func addNameProblems(p Problems, first, last string) {
	p.Add("first_name", requiredProblem(first, "first_name_required", MaxName))
	p.Add("last_name", requiredProblem(last, "last_name_required", MaxName))
}

// canSignIn tells whether the identity has all it needs to sign in.
func (i Identity) canSignIn() bool { return i.ConfirmedAt != nil && i.PasswordHash != "" }

// PendingConfirmation says what a member still has to do before the first sign-in; empty where nothing.
func (i Identity) PendingConfirmation() ConfirmationPurpose {
	switch {
	case i.PasswordHash == "":
		return ToActivate
	case i.ConfirmedAt == nil:
		return ToConfirm
	}
	return ""
}

// HasPassword tells whether there is a password by which the identity can sign in.
func (i Identity) HasPassword() bool { return i.PasswordHash != "" && i.PasswordHash != NoPassword }

// NoPassword stands where the hash of a password does, for a person who needs none: they sign in through the
// provider. Nobody can prove it, and a forgotten password puts a real one in its place.
const NoPassword = "sso"

// passwordProblem says what is wrong with a new password of the person.
func (i Identity) passwordProblem(password string) Message {
	return PasswordProblem(password, i.FirstName, i.LastName, i.Email)
}
