package app_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// fakeSignInStore is a SignInStore in memory with one person.
type fakeSignInStore struct {
	person      app.Identity
	memberships []app.Membership
	sessions    map[string]*app.Session
	steps       []app.SignInStep
	touched     int
	rehashed    []string
	beforeWrite func() // what another request does just before this one writes
	changed     []app.PasswordChange
	broken      error
}

func (h *fakeSignInStore) IdentityByEmail(_ context.Context, emailKey string) (*app.Identity, error) {
	if h.broken != nil {
		return nil, h.broken
	}
	if emailKey != h.person.EmailKey {
		return nil, app.NotFound
	}
	person := h.person
	return &person, nil
}

func (h *fakeSignInStore) StartSession(_ context.Context, session app.Session, proven string, old []byte) error {
	if h.beforeWrite != nil {
		h.beforeWrite()
	}
	if proven != h.person.PasswordHash || h.person.SuspendedAt != nil || h.person.Factors > 0 {
		return app.Refuse(app.Conflict, "busy")
	}
	delete(h.sessions, string(old))
	h.sessions[string(session.TokenHash)] = &session
	return nil
}

func (h *fakeSignInStore) StartSignInStep(_ context.Context, step app.SignInStep) error {
	h.steps = append(h.steps, step)
	return nil
}

func (h *fakeSignInStore) SessionActor(_ context.Context, hash []byte) (*app.Session, *app.Membership, error) {
	stored, ok := h.sessions[string(hash)]
	if h.broken != nil {
		return nil, nil, h.broken
	}
	if !ok {
		return nil, nil, app.NotFound
	}
	session := *stored
	session.Identity = &h.person
	for _, m := range h.memberships {
		if m.AccountID == session.AccountID {
			session.Account = m.Account
			return &session, &m, nil
		}
	}
	return &session, nil, nil
}

func (h *fakeSignInStore) TouchSession(_ context.Context, hash []byte, at time.Time) error {
	h.touched++
	h.sessions[string(hash)].SeenAt = at
	return nil
}

func (h *fakeSignInStore) EndSession(_ context.Context, hash []byte) error {
	delete(h.sessions, string(hash))
	return nil
}

func (h *fakeSignInStore) SwitchAccount(_ context.Context, hash []byte, accountID string) error {
	h.sessions[string(hash)].AccountID = accountID
	return nil
}

func (h *fakeSignInStore) Memberships(context.Context, string) ([]app.Membership, error) {
	return append([]app.Membership{}, h.memberships...), nil
}

func (h *fakeSignInStore) RehashPassword(_ context.Context, _, old, hash string) error {
	if old == h.person.PasswordHash {
		h.person.PasswordHash = hash
		h.rehashed = append(h.rehashed, hash)
	}
	return nil
}

// testSignIns is a person who may sign in, and the rules of signing in.
type testSignIns struct {
	app.SignIns
	store *fakeSignInStore
	clock *fakeClock
}

func newSignIns(t *testing.T) *testSignIns {
	t.Helper()
	hasher, at, clock := app.NewPasswordHasher(cheapParams), noon, &fakeClock{noon}
	store := &fakeSignInStore{sessions: map[string]*app.Session{}, person: app.Identity{
		ID: "SUE", Email: "Sue@Acme.example", EmailKey: "sue@acme.example", PasswordHash: mustHash(t, hasher, rightPassword),
		ConfirmedAt: &at,
	}}
	for _, id := range []string{"ACME", "BOLT"} {
		store.memberships = append(store.memberships, app.Membership{
			ID: id, IdentityID: "SUE", AccountID: id, Role: app.SuperUser, Status: app.Active,
			Account: &app.Account{ID: id, SignInMethod: app.AnyMethod},
		})
	}
	return &testSignIns{SignIns: app.SignIns{Store: store, Hasher: hasher, Clock: clock.now}, store: store, clock: clock}
}

// mustSignIn signs the right person in.
func (d *testSignIns) mustSignIn(t *testing.T) string {
	t.Helper()
	entry, err := d.SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: rightPassword}, testClient())
	wantNoError(t, err)
	return entry.Token
}

