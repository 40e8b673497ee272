package app

import (
	"context"
	"errors"
	"time"
)

// ConfirmationPurpose is what a confirmation is for.
type ConfirmationPurpose string

// The purposes.
const (
	ToConfirm  ConfirmationPurpose = "confirm"  // a registered user confirms the address
	ToActivate ConfirmationPurpose = "activate" // a created user confirms the address and sets the first password
	ToReset    ConfirmationPurpose = "reset"    // somebody who has forgotten the password sets another
)

// prefix of the tokens for the purpose.
func (p ConfirmationPurpose) prefix() string {
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
	Purpose    ConfirmationPurpose
	TokenHash  []byte // SHA-256 of the token, unique
	TokenBox   []byte // the token, sealed, so that the mail can be written when it is sent; wiped when it is used
	CreatedAt  time.Time
	ExpiresAt  time.Time
	UsedAt     *time.Time // used, or replaced by a newer one

	Identity *Identity `bun:"rel:belongs-to,join:identity_id=id"`
}

// Usable tells whether the confirmation still works at that time.
func (c Confirmation) Usable(at time.Time) bool { return c.UsedAt == nil && at.Before(c.ExpiresAt) }

func (c Confirmation) sealPurpose() string { return "confirmation|" + c.ID }

// issuedConfirmation is a fresh confirmation with its token and the notice that carries it.
type issuedConfirmation struct {
	Confirmation Confirmation
	Token        string
	Notice       Notice
}

// issueConfirmation makes the confirmation that an identity needs to sign in: its password, where it has
// none, and its address; or another password where it has both.
func issueConfirmation(sealer *Sealer, person Identity, at time.Time) issuedConfirmation {
	purpose, letter, within := ToConfirm, ConfirmAddress, ConfirmWithin
	switch {
	case person.PasswordHash == "":
		purpose, letter, within = ToActivate, ActivateLogin, ActivateWithin
	case person.canSignIn():
		purpose, letter, within = ToReset, ResetPassword, ResetWithin
	}
	token, hash := newSecret(purpose.prefix())
	c := Confirmation{
		ID: NewID(), IdentityID: person.ID, Purpose: purpose, TokenHash: hash,
		CreatedAt: at, ExpiresAt: at.Add(within),
	}
	c.TokenBox = sealer.Seal(c.sealPurpose(), token)
	return issuedConfirmation{Confirmation: c, Token: token, Notice: newNotice(letter, c.ID, person.ID, at)}
}

// ConfirmationStore keeps the confirmations. Each method is one transaction.
type ConfirmationStore interface {
	// ConfirmationByToken gives a confirmation with its Identity, or NotFound.
	ConfirmationByToken(ctx context.Context, purpose ConfirmationPurpose, hash []byte) (*Confirmation, error)
	// ConfirmEmail uses the confirmation up and confirms its identity's address, or answers Gone where it was
	// used or is expired.
	ConfirmEmail(ctx context.Context, id string, at time.Time) error
	// ActivateIdentity does what Confirm does, stores FirstName, LastName, SearchText and PasswordHash of the
	// identity, and the consent.
	ActivateIdentity(ctx context.Context, id string, person Identity, consent Consent) error
	// IdentityByEmail gives the identity of a canonical address, or NotFound.
	IdentityByEmail(ctx context.Context, emailKey string) (*Identity, error)
	// Memberships gives the identity's memberships with Account, in the order of the accounts' names.
	Memberships(ctx context.Context, identityID string) ([]Membership, error)
	// IssueConfirmation stores a confirmation and its notice and ends older ones of the same identity; resets
	// are apart from the others in that. Where the newest one was made after notSince, or MaxMailsPerDay of them
	// in the 24 hours before, nothing is stored and nothing is said.
	IssueConfirmation(ctx context.Context, c Confirmation, n Notice, notSince time.Time) error
	// ResetPassword uses the reset up, or answers Gone where it was used or is expired. It stores the password
	// and what is said of it, and ends the identity's other resets and its sessions; no passkey opens alone
	// before it was used behind the new one.
	ResetPassword(ctx context.Context, id string, p NewPassword) error
}

// Confirmations are the rules by which a person proves an address.
type Confirmations struct {
	Store  ConfirmationStore
	Hasher *PasswordHasher
	Sealer *Sealer
	Clock  Clock
}

