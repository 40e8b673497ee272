package db_test

import (
	"fmt"
	"strings"
	"testing"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// A person is found by the names of today, in every account, however they came and whenever the name changed.
func TestMemberIndex_FollowsNameChanges(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		p.createMember(t, "lee@acme.example", app.StandardUser)
		other := p.createAccount(t, "Other", "olga@other.example")
		_, err := p.members().Create(t.Context(), other,
			app.NewUser{FirstName: "L", LastName: "L", Email: "lee@acme.example", Role: app.StandardUser, Language: "en"})
		check(t, err)
		token, _ := p.deliverMail(t, "lee@acme.example")
		p.activate(t, token) // as Sue Perez
		for _, by := range []app.Actor{p.super, other} {
			equal(t, "by the activation's name",
				strings.Contains(p.searchEmails(t, by, app.MemberQuery{Search: "perez"}), "lee@"), true)
			equal(t, "by the address", p.searchEmails(t, by, app.MemberQuery{Search: "lee acme"}), "lee@acme.example")
		}
		lee := p.signIn(t, "lee@acme.example")
		wish := app.Preferences{FirstName: "Leandra", LastName: "Ünal", Language: "en"}
		for range 2 {
			check(t, app.Profiles{Store: s}.Save(t.Context(), lee, wish, []string{"en"}))
		}
		for _, by := range []app.Actor{p.super, other} {
			equal(t, "by the new name", p.searchEmails(t, by, app.MemberQuery{Search: "ün lean"}), "lee@acme.example")
			equal(t, "by the old name", strings.Contains(p.searchEmails(t, by, app.MemberQuery{Search: "perez"}), "lee@"), false)
		}
		equal(t, "words", p.count(t, "member_words", "word = ?", "leandra"), 2)
	})
}

// Names that change while their person is added to accounts: no membership keeps words of the old name alone.
func TestMemberIndex_ConcurrentNameChangesLeaveNoOldWords(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		var supers []app.Actor
		for i := range 4 {
			supers = append(supers, p.createAccount(t, fmt.Sprint("Acc", i), fmt.Sprintf("s%d@acc.example", i)))
		}
		for _, err := range parallel(8, func(i int) error {
			if i < 4 {
				_, err := p.members().Create(t.Context(), supers[i],
					app.NewUser{FirstName: "S", LastName: "P", Email: "sue@acme.example", Role: app.StandardUser, Language: "en"})
				return err
			}
			wish := app.Preferences{FirstName: "Susanna", LastName: "Pérez", Language: "en"}
			return app.Profiles{Store: s}.Save(t.Context(), p.super, wish, []string{"en"})
		}) {
			check(t, err)
		}
		equal(t, "memberships found by the new name", p.count(t, "member_words", "word = ?", "susanna"), 5)
		equal(t, "by the old one", p.count(t, "member_words", "word = ? AND account_id = ?", "perez", p.super.Account.ID), 0)
	})
}

// Members from before there were words are indexed with the migrations, once.
func TestMigrate_IndexesMembersWithoutWords(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		for i := range 7 {
			p.createMember(t, fmt.Sprintf("m%d@acme.example", i), app.StandardUser)
		}
		before := p.count(t, "member_words", "1 = 1")
		_, err := s.Bun().NewDelete().Table("member_words").Where("1 = 1").Exec(t.Context())
		check(t, err)
		equal(t, "found without words", p.searchEmails(t, p.super, app.MemberQuery{Search: "acme"}), "")
		for range 2 {
			check(t, s.Migrate(t.Context()))
			equal(t, "words", p.count(t, "member_words", "1 = 1"), before)
		}
		equal(t, "found", p.searchEmails(t, p.super, app.MemberQuery{Search: "m3"}), "m3@acme.example")
	})
}