func TestSignIn_StartsASession(t *testing.T) {
	t.Parallel()
	d := newSignIns(t)
	entry, err := d.SignIn(t.Context(), app.Credentials{Email: " SUE@acme.EXAMPLE ", Password: rightPassword},
		testClient())
	wantNoError(t, err)
	hash, _ := app.HashToken(app.SessionToken, entry.Token)
	session := d.store.sessions[string(hash)]
	if session == nil || session.IdentityID != "SUE" || session.AccountID != "ACME" || session.Address != "192.0.2.9" ||
		!session.CreatedAt.Equal(noon) || !session.SeenAt.Equal(noon) {
		t.Fatalf("got session %+v", session)
	}
	actor, err := d.Actor(t.Context(), entry.Token)
	wantNoError(t, err)
	if actor.Identity.ID != "SUE" || actor.Account.ID != "ACME" || !actor.SuperUser() ||
		actor.SessionID != hex.EncodeToString(hash) {
		t.Errorf("got actor %+v", actor)
	}
	if strings.Contains(actor.SessionID, entry.Token) {
		t.Error("the actor carries the cookie")
	}
}

// TestSignIn_EndsTheOldSession: no session outlives a sign-in, and a planted token is never taken over.
func TestSignIn_EndsTheOldSession(t *testing.T) {
	t.Parallel()
	d := newSignIns(t)
	first := d.mustSignIn(t)
	second, err := d.SignIn(t.Context(),
		app.Credentials{Email: "sue@acme.example", Password: rightPassword, OldSession: first}, testClient())
	wantNoError(t, err)
	_, err = d.Actor(t.Context(), first)
	wantRefusal(t, err, app.Unauthenticated, "signed_out")
	planted := app.NewToken(app.SessionToken)
	third, err := d.SignIn(t.Context(),
		app.Credentials{Email: "sue@acme.example", Password: rightPassword, OldSession: planted}, testClient())
	wantNoError(t, err)
	if second.Token == first || third.Token == planted || second.NeedsSecondFactor || len(d.store.sessions) != 2 {
		t.Errorf("got %q, %q and %d sessions", second.Token, third.Token, len(d.store.sessions))
	}
}

// TestSignIn_RefusalsAreAlikeWithoutThePassword: unknown addresses, wrong passwords and logins without one
// are one refusal; what else stands in the way is told only to who knows the password.
func TestSignIn_RefusalsAreAlikeWithoutThePassword(t *testing.T) {
	t.Parallel()
	at := noon
	suspended := func(d *testSignIns) { d.store.person.SuspendedAt = &at }
	unconfirmed := func(d *testSignIns) { d.store.person.ConfirmedAt = nil }
	noPassword := func(d *testSignIns) { d.store.person.PasswordHash = "" }
	ready := func(*testSignIns) {}
	tests := []struct {
		name     string
		person   func(*testSignIns)
		email    string
		password string
		id       string
	}{
		{"wrong password", ready, "sue@acme.example", "wrong.stove.hinge.moth", "sign_in_failed"},
		{"other case", ready, "sue@acme.example", strings.ToUpper(rightPassword), "sign_in_failed"},
		{"space after the password", ready, "sue@acme.example", rightPassword + " ", "sign_in_failed"},
		{"no password", ready, "sue@acme.example", "", "sign_in_failed"},
		{"10,000 characters", ready, "sue@acme.example", strings.Repeat(rightPassword, 500), "sign_in_failed"},
		{"unknown", ready, "tom@acme.example", rightPassword, "sign_in_failed"},
		{"no address", ready, "", rightPassword, "sign_in_failed"},
		{"no such address", ready, "sue@acme.example,tom@acme.example", rightPassword, "sign_in_failed"},
		{"NUL", ready, "sue@acme.example\x00", rightPassword, "sign_in_failed"},
		{"SSO only", noPassword, "sue@acme.example", rightPassword, "sign_in_failed"},
		{"SSO only, no password", noPassword, "sue@acme.example", "", "sign_in_failed"},
		{"suspended", suspended, "sue@acme.example", rightPassword, "sign_in_suspended"},
		{"suspended, wrong password", suspended, "sue@acme.example", "wrong.stove.hinge.moth", "sign_in_failed"},
		{"unconfirmed", unconfirmed, "sue@acme.example", rightPassword, "sign_in_unconfirmed"},
		{"unconfirmed, wrong password", unconfirmed, "sue@acme.example", "wrong.stove.hinge.moth", "sign_in_failed"},
	}
	for _, test := range tests {
		d := newSignIns(t)
		test.person(d)
		entry, err := d.SignIn(t.Context(), app.Credentials{Email: test.email, Password: test.password}, testClient())
		wantProblem(t, err, "", test.id)
		if entry.Token != "" || len(d.store.sessions) > 0 {
			t.Errorf("%s: got a session", test.name)
		}
		if problems, ok := errors.AsType[app.Problems](err); ok && (len(problems) != 1 || len(problems[""].Values) > 0) {
			t.Errorf("%s: the refusal tells %v", test.name, problems)
		}
	}
}

