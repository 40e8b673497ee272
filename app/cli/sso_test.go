package cli

import (
	"strings"
	"testing"

	"reglink/app/config"
	"reglink/db/dbtest"
)

func TestAnAccountsWayIsSaidFromOutside(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		e := on(t)
		e[config.DatabaseURL], e[config.SecretKey] = databaseURL, strings.Repeat("A", 43)+"="
		steps := []struct {
			args []string
			code int
			says string
		}{
			{[]string{"account", "add", "--name", "Acme", "--company-id", "A-1", "--super-user", "sue@acme.example"}, exitDone, "/activate/"},
			{[]string{"account", "sign-in", "a-1", "--way", "sso"}, exitDone, "Acme this way now: sso."},
			{[]string{"account", "sign-in", "A-1", "--way", "both"}, exitDone, "Acme this way now: both."},
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
