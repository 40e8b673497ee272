package db_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func (p *portal) approvals() app.Approvals {
	return app.Approvals{Store: p, Sealer: p.sealer, Clock: p.clock}
}

// createPending creates members who wait, a second apart, and gives their memberships' ids.
func (p *portal) createPending(t testing.TB, emails ...string) []string {
	t.Helper()
	ids := make([]string, len(emails))
	for i, email := range emails {
		p.now = p.now.Add(time.Second)
		p.createMember(t, email, app.StandardUser)
		p.update(t, "memberships", "status = ?", app.Pending, email)
		ids[i] = p.membershipID(t, email)
	}
	return ids
}

func (p *portal) membershipStatus(t testing.TB, id string) app.Status {
	t.Helper()
	var status app.Status
	check(t, p.Bun().NewSelect().Table("memberships").Column("status").Where("id = ?", id).Scan(t.Context(), &status))
	return status
}

func TestPendingMembers_ArePagedLongestFirst(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		var emails []string
		for i := range 5 {
			emails = append(emails, fmt.Sprintf("w%d@acme.example", i))
		}
		ids := p.createPending(t, emails...)
		p.createMember(t, "active@acme.example", app.StandardUser)
		p.update(t, "memberships", "joined_at = ?", p.now, emails[3]) // at the same moment as the next
		slices.Sort(ids[3:])
		var paged []string
		var after app.Cursor
		for range 6 {
			page := must(s.PendingMembers(t.Context(), p.super.Account.ID, after, 2))(t)
			for _, m := range page {
				equal(t, "with the person", m.Identity != nil && m.Identity.Email != "", true)
				paged = append(paged, m.ID)
				after = app.Cursor{At: m.JoinedAt, ID: m.ID}
			}
		}
		equal(t, "the longest first", fmt.Sprint(paged), fmt.Sprint(ids))
		equal(t, "counted", must(s.PendingCount(t.Context(), p.super.Account.ID))(t), 5)
		other := p.createAccount(t, "Other", "olga@other.example")
		equal(t, "another account's", must(s.PendingCount(t.Context(), other.Account.ID))(t), 0)
		equal(t, "asked by another account", len(must(s.PendingMembersByID(t.Context(), other.Account.ID, ids))(t)), 0)
		equal(t, "among", len(must(s.PendingMembersByID(t.Context(), p.super.Account.ID, append(ids[:2], app.NewID())))(t)),
			2)
	})
}

func TestDecidePending_StoresVerdictsAndNotifies(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		tom := p.createSuperUser(t, "tom@acme.example")
		ids := p.createPending(t, "ann@new.example", "bea@new.example", "cid@new.example")
		ann, bea := p.identity(t, "ann@new.example"), p.identity(t, "bea@new.example")
		for _, person := range []*app.Identity{ann, bea} {
			check(t, s.StartSession(t.Context(), app.Session{
				TokenHash: []byte(person.ID + "123456"), IdentityID: person.ID,
				CreatedAt: p.now, SeenAt: p.now,
			}, person.PasswordHash, nil))
		}
		joined := must(s.Member(t.Context(), p.super.Account.ID, ids[0]))(t).JoinedAt
		p.now = p.now.Add(time.Hour)
		accepted := must(p.approvals().Accept(t.Context(), p.super, ids[:1]))(t)
		rejected := must(p.approvals().Reject(t.Context(), p.super, ids[1:2]))(t)
		equal(t, "accepted", len(accepted.Decided), 1)
		equal(t, "rejected", rejected.Decided[0].Identity.Email, "bea@new.example")
		m := must(s.Member(t.Context(), p.super.Account.ID, ids[0]))(t)
		equal(t, "status", m.Status, app.Active)
		equal(t, "joined when they came", m.JoinedAt, joined)
		equal(t, "session opens the account",
			p.count(t, "sessions", "identity_id = ? AND account_id = ?", ann.ID, p.super.Account.ID), 1)
		equal(t, "gone", p.count(t, "memberships", "id = ?", ids[1]), 0)
		equal(t, "its words", p.count(t, "member_words", "membership_id = ?", ids[1]), 0)
		equal(t, "login stays", p.identity(t, "bea@new.example").ID, bea.ID)
		equal(t, "signed out", p.count(t, "sessions", "identity_id = ?", bea.ID), 0)
		equal(t, "confirmations stay", p.count(t, "confirmations", "identity_id = ? AND used_at IS NULL", bea.ID), 1)
		equal(t, "the third waits", p.membershipStatus(t, ids[2]), app.Pending)
		for letter, to := range map[app.NoticeKind]string{app.JoinAccepted: ann.ID, app.JoinRejected: bea.ID} {
			equal(t, string(letter), p.count(t, "notices", "letter = ? AND recipient_id = ? AND subject_id IS NULL", letter, to),
				1)
		}
		equal(t, "the other Super User",
			p.count(t, "notices", "letter = ? AND recipient_id = ?", app.MemberDecided, tom.Identity.ID), 2)
		equal(t, "nobody else", p.count(t, "notices", "letter = ?", app.MemberDecided), 2)
		for event, subject := range map[app.Event]string{app.MemberAccepted: ann.ID, app.MemberRejected: bea.ID} {
			equal(t, string(event),
				p.count(t, "activities", "event = ? AND subject_id = ? AND actor_id = ?", event, subject, p.super.Identity.ID), 1)
		}
		late := must(p.approvals().Reject(t.Context(), tom, ids))(t)
		equal(t, "decided before", late.AlreadyDecided, 2)
		equal(t, "decided now", len(late.Decided), 1)
		_, err := p.approvals().Accept(t.Context(), p.super, []string{app.NewID()})
		refused(t, err, app.NotFound)
	})
}

