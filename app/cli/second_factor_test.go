package cli

import (
	"strings"
	"testing"

	"reglink/app/config"
	"reglink/db/dbtest"
)

func TestSecondFactorRemove_LeavesThePasswordAlone(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		e := on(t)
		e[config.DatabaseURL], e[config.SecretKey] = databaseURL, strings.Repeat("A", 43)+"="
		reglink(t, e, "migrate").done(t)
		if got := reglink(t, e, "account", "add", "--name", "Acme", "--company-id", "100", "--super-user",
			"sue@acme.example"); got.code != exitDone {
			t.Fatalf("exit %d and %q", got.code, got.err)
		}
		remove := func(email string, code int, says string) {
			t.Helper()
			got := reglink(t, e, "second-factor", "remove", email)
			if said := got.out + got.err; got.code != code || !strings.Contains(said, says) {
				t.Errorf("%s: exit %d and %q, want %d and %q", email, got.code, said, code, says)
			}
		}
		remove("sue@acme.example", exitFailed, "has no second factor")
		remove("nobody@acme.example", exitFailed, "no login with this address")
		remove("no address", exitFailed, "address alone")
		if _, err := dbtest.Raw(t, databaseURL).ExecContext(t.Context(), "UPDATE identities SET factors = 1"); err != nil {
			t.Fatal(err)
		}
		remove("Sue@acme.example", exitDone, "password alone")
		remove("sue@acme.example", exitFailed, "has no second factor")
		if got := reglink(t, e, "second-factor", "remove"); got.code != exitUsage {
			t.Errorf("without an address: exit %d", got.code)
		}
	})
}
