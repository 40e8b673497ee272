package db_test

import (
	"errors"
	"testing"
	"time"

	"github.com/pquerna/otp/totp"

	"reglink/app"
	"reglink/app/factor"
	"reglink/db"
	"reglink/db/dbtest"
)

func (p *portal) factors() app.SecondFactors {
	return app.SecondFactors{Store: p, SignIns: p.signIns(), Apps: factor.TOTP{}, Sealer: p.sealer, Clock: p.clock}
}

// addCodeApp sets an app up for the portal's Super User and gives its secret and the recovery codes.
func (p *portal) addCodeApp(t testing.TB) (string, []string) {
	t.Helper()
	offered := must(p.factors().BeginAppSetup(t.Context(), p.super))(t)
	form := app.AuthenticatorAppForm{
		Reauth: app.ReauthForm{Password: password}, Box: offered.Box,
		Code: p.totpCode(t, offered.Secret),
	}
	done := must(p.factors().AddApp(t.Context(), p.super, form))(t)
	p.super = must(p.signIns().Actor(t.Context(), done.Token))(t)
	p.now = p.now.Add(30 * time.Second)
	return offered.Secret, done.RecoveryCodes
}

func (p *portal) totpCode(t testing.TB, secret string) string {
	t.Helper()
	return must(totp.GenerateCode(secret, p.now))(t)
}

// startSteps stand before the second factor, so many at once.
func (p *portal) startSteps(t testing.TB, n int) []string {
	t.Helper()
	tokens := make([]string, n)
	for i := range tokens {
		entry := must(p.signIns().SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: password},
			app.Client{}))(t)
		equal(t, "a step", entry.NeedsSecondFactor, true)
		tokens[i] = entry.Token
	}
	return tokens
}

// countAccepted counts those that were answered nil, and wants every other to be refused as that kind or as a
// problem of the code.
func countAccepted(t testing.TB, answers []error, kind app.Kind) int {
	t.Helper()
	n := 0
	for _, err := range answers {
		_, wrongCode := errors.AsType[app.Problems](err)
		switch {
		case err == nil:
			n++
		case wrongCode, errors.Is(err, kind):
		default:
			t.Errorf("refused with %v", err)
		}
	}
	return n
}

// A code of the app, and a recovery code, let one of those in who send it at once; the others keep their step.
func TestFinishSignIn_CodeSignsInOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		secret, codes := p.addCodeApp(t)
		for name, code := range map[string]string{"of the app": p.totpCode(t, secret), "for recovery": codes[0]} {
			steps := p.startSteps(t, 6)
			before := p.count(t, "sessions", "1 = 1")
			n := countAccepted(t, parallel(6, func(i int) error {
				_, err := p.factors().FinishStep(t.Context(), steps[i], app.FactorProof{Code: code}, app.Client{})
				return err
			}), app.Unavailable)
			equal(t, name+": let in", n, 1)
			equal(t, name+": sessions", p.count(t, "sessions", "1 = 1")-before, 1)
		}
		equal(t, "told of the recovery code", p.count(t, "notices", "letter = ?", app.FactorWasChanged), 2) // and of the app
	})
}

// A step begins one session, whichever of the right codes comes first.
func TestFinishSignIn_StepBeginsOneSession(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		_, codes := p.addCodeApp(t)
		step := p.startSteps(t, 1)[0]
		n := countAccepted(t, parallel(6, func(i int) error {
			_, err := p.factors().FinishStep(t.Context(), step, app.FactorProof{Code: codes[i]}, app.Client{})
			return err
		}), app.Unauthenticated)
		equal(t, "let in", n, 1)
		equal(t, "codes used", p.count(t, "factors", "used_at IS NOT NULL AND kind = ?", app.RecoveryCode), 1)
		equal(t, "steps left", p.count(t, "sign_in_steps", "1 = 1"), 0)
	})
}