// Ids of other accounts do not exist, and whoever stopped being a Super User while the form was open decides nothing.
func TestDecidePending_OnlySuperUsersOfTheAccountDecide(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		olga := p.createAccount(t, "Other", "olga@other.example")
		ids := p.createPending(t, "ann@new.example")
		for _, verdict := range []func() (app.DecisionResult, error){
			func() (app.DecisionResult, error) { return p.approvals().Accept(t.Context(), olga, ids) },
			func() (app.DecisionResult, error) { return p.approvals().Reject(t.Context(), olga, ids) },
		} {
			_, err := verdict()
			refused(t, err, app.NotFound)
		}
		p.createSuperUser(t, "tom@acme.example")
		p.update(t, "memberships", "role = ?", app.StandardUser, "sue@acme.example")
		_, err := p.approvals().Accept(t.Context(), p.super, ids)
		refused(t, err, app.Forbidden)
		equal(t, "still waits", p.membershipStatus(t, ids[0]), app.Pending)
		equal(t, "told", p.count(t, "notices", "letter IN ('accepted', 'rejected', 'decided')"), 0)
	})
}

// Two Super Users decide about the same people at the same time: about each, one decision counts, and each
// mail goes once.
func TestDecidePending_OfConcurrentDecisionsOneCounts(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		s := dbtest.Open(t, databaseURL)
		check(t, s.Migrate(t.Context()))
		p := newPortal(t, s)
		supers := []app.Actor{p.super, p.createSuperUser(t, "tom@acme.example")}
		servers := []app.Approvals{p.approvals(), p.approvals()}
		servers[1].Store = dbtest.Open(t, databaseURL)
		for round := range 8 {
			ids := p.createPending(t, fmt.Sprintf("a%d@new.example", round), fmt.Sprintf("b%d@new.example", round),
				fmt.Sprintf("c%d@new.example", round))
			decideConcurrently(t, p, supers, servers, ids)
			told := (round + 1) * len(ids)
			equal(t, "activities", p.count(t, "activities", "event IN ('member_accepted', 'member_rejected')"), told)
			equal(t, "mails to the other Super User", p.count(t, "notices", "letter = 'decided'"), told)
		}
	})
}

func decideConcurrently(t *testing.T, p *portal, supers []app.Actor, servers []app.Approvals, ids []string) {
	t.Helper()
	answers := make([]app.DecisionResult, 8)
	for i, err := range parallel(len(answers), func(i int) error {
		decide := servers[i%2].Accept
		if i%4 > 1 {
			decide = servers[i%2].Reject
		}
		var err error
		answers[i], err = decide(t.Context(), supers[i%2], ids)
		return err
	}) {
		if err != nil {
			t.Errorf("caller %d: %v", i, err)
		}
	}
	counted, late := 0, 0
	for _, a := range answers {
		counted, late = counted+len(a.Decided), late+a.AlreadyDecided
	}
	equal(t, "decided", counted, len(ids))
	equal(t, "late", late, len(ids)*(len(answers)-1))
	for _, id := range ids {
		equal(t, "waits", p.count(t, "memberships", "id = ? AND status = ?", id, app.Pending), 0)
		equal(t, "mails to the person", p.count(t, "notices", "event_id = ? AND letter IN ('accepted', 'rejected')", id), 1)
	}
}

// A stranger registered the address and waits with a password of their own. The person asks to be added
// elsewhere and is accepted: the password does not come with it (T-25). Whoever registered themselves and did
// not confirm yet keeps password and mail.
func TestT25_AcceptingARequestClearsAnUnconfirmedPassword(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		link := p.generateLink(t)
		for _, by := range []app.JoinMethod{app.ByRequest, app.ByLink} {
			email := string(by) + "@new.example"
			check(t, p.register(t, link, newRegistrationForm(email)))
			p.update(t, "memberships", "status = 'pending', joined_by = ?", by, email)
			must(p.approvals().Accept(t.Context(), p.super, []string{p.membershipID(t, email)}))(t)
			want := map[app.JoinMethod]app.ConfirmationPurpose{app.ByRequest: app.ToActivate, app.ByLink: app.ToConfirm}[by]
			who := p.identity(t, email)
			equal(t, email+" waits for", who.PendingConfirmation(), want)
			equal(t, email+" has one mail that works",
				p.count(t, "confirmations", "identity_id = ? AND used_at IS NULL AND purpose = ?", who.ID, want), 1)
			equal(t, email+" has no other", p.count(t, "confirmations", "identity_id = ? AND used_at IS NULL", who.ID), 1)
		}
		p.createAccount(t, "Other", "olga@other.example")
		p.createMember(t, "olga@other.example", app.StandardUser)
		p.update(t, "memberships", "status = 'pending', joined_by = ?", app.ByRequest, "olga@other.example")
		must(p.approvals().Accept(t.Context(), p.super, []string{p.membershipID(t, "olga@other.example")}))(t)
		equal(t, "a proven one keeps the password", p.identity(t, "olga@other.example").PendingConfirmation(),
			app.ConfirmationPurpose(""))
	})
}