// TestSignIn_HashesForUnknownEmailsToo: who asks for nobody's login waits as long as for somebody's.
func TestSignIn_HashesForUnknownEmailsToo(t *testing.T) {
	t.Parallel()
	d := newSignIns(t)
	for _, email := range []string{"sue@acme.example", "tom@acme.example", "", "not an address"} {
		_, err := d.SignIn(expiredContext(t), app.Credentials{Email: email, Password: rightPassword}, testClient())
		wantRefusal(t, err, app.Unavailable, "busy")
	}
	d.store.broken = errBroken
	if _, err := d.SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: rightPassword},
		testClient()); !errors.Is(err, errBroken) {
		t.Errorf("got %v, want the fault and not a refusal", err)
	}
}

// TestT34_SignInComparesTheWholePassword: the longest password that can be set is not found in a longer one.
func TestT34_SignInComparesTheWholePassword(t *testing.T) {
	t.Parallel()
	d := newSignIns(t)
	longest := strings.Repeat("🐎🔋", app.MaxPassword/2)
	d.store.person.PasswordHash = mustHash(t, d.Hasher, longest)
	_, err := d.SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: longest + "x"}, testClient())
	wantProblem(t, err, "", "sign_in_failed")
	_, err = d.SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: longest}, testClient())
	wantNoError(t, err)
}

func TestSignIn_RehashesStaleHashOnce(t *testing.T) {
	t.Parallel()
	d := newSignIns(t)
	d.Hasher = app.NewPasswordHasher(app.HashParams{Memory: 128, Time: 1, Lanes: 1})
	_, err := d.SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: "wrong.stove.hinge.moth"},
		testClient())
	wantProblem(t, err, "", "sign_in_failed")
	if len(d.store.rehashed) > 0 {
		t.Fatal("a wrong password was hashed anew")
	}
	d.mustSignIn(t)
	d.mustSignIn(t)
	if len(d.store.rehashed) != 1 || !strings.Contains(d.store.person.PasswordHash, "m=128") {
		t.Errorf("got %d new hashes, the last %q", len(d.store.rehashed), d.store.person.PasswordHash)
	}
}

// TestSignIn_EntersTheFirstOpenAccount: the first that is open, and none where none is.
func TestSignIn_EntersTheFirstOpenAccount(t *testing.T) {
	t.Parallel()
	d := newSignIns(t)
	d.store.memberships[0].Status = app.Pending
	actor, err := d.Actor(t.Context(), d.mustSignIn(t))
	wantNoError(t, err)
	if actor.Account.ID != "BOLT" {
		t.Errorf("got account %q, want BOLT", actor.Account.ID)
	}
	over := noon
	d.store.memberships[1].ExpiresOn = &over
	actor, err = d.Actor(t.Context(), d.mustSignIn(t))
	wantNoError(t, err)
	if actor.Account.ID != "" || actor.Member() || actor.SuperUser() || actor.Identity.ID != "SUE" {
		t.Errorf("got actor %+v, want one without account", actor)
	}
}

