package db_test

import (
	"context"
	"errors"
	"testing"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// provider says the same about everybody whom it is asked for.
type provider struct{ claim app.SSOClaim }

func (provider) Name() string { return "Acme SSO" }

func (provider) Begin(context.Context, app.SSOAttempt) (string, error) {
	return "https://login.example/authorize", nil
}

func (p provider) Redeem(context.Context, app.SSOAttempt, string) (app.SSOClaim, error) {
	return p.claim, nil
}

func (p *portal) ssoSignIns(claim app.SSOClaim) app.SSOSignIns {
	return app.SSOSignIns{Store: p, Provider: provider{claim}, Sealer: p.sealer, Clock: p.clock}
}

func attempt(p *portal) app.SSOAttempt {
	return app.SSOAttempt{State: app.NewToken(""), BegunAt: p.now}
}

// sueAtProvider is what the provider says about Sue.
func sueAtProvider() app.SSOClaim {
	return app.SSOClaim{Issuer: "https://login.example", Subject: "7731", Email: "sue@acme.example", Verified: true}
}

// An attempt that is sent many times at once begins one session, and the first sign-ins of one person at once store one login.
func TestSignInsThroughAProviderAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		before := p.count(t, "sessions", "1 = 1")
		one := attempt(p)
		in := func(a app.SSOAttempt) error {
			_, err := p.ssoSignIns(sueAtProvider()).SignIn(t.Context(), a, "code", "", app.Client{Address: "192.0.2.1"})
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
		for _, err := range parallel(8, func(int) error { return in(attempt(p)) }) {
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
func TestTwoSubjectsWithOneAddressAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		done := 0
		for _, err := range parallel(8, func(i int) error {
			claim := sueAtProvider()
			claim.Subject = string(rune('a' + i))
			_, err := p.ssoSignIns(claim).SignIn(t.Context(), attempt(p), "code", "", app.Client{Address: "192.0.2.1"})
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
func TestSubjectsAreComparedByteByByte(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		_, err := p.ssoSignIns(sueAtProvider()).SignIn(t.Context(), attempt(p), "code", "", app.Client{Address: "192.0.2.1"})
		check(t, err)
		for _, subject := range []string{"7731 ", " 7731", "07731", "7731\x00", "", "７７３１"} {
			claim := sueAtProvider()
			claim.Subject, claim.Email = subject, "nobody@acme.example"
			_, err := p.ssoSignIns(claim).SignIn(t.Context(), attempt(p), "code", "", app.Client{Address: "192.0.2.1"})
			refused(t, err, app.Forbidden)
		}
		another := sueAtProvider()
		another.Issuer, another.Email = "https://login.example/", "nobody@acme.example"
		_, err = p.ssoSignIns(another).SignIn(t.Context(), attempt(p), "code", "", app.Client{Address: "192.0.2.1"})
		refused(t, err, app.Forbidden)
	})
}

// Attempts that are too old to be used are forgotten by the next sign-in.
func TestSpentAttemptsAreForgotten(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		for range 3 {
			_, err := p.ssoSignIns(sueAtProvider()).SignIn(t.Context(), attempt(p), "code", "", app.Client{Address: "192.0.2.1"})
			check(t, err)
		}
		p.now = p.now.Add(7 * app.SSOWithin)
		_, err := p.ssoSignIns(sueAtProvider()).SignIn(t.Context(), attempt(p), "code", "", app.Client{Address: "192.0.2.1"})
		check(t, err)
		equal(t, "attempts", p.count(t, "spent_attempts", "1 = 1"), 1)
	})
}
