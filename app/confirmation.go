package app

import (
	"context"
	"errors"
	"time"
)

// Purpose is what a confirmation is for.
type Purpose string

// The purposes.
const (
	ToConfirm  Purpose = "confirm"  // a registered user confirms the address
	ToActivate Purpose = "activate" // a created user confirms the address and sets the first password
	ToReset    Purpose = "reset"    // somebody who has forgotten the password sets another
)

// prefix of the tokens for the purpose.
func (p Purpose) prefix() string {
	if p == ToReset {
		return ResetToken
	}
	return ConfirmationToken
}

// How long the mailed addresses work.
const (
	ConfirmWithin  = 24 * time.Hour
	ActivateWithin = 7 * 24 * time.Hour
)

// Confirmation is the secret in a mail by which a person proves that the address is theirs. It works once.
type Confirmation struct {
	ID         string `bun:",pk"`
	IdentityID string
	Purpose    Purpose
	TokenHash  []byte // SHA-256 of the token, unique
	TokenBox   []byte // the token, sealed, so that the mail can be written when it is sent; wiped when it is used
	CreatedAt  time.Time
	ExpiresAt  time.Time
	UsedAt     *time.Time // used, or replaced by a newer one

	Identity *Identity `bun:"rel:belongs-to,join:identity_id=id"`
}

// Open tells whether the confirmation still works at that time.
func (c Confirmation) Open(at time.Time) bool { return c.UsedAt == nil && at.Before(c.ExpiresAt) }

func (c Confirmation) purpose() string { return "confirmation|" + c.ID }

// issued is a fresh confirmation with its token and the notice that carries it.
type issued struct {
	Confirmation Confirmation
	Token        string
	Notice       Notice
}

// issue makes the confirmation that an identity needs to sign in: its password, where it has none, and its address; or another
// password where it has both.
func issue(sealer *Sealer, person Identity, at time.Time) issued {
	purpose, letter, within := ToConfirm, ConfirmAddress, ConfirmWithin
	switch {
	case person.PasswordHash == "":
		purpose, letter, within = ToActivate, ActivateLogin, ActivateWithin
	case person.ready():
		purpose, letter, within = ToReset, ResetPassword, ResetWithin
	}
	token := NewToken(purpose.prefix())
	hash, _ := HashToken(purpose.prefix(), token)
	c := Confirmation{
		ID: NewID(), IdentityID: person.ID, Purpose: purpose, TokenHash: hash,
		CreatedAt: at, ExpiresAt: at.Add(within),
	}
	c.TokenBox = sealer.Seal(c.purpose(), token)
	return issued{Confirmation: c, Token: token, Notice: newNotice(letter, c.ID, person.ID, at)}
}

// ConfirmationStore keeps the confirmations. Each method is one transaction.
type ConfirmationStore interface {
	// ConfirmationByToken gives a confirmation with its Identity, or NotFound.
	ConfirmationByToken(ctx context.Context, purpose Purpose, hash []byte) (*Confirmation, error)
	// Confirm uses the confirmation up and confirms its identity's address, or answers Gone where it was used or is expired.
	Confirm(ctx context.Context, id string, at time.Time) error
	// Activate does what Confirm does, stores FirstName, LastName, SearchText and PasswordHash of the identity, and the consent.
	Activate(ctx context.Context, id string, person Identity, consent Consent) error
	// IdentityByEmail gives the identity of a canonical address, or NotFound.
	IdentityByEmail(ctx context.Context, emailKey string) (*Identity, error)
	// Memberships gives the identity's memberships with Account, in the order of the accounts' names.
	Memberships(ctx context.Context, identityID string) ([]Membership, error)
	// IssueConfirmation stores a confirmation and its notice and ends older ones of the same identity; resets are apart from the
	// others in that. Where the newest one was made after notSince, or MailsADay of them in the 24 hours before, nothing is
	// stored and nothing is said.
	IssueConfirmation(ctx context.Context, c Confirmation, n Notice, notSince time.Time) error
	// ResetPassword uses the reset up, or answers Gone where it was used or is expired. It stores the password and what is said
	// of it, and ends the identity's other resets and its sessions; no passkey opens alone before it was used behind the new one.
	ResetPassword(ctx context.Context, id string, p NewPassword) error
}

// Confirmations are the rules by which a person proves an address.
type Confirmations struct {
	Store  ConfirmationStore
	Hasher *Hasher
	Sealer *Sealer
	Clock  Clock
}

// Look gives the confirmation that a mailed address names and changes nothing: mail scanners open links. NotFound: never
// issued. Gone: expired, or used where that did not confirm the address (a newer mail replaced it). A used one whose identity
// is confirmed is given with UsedAt set: its person did everything right and may sign in.
func (s Confirmations) Look(ctx context.Context, purpose Purpose, token string) (*Confirmation, error) {
	c, err := s.find(ctx, purpose, token)
	if err != nil {
		return nil, err
	}
	done := c.UsedAt != nil && c.Identity.ConfirmedAt != nil && c.Identity.PasswordHash != ""
	if !done && !c.Open(s.Clock.Now()) {
		return nil, Refuse(Gone, "confirmation_over")
	}
	return c, nil
}

// Confirm confirms the address. Doing it twice is no error.
func (s Confirmations) Confirm(ctx context.Context, token string) error {
	c, err := s.Look(ctx, ToConfirm, token)
	if err != nil || c.UsedAt != nil {
		return err
	}
	return s.settled(ctx, ToConfirm, token, s.Store.Confirm(ctx, c.ID, s.Clock.Now()))
}

// settled takes Gone from the store for success where a second request of the same person was faster.
func (s Confirmations) settled(ctx context.Context, purpose Purpose, token string, err error) error {
	if !errors.Is(err, Gone) {
		return err
	}
	if c, again := s.Look(ctx, purpose, token); again == nil && c.UsedAt != nil {
		return nil
	}
	return err
}

// How often somebody who asks for it is mailed such a link at most, so that nobody's inbox can be flooded (T-54).
const (
	AskAgainAfter = 2 * time.Minute // from one mail to the next
	MailsADay     = 5               // in 24 hours
)

// SendAgain mails a new confirmation or activation to an address that needs one. What it answers is the same for every
// well-formed address: who has a login here is not to be learnt from it.
func (s Confirmations) SendAgain(ctx context.Context, email string) error {
	person, err := s.mailable(ctx, email)
	if err != nil || person == nil || person.ready() {
		return err
	}
	return s.send(ctx, *person)
}

// ready tells whether the identity has all it needs to sign in.
func (i Identity) ready() bool { return i.ConfirmedAt != nil && i.PasswordHash != "" }
