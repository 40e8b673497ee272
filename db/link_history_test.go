package db_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func (p *portal) linkHistory() app.LinkHistory { return app.LinkHistory{Store: p, Clock: p.clock} }

// insertMembersOfLink stores people who came by a link in a moment, as many as would take hours to register,
// all active and each with a session.
func (p *portal) insertMembersOfLink(t testing.TB, linkID string, people int) {
	t.Helper()
	identities, members, sessions := make([]app.Identity, people), make([]app.Membership, people),
		make([]app.Session, people)
	for i := range people {
		email := fmt.Sprintf("flood%d-%s@new.example", i, strings.ToLower(linkID))
		identities[i] = app.Identity{
			ID: app.NewID(), Email: email, EmailKey: email, Language: "en", CreatedAt: p.now,
			ConfirmedAt: &p.now, PasswordHash: "x",
		}
		members[i] = app.Membership{
			ID: app.NewID(), IdentityID: identities[i].ID, AccountID: p.super.Account.ID, Role: app.StandardUser,
			Status:   app.Active,
			JoinedBy: app.ByLink, LinkID: linkID, JoinedAt: p.now,
		}
		hash, _ := app.HashToken(app.SessionToken, app.NewToken(app.SessionToken))
		sessions[i] = app.Session{
			TokenHash: hash, IdentityID: identities[i].ID, AccountID: p.super.Account.ID,
			CreatedAt: p.now, SeenAt: p.now,
		}
	}
	for _, rows := range []any{&identities, &members, &sessions} {
		must(p.Bun().NewInsert().Model(rows).Exec(t.Context()))(t)
	}
}

// replaceUsedLink generates a link, lets people in by it and replaces it; it gives the dead link.
func (p *portal) replaceUsedLink(t testing.TB, people int) app.Link {
	t.Helper()
	old := must(p.links().Generate(t.Context(), p.super))(t).Link
	p.now = p.now.Add(time.Minute)
	p.insertMembersOfLink(t, old.ID, people)
	p.now = p.now.Add(time.Minute)
	must(p.links().Regenerate(t.Context(), p.super))(t)
	return *must(p.linkHistory().Link(t.Context(), p.super, old.ID))(t)
}

// A thousand people who came by one link are out in one step, and before anybody loses patience.
func TestSuspendLinkJoiners_SuspendsAThousandInOneStep(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		link := p.replaceUsedLink(t, 1000)
		affected := must(p.linkHistory().PreviewSuspend(t.Context(), p.super, link, time.Time{}))(t)
		equal(t, "affected", affected.Count, 1000)
		equal(t, "named", len(affected.Newest), 10)
		began := time.Now()
		n := must(p.linkHistory().Suspend(t.Context(), p.super, link, time.Time{}))(t)
		t.Logf("1,000 people suspended in %v", time.Since(began).Round(time.Millisecond))
		equal(t, "suspended", n, 1000)
		equal(t, "memberships", p.count(t, "memberships", "status = ?", app.Suspended), 1000)
		equal(t, "sessions", p.count(t, "sessions", "identity_id <> ?", p.super.Identity.ID), 0)
		equal(t, "their lines", p.count(t, "activities", "event = ?", app.MemberSuspended), 1000)
		equal(t, "the line", p.count(t, "activities", "event = ?", app.LinkJoinersSuspended), 1)
		equal(t, "again", must(p.linkHistory().Suspend(t.Context(), p.super, link, time.Time{}))(t), 0)
		equal(t, "affected then", must(p.linkHistory().PreviewSuspend(t.Context(), p.super, link, time.Time{}))(t).Count, 0)
	})
}

// Whoever suspends, and however many do it at once while people go on registering by the new link: each
// person is counted by one of them, and nobody of the new link is met.
func TestSuspendLinkJoiners_ConcurrentCallsCountEachPersonOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		second := p.createSuperUser(t, "two@acme.example")
		link := p.replaceUsedLink(t, 60)
		token := must(p.links().Current(t.Context(), p.super))(t).Token
		counted := make([]int, 8)
		for i, err := range parallel(24, func(i int) error {
			if i >= len(counted) {
				return p.register(t, token, newRegistrationForm(fmt.Sprintf("p%d@new.example", i)))
			}
			var err error
			counted[i], err = p.linkHistory().Suspend(t.Context(), []app.Actor{p.super, second}[i%2], link, time.Time{})
			return err
		}) {
			if err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		}
		all := 0
		for _, n := range counted {
			all += n
		}
		equal(t, "counted", all, 60)
		equal(t, "suspended", p.count(t, "memberships", "status = ? AND link_id = ?", app.Suspended, link.ID), 60)
		equal(t, "of the new link", p.count(t, "memberships", "status = ? AND link_id <> ?", app.Active, link.ID), 16)
		equal(t, "the line", p.count(t, "activities", "event = ?", app.LinkJoinersSuspended), 1)
		equal(t, "their lines", p.count(t, "activities", "event = ?", app.MemberSuspended), 60)
	})
}

// Two Super Users who came by the same link and suspend all others by it at the same time: one of them wins,
// and a Super User is left.
func TestSuspendLinkJoiners_MutualSuspensionLeavesASuperUser(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		link := p.replaceUsedLink(t, 3)
		pair := []app.Actor{p.super, p.createSuperUser(t, "two@acme.example")}
		for _, actor := range pair {
			must(s.Bun().NewUpdate().Table("memberships").Set("link_id = ?", link.ID).Set("joined_at = ?", p.now).
				Where("id = ?", actor.Membership.ID).Exec(t.Context()))(t)
		}
		won := 0
		for _, err := range parallel(2, func(i int) error {
			_, err := p.linkHistory().Suspend(t.Context(), pair[i], link, time.Time{})
			return err
		}) {
			if err == nil {
				won++
				continue
			}
			refused(t, err, app.Forbidden)
		}
		equal(t, "won", won, 1)
		equal(t, "Super Users left", p.count(t, "memberships", "role = ? AND status = ?", app.SuperUser, app.Active), 1)
		equal(t, "suspended", p.count(t, "memberships", "status = ?", app.Suspended), 4)
	})
}

// A Super User whose own membership has an end cannot take out all who have none: nobody would be left in the end.
func TestSuspendLinkJoiners_KeepsAPermanentSuperUser(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		link := p.replaceUsedLink(t, 3)
		second := p.createSuperUser(t, "two@acme.example")
		must(s.Bun().NewUpdate().Table("memberships").Set("link_id = ?", link.ID).Set("joined_at = ?", p.now).
			Where("id = ?", p.super.Membership.ID).Exec(t.Context()))(t)
		must(s.Bun().NewUpdate().Table("memberships").Set("expires_on = ?", p.now.Add(time.Hour)).
			Where("id = ?", second.Membership.ID).Exec(t.Context()))(t)
		_, err := p.linkHistory().Suspend(t.Context(), second, link, time.Time{})
		refused(t, err, app.Conflict)
		equal(t, "suspended", p.count(t, "memberships", "status = ?", app.Suspended), 0)
		equal(t, "lines", p.count(t, "activities", "event = ? OR event = ?", app.MemberSuspended, app.LinkJoinersSuspended),
			0)
	})
}
