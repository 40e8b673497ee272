package app_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"reglink/app"
)

func (r *registrar) ResetPassword(_ context.Context, id string, p app.NewPassword) error {
	if err := r.use(id); err != nil {
		return app.Refuse(app.Gone, "reset_over")
	}
	r.person.PasswordHash, r.reset = p.Hash, append(r.reset, p)
	return nil
}

func (s *tray) CredentialChange(_ context.Context, id string) (*app.CredentialChange, error) {
	if s.broken != nil {
		return nil, s.broken
	}
	change, ok := s.changes[id]
	if !ok {
		return nil, app.NotFound
	}
	return change, nil
}

const anotherPassword = "gravel.onion.sextant.plum"

// newForgetful gives somebody who can sign in, but for having forgotten the password.
func newForgetful(t *testing.T) *post {
	t.Helper()
	p := newPost(t)
	at := noon
	p.store.person.ConfirmedAt, p.store.person.PasswordHash = &at, hash(t, p.Hasher, rightPassword)
	return p
}

// forgot mails the person a link and gives its token.
func (p *post) forgot(t *testing.T) string {
	t.Helper()
	wantNoError(t, p.Forgot(t.Context(), "bob@example.com"))
	c := p.store.stored[len(p.store.stored)-1]
	token, err := p.Sealer.Open("confirmation|"+c.ID, c.TokenBox)
	wantNoError(t, err)
	return token
}

// TestForgotTellsNothing: the answer is the same whoever the address belongs to, and nobody is mailed what does not help: a login that
// was never confirmed or has no password yet needs its first mail again.
func TestForgotTellsNothing(t *testing.T) {
	t.Parallel()
	at := noon
	tests := []struct {
		name   string
		change func(*app.Identity)
		email  string
		letter app.Letter // what is mailed; empty: nothing
	}{
		{"unknown", func(*app.Identity) {}, "tom@example.com", ""},
		{"ready", func(*app.Identity) {}, " BOB@Example.com ", app.ResetPassword},
		{"suspended", func(i *app.Identity) { i.SuspendedAt = &at }, "bob@example.com", ""},
		{"unconfirmed", func(i *app.Identity) { i.ConfirmedAt = nil }, "bob@example.com", app.ConfirmAddress},
		{"created", func(i *app.Identity) { i.ConfirmedAt, i.PasswordHash = nil, "" }, "bob@example.com", app.ActivateLogin},
		{"SSO only", func(i *app.Identity) { i.PasswordHash = "" }, "bob@example.com", app.ActivateLogin},
	}
	for _, test := range tests {
		p := newForgetful(t)
		test.change(&p.store.person)
		if err := p.Forgot(t.Context(), test.email); err != nil {
			t.Errorf("%s: got %v, want the same answer as for everybody", test.name, err)
		}
		var got app.Letter
		for _, n := range p.store.notices {
			got = n.Letter
			if n.RecipientID != "BOB" || !p.store.since[0].Equal(noon.Add(-app.AskAgainAfter)) {
				t.Errorf("%s: notice %+v, not since %v", test.name, n, p.store.since)
			}
		}
		if got != test.letter || len(p.store.notices) > 1 {
			t.Errorf("%s: mailed %q, want %q", test.name, got, test.letter)
		}
	}
	p := newForgetful(t)
	wantProblem(t, p.Forgot(t.Context(), "bob"), "email", "email_invalid")
	p.store.broken = errBroken
	if err := p.Forgot(t.Context(), "bob@example.com"); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want the fault", err)
	}
}

func TestReset(t *testing.T) {
	t.Parallel()
	p := newForgetful(t)
	token := p.forgot(t)
	p.clock.pass(time.Hour - time.Microsecond)
	c, err := p.LookReset(t.Context(), token)
	wantNoError(t, err)
	if c.UsedAt != nil || c.Identity.Email != "bob@example.com" {
		t.Errorf("looking gives %+v", c)
	}
	wantNoError(t, p.Reset(t.Context(), token, anotherPassword, visitor()))
	if ok, _ := verify(t, p.Hasher, p.store.person.PasswordHash, anotherPassword); !ok {
		t.Error("the new password is not the person's")
	}
	told := p.store.reset[0]
	if told.Change.IdentityID != "BOB" || told.Change.Way != app.ByReset || told.Change.Address != "192.0.2.9" || !told.Change.At.Equal(p.clock.at) {
		t.Errorf("kept is %+v", told.Change)
	}
	if told.Notice.Letter != app.PasswordWasChanged || told.Notice.RecipientID != "BOB" || told.Notice.EventID != told.Change.ID {
		t.Errorf("said is %+v", told.Notice)
	}
}