func TestSwitch_EntersOwnOpenAccountsOnly(t *testing.T) {
	t.Parallel()
	d := newSignIns(t)
	token := d.mustSignIn(t)
	actor, err := d.Actor(t.Context(), token)
	wantNoError(t, err)
	account, err := d.Switch(t.Context(), actor, "BOLT")
	wantNoError(t, err)
	actor, err = d.Actor(t.Context(), token)
	wantNoError(t, err)
	if actor.Account.ID != "BOLT" || account.ID != "BOLT" {
		t.Errorf("got account %q and %q, want BOLT", actor.Account.ID, account.ID)
	}
	d.store.memberships[0].Status = app.Suspended
	for _, closed := range []string{"ACME", "", "CORP", "bolt", "BOLT\x00"} {
		_, err := d.Switch(t.Context(), actor, closed)
		wantRefusal(t, err, app.NotFound, "account_unknown")
	}
	in, err := d.Memberships(t.Context(), actor)
	wantNoError(t, err)
	if len(in.Open) != 1 || in.Open[0].AccountID != "BOLT" {
		t.Errorf("got accounts %+v, want BOLT", in.Open)
	}
}

func TestSignOut_EndsThatSessionOnly(t *testing.T) {
	t.Parallel()
	d := newSignIns(t)
	mine, other := d.mustSignIn(t), d.mustSignIn(t)
	for _, token := range []string{mine, mine, "", "rs1_x", app.NewToken(app.SessionToken)} {
		wantNoError(t, d.SignOut(t.Context(), token))
	}
	_, err := d.Actor(t.Context(), mine)
	wantRefusal(t, err, app.Unauthenticated, "signed_out")
	_, err = d.Actor(t.Context(), other)
	wantNoError(t, err)
	hash, _ := app.HashToken(app.SessionToken, other)
	if bytes.Contains(hash, []byte(other)) || len(d.store.sessions) != 1 {
		t.Errorf("got %d sessions, want 1", len(d.store.sessions))
	}
}

// signedInActor gives the right person in a session.
func (d *testSignIns) signedInActor(t *testing.T) app.Actor {
	t.Helper()
	by, err := d.Actor(t.Context(), d.mustSignIn(t))
	wantNoError(t, err)
	by.Address = "192.0.2.7"
	return by
}

func TestChangePassword_ReplacesEverySession(t *testing.T) {
	t.Parallel()
	d := newSignIns(t)
	by := d.signedInActor(t)
	other := d.mustSignIn(t)
	token, err := d.ChangePassword(t.Context(), by, app.PasswordForm{Current: rightPassword, Password: anotherPassword})
	wantNoError(t, err)
	if ok, _ := mustVerify(t, d.Hasher, d.store.person.PasswordHash, anotherPassword); !ok {
		t.Error("the new password is not the person's")
	}
	now, err := d.Actor(t.Context(), token)
	wantNoError(t, err)
	if now.SessionID == by.SessionID || now.Account.ID != by.Account.ID {
		t.Errorf("goes on as %+v", now)
	}
	_, err = d.Actor(t.Context(), other)
	wantRefusal(t, err, app.Unauthenticated, "signed_out")
	told := d.store.changed[0]
	if told.Change.Event != app.PasswordChanged || told.Change.Address != "192.0.2.7" || !told.Change.At.Equal(noon) ||
		told.Change.IdentityID != "SUE" {
		t.Errorf("kept is %+v", told.Change)
	}
	if told.Notice.Kind != app.PasswordWasChanged || told.Notice.EventID != told.Change.ID ||
		hex.EncodeToString(told.SessionHash) != by.SessionID {
		t.Errorf("said is %+v", told)
	}
}

