package db_test

import (
	"fmt"
	"testing"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func TestSavePreferences_StoresProfileAndReplacesTopics(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		before := p.identity(t, "sue@acme.example")
		wish := app.Preferences{
			FirstName: "Susan", LastName: "Pérez", Profile: app.Profile{Phone: "030 12345", JobTitle: "Lead"}, Language: "de",
			Topics: []string{"security_advisories"},
		}
		for range 2 {
			check(t, app.Profiles{Store: s}.Save(t.Context(), p.super, wish, []string{"en", "de"}))
		}
		sue := p.identity(t, "sue@acme.example")
		equal(t, "name", sue.Name(), "Susan Pérez")
		equal(t, "phone", sue.Phone, "030 12345")
		equal(t, "job title", sue.JobTitle, "Lead")
		equal(t, "language", sue.Language, "de")
		equal(t, "password kept", sue.PasswordHash, before.PasswordHash)
		equal(t, "confirmed kept", *sue.ConfirmedAt, *before.ConfirmedAt)
		equal(t, "found by", len(must(p.members().List(t.Context(), p.super, app.MemberQuery{Search: "pérez"}))(t).Entries),
			1)
		equal(t, "topics", fmt.Sprint(must(s.Topics(t.Context(), sue.ID))(t)), "[security_advisories]")

		wish.Topics = nil
		check(t, app.Profiles{Store: s}.Save(t.Context(), p.super, wish, []string{"en", "de"}))
		equal(t, "no topics", len(must(s.Topics(t.Context(), sue.ID))(t)), 0)
		check(t, s.SaveLanguage(t.Context(), sue.ID, "en"))
		equal(t, "language", p.identity(t, "sue@acme.example").Language, "en")
	})
}
