package db_test

import (
	"errors"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

const changedPassword = "gravel onion sextant 9 plums"

// requestReset has Sue ask for a new password and gives the token that she is mailed.
func (p *portal) requestReset(t testing.TB) string {
	t.Helper()
	check(t, p.confirmations().RequestReset(t.Context(), "sue@acme.example"))
	token, _ := p.deliverMail(t, "sue@acme.example")
	if token == "" {
		t.Fatal("nothing was mailed")
	}
	return token
}

// countSuccesses counts the answers that are success; the others must be refusals of that kind.
func countSuccesses(t testing.TB, answers []error, refusal error) int {
	t.Helper()
	n := 0
	for _, err := range answers {
		if err == nil {
			n++
			continue
		}
		refused(t, err, refusal)
	}
	return n
}

// Of many resets by one link exactly one sets the password. It ends every session and is said once.
func TestResetPassword_OneOfManySucceeds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.signIn(t, "sue@acme.example")
		token := p.requestReset(t)
		answers := parallel(12, func(i int) error {
			return p.confirmations().Reset(t.Context(), token, changedPassword+string(rune('a'+i)),
				app.Client{Address: "203.0.113.9"})
		})
		equal(t, "set", countSuccesses(t, answers, app.Gone), 1)
		equal(t, "sessions", p.count(t, "sessions", "1 = 1"), 0)
		equal(t, "open", p.count(t, "confirmations", "used_at IS NULL OR token_box IS NOT NULL"), 0)
		equal(t, "kept", p.count(t, "credential_changes", "way = ? AND address = ?", app.PasswordReset, "203.0.113.9"), 1)
		for i, err := range answers {
			_, entered := p.signIns().SignIn(t.Context(),
				app.Credentials{Email: "sue@acme.example", Password: changedPassword + string(rune('a'+i))}, app.Client{})
			equal(t, "signs in", entered == nil, err == nil)
		}
		due := must(p.outbox().Claim(t.Context(), 100))(t)
		equal(t, "mails", len(due), 1)
		equal(t, "letter", due[0].Notice.Kind, app.PasswordWasChanged)
		equal(t, "from", due[0].Change.Address, "203.0.113.9")
		equal(t, "at", due[0].Change.At, p.now)
		_, err := s.CredentialChangeByID(t.Context(), app.NewID())
		refused(t, err, app.NotFound)
	})
}

func TestResetPassword_ExpiredOrSuspendedIsGone(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.requestReset(t)
		hash, _ := app.HashToken(app.ResetToken, token)
		c := must(s.ConfirmationByToken(t.Context(), app.ToReset, hash))(t)
		equal(t, "until", c.ExpiresAt, p.now.Add(time.Hour))
		before := p.identity(t, "sue@acme.example").PasswordHash
		late := app.NewPassword{Hash: "x", Change: app.CredentialChange{
			ID: app.NewID(), IdentityID: c.IdentityID,
			At: c.ExpiresAt,
		}}
		refused(t, s.ResetPassword(t.Context(), c.ID, late), app.Gone)
		late.Change.At = p.now
		must(s.Bun().ExecContext(t.Context(), "UPDATE identities SET suspended_at = created_at"))(t)
		refused(t, s.ResetPassword(t.Context(), c.ID, late), app.Gone)
		equal(t, "password", p.identity(t, "sue@acme.example").PasswordHash, before)
		equal(t, "still open", p.count(t, "confirmations", "used_at IS NULL"), 1)
		equal(t, "kept", p.count(t, "credential_changes", "1 = 1"), 0)
	})
}

// A reset never ends what somebody needs for the first sign-in, nor the other way round; a newer reset ends
// the older one.
func TestResetPassword_ResetsAndActivationsDoNotEndEachOther(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		first := p.requestReset(t)
		sue := p.identity(t, "sue@acme.example")
		for _, purpose := range []app.ConfirmationPurpose{app.ToActivate, app.ToConfirm} {
			c := app.Confirmation{
				ID: app.NewID(), IdentityID: sue.ID, Purpose: purpose, TokenHash: []byte(app.NewID())[:16], TokenBox: []byte{1},
				CreatedAt: p.now, ExpiresAt: p.now.Add(24 * time.Hour),
			}
			c.TokenHash = append(c.TokenHash, c.TokenHash...)
			must(s.Bun().NewInsert().Model(&c).Exec(t.Context()))(t)
		}
		p.now = p.now.Add(app.ResendAfter + time.Second)
		second := p.requestReset(t)
		equal(t, "open besides", p.count(t, "confirmations", "used_at IS NULL AND purpose <> ?", app.ToReset), 2)
		refused(t, p.confirmations().Reset(t.Context(), first, changedPassword, app.Client{}), app.Gone)
		check(t, p.confirmations().Reset(t.Context(), second, changedPassword, app.Client{}))
		equal(t, "open besides", p.count(t, "confirmations", "used_at IS NULL AND purpose <> ?", app.ToReset), 2)
	})
}

