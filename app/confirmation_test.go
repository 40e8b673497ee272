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

// fakeConfirmationStore is a ConfirmationStore in memory with one person.
type fakeConfirmationStore struct {
	person      app.Identity
	stored      []*app.Confirmation
	notices     []app.Notice
	since       []time.Time
	consent     []app.Consent
	reset       []app.NewPassword
	clock       *fakeClock
	beforeWrite func() // what another request does just before this one writes
	readErr     error  // what reading says
	writeErr    error  // what writing says
}

func (r *fakeConfirmationStore) ConfirmationByToken(_ context.Context, purpose app.ConfirmationPurpose,
	hash []byte,
) (*app.Confirmation, error) {
	if r.readErr != nil {
		return nil, r.readErr
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

func (r *fakeConfirmationStore) use(id string) error {
	if r.writeErr != nil {
		return r.writeErr
	}
	if r.beforeWrite != nil {
		r.beforeWrite()
	}
	for _, c := range r.stored {
		if c.ID == id && c.Usable(r.clock.at) {
			at := r.clock.at
			c.UsedAt = &at
			return nil
		}
	}
	return app.Refuse(app.Gone, "confirmation_over")
}

func (r *fakeConfirmationStore) ConfirmEmail(_ context.Context, id string, at time.Time) error {
	if err := r.use(id); err != nil {
		return err
	}
	r.person.ConfirmedAt = &at
	return nil
}

func (r *fakeConfirmationStore) ActivateIdentity(_ context.Context, id string, person app.Identity,
	consent app.Consent,
) error {
	if err := r.use(id); err != nil {
		return err
	}
	r.person, r.consent = person, append(r.consent, consent)
	r.person.ConfirmedAt = &consent.AcceptedAt
	return nil
}

func (r *fakeConfirmationStore) IdentityByEmail(_ context.Context, emailKey string) (*app.Identity, error) {
	if r.readErr != nil {
		return nil, r.readErr
	}
	if emailKey != r.person.EmailKey {
		return nil, app.NotFound
	}
	person := r.person
	return &person, nil
}

// Memberships are none: whose accounts want single sign-on is told apart in the tests of the pages.
func (r *fakeConfirmationStore) Memberships(context.Context, string) ([]app.Membership, error) {
	return nil, nil
}

func (r *fakeConfirmationStore) IssueConfirmation(_ context.Context, c app.Confirmation, n app.Notice,
	since time.Time,
) error {
	for _, older := range r.stored {
		if older.UsedAt == nil {
			older.UsedAt = &c.CreatedAt
		}
	}
	r.stored, r.notices, r.since = append(r.stored, &c), append(r.notices, n), append(r.since, since)
	return nil
}

// testConfirmations is a person who is to prove an address, and the rules by which that is done.
type testConfirmations struct {
	app.Confirmations
	store *fakeConfirmationStore
	clock *fakeClock
}

func newConfirmations(t *testing.T) *testConfirmations {
	t.Helper()
	clock := &fakeClock{noon}
	store := &fakeConfirmationStore{clock: clock, person: app.Identity{
		ID: "BOB", FirstName: "Bob", LastName: "Ray", Email: "bob@example.com", EmailKey: "bob@example.com", Language: "de",
	}}
	return &testConfirmations{
		Confirmations: app.Confirmations{
			Store: store, Hasher: app.NewPasswordHasher(cheapParams), Sealer: newSealer(t), Clock: clock.now,
		},
		store: store, clock: clock,
	}
}

// requestConfirmation sends the person what is needed now and gives the token in it.
func (p *testConfirmations) requestConfirmation(t *testing.T) string {
	t.Helper()
	sent := len(p.store.stored)
	wantNoError(t, p.Resend(t.Context(), "bob@example.com"))
	if len(p.store.stored) != sent+1 {
		t.Fatal("no mail was sent")
	}
	c := p.store.stored[sent]
	token, err := p.Sealer.Open("confirmation|"+c.ID, c.TokenBox)
	wantNoError(t, err)
	return token
}

func validActivation() app.Activation {
	return app.Activation{
		FirstName: "Bob", LastName: "Ray", Password: rightPassword, EULA: app.EULAVersion,
		Language: "de",
	}
}

func TestConfirm_ConfirmsInTimeAndMayBeRepeated(t *testing.T) {
	t.Parallel()
	p := newConfirmations(t)
	p.store.person.PasswordHash = "x"
	token := p.requestConfirmation(t)
	p.clock.advance(app.ConfirmWithin - time.Microsecond)
	c, err := p.Find(t.Context(), app.ToConfirm, token)
	wantNoError(t, err)
	if c.UsedAt != nil || p.store.person.ConfirmedAt != nil {
		t.Fatal("looking confirmed the address")
	}
	wantNoError(t, p.Confirm(t.Context(), token))
	if p.store.person.ConfirmedAt == nil || !p.store.person.ConfirmedAt.Equal(p.clock.at) {
		t.Errorf("confirmed at %v, want %v", p.store.person.ConfirmedAt, p.clock.at)
	}
	p.clock.advance(30 * 24 * time.Hour)
	wantNoError(t, p.Confirm(t.Context(), token))
	c, err = p.Find(t.Context(), app.ToConfirm, token)
	wantNoError(t, err)
	if c.UsedAt == nil {
		t.Error("a used confirmation does not say so")
	}
}

func TestConfirm_RefusesUnknownReplacedAndExpiredTokens(t *testing.T) {
	t.Parallel()
	p := newConfirmations(t)
	p.store.person.PasswordHash = "x"
	old := p.requestConfirmation(t)
	token := p.requestConfirmation(t)
	for _, unknown := range []string{
		"", "rc1_", token[:46], token + "A", "rl1_" + token[4:],
		app.NewToken(app.ConfirmationToken),
	} {
		wantRefusal(t, p.Confirm(t.Context(), unknown), app.NotFound, "confirmation_unknown")
	}
	wantRefusal(t, p.Activate(t.Context(), token, validActivation()), app.NotFound, "confirmation_unknown")
	wantRefusal(t, p.Confirm(t.Context(), old), app.Gone, "confirmation_over")
	p.clock.advance(app.ConfirmWithin)
	wantRefusal(t, p.Confirm(t.Context(), token), app.Gone, "confirmation_over")
	if p.store.person.ConfirmedAt != nil {
		t.Error("the address is confirmed")
	}
	p.store.readErr = errBroken
	if err := p.Confirm(t.Context(), token); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want the fault", err)
	}
}

// TestConfirm_OlderMailSucceedsOnceConfirmed: whoever confirmed by a newer mail and opens an older one did
// everything right.
func TestConfirm_OlderMailSucceedsOnceConfirmed(t *testing.T) {
	t.Parallel()
	p := newConfirmations(t)
	p.store.person.PasswordHash = "x"
	old := p.requestConfirmation(t)
	wantNoError(t, p.Confirm(t.Context(), p.requestConfirmation(t)))
	wantNoError(t, p.Confirm(t.Context(), old))
}

// TestConfirm_RacingRequestsBothSucceed: of two requests of one person both are answered with success; a mail
// that was replaced meanwhile is not.
func TestConfirm_RacingRequestsBothSucceed(t *testing.T) {
	t.Parallel()
	p := newConfirmations(t)
	p.store.person.PasswordHash = "x"
	token := p.requestConfirmation(t)
	p.store.beforeWrite = func() {
		p.store.beforeWrite = nil
		wantNoError(t, p.Confirm(t.Context(), token))
	}
	wantNoError(t, p.Confirm(t.Context(), token))
	replaced := newConfirmations(t)
	replaced.store.person.PasswordHash = "x"
	token = replaced.requestConfirmation(t)
	replaced.store.beforeWrite = func() { replaced.requestConfirmation(t) }
	wantRefusal(t, replaced.Confirm(t.Context(), token), app.Gone, "confirmation_over")
}

func TestActivate_SetsPasswordAndConsentOnce(t *testing.T) {
	t.Parallel()
	p := newConfirmations(t)
	token := p.requestConfirmation(t)
	p.clock.advance(app.ActivateWithin - time.Microsecond)
	form := validActivation()
	form.LastName = " O\u2019Ray "
	wantNoError(t, p.Activate(t.Context(), token, form))
	person := p.store.person
	if ok, _ := mustVerify(t, p.Hasher, person.PasswordHash, rightPassword); !ok || person.ConfirmedAt == nil {
		t.Errorf("got %+v", person)
	}
	if person.LastName != "O\u2019Ray" || person.SearchText != "bob o\u2019ray bob@example.com" ||
		person.Language != "de" {
		t.Errorf("got %+v", person)
	}
	consent := p.store.consent[0]
	if consent.IdentityID != "BOB" || consent.EULAVersion != app.EULAVersion || consent.Language != "de" ||
		!consent.AcceptedAt.Equal(p.clock.at) {
		t.Errorf("got consent %+v", consent)
	}
	second := validActivation()
	second.Password = "another.stove.hinge.moth"
	wantNoError(t, p.Activate(t.Context(), token, second))
	if ok, _ := mustVerify(t, p.Hasher, p.store.person.PasswordHash, rightPassword); !ok || len(p.store.consent) != 1 {
		t.Error("the second activation changed the password")
	}
}

func TestActivate_RefusesInvalidFormsAndTokens(t *testing.T) {
	t.Parallel()
	p := newConfirmations(t)
	token := p.requestConfirmation(t)
	for field, test := range map[string]struct {
		change func(*app.Activation)
		id     string
	}{
		"first_name": {func(f *app.Activation) { f.FirstName = strings.Repeat("a", 81) }, "too_long"},
		"last_name":  {func(f *app.Activation) { f.LastName = "R\x00" }, "text_control"},
		"password":   {func(f *app.Activation) { f.Password = "short" }, "password_short"},
		"eula":       {func(f *app.Activation) { f.EULA = "2025-01" }, "eula_changed"},
	} {
		form := validActivation()
		test.change(&form)
		wantProblem(t, p.Activate(expiredContext(t), token, form), field, test.id)
	}
	silent := validActivation()
	silent.EULA = ""
	wantProblem(t, p.Activate(expiredContext(t), token, silent), "eula", "eula_required")
	wantRefusal(t, p.Activate(expiredContext(t), app.NewToken(app.ConfirmationToken), validActivation()), app.NotFound,
		"confirmation_unknown")
	wantRefusal(t, p.Confirm(t.Context(), token), app.NotFound, "confirmation_unknown")
	p.clock.advance(app.ActivateWithin)
	wantRefusal(t, p.Activate(expiredContext(t), token, validActivation()), app.Gone, "confirmation_over")
	if p.store.person.PasswordHash != "" || len(p.store.consent) > 0 {
		t.Errorf("got %+v", p.store.person)
	}
	wantRefusal(t, p.Activate(expiredContext(t), p.requestConfirmation(t), validActivation()), app.Unavailable, "busy")
}

// TestConfirmations_StoreFaultConfirmsNothing: a database that is away while it is written has confirmed nothing.
func TestConfirmations_StoreFaultConfirmsNothing(t *testing.T) {
	t.Parallel()
	p := newConfirmations(t)
	p.store.writeErr = errBroken
	if err := p.Activate(t.Context(), p.requestConfirmation(t), validActivation()); !errors.Is(err, errBroken) {
		t.Errorf("activate: got %v, want the fault", err)
	}
	p.store.person.PasswordHash = "x"
	if err := p.Confirm(t.Context(), p.requestConfirmation(t)); !errors.Is(err, errBroken) {
		t.Errorf("confirm: got %v, want the fault", err)
	}
}

// TestActivate_ReplacedMailIsOverForConfirmedLogins: for somebody confirmed long ago without a password (SSO
// only) a replaced mail is over, not done.
func TestActivate_ReplacedMailIsOverForConfirmedLogins(t *testing.T) {
	t.Parallel()
	p := newConfirmations(t)
	at := noon
	p.store.person.ConfirmedAt = &at
	old := p.requestConfirmation(t)
	p.requestConfirmation(t)
	wantRefusal(t, p.Activate(t.Context(), old, validActivation()), app.Gone, "confirmation_over")
}

// TestSendAgain_AnswersAlikeForEverybody: the answer is the same whether anybody has that address or not.
func TestSendAgain_AnswersAlikeForEverybody(t *testing.T) {
	t.Parallel()
	at := noon
	tests := []struct {
		name   string
		change func(*app.Identity)
		email  string
		letter app.NoticeKind // what is mailed; empty: nothing
	}{
		{"unknown", func(*app.Identity) {}, "tom@example.com", ""},
		{"ready", func(i *app.Identity) { i.ConfirmedAt, i.PasswordHash = &at, "x" }, "bob@example.com", ""},
		{"suspended", func(i *app.Identity) { i.SuspendedAt = &at }, "bob@example.com", ""},
		{"unconfirmed", func(i *app.Identity) { i.PasswordHash = "x" }, " BOB@Example.com ", app.ConfirmAddress},
		{"created", func(*app.Identity) {}, "bob@example.com", app.ActivateLogin},
		{"SSO only", func(i *app.Identity) { i.ConfirmedAt = &at }, "bob@example.com", app.ActivateLogin},
	}
	for _, test := range tests {
		p := newConfirmations(t)
		test.change(&p.store.person)
		if err := p.Resend(t.Context(), test.email); err != nil {
			t.Errorf("%s: got %v, want the same answer as for everybody", test.name, err)
		}
		if sent := len(p.store.notices) == 1; sent != (test.letter != "") {
			t.Fatalf("%s: mailed %t, want %q", test.name, sent, test.letter)
		}
		if test.letter == "" {
			continue
		}
		n := p.store.notices[0]
		if n.Kind != test.letter || n.RecipientID != "BOB" || !p.store.since[0].Equal(noon.Add(-app.ResendAfter)) {
			t.Errorf("%s: got notice %+v and not since %v", test.name, n, p.store.since)
		}
	}
}

func TestSendAgain_RefusesInvalidEmails(t *testing.T) {
	t.Parallel()
	p := newConfirmations(t)
	for email, id := range map[string]string{
		"": "email_required", "bob": "email_invalid", "bob@example.com,tom@example.com": "email_only_one",
		"bob@example.com\x00": "text_control", strings.Repeat("a", 10_000): "too_long_bytes",
	} {
		wantProblem(t, p.Resend(t.Context(), email), "email", id)
	}
	p.store.readErr = errBroken
	if err := p.Resend(t.Context(), "bob@example.com"); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want the fault", err)
	}
}

