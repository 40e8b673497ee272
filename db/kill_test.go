package db_test

import (
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func TestKillAll_EndsLinksMailsAndSessions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		all := sealEverything(t, p)
		confirm, _ := p.deliverMail(t, "ann@new.example")
		birch := *p
		birch.super = p.signInTo(t, "bo@birch.example")
		other := birch.generateLink(t)
		p.now = p.now.Add(time.Minute)

		done := must(app.RevokeAll(t.Context(), s, p.clock))(t)
		equal(t, "links", done.Links, 2)
		equal(t, "confirmations", done.Confirmations, 2)
		equal(t, "requests", done.Requests, 1)
		equal(t, "sessions", done.Sessions, 3)

		for _, token := range []string{all.link, other} {
			_, err := p.registrations().OpenLink(t.Context(), token)
			refused(t, err, app.Gone)
		}
		refused(t, p.register(t, all.link, newRegistrationForm("eve@new.example")), app.Gone)
		refused(t, p.confirmations().Confirm(t.Context(), confirm), app.Gone)
		equal(t, "sessions", p.count(t, "sessions", "1 = 1"), 0)
		for _, in := range app.SealedColumns() {
			// an app is no way in without the password, and its owner still has it
			left := map[string]int{"factors": 1}[in.Table]
			equal(t, in.Table+" with a box", p.count(t, in.Table, in.Column+" IS NOT NULL"), left)
		}
		p.requireCodeSignIn(t, all.app)
		equal(t, "told each account", p.count(t, "activities", "event = ? AND actor_id IS NULL", app.LinkRevoked), 2)

		fresh := must(p.links().Generate(t.Context(), p.super))(t)
		again := must(app.RevokeAll(t.Context(), s, func() time.Time { return p.now.Add(-time.Second) }))(t)
		equal(t, "what was made since stays", again, app.Revoked{})
		must(p.registrations().OpenLink(t.Context(), fresh.Token))(t)
	})
}

// signInTo signs a Super User in to the only account that they have.
func (p *portal) signInTo(t testing.TB, email string) app.Actor {
	t.Helper()
	actor := p.signIn(t, email)
	m := must(p.Memberships(t.Context(), actor.Identity.ID))(t)[0]
	actor.Membership, actor.Account = m, *m.Account
	return actor
}

// Registrations that run while everything is ended are stored whole or refused.
func TestKillAll_ConcurrentRegistrationsAreWholeOrRefused(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.generateLink(t)
		p.now = p.now.Add(time.Second)
		accepted := 0
		for i, err := range parallel(11, func(i int) error {
			if i == 5 {
				_, err := app.RevokeAll(t.Context(), s, p.clock)
				return err
			}
			return p.register(t, token, newRegistrationForm("ann"+string(rune('a'+i))+"@new.example"))
		}) {
			switch {
			case i == 5:
				check(t, err)
			case err == nil:
				accepted++
			default:
				refused(t, err, app.Gone)
			}
		}
		equal(t, "used", p.count(t, "registrations", "1 = 1"), accepted)
		refused(t, p.register(t, token, newRegistrationForm("late@new.example")), app.Gone)
	})
}