// An address is mailed every two minutes and five times a day at most, however many ask at once (T-54).
func TestT54_ResetMailsAreLimited(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		ask := func() {
			for i, err := range parallel(8, func(int) error {
				return p.confirmations().RequestReset(t.Context(), "sue@acme.example")
			}) {
				if err != nil {
					t.Errorf("caller %d: %v", i, err)
				}
			}
		}
		began, mails := p.now, 0
		for want := 1; want <= app.MaxMailsPerDay; want++ {
			ask()
			p.now = p.now.Add(app.ResendAfter - time.Second)
			ask()
			_, sent := p.deliverMail(t, "sue@acme.example")
			mails += sent
			equal(t, "mails", mails, want)
			p.now = p.now.Add(2 * time.Second)
		}
		p.now = began.Add(24*time.Hour - time.Second)
		ask()
		_, sent := p.deliverMail(t, "sue@acme.example")
		equal(t, "on the same day", sent, 0)
		p.now = began.Add(24*time.Hour + time.Second)
		ask()
		_, sent = p.deliverMail(t, "sue@acme.example")
		equal(t, "a day later", sent, 1)
	})
}

// Of two changes with the same old password one wins; the session goes on, and only that one.
func TestChangePassword_OneOfManySucceedsAndKeepsItsSession(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		open := p.requestReset(t)
		answers := make([]string, 8)
		actors := []app.Actor{p.super, p.signIn(t, "sue@acme.example")}
		errs := parallel(8, func(i int) error {
			token, err := p.signIns().ChangePassword(t.Context(), actors[i%2],
				app.PasswordForm{Current: password, Password: changedPassword})
			answers[i] = token
			return err
		})
		winner := ""
		for i, err := range errs {
			if err == nil {
				winner += answers[i]
			} else if !errors.Is(err, app.Conflict) {
				t.Errorf("change %d: %v", i, err)
			}
		}
		equal(t, "signed in as", must(p.signIns().Actor(t.Context(), winner))(t).Identity.ID, p.super.Identity.ID)
		equal(t, "sessions", p.count(t, "sessions", "1 = 1"), 1)
		equal(t, "kept", p.count(t, "credential_changes", "way = ?", app.PasswordChanged), 1)
		refused(t, p.confirmations().Reset(t.Context(), open, changedPassword, app.Client{}), app.Gone)
	})
}

// Whoever was signed out meanwhile changes nothing.
func TestChangePassword_EndedSessionChangesNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		victim := p.signIn(t, "sue@acme.example")
		check(t, p.signIns().EndOtherSessions(t.Context(), p.super))
		before := p.identity(t, "sue@acme.example").PasswordHash
		_, err := p.signIns().ChangePassword(t.Context(), victim,
			app.PasswordForm{Current: password, Password: changedPassword})
		refused(t, err, app.Unauthenticated)
		equal(t, "password", p.identity(t, "sue@acme.example").PasswordHash, before)
		equal(t, "kept", p.count(t, "credential_changes", "1 = 1"), 0)
	})
}

// No session of the old password is left, however many sign in with it while it is replaced (T-45).
func TestT45_ResetLeavesNoSessionOfTheOldPassword(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.requestReset(t)
		for i, err := range parallel(24, func(i int) error {
			if i == 12 {
				return p.confirmations().Reset(t.Context(), token, changedPassword, app.Client{})
			}
			_, err := p.signIns().SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: password},
				app.Client{})
			return err
		}) {
			if err != nil && (i == 12 || err.Error() != app.Problem("", "sign_in_failed").Error()) {
				t.Errorf("caller %d: %v", i, err)
			}
		}
		equal(t, "sessions", p.count(t, "sessions", "1 = 1"), 0)
	})
}

func TestRehashPassword_KeepsANewerHash(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		before := p.identity(t, "sue@acme.example").PasswordHash
		p.hasher = app.NewPasswordHasher(app.HashParams{Memory: 16, Time: 1, Lanes: 1})
		p.signIn(t, "sue@acme.example")
		after := p.identity(t, "sue@acme.example").PasswordHash
		equal(t, "made anew", after != before, true)
		check(t, s.RehashPassword(t.Context(), p.super.Identity.ID, before, "$of$a$password$changed$meanwhile"))
		equal(t, "kept", p.identity(t, "sue@acme.example").PasswordHash, after)
	})
}