// Of two who change the same second factor at once, one does; a session that a password alone began does not
// outlive the change.
func TestChangeFactors_OneOfManySucceeds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		offered := must(p.factors().BeginAppSetup(t.Context(), p.super))(t)
		form := app.AuthenticatorAppForm{
			Reauth: app.ReauthForm{Password: password}, Box: offered.Box,
			Code: p.totpCode(t, offered.Secret),
		}
		answers := parallel(6, func(i int) error {
			if i < 3 {
				_, err := p.factors().AddApp(t.Context(), p.super, form)
				return err
			}
			_, err := p.signIns().SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: password},
				app.Client{})
			return err
		})
		equal(t, "set up", countAccepted(t, answers[:3], app.Unauthenticated), 1)
		equal(t, "entered", countAccepted(t, answers[3:], app.Conflict) > 0, true)
		equal(t, "apps", p.count(t, "factors", "kind = ?", app.AuthenticatorApp), 1)
		equal(t, "recovery codes", p.count(t, "factors", "kind = ?", app.RecoveryCode), app.RecoveryCodeCount)
		equal(t, "factors", p.identity(t, "sue@acme.example").Factors, 1)
		equal(t, "sessions of the password alone", p.count(t, "sessions", "proven = ?", app.WithPassword), 0)
	})
}

// The account's choice is stored once, by a Super User who has a second factor at that moment.
func TestRequireSecondFactor_OnlyByASuperUserWithAFactor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		security := app.Security{Store: s, Clock: p.clock}
		refused(t, security.RequireSecondFactor(t.Context(), p.super, true), app.Conflict)
		p.addCodeApp(t)
		for _, err := range parallel(4, func(int) error { return security.RequireSecondFactor(t.Context(), p.super, true) }) {
			check(t, err)
		}
		equal(t, "activities", p.count(t, "activities", "event = ?", app.SecondFactorRequired), 1)
		equal(t, "accounts", p.count(t, "accounts", "second_factor = ?", true), 1)
		found := must(security.SecondFactorStatus(t.Context(), p.super))(t)
		// as the request saw the account
		equal(t, "safeguards", found, app.SecondFactorStatus{Required: false, SuperUsers: 1, WithoutFactor: 0})
		other := p.createAccount(t, "Bolt", "bob@bolt.example")
		equal(t, "another account", must(security.SecondFactorStatus(t.Context(), other))(t),
			app.SecondFactorStatus{SuperUsers: 1, WithoutFactor: 1})
		check(t, app.FactorRemovals{Store: s, Clock: p.clock}.Remove(t.Context(), "sue@acme.example"))
		refused(t, security.RequireSecondFactor(t.Context(), p.signIn(t, "sue@acme.example"), false), app.Forbidden)
	})
}

// Recovery codes are not renewed in a session that has ended meanwhile, and nothing is used up.
func TestChangeFactors_EndedSessionRenewsNoCodes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		_, codes := p.addCodeApp(t)
		by := p.super
		renew := func(code string) error {
			_, err := p.factors().RenewRecoveryCodes(t.Context(), by, app.ReauthForm{Password: password, Code: code})
			return err
		}
		all := must(p.signIns().Sessions(t.Context(), by))(t)
		must(p.signIns().EndSession(t.Context(), by, all[0].ID()))(t)
		refused(t, renew(codes[0]), app.Unauthenticated)
		equal(t, "used", p.count(t, "factors", "used_at IS NOT NULL"), 0)
		equal(t, "changes", p.count(t, "credential_changes", "way = ?", app.RecoveryCodesRenewed), 0)
		step := p.startSteps(t, 1)[0]
		token := must(p.factors().FinishStep(t.Context(), step, app.FactorProof{Code: codes[1]}, app.Client{}))(t)
		by = must(p.signIns().Actor(t.Context(), token))(t)
		check(t, renew(codes[2]))
		must(p.signIns().Actor(t.Context(), token))(t)
		equal(t, "codes", p.count(t, "factors", "kind = ?", app.RecoveryCode), app.RecoveryCodeCount)
	})
}
