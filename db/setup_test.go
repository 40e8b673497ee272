package db_test

import (
	"bytes"
	"errors"
	"testing"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

// newEmptyPortal is a portal before its first account.
func newEmptyPortal(t testing.TB, s *db.Store) *portal {
	t.Helper()
	sealer, err := app.NewSealer(bytes.Repeat([]byte{7}, app.KeySize))
	check(t, err)
	return &portal{Store: s, sealer: sealer, hasher: app.NewPasswordHasher(app.HashParams{Memory: 8, Time: 1, Lanes: 1})}
}

func setUpForm() app.SetUp {
	return app.SetUp{
		Account:   app.NewAccount{Name: "First", CompanyID: "f-1"},
		FirstName: "Fay", LastName: "First", Email: "fay@first.example", Password: password,
	}
}

func TestInstallation_IsStoredOnceAndRefusesAnotherKey(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newEmptyPortal(t, s)
		_, err := s.Installation(t.Context())
		refused(t, err, app.NotFound)
		for i, err := range parallel(8, func(int) error { return p.setUps().CheckKey(t.Context()) }) {
			if err != nil {
				t.Errorf("server %d: %v", i, err)
			}
		}
		equal(t, "rows", p.count(t, "installations", "1 = 1"), 1)
		p.sealer, _ = app.NewSealer(bytes.Repeat([]byte{8}, app.KeySize))
		refused(t, p.setUps().CheckKey(t.Context()), app.Conflict)
	})
}

func TestSetUp_OneOfManySucceeds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newEmptyPortal(t, s)
		check(t, p.setUps().CheckKey(t.Context()))
		equal(t, "accounts", must(s.HasAccounts(t.Context()))(t), false)
		token := must(p.setUps().Token(t.Context()))(t)
		done := 0
		for _, err := range parallel(8, func(int) error {
			return p.setUps().SetUp(t.Context(), token, setUpForm(), app.Client{Language: "en"})
		}) {
			if err == nil {
				done++
			} else if !errors.Is(err, app.Gone) {
				t.Errorf("got %v, want Gone", err)
			}
		}
		equal(t, "set up", done, 1)
		equal(t, "accounts", must(s.HasAccounts(t.Context()))(t), true)
		fay := p.signIn(t, "fay@first.example")
		equal(t, "Super User", fay.SuperUser(), true)
		equal(t, "operator", fay.Identity.Operator, true)
		equal(t, "company ID", fay.Account.CompanyID, "F-1")
		_, err := p.setUps().Token(t.Context())
		refused(t, err, app.Gone)
	})
}

// An account from the command line makes the set-up address worthless, also for a form that is open.
func TestSetUp_IsGoneOnceAnAccountExists(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		at := p.now
		account := app.Account{ID: app.NewID(), Name: "First", CompanyID: "F-1", CreatedAt: at}
		fay := app.Identity{ID: app.NewID(), Email: "fay@first.example", EmailKey: "fay@first.example", CreatedAt: at}
		refused(t, s.SetUp(t.Context(), account, fay, app.Membership{}, app.Activity{}), app.Gone)

		p.update(t, "identities", "operator = ?", true, "sue@acme.example")
		must(s.Bun().NewUpdate().Table("installations").Set("set_up_at = NULL").Where("id = 1").Exec(t.Context()))(t)
		refused(t, s.SetUp(t.Context(), account, fay, app.Membership{}, app.Activity{}), app.Gone)
		equal(t, "nothing stored", p.count(t, "accounts", "1 = 1"), 1)
	})
}

func TestSetUp_TakenEmailKeepsTheTokenValid(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newEmptyPortal(t, s)
		check(t, p.setUps().CheckKey(t.Context()))
		check(t, p.imports().AddIdentity(t.Context(), "fay@first.example", "Fay", "F", "en"))
		token := must(p.setUps().Token(t.Context()))(t)
		refused(t, p.setUps().SetUp(t.Context(), token, setUpForm(), app.Client{Language: "en"}),
			app.Problems{"email": app.EmailTaken()})
		equal(t, "the address still works", must(p.setUps().Token(t.Context()))(t), token)
		equal(t, "accounts", must(s.HasAccounts(t.Context()))(t), false)
	})
}

func TestCreateAccount_CompanyIDIsUnique(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		_, err := p.setUps().CreateAccount(t.Context(), app.NewAccount{Name: "Twin", CompanyID: "acme-1"}, "x@twin.example",
			"en")
		refused(t, err, app.Problem("company_id", "company_id_taken"))
		equal(t, "nothing stored", p.count(t, "identities", "email_key = ?", "x@twin.example"), 0)

		acme := must(s.AccountByCompanyID(t.Context(), "ACME-1"))(t)
		equal(t, "by company ID", acme.Name, "Acme")
		_, err = s.AccountByCompanyID(t.Context(), "ACME-2")
		refused(t, err, app.NotFound)

		taken := 0
		for _, err := range parallel(8, func(i int) error {
			_, err := p.setUps().CreateAccount(t.Context(), app.NewAccount{Name: "New", CompanyID: "new"}, "sue@acme.example",
				"en")
			return err
		}) {
			if err != nil {
				refused(t, err, app.Problem("company_id", "company_id_taken"))
				taken++
			}
		}
		equal(t, "taken", taken, 7)
		equal(t, "memberships", len(must(s.Memberships(t.Context(), p.super.Identity.ID))(t)), 2)
	})
}
