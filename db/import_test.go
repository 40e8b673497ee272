package db_test

import (
	"testing"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func TestImport_KnownRowsConflict(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		check(t, s.AddIdentity(t.Context(), newIdentity("lea@school.example")))
		refused(t, s.AddIdentity(t.Context(), newIdentity("lea@school.example")), app.Conflict)
		e := app.Entitlement{AccountID: p.super.Account.ID, Kind: app.SerialNumber, Code: "SN1", CreatedAt: p.now}
		for _, want := range []error{nil, app.Conflict} {
			e.ID = app.NewID()
			if err := s.AddEntitlement(t.Context(), e); want == nil {
				check(t, err)
			} else {
				refused(t, err, want)
			}
		}
		e.ID, e.Kind = app.NewID(), app.AuthCode
		check(t, s.AddEntitlement(t.Context(), e))
		equal(t, "stored", p.count(t, "entitlements", "code = ?", "SN1"), 2)
		right := must(s.EntitlementByCode(t.Context(), app.AuthCode, "SN1"))(t)
		equal(t, "account", right.Account.Name, "Acme")
		_, err := s.EntitlementByCode(t.Context(), app.OrderSummary, "SN1")
		refused(t, err, app.NotFound)
	})
}
