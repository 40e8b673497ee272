package db_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func (p *portal) countSessions(t *testing.T, by app.Actor) int {
	t.Helper()
	return p.count(t, "sessions", "identity_id = ?", by.Identity.ID)
}

func (p *portal) countStoppedLinks(t *testing.T) int {
	t.Helper()
	return p.count(t, "links", "stopped_at IS NOT NULL")
}

// Whoever loses access loses every session with it, and the link of a Super User who is none any more stops,
// in the same transaction.
func TestChangeMembership_LostAccessEndsSessionsAndStopsTheLink(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		ctx := t.Context()
		for name, test := range map[string]struct {
			act      func(m app.Members, by app.Actor, id string) error
			sessions int
			stopped  int
		}{
			"demote": {func(m app.Members, by app.Actor, id string) error {
				_, err := m.ChangeRole(ctx, by, id, app.StandardUser)
				return err
			}, 2, 1},
			"suspend": {
				func(m app.Members, by app.Actor, id string) error { _, err := m.Suspend(ctx, by, id); return err }, 0, 1,
			},
			"remove": {func(m app.Members, by app.Actor, id string) error { _, err := m.Remove(ctx, by, id); return err }, 0, 1},
			"expire": {func(m app.Members, by app.Actor, id string) error {
				_, err := m.SetExpiry(ctx, by, id, "2030-01-01")
				return err
			}, 2, 0},
			"nothing": {func(m app.Members, by app.Actor, id string) error {
				_, err := m.ChangeRole(ctx, by, id, app.SuperUser)
				return err
			}, 2, 0},
		} {
			p := newPortal(t, newStoreLike(t, s))
			sam := p.createSuperUser(t, "sam@acme.example")
			p.signIn(t, "sam@acme.example")
			must(p.links().Generate(ctx, sam))(t)
			events := p.count(t, "activities", "subject_id = ?", sam.Identity.ID)
			check(t, test.act(p.members(), p.super, sam.Membership.ID))
			equal(t, name+": sessions", p.countSessions(t, sam), test.sessions)
			equal(t, name+": links stopped", p.countStoppedLinks(t), test.stopped)
			equal(t, name+": the other's sessions", p.countSessions(t, p.super), 1)
			want := 1
			if name == "nothing" {
				want = 0
			}
			equal(t, name+": activities", p.count(t, "activities", "subject_id = ?", sam.Identity.ID)-events, want)
		}
	})
}

// newStoreLike gives another fresh store of the same sort.
func newStoreLike(t *testing.T, s *db.Store) *db.Store {
	t.Helper()
	if s.Bun().Dialect().Name().String() == "sqlite" {
		return dbtest.New(t)
	}
	return dbtest.NewMySQL(t)
}

// Whoever is removed leaves everything that they did, and can be added again.
func TestChangeMembership_RemovedMemberKeepsHistoryAndCanReturn(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		check(t, p.register(t, p.generateLink(t), newRegistrationForm("ann@new.example")))
		ann := p.identity(t, "ann@new.example")
		id := must(s.Memberships(t.Context(), ann.ID))(t)[0].ID
		must(p.members().Remove(t.Context(), p.super, id))(t)
		for table, want := range map[string]int{"memberships": 0, "registrations": 1, "consents": 1} {
			equal(t, table, p.count(t, table, "identity_id = ?", ann.ID), want)
		}
		equal(t, "words", p.count(t, "member_words", "membership_id = ?", id), 0)
		equal(t, "activities", len(must(s.ActivitiesAbout(t.Context(), p.super.Account.ID, ann.ID, 10))(t)), 2)
		for _, act := range []func() error{
			func() error { _, err := p.members().Remove(t.Context(), p.super, id); return err },
			func() error { _, err := p.members().Reinstate(t.Context(), p.super, id); return err },
		} {
			refused(t, act(), app.NotFound)
		}
		must(p.outbox().Claim(t.Context(), 100))(t)
		p.createMember(t, "ann@new.example", app.LimitedUser)
		equal(t, "found again", p.searchEmails(t, p.super, app.MemberQuery{Search: "ann"}), "ann@new.example")
	})
}

