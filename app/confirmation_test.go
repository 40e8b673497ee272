package app_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// registrar is a ConfirmationStore in memory with one person.
type registrar struct {
	person  app.Identity
	stored  []*app.Confirmation
	notices []app.Notice
	since   []time.Time
	consent []app.Consent
	reset   []app.NewPassword
	clock   *hands
	faster  func() // what another request does just before this one writes
	broken  error  // what reading says
	failing error  // what writing says
}

func (r *registrar) ConfirmationByToken(_ context.Context, purpose app.Purpose, hash []byte) (*app.Confirmation, error) {
	if r.broken != nil {
		return nil, r.broken
	}
	for _, c := range r.stored {
		if c.Purpose == purpose && bytes.Equal(c.TokenHash, hash) {
			found, person := *c, r.person
			found.Identity = &person
			return &found, nil
		}
	}
	return nil, app.NotFound
}

func (r *registrar) use(id string) error {
	if r.failing != nil {
		return r.failing
	}
	if r.faster != nil {
		r.faster()
	}
	for _, c := range r.stored {
		if c.ID == id && c.Open(r.clock.at) {
			at := r.clock.at
			c.UsedAt = &at
			return nil
		}
	}
	return app.Refuse(app.Gone, "confirmation_over")
}

func (r *registrar) Confirm(_ context.Context, id string, at time.Time) error {
	if err := r.use(id); err != nil {
		return err
	}
	r.person.ConfirmedAt = &at
	return nil
}

func (r *registrar) Activate(_ context.Context, id string, person app.Identity, consent app.Consent) error {
	if err := r.use(id); err != nil {
		return err
	}
	r.person, r.consent = person, append(r.consent, consent)
	r.person.ConfirmedAt = &consent.AcceptedAt
	return nil
}

func (r *registrar) IdentityByEmail(_ context.Context, emailKey string) (*app.Identity, error) {
	if r.broken != nil {
		return nil, r.broken
	}
	if emailKey != r.person.EmailKey {
		return nil, app.NotFound
	}
	person := r.person
	return &person, nil
}

// Memberships are none: whose accounts want single sign-on is told apart in the tests of the pages.
func (r *registrar) Memberships(context.Context, string) ([]app.Membership, error) { return nil, nil }

func (r *registrar) IssueConfirmation(_ context.Context, c app.Confirmation, n app.Notice, since time.Time) error {
	for _, older := range r.stored {
		if older.UsedAt == nil {
			older.UsedAt = &c.CreatedAt
		}
	}
	r.stored, r.notices, r.since = append(r.stored, &c), append(r.notices, n), append(r.since, since)
	return nil
}

// post is a person who is to prove an address, and the rules by which that is done.
type post struct {
	app.Confirmations
	store *registrar
	clock *hands
}

func newPost(t *testing.T) *post {
	t.Helper()
	clock := &hands{noon}
	store := &registrar{clock: clock, person: app.Identity{
		ID: "BOB", FirstName: "Bob", LastName: "Ray", Email: "bob@example.com", EmailKey: "bob@example.com", Language: "de",
	}}
	return &post{
		Confirmations: app.Confirmations{Store: store, Hasher: app.NewHasher(cheapParams), Sealer: newSealer(t), Clock: clock.clock},
		store:         store, clock: clock,
	}
}

// mail sends the person what is needed now and gives the token in it.
func (p *post) mail(t *testing.T) string {
	t.Helper()
	sent := len(p.store.stored)
	wantNoError(t, p.SendAgain(t.Context(), "bob@example.com"))
	if len(p.store.stored) != sent+1 {
		t.Fatal("no mail was sent")
	}
	c := p.store.stored[sent]
	token, err := p.Sealer.Open("confirmation|"+c.ID, c.TokenBox)
	wantNoError(t, err)
	return token
}

func activation() app.Activation {
	return app.Activation{FirstName: "Bob", LastName: "Ray", Password: rightPassword, EULA: app.EULAVersion, Language: "de"}
}

