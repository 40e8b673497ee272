package db_test

import (
	"fmt"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

const day = 24 * time.Hour

func (p *portal) deadlines() app.Deadlines { return app.Deadlines{Store: p, Clock: p.clock} }

// runDeadlines keeps the deadlines and wants that somebody is to be mailed, or nobody.
func (p *portal) runDeadlines(t testing.TB, mails bool) {
	t.Helper()
	mailed := false
	p.OnNotices = func() { mailed = true }
	check(t, p.deadlines().Run(t.Context()))
	p.OnNotices = nil
	equal(t, fmt.Sprint("mails at ", p.now), mailed, mails)
}

func (p *portal) countNotices(t testing.TB, letter app.NoticeKind, to string) int {
	t.Helper()
	return p.count(t, "notices", "letter = ? AND recipient_id = ?", letter, p.identity(t, to).ID)
}

func TestDeadlines_PendingMembersAreRemindedThenExpire(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.createSuperUser(t, "tom@acme.example")
		ids := p.createPending(t, "ann@new.example", "bea@new.example")
		joined := p.now
		reminded := 0
		for _, step := range []struct {
			after time.Duration
			mails bool
		}{
			{0, false},
			{2*day - time.Second, true},
			{2 * day, true},
			{2*day + time.Hour, false},
			{5 * day, true},
			{9 * day, false},
			{10 * day, true},
			{29 * day, false},
		} {
			p.now = joined.Add(step.after)
			p.runDeadlines(t, step.mails)
			p.runDeadlines(t, false) // once more does nothing
			if step.after == 5*day {
				must(p.approvals().Accept(t.Context(), p.super, ids[1:]))(t) // who was accepted is not reminded of
			}
		}
		for _, to := range []string{"sue@acme.example", "tom@acme.example"} {
			reminded += p.countNotices(t, app.ApprovalReminder, to)
		}
		equal(t, "reminders of both", reminded, 2*(3+2))
		ann := p.identity(t, "ann@new.example")
		check(t, s.StartSession(t.Context(), app.Session{
			TokenHash: make([]byte, 32), IdentityID: ann.ID, CreatedAt: p.now, SeenAt: p.now,
		}, ann.PasswordHash, nil))
		p.now = joined.Add(app.PendingFor)
		p.runDeadlines(t, true)
		p.runDeadlines(t, false)
		equal(t, "gone", p.count(t, "memberships", "id = ?", ids[0]), 0)
		equal(t, "its words", p.count(t, "member_words", "membership_id = ?", ids[0]), 0)
		equal(t, "signed out", p.count(t, "sessions", "identity_id = ?", ann.ID), 0)
		equal(t, "told", p.countNotices(t, app.JoinExpired, "ann@new.example"), 1)
		equal(t, "activity",
			p.count(t, "activities", "event = ? AND subject_id = ? AND actor_id IS NULL", app.PendingExpired, ann.ID), 1)
		equal(t, "the accepted one stays", p.membershipStatus(t, ids[1]), app.Active)
		late := must(p.approvals().Accept(t.Context(), p.super, ids[:1]))(t)
		equal(t, "deciding comes too late", late.AlreadyDecided, 1)
	})
}

// A server that was away for weeks sends one reminder, not three.
func TestDeadlines_MissedRemindersAreSentAsOne(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.createPending(t, "ann@new.example")
		p.now = p.now.Add(12 * day)
		p.runDeadlines(t, true)
		p.runDeadlines(t, false)
		equal(t, "reminders", p.countNotices(t, app.ApprovalReminder, "sue@acme.example"), 1)
	})
}

// Where no Super User can sign in, the operators are reminded: otherwise nobody could ever decide.
func TestDeadlines_OperatorsAreRemindedWithoutASuperUser(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(t *testing.T, p *portal){
		"suspended membership": func(t *testing.T, p *portal) {
			p.update(t, "memberships", "status = ?", app.Suspended, "sue@acme.example")
		},
		"expired": func(t *testing.T, p *portal) {
			p.update(t, "memberships", "expires_on = ?", p.now, "sue@acme.example")
		},
		"suspended login": func(t *testing.T, p *portal) {
			p.update(t, "identities", "suspended_at = ?", p.now, "sue@acme.example")
		},
		"never activated": func(t *testing.T, p *portal) {
			p.update(t, "identities", "confirmed_at = NULL, password_hash = ?", "", "sue@acme.example")
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dbtest.Each(t, func(t *testing.T, s *db.Store) {
				p := newPortal(t, s)
				p.createAccount(t, "Portal", "olga@staff.example")
				check(t, s.SetOperator(t.Context(), "olga@staff.example", true))
				p.createPending(t, "ann@new.example")
				change(t, p)
				p.now = p.now.Add(2 * day)
				p.runDeadlines(t, true)
				equal(t, "operator", p.countNotices(t, app.ApprovalReminder, "olga@staff.example"), 1)
				equal(t, "anybody else", p.count(t, "notices", "letter = ?", app.ApprovalReminder), 1)
			})
		})
	}
}

