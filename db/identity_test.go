package db_test

import (
	"fmt"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// Who is the same person is decided by app.EmailKey alone, in both databases alike (security-reliability, 5.2).
func TestT20_EmailKeyDecidesIdentity(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		spellings := []string{
			"anna@example.com", "ANNA@example.com", "Anna@EXAMPLE.com", "anna+tag@example.com", "an.na@example.com",
			"ana@example.com",
			"anna@exämple.com", "anna@EXÄMPLE.com", "anna@xn--exmple-cua.com", "anna@exaemple.com",
			"anna@strasse.example", "anna@straße.example", "anna@аpple.example", "anna@apple.example", "anna@istanbul.example",
			"anna_@example.com", "anna%@example.com", "'anna'@example.com", "anna@ａpple.example", "ann\u0130a@example.com",
		}
		known := map[string]bool{}
		for _, email := range spellings {
			key, problem := app.EmailKey(email)
			if !problem.None() {
				continue
			}
			equal(t, email+" is known", must(s.EmailHasLogin(t.Context(), key))(t), known[key])
			err := s.AddIdentity(t.Context(), newIdentity(email))
			if known[key] {
				refused(t, err, app.Conflict)
				continue
			}
			check(t, err)
			known[key] = true
			equal(t, email+" as typed", must(s.IdentityByEmail(t.Context(), key))(t).Email, email)
		}
		if len(known) < 10 {
			t.Errorf("only %d addresses were tried", len(known))
		}
	})
}

// What people type comes back as it was typed.
func TestIdentity_TextIsKeptExactly(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		for i, text := range []string{
			`O'Neill`, `back\slash\`, `"quoted" ?0 ?name`, `<b>bold</b>`, "🧑‍🚀 emoji", "مرحبا", "e\u0301 decomposed",
			"50% _off_", "-- comment",
			"'; DROP TABLE identities; --", "trailing ", "\\'",
		} {
			who := newIdentity(fmt.Sprintf("p%d@new.example", i))
			who.FirstName, who.JobTitle = text, text
			check(t, s.AddIdentity(t.Context(), who))
			got := must(s.IdentityByEmail(t.Context(), who.EmailKey))(t)
			equal(t, "first name", got.FirstName, text)
			equal(t, "job title", got.JobTitle, text)
		}
	})
}

func TestIdentity_TimesRoundTrip(t *testing.T) {
	t.Parallel()
	berlin := time.FixedZone("CET", 3600)
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		for i, at := range []time.Time{
			time.Date(2026, 11, 3, 9, 30, 0, 123456000, time.UTC),
			time.Date(2026, 11, 3, 0, 30, 0, 0, berlin),
			time.Date(2026, 3, 29, 2, 30, 0, 999999000, time.FixedZone("", -11*3600)),
			time.Date(1970, 1, 1, 0, 0, 1, 1000, time.UTC),
			time.Date(9999, 12, 31, 23, 59, 59, 999999000, time.UTC),
		} {
			who := newIdentity(fmt.Sprintf("p%d@new.example", i))
			who.CreatedAt, who.ConfirmedAt = at, &at
			check(t, s.AddIdentity(t.Context(), who))
			got := must(s.IdentityByEmail(t.Context(), who.EmailKey))(t)
			equal(t, "created", got.CreatedAt, at.UTC())
			equal(t, "confirmed", *got.ConfirmedAt, at.UTC())
			equal(t, "never", got.SignedInAt == nil, true)
		}
	})
}
