package app_test

import (
	"context"
	"errors"
	"testing"

	"reglink/app"
)

func TestSignInMethod_AdmitsPasswordOrProvider(t *testing.T) {
	t.Parallel()
	for way, want := range map[app.SignInMethod][2]bool{ // by password, through the provider
		app.AnyMethod: {true, true}, app.PasswordOnly: {true, false}, app.SSOOnly: {false, true}, "": {}, "SSO": {},
		"none": {},
	} {
		if got := [2]bool{way.Admits(false), way.Admits(true)}; got != want {
			t.Errorf("%q: got %v, want %v", way, got, want)
		}
	}
}

// fakeSignInMethodStore keeps the choice that was stored last.
type fakeSignInMethodStore struct{ stored app.SignInMethod }

func (w *fakeSignInMethodStore) SetSignInMethod(_ context.Context, _ app.Actor, way app.SignInMethod,
	what app.Activity,
) error {
	if what.Event != app.SignInChanged || what.Details["Way"] != string(way) {
		return errors.New("another activity")
	}
	w.stored = way
	return nil
}

func (w *fakeSignInMethodStore) AccountByCompanyID(_ context.Context, companyID string) (*app.Account, error) {
	if companyID != "ACME-1" {
		return nil, app.Refuse(app.NotFound, "account_unknown")
	}
	return &app.Account{ID: "ACME"}, nil
}

func (w *fakeSignInMethodStore) OverrideSignInMethod(ctx context.Context, way app.SignInMethod,
	what app.Activity,
) error {
	return w.SetSignInMethod(ctx, app.Actor{}, way, what)
}

func TestSignInMethods_OverrideByCompanyID(t *testing.T) {
	t.Parallel()
	store := &fakeSignInMethodStore{}
	rules := app.SignInMethods{Store: store}
	if _, err := rules.Override(t.Context(), " acme-1 ", app.PasswordOnly); err != nil ||
		store.stored != app.PasswordOnly {
		t.Errorf("got %v, stored %q", err, store.stored)
	}
	if _, err := rules.Override(t.Context(), "ACME-2", app.PasswordOnly); !errors.Is(err, app.NotFound) {
		t.Errorf("another company ID: got %v", err)
	}
	if _, err := rules.Override(t.Context(), "ACME-1", "none"); !isProblems(err) {
		t.Errorf("a way that is none: got %v", err)
	}
}

func TestSignInMethods_ChooserIsNotLockedOut(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		role app.Role
		sso  bool
		way  app.SignInMethod
		want error
	}{
		{app.SuperUser, false, app.AnyMethod, nil},
		{app.SuperUser, true, app.AnyMethod, nil},
		{app.SuperUser, false, app.PasswordOnly, nil},
		{app.SuperUser, true, app.SSOOnly, nil},
		{app.SuperUser, false, app.SSOOnly, app.Conflict},
		{app.SuperUser, true, app.PasswordOnly, app.Conflict},
		{app.StandardUser, true, app.SSOOnly, app.Forbidden},
		{app.LimitedUser, false, app.PasswordOnly, app.Forbidden},
	} {
		store := &fakeSignInMethodStore{}
		by := app.Actor{
			Account: app.Account{ID: "ACME"}, Membership: app.Membership{Role: c.role, Status: app.Active}, SSO: c.sso,
		}
		err := app.SignInMethods{Store: store}.Choose(t.Context(), by, c.way)
		if !errors.Is(err, c.want) || (err == nil) != (store.stored == c.way) {
			t.Errorf("%+v: got %v, stored %q", c, err, store.stored)
		}
	}
	barred := app.Actor{
		Account: app.Account{ID: "ACME", SignInMethod: app.SSOOnly}, Membership: app.Membership{
			Role:   app.SuperUser,
			Status: app.Active,
		}, SSO: true,
	}
	err := app.SignInMethods{Store: &fakeSignInMethodStore{}}.Choose(t.Context(), barred, app.PasswordOnly)
	wantRefusal(t, err, app.Conflict, "either_way_first")
	by := app.Actor{Account: app.Account{ID: "ACME"}, Membership: app.Membership{Role: app.SuperUser, Status: app.Active}}
	if err := (app.SignInMethods{Store: &fakeSignInMethodStore{}}).Choose(t.Context(), by, "somehow"); !isProblems(err) {
		t.Errorf("a way that is none: got %v", err)
	}
}
