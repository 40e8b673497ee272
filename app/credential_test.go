package app_test

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"testing"

	"reglink/app"
)

func (h *house) ChangePassword(_ context.Context, p app.PasswordChange) error {
	if h.meanwhile != nil {
		h.meanwhile()
	}
	if p.Old != h.person.PasswordHash {
		return app.Refuse(app.Conflict, "password_meanwhile")
	}
	h.person.PasswordHash, h.changed = p.Hash, append(h.changed, p)
	session := h.sessions[string(p.Session)]
	session.TokenHash = p.NewSession
	h.sessions = map[string]*app.Session{string(p.NewSession): session}
	return nil
}

// signedIn gives the right person in a session.
func (d *door) signedIn(t *testing.T) app.Actor {
	t.Helper()
	by, err := d.Actor(t.Context(), d.enter(t))
	wantNoError(t, err)
	by.Address = "192.0.2.7"
	return by
}

func TestChangePassword(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	by := d.signedIn(t)
	other := d.enter(t)
	token, err := d.ChangePassword(t.Context(), by, app.PasswordForm{Current: rightPassword, Password: anotherPassword})
	wantNoError(t, err)
	if ok, _ := verify(t, d.Hasher, d.store.person.PasswordHash, anotherPassword); !ok {
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
	if told.Change.Way != app.ByChange || told.Change.Address != "192.0.2.7" || !told.Change.At.Equal(noon) || told.Change.IdentityID != "SUE" {
		t.Errorf("kept is %+v", told.Change)
	}
	if told.Notice.Letter != app.PasswordWasChanged || told.Notice.EventID != told.Change.ID || hex.EncodeToString(told.Session) != by.SessionID {
		t.Errorf("said is %+v", told)
	}
}

func TestChangePasswordRefused(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	by := d.signedIn(t)
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
		_, err := d.ChangePassword(impatient(t), by, test.form)
		wantProblem(t, err, test.field, test.id)
	}
	for _, wrong := range []string{anotherPassword, rightPassword + " ", " ", "\x00", strings.Repeat("a", 10_000)} {
		_, err := d.ChangePassword(t.Context(), by, app.PasswordForm{Current: wrong, Password: anotherPassword})
		wantProblem(t, err, "current_password", "current_password_wrong")
	}
	_, err := d.ChangePassword(impatient(t), by, app.PasswordForm{Current: rightPassword, Password: anotherPassword})
	wantRefusal(t, err, app.Unavailable, "busy")
	if d.store.person.PasswordHash != before || len(d.store.changed) > 0 {
		t.Error("a refused change changed the password")
	}
	d.store.meanwhile = func() { d.store.person.PasswordHash = "another" }
	_, err = d.ChangePassword(t.Context(), by, app.PasswordForm{Current: rightPassword, Password: anotherPassword})
	wantRefusal(t, err, app.Conflict, "password_meanwhile")
}

// A sign-in that proved a password which is replaced before its session begins has not signed in; where only the hash was made anew, it
// looks again.
func TestSignInWhileThePasswordChanges(t *testing.T) {
	t.Parallel()
	for now, want := range map[string]error{anotherPassword: app.Problems{"": app.Say("sign_in_failed")}, rightPassword: nil} {
		d := newDoor(t)
		fresh := hash(t, d.Hasher, now)
		d.store.meanwhile = func() { d.store.person.PasswordHash = fresh }
		_, err := d.SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: rightPassword}, visitor())
		if (err == nil) != (want == nil) || (want != nil && err.Error() != want.Error()) {
			t.Errorf("got %v, want %v", err, want)
		}
		if len(d.store.sessions) > 0 != (want == nil) {
			t.Errorf("%d sessions begin", len(d.store.sessions))
		}
	}
	d := newDoor(t)
	d.store.meanwhile = func() { d.store.person.PasswordHash = hash(t, d.Hasher, rightPassword) }
	_, err := d.SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: rightPassword}, visitor())
	if !errors.Is(err, app.Conflict) {
		t.Errorf("a password that never stands still: got %v", err)
	}
}