func TestConfirm(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.store.person.PasswordHash = "x"
	token := p.mail(t)
	p.clock.pass(app.ConfirmWithin - time.Microsecond)
	c, err := p.Look(t.Context(), app.ToConfirm, token)
	wantNoError(t, err)
	if c.UsedAt != nil || p.store.person.ConfirmedAt != nil {
		t.Fatal("looking confirmed the address")
	}
	wantNoError(t, p.Confirm(t.Context(), token))
	if p.store.person.ConfirmedAt == nil || !p.store.person.ConfirmedAt.Equal(p.clock.at) {
		t.Errorf("confirmed at %v, want %v", p.store.person.ConfirmedAt, p.clock.at)
	}
	p.clock.pass(30 * 24 * time.Hour)
	wantNoError(t, p.Confirm(t.Context(), token))
	c, err = p.Look(t.Context(), app.ToConfirm, token)
	wantNoError(t, err)
	if c.UsedAt == nil {
		t.Error("a used confirmation does not say so")
	}
}

func TestConfirmRefused(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.store.person.PasswordHash = "x"
	old := p.mail(t)
	token := p.mail(t)
	for _, unknown := range []string{"", "rc1_", token[:46], token + "A", "rl1_" + token[4:], app.NewToken(app.ConfirmationToken)} {
		wantRefusal(t, p.Confirm(t.Context(), unknown), app.NotFound, "confirmation_unknown")
	}
	wantRefusal(t, p.Activate(t.Context(), token, activation()), app.NotFound, "confirmation_unknown")
	wantRefusal(t, p.Confirm(t.Context(), old), app.Gone, "confirmation_over")
	p.clock.pass(app.ConfirmWithin)
	wantRefusal(t, p.Confirm(t.Context(), token), app.Gone, "confirmation_over")
	if p.store.person.ConfirmedAt != nil {
		t.Error("the address is confirmed")
	}
	p.store.broken = errBroken
	if err := p.Confirm(t.Context(), token); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want the fault", err)
	}
}

// TestOlderMailAfterConfirming: whoever confirmed by a newer mail and opens an older one did everything right.
func TestOlderMailAfterConfirming(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.store.person.PasswordHash = "x"
	old := p.mail(t)
	wantNoError(t, p.Confirm(t.Context(), p.mail(t)))
	wantNoError(t, p.Confirm(t.Context(), old))
}

// TestConfirmRace: of two requests of one person both are answered with success; a mail that was replaced meanwhile is not.
func TestConfirmRace(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.store.person.PasswordHash = "x"
	token := p.mail(t)
	p.store.faster = func() {
		p.store.faster = nil
		wantNoError(t, p.Confirm(t.Context(), token))
	}
	wantNoError(t, p.Confirm(t.Context(), token))
	replaced := newPost(t)
	replaced.store.person.PasswordHash = "x"
	token = replaced.mail(t)
	replaced.store.faster = func() { replaced.mail(t) }
	wantRefusal(t, replaced.Confirm(t.Context(), token), app.Gone, "confirmation_over")
}

func TestActivate(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	token := p.mail(t)
	p.clock.pass(app.ActivateWithin - time.Microsecond)
	form := activation()
	form.LastName = " O\u2019Ray "
	wantNoError(t, p.Activate(t.Context(), token, form))
	person := p.store.person
	if ok, _ := verify(t, p.Hasher, person.PasswordHash, rightPassword); !ok || person.ConfirmedAt == nil {
		t.Errorf("got %+v", person)
	}
	if person.LastName != "O\u2019Ray" || person.SearchText != "bob o\u2019ray bob@example.com" || person.Language != "de" {
		t.Errorf("got %+v", person)
	}
	consent := p.store.consent[0]
	if consent.IdentityID != "BOB" || consent.EULAVersion != app.EULAVersion || consent.Language != "de" || !consent.AcceptedAt.Equal(p.clock.at) {
		t.Errorf("got consent %+v", consent)
	}
	second := activation()
	second.Password = "another.stove.hinge.moth"
	wantNoError(t, p.Activate(t.Context(), token, second))
	if ok, _ := verify(t, p.Hasher, p.store.person.PasswordHash, rightPassword); !ok || len(p.store.consent) != 1 {
		t.Error("the second activation changed the password")
	}
}