func TestChangePassword_RefusedChangesNothing(t *testing.T) {
	t.Parallel()
	d := newSignIns(t)
	by := d.signedInActor(t)
	before := d.store.person.PasswordHash
	for _, test := range []struct {
		form      app.PasswordForm
		field, id string
	}{
		{app.PasswordForm{Password: anotherPassword}, "current_password", "current_password_required"},
		{app.PasswordForm{Current: rightPassword}, "password", "password_required"},
		{app.PasswordForm{Current: rightPassword, Password: "short"}, "password", "password_short"},
		{app.PasswordForm{Current: rightPassword, Password: "acme.example.acme"}, "password", "password_guessable"},
	} {
		_, err := d.ChangePassword(expiredContext(t), by, test.form)
		wantProblem(t, err, test.field, test.id)
	}
	for _, wrong := range []string{anotherPassword, rightPassword + " ", " ", "\x00", strings.Repeat("a", 10_000)} {
		_, err := d.ChangePassword(t.Context(), by, app.PasswordForm{Current: wrong, Password: anotherPassword})
		wantProblem(t, err, "current_password", "current_password_wrong")
	}
	_, err := d.ChangePassword(expiredContext(t), by, app.PasswordForm{Current: rightPassword, Password: anotherPassword})
	wantRefusal(t, err, app.Unavailable, "busy")
	if d.store.person.PasswordHash != before || len(d.store.changed) > 0 {
		t.Error("a refused change changed the password")
	}
	d.store.beforeWrite = func() { d.store.person.PasswordHash = "another" }
	_, err = d.ChangePassword(t.Context(), by, app.PasswordForm{Current: rightPassword, Password: anotherPassword})
	wantRefusal(t, err, app.Conflict, "password_meanwhile")
}

// A sign-in that proved a password which is replaced before its session begins has not signed in; where only
// the hash was made anew, it looks again.
func TestSignIn_FailsIfThePasswordChangesMeanwhile(t *testing.T) {
	t.Parallel()
	for now, want := range map[string]error{
		anotherPassword: app.Problems{"": app.Say("sign_in_failed")},
		rightPassword:   nil,
	} {
		d := newSignIns(t)
		fresh := mustHash(t, d.Hasher, now)
		d.store.beforeWrite = func() { d.store.person.PasswordHash = fresh }
		_, err := d.SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: rightPassword}, testClient())
		if (err == nil) != (want == nil) || (want != nil && err.Error() != want.Error()) {
			t.Errorf("got %v, want %v", err, want)
		}
		if len(d.store.sessions) > 0 != (want == nil) {
			t.Errorf("%d sessions begin", len(d.store.sessions))
		}
	}
	d := newSignIns(t)
	d.store.beforeWrite = func() { d.store.person.PasswordHash = mustHash(t, d.Hasher, rightPassword) }
	_, err := d.SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: rightPassword}, testClient())
	if !errors.Is(err, app.Conflict) {
		t.Errorf("a password that never stands still: got %v", err)
	}
}

func (h *fakeSignInStore) Sessions(context.Context, string) ([]app.Session, error) {
	var all []app.Session
	for _, session := range h.sessions {
		all = append(all, *session)
	}
	slices.SortFunc(all, func(a, b app.Session) int { return b.SeenAt.Compare(a.SeenAt) })
	return all, h.broken
}

func (h *fakeSignInStore) EndOtherSessions(_ context.Context, _ string, keep []byte) error {
	for hash := range h.sessions {
		if hash != string(keep) {
			delete(h.sessions, hash)
		}
	}
	return nil
}

func (h *fakeSignInStore) ChangePassword(_ context.Context, p app.PasswordChange) error {
	if h.beforeWrite != nil {
		h.beforeWrite()
	}
	if p.OldHash != h.person.PasswordHash {
		return app.Refuse(app.Conflict, "password_meanwhile")
	}
	h.person.PasswordHash, h.changed = p.Hash, append(h.changed, p)
	session := h.sessions[string(p.SessionHash)]
	session.TokenHash = p.NewSessionHash
	h.sessions = map[string]*app.Session{string(p.NewSessionHash): session}
	return nil
}