func TestDeadlines_ExpiryIsAnnouncedOncePerDate(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.createSuperUser(t, "tom@acme.example")
		p.createMember(t, "ann@new.example", app.StandardUser)
		end := p.now.Add(20 * day)
		for _, email := range []string{"ann@new.example", "sue@acme.example"} {
			p.update(t, "memberships", "expires_on = ?", end, email)
		}
		p.now = end.Add(-app.ExpiryWarningPeriod - time.Second)
		p.runDeadlines(t, false)
		p.now = end.Add(-app.ExpiryWarningPeriod)
		p.runDeadlines(t, true)
		p.runDeadlines(t, false)
		for email, want := range map[string]int{"ann@new.example": 1, "tom@acme.example": 2, "sue@acme.example": 2} {
			equal(t, email, p.countNotices(t, app.MembershipEnding, email), want)
		}
		p.update(t, "memberships", "expires_on = ?", end.Add(day), "ann@new.example") // moved: told again
		p.now = end
		p.runDeadlines(t, true)
		equal(t, "told again", p.countNotices(t, app.MembershipEnding, "ann@new.example"), 2)
		p.update(t, "memberships", "status = 'suspended', expires_on = ?", end.Add(3*day), "ann@new.example")
		p.runDeadlines(t, false)
		p.now = end.Add(2 * day)
		p.runDeadlines(t, false)
	})
}

// With a membership's end, its sessions end and a Super User's link stops; a session that began after it stays.
func TestDeadlines_ExpiryEndsSessionsAndStopsTheLink(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.createSuperUser(t, "tom@acme.example")
		p.generateLink(t)
		p.signIn(t, "sue@acme.example")
		sue := p.identity(t, "sue@acme.example")
		end := p.now.Add(time.Hour)
		p.update(t, "memberships", "expires_on = ?", end, "sue@acme.example")
		p.update(t, "memberships", "expiry_told_for = ?", end, "sue@acme.example")
		p.runDeadlines(t, false)
		equal(t, "before the end", p.count(t, "sessions", "identity_id = ?", sue.ID) > 0, true)
		p.now = end
		p.runDeadlines(t, false)
		equal(t, "sessions", p.count(t, "sessions", "identity_id = ?", sue.ID), 0)
		equal(t, "the link stops", p.count(t, "links", "active = ? AND stopped_at = ?", true, end), 1)
		p.now = p.now.Add(time.Minute)
		p.signIn(t, "sue@acme.example")
		p.runDeadlines(t, false)
		equal(t, "a new session", p.count(t, "sessions", "identity_id = ?", sue.ID), 1)
	})
}

// Several servers keep the deadlines at the same time: everybody is mailed once.
func TestDeadlines_SeveralServersMailOnce(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		s := dbtest.Open(t, databaseURL)
		check(t, s.Migrate(t.Context()))
		p := newPortal(t, s)
		var emails []string
		for i := range 6 {
			emails = append(emails, fmt.Sprintf("w%d@new.example", i))
		}
		p.createPending(t, emails...)
		p.createMember(t, "ann@new.example", app.StandardUser)
		servers := []app.Deadlines{p.deadlines(), p.deadlines()}
		servers[1].Store = dbtest.Open(t, databaseURL)
		atOnce := func() {
			t.Helper()
			for i, err := range parallel(6, func(i int) error { return servers[i%2].Run(t.Context()) }) {
				if err != nil {
					t.Errorf("server %d: %v", i, err)
				}
			}
		}
		p.now = p.now.Add(2 * day)
		p.update(t, "memberships", "expires_on = ?", p.now.Add(day), "ann@new.example")
		atOnce()
		equal(t, "reminders", p.count(t, "notices", "letter = ?", app.ApprovalReminder), len(emails))
		equal(t, "ends", p.count(t, "notices", "letter = ?", app.MembershipEnding), 2)
		p.now = p.now.Add(app.PendingFor)
		atOnce()
		equal(t, "expired", p.count(t, "notices", "letter = ?", app.JoinExpired), len(emails))
		equal(t, "activities", p.count(t, "activities", "event = ?", app.PendingExpired), len(emails))
	})
}