// Whoever is refused is refused before a password is hashed, but for the one who is late.
func TestResetRefused(t *testing.T) {
	t.Parallel()
	p := newForgetful(t)
	before := p.store.person.PasswordHash
	old, token := p.forgot(t), p.forgot(t)
	for _, unknown := range []string{
		"", "rp1_", token[:46], token + "A", "rc1_" + token[4:], "rs1_" + token[4:], app.NewToken(app.ResetToken), app.NewToken(app.ConfirmationToken),
	} {
		wantRefusal(t, p.Reset(impatient(t), unknown, anotherPassword, visitor()), app.NotFound, "confirmation_unknown")
	}
	wantRefusal(t, p.Confirm(t.Context(), token), app.NotFound, "confirmation_unknown")
	wantRefusal(t, p.Activate(t.Context(), token, activation()), app.NotFound, "confirmation_unknown")
	wantRefusal(t, p.Reset(impatient(t), old, anotherPassword, visitor()), app.Gone, "reset_over")
	for password, id := range map[string]string{"": "password_required", "short": "password_short", "example.example.example": "password_guessable"} {
		wantProblem(t, p.Reset(impatient(t), token, password, visitor()), "password", id)
	}
	wantRefusal(t, p.Reset(impatient(t), token, anotherPassword, visitor()), app.Unavailable, "busy")
	p.store.faster = func() {
		p.store.faster = nil
		wantNoError(t, p.Reset(t.Context(), token, rightPassword+" first", visitor()))
	}
	wantRefusal(t, p.Reset(t.Context(), token, anotherPassword, visitor()), app.Gone, "reset_over")
	if ok, _ := verify(t, p.Hasher, p.store.person.PasswordHash, rightPassword+" first"); !ok || len(p.store.reset) != 1 {
		t.Error("the later request changed the password")
	}
	p.store.person.PasswordHash = before
	late := p.forgot(t)
	at := noon
	p.store.person.SuspendedAt = &at
	wantRefusal(t, p.Reset(impatient(t), late, anotherPassword, visitor()), app.Gone, "reset_over")
	p.store.person.SuspendedAt = nil
	p.clock.pass(time.Hour)
	wantRefusal(t, p.Reset(impatient(t), late, anotherPassword, visitor()), app.Gone, "reset_over")
	if p.store.person.PasswordHash != before {
		t.Error("the password was changed")
	}
}

// A link that opens a login is written for its recipient alone: not once it was delivered, and not for who was suspended meanwhile.
func TestLettersAboutPasswords(t *testing.T) {
	t.Parallel()
	outbox, store, _ := newOutbox(t)
	store.add(outbox.Sealer, "C", "secret")
	at := noon
	change := &app.CredentialChange{ID: "K", Way: app.ByReset}
	store.changes = map[string]*app.CredentialChange{"K": change}
	ready, suspended := &app.Identity{}, &app.Identity{SuspendedAt: &at}
	for name, test := range map[string]struct {
		notice app.Notice
		holds  bool
	}{
		"reset":                 {app.Notice{Letter: app.ResetPassword, EventID: "C", Recipient: ready, Delivery: app.Queued}, true},
		"reset, not delivered":  {app.Notice{Letter: app.ResetPassword, EventID: "C", Recipient: ready, Delivery: app.Failed}, true},
		"reset, delivered":      {app.Notice{Letter: app.ResetPassword, EventID: "C", Recipient: ready, Delivery: app.Sent}, false},
		"reset, suspended":      {app.Notice{Letter: app.ResetPassword, EventID: "C", Recipient: suspended, Delivery: app.Queued}, false},
		"reset, lost":           {app.Notice{Letter: app.ResetPassword, EventID: "X", Recipient: ready, Delivery: app.Queued}, false},
		"changed":               {app.Notice{Letter: app.PasswordWasChanged, EventID: "K", Recipient: ready, Delivery: app.Sent}, true},
		"changed, by suspended": {app.Notice{Letter: app.PasswordWasChanged, EventID: "K", Recipient: suspended}, true},
		"changed, lost":         {app.Notice{Letter: app.PasswordWasChanged, EventID: "X", Recipient: ready}, false},
	} {
		due, holds, err := outbox.Read(t.Context(), test.notice)
		wantNoError(t, err)
		if holds != test.holds || (due.Token == "secret") != (holds && test.notice.Letter == app.ResetPassword) {
			t.Errorf("%s: holds %t with %+v", name, holds, due)
		}
		if holds && test.notice.Letter == app.PasswordWasChanged && due.Change != change {
			t.Errorf("%s: tells of %+v", name, due.Change)
		}
	}
	store.broken = errBroken
	if _, _, err := outbox.Read(t.Context(), app.Notice{Letter: app.PasswordWasChanged}); !errors.Is(err, errBroken) {
		t.Errorf("got %v: a database that is away skips nothing", err)
	}
}