// The last Super User who can sign in and has no end keeps both, whoever acts and whatever others there are on paper.
func TestChangeMembership_LastSuperUserStays(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.createMember(t, "never@acme.example", app.SuperUser) // has not activated the login
		p.createSuperUser(t, "ends@acme.example")
		p.update(t, "memberships", "expires_on = ?", p.now.Add(time.Hour), "ends@acme.example")
		p.createSuperUser(t, "gone@acme.example")
		p.update(t, "memberships", "status = ?", app.Suspended, "gone@acme.example")
		p.createSuperUser(t, "out@acme.example")
		p.update(t, "identities", "suspended_at = ?", p.now, "out@acme.example")
		before := p.count(t, "activities", "1 = 1")
		for name, act := range p.superUserChanges(t, p.super) {
			if err := act(p.super.Membership.ID); !errors.Is(err, app.Conflict) {
				t.Fatalf("%s: got %v, want the last one to stay", name, err)
			}
		}
		equal(t, "activities", p.count(t, "activities", "1 = 1"), before)
		equal(t, "sessions", p.countSessions(t, p.super), 1)
		p.createSuperUser(t, "sam@acme.example")
		must(p.members().ChangeRole(t.Context(), p.super, p.super.Membership.ID, app.LimitedUser))(t)
	})
}

// superUserChanges are what takes a Super User's standing, or gives it an end.
func (p *portal) superUserChanges(t *testing.T, by app.Actor) map[string]func(id string) error {
	t.Helper()
	return map[string]func(id string) error{
		"demote": func(id string) error {
			_, err := p.members().ChangeRole(t.Context(), by, id, app.StandardUser)
			return err
		},
		"suspend": func(id string) error { _, err := p.members().Suspend(t.Context(), by, id); return err },
		"remove":  func(id string) error { _, err := p.members().Remove(t.Context(), by, id); return err },
		"expire":  func(id string) error { _, err := p.members().SetExpiry(t.Context(), by, id, "2030-01-01"); return err },
	}
}

// Two Super Users take each other's standing at the same moment. One succeeds; the other is refused, for it
// is none any more.
func TestChangeMembership_OfTwoMutualChangesOneSucceeds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		for round := range 6 {
			for _, how := range []string{"demote", "suspend", "remove", "expire"} {
				acc := p.createAccount(t, fmt.Sprint("Acc", round, how), fmt.Sprintf("a%d%s@acc.example", round, how))
				_, err := p.members().Create(t.Context(), acc,
					app.NewUser{FirstName: "B", LastName: "B", Email: "sue@acme.example", Role: app.SuperUser, Language: "en"})
				check(t, err)
				raceSuperUserChanges(t, p, how, acc, p.superUserIn(t, acc.Account))
			}
		}
	})
}

// superUserIn is Sue in another account.
func (p *portal) superUserIn(t *testing.T, account app.Account) app.Actor {
	t.Helper()
	actor := p.super
	for _, m := range must(p.Memberships(t.Context(), actor.Identity.ID))(t) {
		if m.AccountID == account.ID {
			actor.Membership, actor.Account = m, account
		}
	}
	return actor
}

func raceSuperUserChanges(t *testing.T, p *portal, how string, a, b app.Actor) {
	t.Helper()
	won := 0
	for _, err := range parallel(2, func(i int) error {
		if i == 0 {
			return p.superUserChanges(t, a)[how](b.Membership.ID)
		}
		return p.superUserChanges(t, b)[how](a.Membership.ID)
	}) {
		switch {
		case err == nil:
			won++
		case how == "expire" && !errors.Is(err, app.Conflict): // both still are Super Users, and one has to have no end
			t.Errorf("%s: the other got %v", how, err)
		case how != "expire" && !errors.Is(err, app.Forbidden):
			t.Errorf("%s: the other got %v", how, err)
		}
	}
	equal(t, how+": succeeded", won, 1)
	equal(t, how+": Super Users left without an end",
		p.count(t, "memberships", "account_id = ? AND role = 'super' AND status = 'active' AND expires_on IS NULL",
			a.Account.ID), 1)
}

