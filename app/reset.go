package app

import (
	"context"
	"errors"
	"time"
)

// ResetWithin is how long a mailed link works by which a forgotten password is replaced.
const ResetWithin = time.Hour

// Forgot mails what an address needs to sign in again: a link to a new password, or the confirmation or activation where that
// is what is missing, or that there is no password to forget. What it answers is the same for every well-formed address: who has a login here is not to be learnt
// from it. Nobody is mailed more often than AskAgainAfter and MailsADay say.
func (s Confirmations) Forgot(ctx context.Context, email string) error {
	person, err := s.mailable(ctx, email)
	if err != nil || person == nil {
		return err
	}
	only, err := onlyThroughSSO(ctx, s.Store, *person)
	if err != nil {
		return err
	}
	if only && person.ready() {
		return s.sayHow(ctx, *person)
	}
	return s.send(ctx, *person)
}

// sayHow mails somebody that no password opens any of their accounts, and that they sign in through the provider. It counts as a
// reset that was used already: mailed as seldom as one, and opening nothing.
func (s Confirmations) sayHow(ctx context.Context, person Identity) error {
	next := issue(s.Sealer, person, s.Clock.Now())
	next.Confirmation.UsedAt, next.Confirmation.TokenBox = &next.Confirmation.CreatedAt, nil
	next.Notice.Letter = UseSSO
	return s.mail(ctx, next)
}

// LookReset gives the reset that a mailed address names and changes nothing: mail scanners open links. NotFound: never issued. Gone:
// expired, used or replaced, or its person may not sign in any more.
func (s Confirmations) LookReset(ctx context.Context, token string) (*Confirmation, error) {
	c, err := s.find(ctx, ToReset, token)
	if err != nil {
		return nil, err
	}
	if !c.Open(s.Clock.Now()) || c.Identity.SuspendedAt != nil {
		return nil, Refuse(Gone, "reset_over")
	}
	return c, nil
}

// Reset gives the person whom the token was mailed another password. It works once: all other such links die with it, and so does
// every session of the person, who is mailed that it happened and signs in anew.
func (s Confirmations) Reset(ctx context.Context, token, password string, by Client) error {
	c, err := s.LookReset(ctx, token)
	if err != nil {
		return err
	}
	if m := c.Identity.passwordProblem(password); m.ID != "" {
		return Problems{"password": m}
	}
	hash, err := s.Hasher.HashNew(ctx, password)
	if err != nil {
		return err
	}
	change := CredentialChange{IdentityID: c.IdentityID, Way: ByReset, At: s.Clock.Now(), Address: by.Address}
	return s.Store.ResetPassword(ctx, c.ID, newPassword(hash, change))
}

// mailable gives the person of an address who may be mailed a link, or nil where there is none.
func (s Confirmations) mailable(ctx context.Context, email string) (*Identity, error) {
	key, m := EmailKey(tidyEmail(email))
	if m.ID != "" {
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
	return s.mail(ctx, issue(s.Sealer, person, s.Clock.Now()))
}

func (s Confirmations) mail(ctx context.Context, next issued) error {
	c := next.Confirmation
	return s.Store.IssueConfirmation(ctx, c, next.Notice, c.CreatedAt.Add(-AskAgainAfter))
}

// find gives the confirmation of a token with its Identity, or NotFound in words.
func (s Confirmations) find(ctx context.Context, purpose Purpose, token string) (*Confirmation, error) {
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
