package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"

	"reglink/app/config"
)

// result is how one run of the program ended.
type result struct {
	code     int
	out, err string
}

// lastLine is what scripts take from the output.
func (r result) lastLine() string {
	lines := strings.Split(strings.TrimSuffix(r.out, "\n"), "\n")
	return lines[len(lines)-1]
}

// env is the environment of a run.
type env map[string]string

func (e env) get(name string) string { return e[name] }

// on is an environment with a database of the test's own, and its own port.
func on(t *testing.T) env {
	t.Helper()
	return env{
		config.DatabaseURL: "sqlite:" + filepath.Join(t.TempDir(), "data", "reglink.db"),
		config.Listen:      "127.0.0.1:0", config.BaseURL: "https://portal.example",
	}
}

func reglink(t *testing.T, e env, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	code := Program{Getenv: e.get, Stdout: &out, Stderr: &errs}.Run(t.Context(), args)
	return result{code, out.String(), errs.String()}
}

// done fails the test unless the run did what it was asked.
func (r result) done(t *testing.T) result {
	t.Helper()
	if r.code != exitDone {
		t.Fatalf("exit %d: %s%s", r.code, r.out, r.err)
	}
	return r
}

func TestMisusedCommandLines(t *testing.T) {
	t.Parallel()
	for line, words := range map[string]string{
		"launch":                                 `"launch" is no command`,
		"account":                                "say account add",
		"import":                                 "say import accounts, or import entitlements, or import identities",
		"import people x.csv":                    "say import accounts",
		"import accounts":                        "import accounts needs a FILE.csv",
		"import accounts a.csv b":                `does not take "b"`,
		"backup":                                 "backup needs a FILE",
		"restore --replace":                      "restore needs a FILE",
		"serve now":                              `does not take "now"`,
		"--listen :1 demo":                       `does not take "demo"`,
		"serve --port 1":                         "-port",
		"serve --listen":                         "-listen",
		"serve --secret-key hidden":              "-secret-key",
		"account add --name Acme --company-id 1": "account add needs --super-user",
		"account add --company-id= --name A --super-user b@c": "account add needs --company-id",
		"version --name Acme": "-name",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			got := reglink(t, env{}, strings.Fields(line)...)
			if got.code != exitUsage || got.out != "" {
				t.Errorf("got exit %d and %q, want %d and nothing", got.code, got.out, exitUsage)
			}
			first, rest, _ := strings.Cut(got.err, "\n")
			if !strings.Contains(first, words) || !strings.Contains(rest, "Usage: reglink") {
				t.Errorf("got %q, want %q and the usage", got.err, words)
			}
			if strings.Contains(got.err, "hidden") {
				t.Errorf("the refusal repeats a secret: %q", got.err)
			}
		})
	}
}

func TestHelpListsEverySetting(t *testing.T) {
	t.Parallel()
	lines := []string{"--help", "-h", "import --help", "launch --help"}
	for _, c := range (Program{}).commands() {
		lines = append(lines, c.name+" --help")
	}
	for _, line := range lines {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			got := reglink(t, env{}, strings.Fields(line)...).done(t)
			for _, s := range config.All() {
				if !strings.Contains(got.out, s.Name) || !strings.Contains(got.out, "--"+s.Flag()) ||
					!strings.Contains(got.out, s.Default) {
					t.Errorf("help lacks %s", s.Name)
				}
			}
			for l := range strings.Lines(got.out) {
				if len(l) > 130 {
					t.Errorf("a line is too wide: %q", l)
				}
			}
		})
	}
}

func TestHelpOfACommandNamesItsOptions(t *testing.T) {
	t.Parallel()
	got := reglink(t, env{}, "account", "add", "--help").done(t)
	for _, want := range []string{
		"Usage: reglink account add --name NAME", "[--language TAG]", "--super-user EMAIL",
		"en or de",
	} {
		if !strings.Contains(got.out, want) {
			t.Errorf("help lacks %q:\n%s", want, got.out)
		}
	}
}

func TestWrongSettingsAreRefusedAtStart(t *testing.T) {
	t.Parallel()
	key := base64.StdEncoding.EncodeToString(make([]byte, 32))
	for name, c := range map[string]struct {
		args []string
		env  env
		want string
	}{
		"base missing":        {[]string{"serve"}, env{config.Listen: ":0"}, "BASE_URL is missing"},
		"demo's base missing": {[]string{"demo"}, env{config.Listen: ":0"}, "BASE_URL is missing"},
		"no command":          {nil, env{config.Limits: "maybe"}, "LIMITS is"},
		"mail server wrong":   {nil, env{config.SMTPURL: "smtp://u:hidden@mail.example?tls=maybe"}, "SMTP_URL"},
		"key missing": {
			[]string{"serve"}, env{config.DatabaseURL: "mysql://u:hidden@127.0.0.1:1/reglink"}, "SECRET_KEY is missing",
		},
		"no such server": {
			[]string{"serve"},
			env{config.DatabaseURL: "mysql://u:hidden@127.0.0.1:1/reglink", config.SecretKey: key},
			"cannot use the database reglink on 127.0.0.1:1",
		},
		"account without a base": {
			[]string{"account", "add", "--name", "A", "--company-id", "1", "--super-user", "a@b.example"},
			env{config.Listen: "127.0.0.1:0"},
			"BASE_URL is missing",
		},
		"leaked passwords":  {nil, env{config.BreachedFile: "/nonexistent"}, "BREACHED_PASSWORDS cannot be used"},
		"migrate elsewhere": {[]string{"migrate"}, env{config.DatabaseURL: "oracle:x"}, "DATABASE_URL is of an unknown kind"},
		"listen elsewhere": {
			[]string{"serve"},
			env{config.Listen: "192.0.2.1:1", config.BaseURL: "https://portal.example", config.TrustedProxies: "127.0.0.1"},
			"LISTEN cannot be used",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if c.env[config.DatabaseURL] == "" {
				c.env[config.DatabaseURL] = on(t)[config.DatabaseURL]
			}
			got := reglink(t, c.env, c.args...)
			if got.code != exitFailed || got.out != "" {
				t.Errorf("got exit %d and %q, want %d and nothing", got.code, got.out, exitFailed)
			}
			if strings.Count(got.err, "\n") != 1 || !strings.Contains(got.err, c.want) || strings.Contains(got.err, "hidden") {
				t.Errorf("got %q, want one sentence with %q", got.err, c.want)
			}
		})
	}
}

func TestVersion(t *testing.T) {
	t.Parallel()
	if got := reglink(t, env{}, "version").done(t).out; !strings.HasPrefix(got, "reglink ") ||
		!strings.Contains(got, "go1.") {
		t.Errorf("got %q, want the versions of reglink and Go", got)
	}
}

func TestMigrateTwice(t *testing.T) {
	t.Parallel()
	e := on(t)
	reglink(t, e, "migrate").done(t)
	reglink(t, e, "migrate").done(t)
}

func TestBackup(t *testing.T) {
	t.Parallel()
	e := on(t)
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

func TestACancelledCommandFails(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	code := Program{Getenv: on(t).get, Stdout: &out, Stderr: &errs}.Run(ctx, []string{"migrate"})
	if want := "reglink: interrupted before it was done\n"; code != exitFailed || errs.String() != want {
		t.Errorf("got exit %d and %q, want %d and %q", code, errs.String(), exitFailed, want)
	}
}