// Find gives the confirmation that a mailed address names and changes nothing: mail scanners open links.
// NotFound: never issued. Gone: expired, or used where that did not confirm the address (a newer mail
// replaced it). A used one whose identity is confirmed is given with UsedAt set: its person did everything
// right and may sign in.
func (s Confirmations) Find(ctx context.Context, purpose ConfirmationPurpose, token string) (*Confirmation, error) {
	c, err := s.byToken(ctx, purpose, token)
	if err != nil {
		return nil, err
	}
	done := c.UsedAt != nil && c.Identity.ConfirmedAt != nil && c.Identity.PasswordHash != ""
	if !done && !c.Usable(s.Clock.Now()) {
		return nil, Refuse(Gone, "confirmation_over")
	}
	return c, nil
}

// Confirm confirms the address. Doing it twice is no error.
func (s Confirmations) Confirm(ctx context.Context, token string) error {
	c, err := s.Find(ctx, ToConfirm, token)
	if err != nil || c.UsedAt != nil {
		return err
	}
	return s.ignoreRepeated(ctx, ToConfirm, token, s.Store.ConfirmEmail(ctx, c.ID, s.Clock.Now()))
}

// ignoreRepeated takes Gone from the store for success where a second request of the same person was faster.
func (s Confirmations) ignoreRepeated(ctx context.Context, purpose ConfirmationPurpose, token string, err error) error {
	if !errors.Is(err, Gone) {
		return err
	}
	if c, again := s.Find(ctx, purpose, token); again == nil && c.UsedAt != nil {
		return nil
	}
	return err
}

// How often somebody who asks for it is mailed such a link at most, so that nobody's inbox can be flooded (T-54).
const (
	ResendAfter    = 2 * time.Minute // from one mail to the next
	MaxMailsPerDay = 5               // in 24 hours
)

// Resend mails a new confirmation or activation to an address that needs one. What it answers is the same for every
// well-formed address: who has a login here is not to be learnt from it.
func (s Confirmations) Resend(ctx context.Context, email string) error {
	person, err := s.mailRecipient(ctx, email)
	if err != nil || person == nil || person.canSignIn() {
		return err
	}
	return s.send(ctx, *person)
}

// Activation is the form behind an activation mail.
type Activation struct {
	FirstName string // asked for where whoever created the login knew the address alone; empty keeps what is known
	LastName  string
	Password  string
	EULA      string // the version that the page showed: its button accepts it
	Language  string
}

// Tidied gives the form as it is checked and kept.
func (a Activation) Tidied() Activation {
	a.FirstName, a.LastName = tidy(a.FirstName), tidy(a.LastName)
	return a
}

// Problems of a tidied form for the person whose login it activates. A password is asked for unless the
// person needs none.
func (a Activation) Problems(person Identity) Problems {
	p := Problems{}
	p.Add("first_name", lineProblem(a.FirstName, MaxName))
	p.Add("last_name", lineProblem(a.LastName, MaxName))
	if person.PasswordHash != NoPassword {
		p.Add("password",
			PasswordProblem(a.Password, a.FirstName, a.LastName, person.FirstName, person.LastName, person.Email))
	}
	p.Add("eula", eulaProblem(a.EULA))
	return p
}

// FindActivation gives the confirmation that a mailed address names, as Look does, and whether the form
// behind it asks for a password: it does not where every account of the person wants single sign-on.
func (s Confirmations) FindActivation(ctx context.Context, token string) (*Confirmation, bool, error) {
	c, err := s.Find(ctx, ToActivate, token)
	if err != nil || c.UsedAt != nil {
		return c, false, err
	}
	hash, err := s.initialPasswordHash(ctx, *c.Identity)
	return c, hash == "", err
}

// initialPasswordHash gives NoPassword for a person who needs none, and nothing for others.
func (s Confirmations) initialPasswordHash(ctx context.Context, person Identity) (string, error) {
	only, err := requiresSSO(ctx, s.Store, person)
	if err != nil || !only {
		return "", err
	}
	return NoPassword, nil
}

// Activate sets the first password, where the person needs one, keeps the consent and confirms the address.
// Doing it twice is no error, but only the first password counts.
func (s Confirmations) Activate(ctx context.Context, token string, form Activation) error {
	c, err := s.Find(ctx, ToActivate, token)
	if err != nil || c.UsedAt != nil {
		return err
	}
	person := *c.Identity
	if person.PasswordHash, err = s.initialPasswordHash(ctx, person); err != nil {
		return err
	}
	form = form.Tidied()
	if err := form.Problems(person).Err(); err != nil {
		return err
	}
	if person.PasswordHash == "" {
		if person.PasswordHash, err = s.Hasher.HashNew(ctx, form.Password); err != nil {
			return err
		}
	}
	if form.FirstName != "" || form.LastName != "" {
		person = person.named(form.FirstName, form.LastName)
	}
	consent := Consent{
		ID: NewID(), IdentityID: c.IdentityID, EULAVersion: EULAVersion, Language: form.Language, AcceptedAt: s.Clock.Now(),
	}
	return s.ignoreRepeated(ctx, ToActivate, token, s.Store.ActivateIdentity(ctx, c.ID, person, consent))
}

