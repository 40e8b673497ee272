package db_test

import (
	"context"
	"errors"
	"testing"

	"github.com/uptrace/bun"

	"reglink/app"
	"reglink/db"
	"reglink/db/dbtest"
)

func TestUniqueKeys_AreFoundInMySQLMessages(t *testing.T) {
	t.Parallel()
	const key = "identities_email_key"
	for text, want := range map[string]bool{
		"Duplicate entry 'a@b.c' for key 'identities_email_key'":                                          true,
		"Duplicate entry 'a@b.c' for key 'identities.identities_email_key'":                               true,
		"Doppelter Eintrag 'a@b.c' für Schlüssel 'identities_email_key'":                                  true,
		"target: x.-.primary: Duplicate entry 'a' for key 'identities.identities_email_key' (errno 1062)": true,
		"Duplicate entry 'identities_email_key@b.c' for key 'PRIMARY'":                                    false,
		"Duplicate entry 'a@b.c' for key 'other_identities_email_key'":                                    false,
		"Duplicate entry 'a@b.c' for key 'identities_email_key_2'":                                        false,
	} {
		equal(t, text, db.MessageNamesKey(text, key), want)
	}
}

var errRollback = errors.New("taken back")

// FuzzEmailKey_EqualKeysAreOneIdentity: two addresses are one person in both databases if and only if their
// keys are equal (security-reliability, 5.2).
func FuzzEmailKey_EqualKeysAreOneIdentity(f *testing.F) {
	f.Add("nia@acme.example", "NIA@ACME.example")
	f.Add("nia@b\u00fccher.example", "nia@xn--bcher-kva.example")
	f.Add("anna@stra\u00dfe.example", "anna@strasse.example")
	f.Add("anna@\u0430pple.example", "anna@apple.example")
	f.Add("anna+tag@example.com", "anna@example.com")
	f.Add("anna@example.com", "anna @example.com")
	f.Add("a_b@example.com", "axb@example.com")
	f.Add("a%@example.com", "ab@example.com")
	stores := []*db.Store{dbtest.New(f), dbtest.NewMySQL(f)}
	f.Fuzz(func(t *testing.T, one, two string) {
		keys := [2]string{}
		for i, email := range []string{one, two} {
			key, problem := app.EmailKey(email)
			if !problem.None() {
				t.Skip("no address")
			}
			keys[i] = key
		}
		for _, s := range stores {
			taken := false
			err := s.Transact(t.Context(), func(ctx context.Context, tx bun.Tx) error {
				first, second := newIdentity(one), newIdentity(two)
				if _, err := tx.NewInsert().Model(&first).Exec(ctx); err != nil {
					return err
				}
				known, err := tx.NewSelect().Model((*app.Identity)(nil)).Where("email_key = ?", keys[1]).Exists(ctx)
				if err != nil || known != (keys[0] == keys[1]) {
					t.Errorf("%q is found by %q: %t, %v", keys[0], keys[1], known, err)
				}
				_, err = tx.NewInsert().Model(&second).Exec(ctx)
				taken = err != nil
				return errRollback
			})
			if !errors.Is(err, errRollback) || taken != (keys[0] == keys[1]) {
				t.Errorf("%q and %q: taken is %t, %v", one, two, taken, err)
			}
		}
	})
}
