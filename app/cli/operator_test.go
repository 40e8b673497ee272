package cli

import (
	"strings"
	"testing"

	"reglink/app/config"
	"reglink/db/dbtest"
)

func TestOperatorsComeAndGo(t *testing.T) {
	t.Parallel()
	dbtest.EachURL(t, func(t *testing.T, databaseURL string) {
		e := on(t)
		e[config.DatabaseURL], e[config.SecretKey] = databaseURL, strings.Repeat("A", 43)+"="
		steps := []struct {
			args []string
			code int
			says string
		}{
			{[]string{"operator", "add", "ops@portal.example"}, exitDone, "/activate/rc1_"},
			{[]string{"operator", "add", "OPS@portal.example"}, exitDone, "is an operator of the portal."},
			{[]string{"operator", "remove", "ops@portal.example"}, exitDone, "no operator of the portal any more"},
			{[]string{"operator", "remove", "nobody@portal.example"}, exitFailed, "no login with this address"},
			{[]string{"operator", "add", "Ops <ops@portal.example>"}, exitFailed, "address alone"},
			{[]string{"operator", "add", "--language", "xx", "ops@portal.example"}, exitFailed, "none of en, de"},
			{[]string{"operator", "add"}, exitUsage, "EMAIL"},
		}
		for _, step := range steps {
			got := reglink(t, e, step.args...)
			if said := got.out + got.err; got.code != step.code || !strings.Contains(said, step.says) {
				t.Errorf("%s: exit %d and %q, want %d and %q", strings.Join(step.args, " "), got.code, said, step.code, step.says)
			}
		}
	})
}