// Everybody takes everybody's standing: whatever happens, one Super User is left.
func TestChangeMembership_ManyMutualChangesLeaveASuperUser(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		all := []app.Actor{p.super}
		for i := range 5 {
			all = append(all, p.createSuperUser(t, fmt.Sprintf("s%d@acme.example", i)))
		}
		before, done := p.count(t, "activities", "1 = 1"), 0
		for _, err := range parallel(24, func(i int) error {
			by, at := all[i%len(all)], all[(i+1+i/len(all))%len(all)]
			return p.superUserChanges(t, by)[[]string{"demote", "suspend", "remove", "expire"}[i%4]](at.Membership.ID)
		}) {
			if err == nil {
				done++
			} else if !errors.Is(err, app.Forbidden) && !errors.Is(err, app.Conflict) && !errors.Is(err, app.NotFound) {
				t.Errorf("refused with %v", err)
			}
		}
		told := p.count(t, "activities", "1 = 1") - before
		if done == 0 || told == 0 || told > done { // the same last day, set twice, is told once
			t.Errorf("%d changes succeeded, with %d activities", done, told)
		}
		left := p.count(t, "memberships", "role = 'super' AND status = 'active' AND expires_on IS NULL")
		if left == 0 {
			t.Error("no Super User is left")
		}
	})
}

// Many changes of one member at once are all stored, one after the other: each activity tells what the one before left.
func TestChangeMembership_ConcurrentChangesAreSerialized(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.createMember(t, "lee@acme.example", app.StandardUser)
		lee := p.identity(t, "lee@acme.example")
		id := must(s.Memberships(t.Context(), lee.ID))(t)[0].ID
		for i, err := range parallel(20, func(i int) error {
			_, err := p.members().ChangeRole(t.Context(), p.super, id, app.Roles()[i%3])
			return err
		}) {
			if err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		}
		var changes []app.Activity
		check(t, s.Bun().NewSelect().Model(&changes).Where("event = ?", app.RoleChanged).Scan(t.Context()))
		balance := map[string]int{"standard": -1}
		for _, a := range changes {
			balance[a.Details["OldRole"]]++
			balance[a.Details["Role"]]--
		}
		now := string(must(s.Member(t.Context(), p.super.Account.ID, id))(t).Role)
		balance[now]++
		for role, n := range balance {
			equal(t, "changes to and from "+role, n, 0)
		}
	})
}

// Of a suspension and a sign-in at the same moment, no session is left that opens the account.
func TestChangeMembership_SuspensionLeavesNoConcurrentSession(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		for round := range 4 {
			sam := p.createSuperUser(t, fmt.Sprintf("sam%d@acme.example", round))
			tokens := make([]string, 6)
			for _, err := range parallel(7, func(i int) error {
				if i == 6 {
					_, err := p.members().Suspend(t.Context(), p.super, sam.Membership.ID)
					return err
				}
				entry, err := p.signIns().SignIn(t.Context(), app.Credentials{Email: sam.Identity.Email, Password: password},
					app.Client{})
				tokens[i] = entry.Token
				return err
			}) {
				check(t, err)
			}
			for _, token := range tokens {
				if actor, err := p.signIns().Actor(t.Context(), token); err == nil && actor.Member() {
					t.Error("a session opens the account to somebody who is suspended")
				}
			}
			equal(t, "sessions in the account",
				p.count(t, "sessions", "identity_id = ? AND account_id = ?", sam.Identity.ID, sam.Account.ID), 0)
		}
	})
}
