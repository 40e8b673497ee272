package db_test

import (
	"context"
	"errors"
	"testing"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// fakeProvider says the same about everybody whom it is asked for.
type fakeProvider struct{ claim app.SSOClaim }

func (fakeProvider) Name() string { return "Acme SSO" }

func (fakeProvider) Begin(context.Context, app.SSOAttempt) (string, error) {
	return "https://login.example/authorize", nil
}

func (p fakeProvider) Redeem(context.Context, app.SSOAttempt, string) (app.SSOClaim, error) {
	return p.claim, nil
}

func (p *portal) ssoSignIns(claim app.SSOClaim) app.SSOSignIns {
	return app.SSOSignIns{Store: p, Provider: fakeProvider{claim}, Sealer: p.sealer, Clock: p.clock}
}

func newAttempt(p *portal) app.SSOAttempt {
	return app.SSOAttempt{State: app.NewToken(""), BegunAt: p.now}
}

// sueClaim is what the provider says about Sue.
func sueClaim() app.SSOClaim {
	return app.SSOClaim{Issuer: "https://login.example", Subject: "7731", Email: "sue@acme.example", Verified: true}
}

// An attempt that is sent many times at once begins one session, and the first sign-ins of one person at once
// store one login.
func TestSignInBySSO_ConcurrentSignInsStoreOneLogin(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		before := p.count(t, "sessions", "1 = 1")
		one := newAttempt(p)
		in := func(a app.SSOAttempt) error {
			_, err := p.ssoSignIns(sueClaim()).SignIn(t.Context(), a, "code", "", app.Client{Address: "192.0.2.1"})
			return err
		}
		done := 0
		for _, err := range parallel(8, func(int) error { return in(one) }) {
			if err == nil {
				done++
			} else if !errors.Is(err, app.Gone) {
				t.Errorf("got %v", err)
			}
		}
		equal(t, "sign-ins by one attempt", done, 1)
		for _, err := range parallel(8, func(int) error { return in(newAttempt(p)) }) {
			check(t, err)
		}
		equal(t, "sessions", p.count(t, "sessions", "sso = ?", true), 9)
		equal(t, "sessions by password", p.count(t, "sessions", "sso = ?", false), before)
		equal(t, "logins", p.count(t, "sso_logins", "1 = 1"), 1)
		equal(t, "told of it", p.count(t, "notices", "letter = ?", app.SSOWasChanged), 1)
		equal(t, "changes", p.count(t, "credential_changes", "way = ?", app.SSOLinked), 1)
	})
}

// Two people at the provider who have one address here: whoever comes first has it, and nobody both.
func TestSignInBySSO_OfTwoSubjectsOneGetsTheIdentity(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		done := 0
		for _, err := range parallel(8, func(i int) error {
			claim := sueClaim()
			claim.Subject = string(rune('a' + i))
			_, err := p.ssoSignIns(claim).SignIn(t.Context(), newAttempt(p), "code", "", app.Client{Address: "192.0.2.1"})
			return err
		}) {
			if err == nil {
				done++
			} else if !errors.Is(err, app.Forbidden) {
				t.Errorf("got %v", err)
			}
		}
		equal(t, "who came in", done, 1)
		equal(t, "logins", p.count(t, "sso_logins", "1 = 1"), 1)
	})
}

// A subject is compared byte by byte: no capital, blank or accent makes one person of two.
func TestSignInBySSO_SubjectsAreComparedByteByByte(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		_, err := p.ssoSignIns(sueClaim()).SignIn(t.Context(), newAttempt(p), "code", "", app.Client{Address: "192.0.2.1"})
		check(t, err)
		for _, subject := range []string{"7731 ", " 7731", "07731", "7731\x00", "", "７７３１"} {
			claim := sueClaim()
			claim.Subject, claim.Email = subject, "nobody@acme.example"
			_, err := p.ssoSignIns(claim).SignIn(t.Context(), newAttempt(p), "code", "", app.Client{Address: "192.0.2.1"})
			refused(t, err, app.Forbidden)
		}
		another := sueClaim()
		another.Issuer, another.Email = "https://login.example/", "nobody@acme.example"
		_, err = p.ssoSignIns(another).SignIn(t.Context(), newAttempt(p), "code", "", app.Client{Address: "192.0.2.1"})
		refused(t, err, app.Forbidden)
	})
}

// Attempts that are too old to be used are forgotten by the next sign-in.
func TestSignInBySSO_OldAttemptsAreDeleted(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		for range 3 {
			_, err := p.ssoSignIns(sueClaim()).SignIn(t.Context(), newAttempt(p), "code", "", app.Client{Address: "192.0.2.1"})
			check(t, err)
		}
		p.now = p.now.Add(7 * app.SSOWithin)
		_, err := p.ssoSignIns(sueClaim()).SignIn(t.Context(), newAttempt(p), "code", "", app.Client{Address: "192.0.2.1"})
		check(t, err)
		equal(t, "attempts", p.count(t, "spent_attempts", "1 = 1"), 1)
	})
}
