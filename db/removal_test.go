package db_test

import (
	"context"
	"testing"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// Who has lost everything is helped from outside: no factor, session or step is left, it is mailed, and each
// account is told.
func TestRemoveFactors_EndsSessionsAndNotifies(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		must(p.setUps().CreateAccount(t.Context(), app.NewAccount{Name: "Bolt", CompanyID: "B-1"}, "sue@acme.example", "en"))(
			t)
		removals := app.Removals{Store: s, Clock: p.clock}
		refused(t, removals.RemoveFactors(t.Context(), "sue@acme.example"), app.Conflict)
		refused(t, removals.RemoveFactors(t.Context(), "nobody@acme.example"), app.NotFound)
		p.addCodeApp(t)
		step := p.startSteps(t, 1)[0]
		check(t, removals.RemoveFactors(t.Context(), " SUE@acme.example"))
		for _, table := range []string{"factors", "sign_in_steps", "sessions"} {
			equal(t, "left in "+table, p.count(t, table, "1 = 1"), 0)
		}
		_, err := p.factors().PendingStep(t.Context(), step)
		refused(t, err, app.Unauthenticated)
		equal(t, "activities", p.count(t, "activities", "event = ?", app.SecondFactorRemoved), 2)
		equal(t, "changes", p.count(t, "credential_changes", "way = ?", app.FactorsRemoved), 1)
		entry := must(p.signIns().SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: password},
			app.Client{}))(t)
		equal(t, "a step", entry.NeedsSecondFactor, false)
		refused(t, removals.RemoveFactors(t.Context(), "sue@acme.example"), app.Conflict)
	})
}

// Whose address has another owner is helped from outside: login, sessions and steps end, it is mailed, each
// account is told, and the heir comes in by the address.
func TestRemoveSSOLogins_EndsSessionsAndFreesTheAddress(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		must(p.setUps().CreateAccount(t.Context(), app.NewAccount{Name: "Bolt", CompanyID: "B-1"}, "sue@acme.example", "en"))(
			t)
		in := func(claim app.SSOClaim) error {
			_, err := p.ssoSignIns(claim).SignIn(t.Context(), newAttempt(p), "code", "", app.Client{Address: "192.0.2.1"})
			return err
		}
		removals := app.Removals{Store: s, Clock: p.clock}
		refused(t, removals.RemoveSSOLogins(t.Context(), "sue@acme.example"), app.Conflict)
		refused(t, removals.RemoveSSOLogins(t.Context(), "nobody@acme.example"), app.NotFound)
		check(t, in(sueClaim()))
		heir := sueClaim()
		heir.Subject = "8842"
		refused(t, in(heir), app.Forbidden)
		check(t, removals.RemoveSSOLogins(t.Context(), " SUE@acme.example"))
		for _, table := range []string{"sso_logins", "sessions"} {
			equal(t, "left in "+table, p.count(t, table, "1 = 1"), 0)
		}
		equal(t, "activities", p.count(t, "activities", "event = ?", app.SSOLoginRemoved), 2)
		equal(t, "changes", p.count(t, "credential_changes", "way = ?", app.SSOUnlinked), 1)
		equal(t, "mails", p.count(t, "notices", "letter = ?", app.SSOWasChanged), 2) // and of the first sign-in
		check(t, in(heir))
		refused(t, in(sueClaim()), app.Forbidden)
	})
}

// interruptingStore does something else between the look at who signs in and the sign-in.
type interruptingStore struct {
	app.SSOStore

	do func() error
}

// A sign-in that is under way while its login is forgotten does not store that login again.
func TestRemoveSSOLogins_ConcurrentSignInDoesNotRestoreTheLogin(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		signIns := p.ssoSignIns(sueClaim())
		_, err := signIns.SignIn(t.Context(), newAttempt(p), "code", "", app.Client{Address: "192.0.2.1"})
		check(t, err)
		signIns.Store = interruptingStore{
			p,
			func() error {
				return app.Removals{Store: s, Clock: p.clock}.RemoveSSOLogins(t.Context(), "sue@acme.example")
			},
		}
		_, err = signIns.SignIn(t.Context(), newAttempt(p), "code", "", app.Client{Address: "192.0.2.1"})
		refused(t, err, app.Gone)
		equal(t, "logins", p.count(t, "sso_logins", "1 = 1"), 0)
	})
}

func (m interruptingStore) HasConsented(ctx context.Context, id string) (bool, error) {
	if err := m.do(); err != nil {
		return false, err
	}
	return m.SSOStore.HasConsented(ctx, id)
}