// newConfirmationsWithPassword gives somebody who can sign in, but for having forgotten the password.
func newConfirmationsWithPassword(t *testing.T) *testConfirmations {
	t.Helper()
	p := newConfirmations(t)
	at := noon
	p.store.person.ConfirmedAt, p.store.person.PasswordHash = &at, mustHash(t, p.Hasher, rightPassword)
	return p
}

// requestReset mails the person a link and gives its token.
func (p *testConfirmations) requestReset(t *testing.T) string {
	t.Helper()
	wantNoError(t, p.RequestReset(t.Context(), "bob@example.com"))
	c := p.store.stored[len(p.store.stored)-1]
	token, err := p.Sealer.Open("confirmation|"+c.ID, c.TokenBox)
	wantNoError(t, err)
	return token
}

// TestForgot_AnswersAlikeForEverybody: the answer is the same whoever the address belongs to, and nobody is
// mailed what does not help: a login that was never confirmed or has no password yet needs its first mail
// again.
func TestForgot_AnswersAlikeForEverybody(t *testing.T) {
	t.Parallel()
	at := noon
	tests := []struct {
		name   string
		change func(*app.Identity)
		email  string
		letter app.NoticeKind // what is mailed; empty: nothing
	}{
		{"unknown", func(*app.Identity) {}, "tom@example.com", ""},
		{"ready", func(*app.Identity) {}, " BOB@Example.com ", app.ResetPassword},
		{"suspended", func(i *app.Identity) { i.SuspendedAt = &at }, "bob@example.com", ""},
		{"unconfirmed", func(i *app.Identity) { i.ConfirmedAt = nil }, "bob@example.com", app.ConfirmAddress},
		{"created", func(i *app.Identity) { i.ConfirmedAt, i.PasswordHash = nil, "" }, "bob@example.com", app.ActivateLogin},
		{"SSO only", func(i *app.Identity) { i.PasswordHash = "" }, "bob@example.com", app.ActivateLogin},
	}
	for _, test := range tests {
		p := newConfirmationsWithPassword(t)
		test.change(&p.store.person)
		if err := p.RequestReset(t.Context(), test.email); err != nil {
			t.Errorf("%s: got %v, want the same answer as for everybody", test.name, err)
		}
		var got app.NoticeKind
		for _, n := range p.store.notices {
			got = n.Kind
			if n.RecipientID != "BOB" || !p.store.since[0].Equal(noon.Add(-app.ResendAfter)) {
				t.Errorf("%s: notice %+v, not since %v", test.name, n, p.store.since)
			}
		}
		if got != test.letter || len(p.store.notices) > 1 {
			t.Errorf("%s: mailed %q, want %q", test.name, got, test.letter)
		}
	}
	p := newConfirmationsWithPassword(t)
	wantProblem(t, p.RequestReset(t.Context(), "bob"), "email", "email_invalid")
	p.store.readErr = errBroken
	if err := p.RequestReset(t.Context(), "bob@example.com"); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want the fault", err)
	}
}