func TestActivateRefused(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	token := p.mail(t)
	for field, test := range map[string]struct {
		change func(*app.Activation)
		id     string
	}{
		"first_name": {func(f *app.Activation) { f.FirstName = strings.Repeat("a", 81) }, "too_long"},
		"last_name":  {func(f *app.Activation) { f.LastName = "R\x00" }, "text_control"},
		"password":   {func(f *app.Activation) { f.Password = "short" }, "password_short"},
		"eula":       {func(f *app.Activation) { f.EULA = "2025-01" }, "eula_changed"},
	} {
		form := activation()
		test.change(&form)
		wantProblem(t, p.Activate(impatient(t), token, form), field, test.id)
	}
	silent := activation()
	silent.EULA = ""
	wantProblem(t, p.Activate(impatient(t), token, silent), "eula", "eula_required")
	wantRefusal(t, p.Activate(impatient(t), app.NewToken(app.ConfirmationToken), activation()), app.NotFound, "confirmation_unknown")
	wantRefusal(t, p.Confirm(t.Context(), token), app.NotFound, "confirmation_unknown")
	p.clock.pass(app.ActivateWithin)
	wantRefusal(t, p.Activate(impatient(t), token, activation()), app.Gone, "confirmation_over")
	if p.store.person.PasswordHash != "" || len(p.store.consent) > 0 {
		t.Errorf("got %+v", p.store.person)
	}
	wantRefusal(t, p.Activate(impatient(t), p.mail(t), activation()), app.Unavailable, "busy")
}

// TestConfirmFaults: a database that is away while it is written has confirmed nothing.
func TestConfirmFaults(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	p.store.failing = errBroken
	if err := p.Activate(t.Context(), p.mail(t), activation()); !errors.Is(err, errBroken) {
		t.Errorf("activate: got %v, want the fault", err)
	}
	p.store.person.PasswordHash = "x"
	if err := p.Confirm(t.Context(), p.mail(t)); !errors.Is(err, errBroken) {
		t.Errorf("confirm: got %v, want the fault", err)
	}
}

// TestActivationReplaced: for somebody confirmed long ago without a password (SSO only) a replaced mail is over, not done.
func TestActivationReplaced(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	at := noon
	p.store.person.ConfirmedAt = &at
	old := p.mail(t)
	p.mail(t)
	wantRefusal(t, p.Activate(t.Context(), old, activation()), app.Gone, "confirmation_over")
}

// TestSendAgainTellsNothing: the answer is the same whether anybody has that address or not.
func TestSendAgainTellsNothing(t *testing.T) {
	t.Parallel()
	at := noon
	tests := []struct {
		name   string
		change func(*app.Identity)
		email  string
		letter app.Letter // what is mailed; empty: nothing
	}{
		{"unknown", func(*app.Identity) {}, "tom@example.com", ""},
		{"ready", func(i *app.Identity) { i.ConfirmedAt, i.PasswordHash = &at, "x" }, "bob@example.com", ""},
		{"suspended", func(i *app.Identity) { i.SuspendedAt = &at }, "bob@example.com", ""},
		{"unconfirmed", func(i *app.Identity) { i.PasswordHash = "x" }, " BOB@Example.com ", app.ConfirmAddress},
		{"created", func(*app.Identity) {}, "bob@example.com", app.ActivateLogin},
		{"SSO only", func(i *app.Identity) { i.ConfirmedAt = &at }, "bob@example.com", app.ActivateLogin},
	}
	for _, test := range tests {
		p := newPost(t)
		test.change(&p.store.person)
		if err := p.SendAgain(t.Context(), test.email); err != nil {
			t.Errorf("%s: got %v, want the same answer as for everybody", test.name, err)
		}
		if sent := len(p.store.notices) == 1; sent != (test.letter != "") {
			t.Fatalf("%s: mailed %t, want %q", test.name, sent, test.letter)
		}
		if test.letter == "" {
			continue
		}
		n := p.store.notices[0]
		if n.Letter != test.letter || n.RecipientID != "BOB" || !p.store.since[0].Equal(noon.Add(-app.AskAgainAfter)) {
			t.Errorf("%s: got notice %+v and not since %v", test.name, n, p.store.since)
		}
	}
}

func TestSendAgainRefuses(t *testing.T) {
	t.Parallel()
	p := newPost(t)
	for email, id := range map[string]string{
		"": "email_required", "bob": "email_invalid", "bob@example.com,tom@example.com": "email_only_one",
		"bob@example.com\x00": "text_control", strings.Repeat("a", 10_000): "too_long_bytes",
	} {
		wantProblem(t, p.SendAgain(t.Context(), email), "email", id)
	}
	p.store.broken = errBroken
	if err := p.SendAgain(t.Context(), "bob@example.com"); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want the fault", err)
	}
}

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

func (r *registrar) ResetPassword(_ context.Context, id string, p app.NewPassword) error {
	if err := r.use(id); err != nil {
		return app.Refuse(app.Gone, "reset_over")
	}
	r.person.PasswordHash, r.reset = p.Hash, append(r.reset, p)
	return nil
}
