package db_test

import (
	"testing"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func TestStartSession_ConcurrentSignInsAllSucceed(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, s *db.Store) {
		p := newPortal(t, s)
		token := p.generateLink(t)
		for i, err := range parallel(24, func(i int) error {
			if i%4 == 0 { // these hold the account while the Super User signs in to it
				return p.register(t, token, newRegistrationForm(string(rune('a'+i))+"@new.example"))
			}
			_, err := p.signIns().SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: password},
				app.Client{})
			return err
		}) {
			if err != nil {
				t.Errorf("caller %d: %v", i, err)
			}
		}
		equal(t, "sessions", p.count(t, "sessions", "identity_id = ?", p.super.Identity.ID), 18+1)
	})
}
