package db_test

import (
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func TestSessions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		agent := strings.Repeat("🦊", 300)
		p.now = p.now.Add(time.Minute)
		token := must(p.signIns().SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: password}, app.Client{Address: "2001:db8::7", Agent: agent}))(t).Token
		stranger := p.account(t, "Stranger", "st@stranger.example")
		all := must(p.signIns().Sessions(t.Context(), p.super))(t)
		equal(t, "sessions", len(all), 2)
		equal(t, "the last used first", all[0].Address+" "+all[1].Address, "2001:db8::7 192.0.2.1")
		equal(t, "agent", all[0].UserAgent, strings.Repeat("🦊", 254)+"…")
		equal(t, "present", all[1].Carries(p.super), true)

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
		equal(t, "left", len(all) == 1 && all[0].Carries(p.super), true)
		equal(t, "of the stranger", p.count(t, "sessions", "identity_id = ?", stranger.Identity.ID), 1)
	})
}

// With one session more than there may be, the person's oldest ends, and nobody else's; right passwords that wait keep to the same.
func TestTheOldestSessionGivesWay(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		stranger := p.account(t, "Stranger", "st@stranger.example")
		var last string
		for range app.MaxSessions {
			p.now = p.now.Add(time.Second)
			last = must(p.signIns().SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: password}, app.Client{}))(t).Token
		}
		equal(t, "sessions", p.count(t, "sessions", "identity_id = ?", p.super.Identity.ID), app.MaxSessions)
		equal(t, "the oldest", p.count(t, "sessions", "address = ?", "192.0.2.1"), 1) // the stranger's own
		equal(t, "of the stranger", p.count(t, "sessions", "identity_id = ?", stranger.Identity.ID), 1)
		p.super = must(p.signIns().Actor(t.Context(), last))(t)
		p.withApp(t)
		tokens := p.steps(t, app.MaxSessions+2)
		equal(t, "steps", p.count(t, "sign_in_steps", "1 = 1"), app.MaxSessions)
		must(p.factors().Waiting(t.Context(), tokens[len(tokens)-1]))(t)
	})
}
