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

func TestCreateMemberWithANewLogin(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.create(t, "Lee@acme.example", app.LimitedUser)
		lee := p.person(t, "lee@acme.example")
		in := must(s.Memberships(t.Context(), lee.ID))(t)
		m := must(s.Member(t.Context(), p.super.Account.ID, in[0].ID))(t)
		equal(t, "role", m.Role, app.LimitedUser)
		equal(t, "joined", m.JoinedBy, app.ByCreation)
		equal(t, "at", m.JoinedAt, p.now)
		equal(t, "creator", m.CreatedByID, p.super.Identity.ID)
		equal(t, "identity", m.Identity.Email, "Lee@acme.example")
		equal(t, "no expiry", m.ExpiresOn == nil, true)
		equal(t, "mail", p.count(t, "notices", "letter = ? AND recipient_id = ?", app.ActivateLogin, lee.ID), 1)
		equal(t, "activity", p.count(t, "activities", "event = ? AND subject_id = ?", app.UserCreated, lee.ID), 1)

		other := p.account(t, "Other", "olga@other.example")
		_, err := s.Member(t.Context(), other.Account.ID, m.ID)
		refused(t, err, app.NotFound)
	})
}

func TestCreateMemberWithAnExistingLogin(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		olga := p.account(t, "Other", "olga@other.example")
		p.create(t, "OLGA@other.example", app.StandardUser)
		equal(t, "one login", p.count(t, "identities", "email_key = ?", "olga@other.example"), 1)
		equal(t, "her own spelling", p.person(t, "olga@other.example").Email, "olga@other.example")
		equal(t, "accounts", len(must(s.Memberships(t.Context(), olga.Identity.ID))(t)), 2)
		equal(t, "told", p.count(t, "notices", "letter = ? AND recipient_id = ?", app.AddedToAccount, olga.Identity.ID), 1)
		equal(t, "activity", p.count(t, "activities", "event = ?", app.UserAdded), 1)

		_, err := p.members().Create(t.Context(), p.super,
			app.NewUser{FirstName: "O", LastName: "O", Email: "olga@other.example", Role: app.SuperUser, Language: "en"})
		refused(t, err, app.Problem("email", "already_member"))
		equal(t, "told once", p.count(t, "notices", "letter = ?", app.AddedToAccount), 1)
	})
}

// Somebody who learns here only has no password yet: adding them mails an activation too.
func TestCreateMemberWithALoginWithoutPassword(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		check(t, p.imports().Identity(t.Context(), "learner@school.example", "Lea", "Rner", "de"))
		lea := p.person(t, "learner@school.example")
		p.create(t, "learner@school.example", app.StandardUser)
		equal(t, "mails", p.count(t, "notices", "recipient_id = ?", lea.ID), 2)
		equal(t, "activation", p.count(t, "confirmations", "identity_id = ? AND purpose = ?", lea.ID, app.ToActivate), 1)
		equal(t, "still one login", p.count(t, "identities", "email_key = ?", "learner@school.example"), 1)
	})
}

func TestCreateTheSamePersonAtOnce(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		supers := []app.Actor{p.super}
		for i := range 5 {
			supers = append(supers, p.account(t, fmt.Sprint("Acc", i), fmt.Sprintf("s%d@acc.example", i)))
		}
		for round := range 12 {
			createAtOnce(t, p, supers, fmt.Sprintf("new%d@acme.example", round))
		}
	})
}

func createAtOnce(t *testing.T, p *portal, supers []app.Actor, email string) {
	t.Helper()
	taken := 0
	for _, err := range parallel(2*len(supers), func(i int) error {
		_, err := p.members().Create(t.Context(), supers[i%len(supers)],
			app.NewUser{FirstName: "N", LastName: "N", Email: email, Role: app.StandardUser, Language: "en"})
		return err
	}) {
		if err != nil {
			refused(t, err, app.Problem("email", "already_member"))
			taken++
		}
	}
	equal(t, "refused", taken, len(supers))
	id := p.person(t, email).ID
	equal(t, "memberships", p.count(t, "memberships", "identity_id = ?", id), len(supers))
	equal(t, "open activations", p.count(t, "confirmations", "identity_id = ? AND used_at IS NULL", id), 1)
}

func TestMembersArePagedByKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		for i := range 12 { // three at each moment
			if i%3 == 0 {
				p.now = p.now.Add(time.Microsecond)
			}
			p.create(t, fmt.Sprintf("m%d@acme.example", i), app.StandardUser)
		}
		whole := must(s.Members(t.Context(), p.super.Account.ID, app.MemberQuery{}, 100))(t)
		equal(t, "all", len(whole), 13)
		ordered := slices.IsSortedFunc(whole, func(a, b app.Membership) int {
			if c := b.JoinedAt.Compare(a.JoinedAt); c != 0 {
				return c
			}
			return slices.Compare([]byte(b.ID), []byte(a.ID))
		})
		equal(t, "newest first, then by id", ordered, true)
		equal(t, "creator", whole[0].CreatedBy.Email, "sue@acme.example")
		equal(t, "nobody created the first", whole[12].CreatedBy == nil, true)

		var q app.MemberQuery
		var paged []app.Membership
		for range 10 {
			page := must(s.Members(t.Context(), p.super.Account.ID, q, 2))(t)
			if len(page) == 0 {
				break
			}
			paged = append(paged, page...)
			q.After = app.Cursor{At: page[len(page)-1].JoinedAt, ID: page[len(page)-1].ID}
		}
		for i := range whole {
			equal(t, fmt.Sprint("paged ", i), paged[i].ID, whole[i].ID)
		}
		equal(t, "paged in all", len(paged), len(whole))
	})
}

func TestMembersAreSearched(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.link(t)
		for email, name := range map[string][2]string{
			"zoe_x@new.example": {"Zoë", "O'Neill"},
			"zoe.x@new.example": {"Zoe", "100% Sure"},
			"back@new.example":  {`Back\slash`, "Ünal!"},
		} {
			f := form(email)
			f.FirstName, f.LastName = name[0], name[1]
			check(t, p.register(t, token, f))
		}
		p.create(t, "lim@acme.example", app.LimitedUser)
		link := must(s.CurrentLink(t.Context(), p.super.Account.ID))(t)
		for _, row := range []struct {
			q    app.MemberQuery
			want int
		}{
			{app.MemberQuery{Search: "zoë"}, 1},
			{app.MemberQuery{Search: "ZOË o'neill"}, 1},
			{app.MemberQuery{Search: "zoe"}, 2},
			{app.MemberQuery{Search: "zoe_x"}, 2},
			{app.MemberQuery{Search: "oe"}, 0},
			{app.MemberQuery{Search: "100%"}, 1},
			{app.MemberQuery{Search: "%"}, 0},
			{app.MemberQuery{Search: `\`}, 0},
			{app.MemberQuery{Search: `ack\sla`}, 0},
			{app.MemberQuery{Search: `ba\sl`}, 1},
			{app.MemberQuery{Search: `"?`}, 0},
			{app.MemberQuery{Search: "ÜNAL!"}, 1},
			{app.MemberQuery{Search: "new.example zoe neill"}, 1},
			{app.MemberQuery{Search: "new.example nobody"}, 0},
			{app.MemberQuery{Role: app.LimitedUser}, 1},
			{app.MemberQuery{Status: app.Active}, 5},
			{app.MemberQuery{Status: app.Pending}, 0},
			{app.MemberQuery{LinkID: link.ID}, 3},
			{app.MemberQuery{LinkID: link.ID, Search: "back", Role: app.StandardUser}, 1},
		} {
			page := must(p.members().List(t.Context(), p.super, row.q))(t)
			equal(t, fmt.Sprintf("%+v", row.q), len(page.Members), row.want)
		}
		other := p.account(t, "Other", "olga@other.example")
		equal(t, "another account's", len(must(p.members().List(t.Context(), other, app.MemberQuery{Search: "zoe"}))(t).Members), 0)
	})
}

func TestActivationIsSentAgain(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.create(t, "lee@acme.example", app.StandardUser)
		lee := p.person(t, "lee@acme.example")
		member := must(s.Memberships(t.Context(), lee.ID))(t)[0]
		p.now = p.now.Add(time.Hour)
		for i, err := range parallel(6, func(int) error {
			_, err := p.members().SendActivation(t.Context(), p.super, member.ID)
			return err
		}) {
			if err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		}
		equal(t, "open", p.count(t, "confirmations", "identity_id = ? AND used_at IS NULL", lee.ID), 1)
		equal(t, "open ones can be mailed", p.count(t, "confirmations", "used_at IS NULL AND token_box IS NULL"), 0)
		equal(t, "ended ones are wiped", p.count(t, "confirmations", "used_at IS NOT NULL AND token_box IS NOT NULL"), 0)
		equal(t, "activities", p.count(t, "activities", "event = ?", app.ActivationSent), 6)
		equal(t, "notices", p.count(t, "notices", "letter = ? AND recipient_id = ?", app.ActivateLogin, lee.ID), 7)
	})
}
