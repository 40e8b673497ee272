package db_test

import (
	"testing"
	"time"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func TestOperators_AreAppointedDismissedAndAdded(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		check(t, s.SetOperator(t.Context(), "sue@acme.example", true))
		equal(t, "appointed", p.identity(t, "sue@acme.example").Operator, true)
		check(t, s.SetOperator(t.Context(), "sue@acme.example", true))
		check(t, s.SetOperator(t.Context(), "sue@acme.example", false))
		equal(t, "no longer", p.identity(t, "sue@acme.example").Operator, false)
		refused(t, s.SetOperator(t.Context(), "nobody@acme.example", true), app.NotFound)

		who := newIdentity("op@portal.example")
		who.Operator = true
		c := app.Confirmation{
			ID: app.NewID(), IdentityID: who.ID, Purpose: app.ToActivate, TokenHash: make([]byte, 32), TokenBox: []byte{1},
			CreatedAt: p.now, ExpiresAt: p.now.Add(time.Hour),
		}
		n := app.Notice{
			ID: app.NewID(), Kind: app.ActivateLogin, EventID: c.ID, RecipientID: who.ID, Delivery: app.Queued,
			NextTryAt: p.now, CreatedAt: p.now,
		}
		check(t, s.AddOperator(t.Context(), who, c, n))
		equal(t, "stored", p.identity(t, "op@portal.example").Operator, true)
		equal(t, "confirmation", must(s.ConfirmationByID(t.Context(), c.ID))(t).Purpose, app.ToActivate)
		again := who
		again.ID = app.NewID()
		refused(t, s.AddOperator(t.Context(), again, c, n), app.Conflict)
	})
}