func TestReset_SetsPasswordWithinTheHour(t *testing.T) {
	t.Parallel()
	p := newConfirmationsWithPassword(t)
	token := p.requestReset(t)
	p.clock.advance(time.Hour - time.Microsecond)
	c, err := p.FindReset(t.Context(), token)
	wantNoError(t, err)
	if c.UsedAt != nil || c.Identity.Email != "bob@example.com" {
		t.Errorf("looking gives %+v", c)
	}
	wantNoError(t, p.Reset(t.Context(), token, anotherPassword, testClient()))
	if ok, _ := mustVerify(t, p.Hasher, p.store.person.PasswordHash, anotherPassword); !ok {
		t.Error("the new password is not the person's")
	}
	told := p.store.reset[0]
	if told.Change.IdentityID != "BOB" || told.Change.Event != app.PasswordReset || told.Change.Address != "192.0.2.9" ||
		!told.Change.At.Equal(p.clock.at) {
		t.Errorf("kept is %+v", told.Change)
	}
	if told.Notice.Kind != app.PasswordWasChanged || told.Notice.RecipientID != "BOB" ||
		told.Notice.EventID != told.Change.ID {
		t.Errorf("said is %+v", told.Notice)
	}
}

// Whoever is refused is refused before a password is hashed, but for the one who is late.
func TestReset_RefusesBeforeHashing(t *testing.T) {
	t.Parallel()
	p := newConfirmationsWithPassword(t)
	before := p.store.person.PasswordHash
	old, token := p.requestReset(t), p.requestReset(t)
	for _, unknown := range []string{
		"", "rp1_", token[:46], token + "A", "rc1_" + token[4:], "rs1_" + token[4:], app.NewToken(app.ResetToken),
		app.NewToken(app.ConfirmationToken),
	} {
		wantRefusal(t, p.Reset(expiredContext(t), unknown, anotherPassword, testClient()), app.NotFound,
			"confirmation_unknown")
	}
	wantRefusal(t, p.Confirm(t.Context(), token), app.NotFound, "confirmation_unknown")
	wantRefusal(t, p.Activate(t.Context(), token, validActivation()), app.NotFound, "confirmation_unknown")
	wantRefusal(t, p.Reset(expiredContext(t), old, anotherPassword, testClient()), app.Gone, "reset_over")
	for password, id := range map[string]string{
		"": "password_required", "short": "password_short",
		"example.example.example": "password_guessable",
	} {
		wantProblem(t, p.Reset(expiredContext(t), token, password, testClient()), "password", id)
	}
	wantRefusal(t, p.Reset(expiredContext(t), token, anotherPassword, testClient()), app.Unavailable, "busy")
	p.store.beforeWrite = func() {
		p.store.beforeWrite = nil
		wantNoError(t, p.Reset(t.Context(), token, rightPassword+" first", testClient()))
	}
	wantRefusal(t, p.Reset(t.Context(), token, anotherPassword, testClient()), app.Gone, "reset_over")
	if ok, _ := mustVerify(t, p.Hasher, p.store.person.PasswordHash, rightPassword+" first"); !ok ||
		len(p.store.reset) != 1 {
		t.Error("the later request changed the password")
	}
	p.store.person.PasswordHash = before
	late := p.requestReset(t)
	at := noon
	p.store.person.SuspendedAt = &at
	wantRefusal(t, p.Reset(expiredContext(t), late, anotherPassword, testClient()), app.Gone, "reset_over")
	p.store.person.SuspendedAt = nil
	p.clock.advance(time.Hour)
	wantRefusal(t, p.Reset(expiredContext(t), late, anotherPassword, testClient()), app.Gone, "reset_over")
	if p.store.person.PasswordHash != before {
		t.Error("the password was changed")
	}
}

func (r *fakeConfirmationStore) ResetPassword(_ context.Context, id string, p app.NewPassword) error {
	if err := r.use(id); err != nil {
		return app.Refuse(app.Gone, "reset_over")
	}
	r.person.PasswordHash, r.reset = p.Hash, append(r.reset, p)
	return nil
}