// ResetWithin is how long a mailed link works by which a forgotten password is replaced.
const ResetWithin = time.Hour

// RequestReset mails what an address needs to sign in again: a link to a new password, or the confirmation or
// activation where that is what is missing, or that there is no password to forget. What it answers is the
// same for every well-formed address: who has a login here is not to be learnt from it. Nobody is mailed more
// often than ResendAfter and MaxMailsPerDay say.
func (s Confirmations) RequestReset(ctx context.Context, email string) error {
	person, err := s.mailRecipient(ctx, email)
	if err != nil || person == nil {
		return err
	}
	only, err := requiresSSO(ctx, s.Store, *person)
	if err != nil {
		return err
	}
	if only && person.canSignIn() {
		return s.sendSSOHint(ctx, *person)
	}
	return s.send(ctx, *person)
}

// sendSSOHint mails somebody that no password opens any of their accounts, and that they sign in through the
// provider. It counts as a reset that was used already: mailed as seldom as one, and opening nothing.
func (s Confirmations) sendSSOHint(ctx context.Context, person Identity) error {
	next := issueConfirmation(s.Sealer, person, s.Clock.Now())
	next.Confirmation.UsedAt, next.Confirmation.TokenBox = &next.Confirmation.CreatedAt, nil
	next.Notice.Kind = UseSSO
	return s.enqueue(ctx, next)
}

// FindReset gives the reset that a mailed address names and changes nothing: mail scanners open links.
// NotFound: never issued. Gone: expired, used or replaced, or its person may not sign in any more.
func (s Confirmations) FindReset(ctx context.Context, token string) (*Confirmation, error) {
	c, err := s.byToken(ctx, ToReset, token)
	if err != nil {
		return nil, err
	}
	if !c.Usable(s.Clock.Now()) || c.Identity.SuspendedAt != nil {
		return nil, Refuse(Gone, "reset_over")
	}
	return c, nil
}

// Reset gives the person whom the token was mailed another password. It works once: all other such links die
// with it, and so does every session of the person, who is mailed that it happened and signs in anew.
func (s Confirmations) Reset(ctx context.Context, token, password string, by Client) error {
	c, err := s.FindReset(ctx, token)
	if err != nil {
		return err
	}
	if m := c.Identity.passwordProblem(password); !m.None() {
		return Problems{"password": m}
	}
	hash, err := s.Hasher.HashNew(ctx, password)
	if err != nil {
		return err
	}
	change := CredentialChange{IdentityID: c.IdentityID, Event: PasswordReset, At: s.Clock.Now(), Address: by.Address}
	return s.Store.ResetPassword(ctx, c.ID, newPassword(hash, change))
}

// mailRecipient gives the person of an address who may be mailed a link, or nil where there is none.
func (s Confirmations) mailRecipient(ctx context.Context, email string) (*Identity, error) {
	key, m := EmailKey(tidyEmail(email))
	if !m.None() {
		return nil, Problems{"email": m}
	}
	person, err := s.Store.IdentityByEmail(ctx, key)
	if errors.Is(err, NotFound) || (err == nil && person.SuspendedAt != nil) {
		return nil, nil
	}
	return person, err
}

// send mails the person what is missing to sign in, unless that was done a moment ago or too often today.
func (s Confirmations) send(ctx context.Context, person Identity) error {
	return s.enqueue(ctx, issueConfirmation(s.Sealer, person, s.Clock.Now()))
}

func (s Confirmations) enqueue(ctx context.Context, next issuedConfirmation) error {
	c := next.Confirmation
	return s.Store.IssueConfirmation(ctx, c, next.Notice, c.CreatedAt.Add(-ResendAfter))
}

// byToken gives the confirmation of a token with its Identity, or NotFound in words.
func (s Confirmations) byToken(ctx context.Context, purpose ConfirmationPurpose, token string) (*Confirmation, error) {
	hash, ok := HashToken(purpose.prefix(), token)
	if !ok {
		return nil, Refuse(NotFound, "confirmation_unknown")
	}
	c, err := s.Store.ConfirmationByToken(ctx, purpose, hash)
	if errors.Is(err, NotFound) {
		return nil, Refuse(NotFound, "confirmation_unknown")
	}
	return c, err
}
