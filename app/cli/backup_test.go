package cli

import (
	"path/filepath"
	"strings"
	"testing"

	"reglink/app/config"
)

func TestBackup_CopiesEverythingAndOverwritesNothing(t *testing.T) {
	t.Parallel()
	e := created(t)
	reglink(t, e, accountArgs("Acme", "1", "sue@acme.example")...).done(t)
	copied := filepath.Join(t.TempDir(), "copy.db")
	reglink(t, e, "backup", copied).done(t)
	if got := reglink(t, e, "backup", copied); got.code != exitFailed {
		t.Errorf("a file that exists was overwritten: %q", got.out)
	}
	restored := env{
		config.DatabaseURL: "sqlite:" + copied, config.BaseURL: "https://portal.example",
		config.SecretKeyFile: filepath.Join(filepath.Dir(strings.TrimPrefix(e[config.DatabaseURL], "sqlite:")), "secret.key"),
	}
	got := reglink(t, restored, accountArgs("Acme again", "1", "sue@acme.example")...)
	if !strings.Contains(got.err, "--company-id: ") {
		t.Errorf("the copy does not know the account: %q %q", got.out, got.err)
	}
}
