package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"reglink/app/config"
)

func TestEnvFile_HoldsSettingsThatFlagsAndEnvironmentOverride(t *testing.T) {
	t.Parallel()
	e := created(t)
	path := filepath.Join(t.TempDir(), "reglink.env")
	text := "# the portal\nDATABASE_URL=" + e[config.DatabaseURL] + "\nBASE_URL='https://file.example'\n"
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	add := func(base string, e env, email string, args ...string) {
		t.Helper()
		got := reglink(t, e, append(args, "operator", "add", email)...).done(t)
		if !strings.HasPrefix(got.lastLine(), base+"/activate/") {
			t.Errorf("%v: got %q, want %s", args, got.lastLine(), base)
		}
	}
	add("https://file.example", env{}, "one@portal.example", "--env-file", path)
	environment := env{config.BaseURL: "https://environment.example"}
	add("https://environment.example", environment, "two@portal.example", "--env-file", path)
	add("https://flag.example", environment, "three@portal.example", "--env-file", path, "--base-url",
		"https://flag.example")
	got := reglinkReading(t, text, env{}, "operator", "list", "--env-file", "-").done(t)
	if !strings.Contains(got.out, "three@portal.example") {
		t.Errorf("got %q, want the operators of the database that standard input names", got.out)
	}
}

func TestEnvFile_RefusesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	wrong := filepath.Join(folder, "wrong.env")
	if err := os.WriteFile(wrong, []byte("LISTEN=127.0.0.1:0\n\nexport LIMITS=off\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		wrong:                         "--env-file: " + wrong + ":3: this line is not NAME=value",
		filepath.Join(folder, "none"): "--env-file: open ",
	} {
		for _, command := range []string{"serve", "demo", "migrate"} {
			got := reglink(t, on(t), command, "--env-file", path)
			if got.code != exitFailed || !strings.Contains(got.err, want) || strings.Count(got.err, "\n") != 1 {
				t.Errorf("%s: got exit %d and %q, want %q", command, got.code, got.err, want)
			}
		}
	}
	reglink(t, env{}, "version", "--env-file", wrong).done(t) // asks for no setting
}
