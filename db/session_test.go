package db_test

import (
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func TestSessions_AreListedAndEndedByTheirOwner(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		agent := strings.Repeat("🦊", 300)
		p.now = p.now.Add(time.Minute)
		token := must(p.signIns().SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: password},
			app.Client{Address: "2001:db8::7", UserAgent: agent}))(t).Token
		stranger := p.createAccount(t, "Stranger", "st@stranger.example")
		all := must(p.signIns().Sessions(t.Context(), p.super))(t)
		equal(t, "sessions", len(all), 2)
		equal(t, "the last used first", all[0].Address+" "+all[1].Address, "2001:db8::7 192.0.2.1")
		equal(t, "agent", all[0].UserAgent, strings.Repeat("🦊", 254)+"…")
		equal(t, "present", all[1].IsCurrentOf(p.super), true)

		_, err := p.signIns().EndSession(t.Context(), stranger, all[0].ID())
		refused(t, err, app.NotFound)
		must(p.signIns().EndSession(t.Context(), p.super, all[0].ID()))(t)
		_, err = p.signIns().Actor(t.Context(), token)
		refused(t, err, app.Unauthenticated)
		_, err = p.signIns().EndSession(t.Context(), p.super, all[0].ID())
		refused(t, err, app.NotFound)

		p.signIn(t, "sue@acme.example")
		check(t, p.signIns().EndOtherSessions(t.Context(), p.super))
		all = must(p.signIns().Sessions(t.Context(), p.super))(t)
		equal(t, "left", len(all) == 1 && all[0].IsCurrentOf(p.super), true)
		equal(t, "of the stranger", p.count(t, "sessions", "identity_id = ?", stranger.Identity.ID), 1)
	})
}

// With one session more than there may be, the person's oldest ends, and nobody else's; right passwords that
// wait keep to the same.
func TestStartSession_OldestGivesWay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		stranger := p.createAccount(t, "Stranger", "st@stranger.example")
		var last string
		for range app.MaxSessions {
			p.now = p.now.Add(time.Second)
			last = must(p.signIns().SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: password},
				app.Client{}))(t).Token
		}
		equal(t, "sessions", p.count(t, "sessions", "identity_id = ?", p.super.Identity.ID), app.MaxSessions)
		equal(t, "the oldest", p.count(t, "sessions", "address = ?", "192.0.2.1"), 1) // the stranger's own
		equal(t, "of the stranger", p.count(t, "sessions", "identity_id = ?", stranger.Identity.ID), 1)
		p.super = must(p.signIns().Actor(t.Context(), last))(t)
		p.addCodeApp(t)
		tokens := p.startSteps(t, app.MaxSessions+2)
		equal(t, "steps", p.count(t, "sign_in_steps", "1 = 1"), app.MaxSessions)
		must(p.factors().PendingStep(t.Context(), tokens[len(tokens)-1]))(t)
	})
}

func TestSessionActor_CostsOneStatement(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		hash, _ := hex.DecodeString(p.signIn(t, "sue@acme.example").SessionID)
		var session *app.Session
		var m *app.Membership
		n := dbtest.CountStatements(t, s, func() {
			var err error
			session, m, err = s.SessionActor(t.Context(), hash)
			check(t, err)
		})
		equal(t, "statements", n, 1)
		equal(t, "identity", session.Identity.Email, "sue@acme.example")
		equal(t, "account", session.Account.Name, "Acme")
		equal(t, "role", m.Role, app.SuperUser)
		equal(t, "membership of the account", m.AccountID, session.AccountID)
		equal(t, "created", session.CreatedAt, p.now)
		equal(t, "seen", session.SeenAt, p.now)
		equal(t, "address", session.Address, "192.0.2.1")
		equal(t, "sign-in noted", *p.identity(t, "sue@acme.example").SignedInAt, p.now)
		_, _, err := s.SessionActor(t.Context(), make([]byte, 32))
		refused(t, err, app.NotFound)
	})
}

func TestSessionActor_WithoutAnAccountHasNoMembership(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		check(t, p.imports().AddIdentity(t.Context(), "lea@school.example", "Lea", "Rner", "en"))
		session := app.Session{
			TokenHash: make([]byte, 32), IdentityID: p.identity(t, "lea@school.example").ID, CreatedAt: p.now, SeenAt: p.now,
		}
		check(t, s.StartSession(t.Context(), session, "", nil))
		got, m, err := s.SessionActor(t.Context(), session.TokenHash)
		check(t, err)
		equal(t, "identity", got.Identity.FirstName, "Lea")
		equal(t, "account", got.Account == nil, true)
		equal(t, "membership", m == nil, true)
	})
}

func TestSessions_EndBySignInSignOutAndAge(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		client := app.Client{Address: "192.0.2.9"}
		with := app.Credentials{Email: "sue@acme.example", Password: password}
		first := must(p.signIns().SignIn(t.Context(), with, client))(t).Token
		with.OldSession = first
		second := must(p.signIns().SignIn(t.Context(), with, client))(t).Token
		_, err := p.signIns().Actor(t.Context(), first)
		refused(t, err, app.Unauthenticated)

		p.now = p.now.Add(2 * time.Minute)
		must(p.signIns().Actor(t.Context(), second))(t)
		hash, _ := app.HashToken(app.SessionToken, second)
		session, _, err := s.SessionActor(t.Context(), hash)
		check(t, err)
		equal(t, "touched", session.SeenAt, p.now)

		check(t, p.signIns().SignOut(t.Context(), second))
		check(t, p.signIns().SignOut(t.Context(), second))
		_, err = p.signIns().Actor(t.Context(), second)
		refused(t, err, app.Unauthenticated)

		p.now = p.now.Add(app.SessionMax + time.Hour)
		p.signIn(t, "sue@acme.example")
		equal(t, "old ones are cleared away", p.count(t, "sessions", "identity_id = ?", p.super.Identity.ID), 1)
	})
}

func TestSwitchAccount_OnlyToOwnAccounts(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.createAccount(t, "abel", "sue@acme.example")
		zeta := p.createAccount(t, "Zeta", "sue@acme.example")
		var names []string
		for _, m := range must(p.signIns().Memberships(t.Context(), p.super))(t).Open {
			names = append(names, m.Account.Name)
		}
		equal(t, "how many", len(names), 3)
		equal(t, "by name", names[0]+names[1]+names[2], "abelAcmeZeta")

		token := must(p.signIns().SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: password},
			app.Client{}))(t).Token
		actor := must(p.signIns().Actor(t.Context(), token))(t)
		equal(t, "starts in the first", actor.Account.Name, "abel")
		equal(t, "to", must(p.signIns().Switch(t.Context(), actor, zeta.Account.ID))(t).Name, "Zeta")
		actor = must(p.signIns().Actor(t.Context(), token))(t)
		equal(t, "switched", actor.Account.Name, "Zeta")
		equal(t, "with that membership", actor.Membership.AccountID, zeta.Account.ID)
		stranger := p.createAccount(t, "Stranger", "st@stranger.example")
		_, err := p.signIns().Switch(t.Context(), actor, stranger.Account.ID)
		refused(t, err, app.NotFound)
	})
}
