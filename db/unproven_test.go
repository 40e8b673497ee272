package db_test

import (
	"testing"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// A stranger who holds a link registers somebody else's address and waits. When a Super User adds that address, or it becomes an
// operator's, the stranger's password must not come with it (T-25).
func TestT25PasswordOfAnUnprovenAddressIsForgotten(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		other := p.account(t, "Other", "boss@other.example")
		link := p.link(t)
		add := map[string]func(email string) error{
			"victim@other.example": func(email string) error {
				_, err := p.members().Create(t.Context(), other, app.NewUser{FirstName: "V", LastName: "T", Email: email, Role: app.SuperUser})
				return err
			},
			"ops@other.example": func(email string) error {
				_, err := app.Operators{Store: s, Sealer: p.sealer, Clock: p.clock}.Appoint(t.Context(), email, "en")
				return err
			},
		}
		for email, add := range add {
			check(t, p.register(t, link, form(email)))
			check(t, add(email))
			equal(t, email+": passwords left", p.count(t, "identities", "password_hash <> '' AND email_key = ?", email), 0)
			equal(t, email+": waits for", p.person(t, email).Waiting(), app.ToActivate)
		}
		check(t, add["ops@other.example"]("boss@other.example"))
		equal(t, "a proven address keeps its password", p.person(t, "boss@other.example").Waiting(), app.Purpose(""))
	})
}
