package db_test

import (
	"fmt"
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func TestPreferences(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		before := p.person(t, "sue@acme.example")
		wish := app.Preferences{
			FirstName: "Susan", LastName: "Pérez", Phone: "030 12345", JobTitle: "Lead", Language: "de",
			Topics: []string{"security_advisories"},
		}
		for range 2 {
			check(t, app.SavePreferences(t.Context(), s, p.super, wish, []string{"en", "de"}))
		}
		sue := p.person(t, "sue@acme.example")
		equal(t, "name", sue.Name(), "Susan Pérez")
		equal(t, "phone", sue.Phone, "030 12345")
		equal(t, "job title", sue.JobTitle, "Lead")
		equal(t, "language", sue.Language, "de")
		equal(t, "password kept", sue.PasswordHash, before.PasswordHash)
		equal(t, "confirmed kept", *sue.ConfirmedAt, *before.ConfirmedAt)
		equal(t, "found by", len(must(p.members().List(t.Context(), p.super, app.MemberQuery{Search: "pérez"}))(t).Members), 1)
		equal(t, "topics", fmt.Sprint(must(s.Topics(t.Context(), sue.ID))(t)), "[security_advisories]")

		wish.Topics = nil
		check(t, app.SavePreferences(t.Context(), s, p.super, wish, []string{"en", "de"}))
		equal(t, "no topics", len(must(s.Topics(t.Context(), sue.ID))(t)), 0)
		check(t, s.SaveLanguage(t.Context(), sue.ID, "en"))
		equal(t, "language", p.person(t, "sue@acme.example").Language, "en")
	})
}

func TestImportsKnowWhatIsKnown(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		check(t, s.AddIdentity(t.Context(), person("lea@school.example")))
		refused(t, s.AddIdentity(t.Context(), person("lea@school.example")), app.Conflict)
		e := app.Entitlement{AccountID: p.super.Account.ID, Proof: app.SerialNumber, Code: "SN1", CreatedAt: p.now}
		for _, want := range []error{nil, app.Conflict} {
			e.ID = app.NewID()
			if err := s.AddEntitlement(t.Context(), e); want == nil {
				check(t, err)
			} else {
				refused(t, err, want)
			}
		}
		e.ID, e.Proof = app.NewID(), app.AuthCode
		check(t, s.AddEntitlement(t.Context(), e))
		equal(t, "stored", p.count(t, "entitlements", "code = ?", "SN1"), 2)
		right := must(s.EntitlementBy(t.Context(), app.AuthCode, "SN1"))(t)
		equal(t, "account", right.Account.Name, "Acme")
		_, err := s.EntitlementBy(t.Context(), app.OrderSummary, "SN1")
		refused(t, err, app.NotFound)
	})
}

func TestOperators(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		check(t, s.SetOperator(t.Context(), "sue@acme.example", true))
		equal(t, "appointed", p.person(t, "sue@acme.example").Operator, true)
		check(t, s.SetOperator(t.Context(), "sue@acme.example", true))
		check(t, s.SetOperator(t.Context(), "sue@acme.example", false))
		equal(t, "no longer", p.person(t, "sue@acme.example").Operator, false)
		refused(t, s.SetOperator(t.Context(), "nobody@acme.example", true), app.NotFound)

		who := person("op@portal.example")
		who.Operator = true
		c := app.Confirmation{
			ID: app.NewID(), IdentityID: who.ID, Purpose: app.ToActivate, TokenHash: make([]byte, 32), TokenBox: []byte{1},
			CreatedAt: p.now, ExpiresAt: p.now.Add(time.Hour),
		}
		n := app.Notice{
			ID: app.NewID(), Letter: app.ActivateLogin, EventID: c.ID, RecipientID: who.ID, Delivery: app.Queued,
			NextTryAt: p.now, CreatedAt: p.now,
		}
		check(t, s.AddOperator(t.Context(), who, c, n))
		equal(t, "stored", p.person(t, "op@portal.example").Operator, true)
		equal(t, "confirmation", must(s.ConfirmationOf(t.Context(), c.ID))(t).Purpose, app.ToActivate)
		again := who
		again.ID = app.NewID()
		refused(t, s.AddOperator(t.Context(), again, c, n), app.Conflict)
	})
}

func person(email string) app.Identity {
	key, _ := app.EmailKey(email)
	return app.Identity{ID: app.NewID(), Email: email, EmailKey: key, CreatedAt: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
}

// Who is the same person is decided by app.EmailKey alone, in both databases alike (security-reliability, 5.2).
func TestT20EmailIdentities(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		spellings := []string{
			"anna@example.com", "ANNA@example.com", "Anna@EXAMPLE.com", "anna+tag@example.com", "an.na@example.com", "ana@example.com",
			"anna@exämple.com", "anna@EXÄMPLE.com", "anna@xn--exmple-cua.com", "anna@exaemple.com",
			"anna@strasse.example", "anna@straße.example", "anna@аpple.example", "anna@apple.example", "anna@istanbul.example",
			"anna_@example.com", "anna%@example.com", "'anna'@example.com", "anna@ａpple.example", "ann\u0130a@example.com",
		}
		known := map[string]bool{}
		for _, email := range spellings {
			key, problem := app.EmailKey(email)
			if problem.ID != "" {
				continue
			}
			equal(t, email+" is known", must(s.EmailHasLogin(t.Context(), key))(t), known[key])
			err := s.AddIdentity(t.Context(), person(email))
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
func TestTextIsKeptExactly(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		for i, text := range []string{
			`O'Neill`, `back\slash\`, `"quoted" ?0 ?name`, `<b>bold</b>`, "🧑‍🚀 emoji", "مرحبا", "e\u0301 decomposed", "50% _off_", "-- comment",
			"'; DROP TABLE identities; --", "trailing ", "\\'",
		} {
			who := person(fmt.Sprintf("p%d@new.example", i))
			who.FirstName, who.JobTitle = text, text
			check(t, s.AddIdentity(t.Context(), who))
			got := must(s.IdentityByEmail(t.Context(), who.EmailKey))(t)
			equal(t, "first name", got.FirstName, text)
			equal(t, "job title", got.JobTitle, text)
		}
	})
}

func TestTimesComeBackAsTheyWere(t *testing.T) {
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
			who := person(fmt.Sprintf("p%d@new.example", i))
			who.CreatedAt, who.ConfirmedAt = at, &at
			check(t, s.AddIdentity(t.Context(), who))
			got := must(s.IdentityByEmail(t.Context(), who.EmailKey))(t)
			equal(t, "created", got.CreatedAt, at.UTC())
			equal(t, "confirmed", *got.ConfirmedAt, at.UTC())
			equal(t, "never", got.SignedInAt == nil, true)
		}
	})
}
