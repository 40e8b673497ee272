package cli

import (
	"crypto/sha256"
	"strings"
	"testing"
	"time"

	"reglink/app/config"
	"reglink/db/dbtest"
)

func TestAccountSignIn_SetsTheMethodIfSomebodyCanUseIt(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		e := on(t)
		e[config.DatabaseURL], e[config.SecretKey] = databaseURL, strings.Repeat("A", 43)+"="
		reglink(t, e, "migrate").done(t)
		provider := []string{"--oidc-issuer", "https://login.example", "--oidc-client-id", "portal"}
		steps := []struct {
			args []string
			code int
			says string
		}{
			{
				[]string{"account", "add", "--name", "Acme", "--company-id", "A-1", "--super-user", "sue@acme.example"},
				exitDone,
				"/activate/",
			},
			{[]string{"account", "sign-in", "a-1", "--way", "sso"}, exitFailed, "no single sign-on provider is configured"},
			{append([]string{"account", "sign-in", "a-1", "--way", "sso"}, provider...), exitDone, "is now: sso."},
			{[]string{"account", "sign-in", "A-1", "--way", "both"}, exitDone, "is now: both."},
			{[]string{"account", "sign-in", "A-1", "--way", "none"}, exitFailed, "--way: Choose one of the three."},
			{[]string{"account", "sign-in", "A-2", "--way", "both"}, exitFailed, "no account"},
			{[]string{"account", "sign-in", "A-1"}, exitUsage, "needs --way"},
		}
		for _, step := range steps {
			got := reglink(t, e, step.args...)
			if said := got.out + got.err; got.code != step.code || !strings.Contains(said, step.says) {
				t.Errorf("%s: exit %d and %q, want %d and %q", strings.Join(step.args, " "), got.code, said, step.code, step.says)
			}
		}
	})
}

func TestSSOForget_SeparatesTheLogin(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		e := on(t)
		e[config.DatabaseURL], e[config.SecretKey] = databaseURL, strings.Repeat("A", 43)+"="
		reglink(t, e, "migrate").done(t)
		if got := reglink(t, e, "account", "add", "--name", "Acme", "--company-id", "100", "--super-user",
			"sue@acme.example"); got.code != exitDone {
			t.Fatalf("exit %d and %q", got.code, got.err)
		}
		forget := func(email string, code int, says string) {
			t.Helper()
			got := reglink(t, e, "sso", "forget", email)
			if said := got.out + got.err; got.code != code || !strings.Contains(said, says) {
				t.Errorf("%s: exit %d and %q, want %d and %q", email, got.code, said, code, says)
			}
		}
		forget("sue@acme.example", exitFailed, "joined to none")
		forget("nobody@acme.example", exitFailed, "no login with this address")
		forget("no address", exitFailed, "address alone")
		const login = `INSERT INTO sso_logins (key_hash, identity_id, issuer, subject, created_at)
			SELECT ?, id, ?, '7731', ? FROM identities`
		for _, issuer := range []string{"https://login.example", "https://former.example"} {
			key := sha256.Sum256([]byte(issuer))
			if _, err := dbtest.Raw(t, databaseURL).ExecContext(t.Context(), login, key[:], issuer, time.Now()); err != nil {
				t.Fatal(err)
			}
		}
		forget("Sue@acme.example", exitDone, "The next person who signs in through single sign-on")
		forget("sue@acme.example", exitFailed, "joined to none")
		if got := reglink(t, e, "sso", "forget"); got.code != exitUsage {
			t.Errorf("without an address: exit %d", got.code)
		}
		if got := reglink(t, e, "--help"); !strings.Contains(got.out, "sso forget EMAIL") {
			t.Errorf("--help does not name it: %.400s", got.out)
		}
	})
}
