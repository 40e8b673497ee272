package app_test

import (
	"bytes"
	"context"
	"testing"

	"reglink/app"
)

// loginStore is an ActivationStore in memory.
type loginStore struct {
	person *app.Identity // nil: no address has a login
	stored []app.Confirmation
	notice app.Notice
}

func (s *loginStore) IdentityByEmail(_ context.Context, emailKey string) (*app.Identity, error) {
	if s.person == nil || s.person.EmailKey != emailKey {
		return nil, app.Refuse(app.NotFound, "login_unknown")
	}
	found := *s.person
	return &found, nil
}

func (s *loginStore) RenewActivation(_ context.Context, c app.Confirmation, n app.Notice) error {
	s.stored, s.notice = append(s.stored, c), n
	return nil
}

func TestActivationsRenew_IsForLoginsThatCannotSignIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		hash      string
		confirmed bool
		renewed   bool
	}{
		"never activated":               {"", false, true},
		"registered, never confirmed":   {"a stranger's", false, true},
		"of the directory, no password": {"", true, true},
		"complete":                      {"hash", true, false},
		"of single sign-on alone":       {app.NoPassword, true, false},
	} {
		at := noon
		store := &loginStore{person: &app.Identity{ID: "I", EmailKey: "ann@example.com", PasswordHash: c.hash}}
		if c.confirmed {
			store.person.ConfirmedAt = &at
		}
		rules := app.Activations{Store: store, Sealer: newSealer(t), Clock: (&fakeClock{noon}).now}
		token, err := rules.Renew(t.Context(), " Ann@Example.com ")
		wantNoError(t, err)
		if got := token != ""; got != c.renewed || len(store.stored) > 0 != c.renewed {
			t.Errorf("%s: got token %q and %+v, want one: %t", name, token, store.stored, c.renewed)
		}
		if !c.renewed {
			continue
		}
		hash, ok := app.HashToken(app.ConfirmationToken, token)
		if sent := store.stored[0]; !ok || !bytes.Equal(hash, sent.TokenHash) || sent.Purpose != app.ToActivate ||
			store.notice.Kind != app.ActivateLogin || store.notice.RecipientID != "I" {
			t.Errorf("%s: got %+v and %+v, want the activation of that token", name, sent, store.notice)
		}
	}
}

func TestActivationsRenew_Refuses(t *testing.T) {
	t.Parallel()
	rules := app.Activations{Store: &loginStore{}, Sealer: newSealer(t), Clock: (&fakeClock{noon}).now}
	_, err := rules.Renew(t.Context(), "ann")
	wantProblem(t, err, "email", "email_invalid")
	_, err = rules.Renew(t.Context(), "ann@example.com")
	wantRefusal(t, err, app.NotFound, "login_unknown")
}
