package cli

import (
	"bytes"
	"context"
	"encoding/base64"
	"io"
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

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

// path is the file of the embedded database.
func (e env) path() string { return strings.TrimPrefix(e[config.DatabaseURL], "sqlite:") }

// with returns a copy with other settings, as in name, value, name, value.
func (e env) with(settings ...string) env {
	changed := maps.Clone(e)
	for i := 0; i < len(settings); i += 2 {
		changed[settings[i]] = settings[i+1]
	}
	return changed
}

func reglink(t *testing.T, e env, args ...string) result {
	t.Helper()
	return reglinkReading(t, "", e, args...)
}

// reglinkReading is reglink with something on standard input; empty: there is none.
func reglinkReading(t *testing.T, input string, e env, args ...string) result {
	t.Helper()
	var out, errs bytes.Buffer
	p := Program{Getenv: e.get, Stdout: &out, Stderr: &errs}
	if input != "" {
		p.Stdin = strings.NewReader(input)
	}
	code := p.Run(t.Context(), args)
	return result{code, out.String(), errs.String()}
}

// created is an environment whose database exists.
func created(t *testing.T) env {
	t.Helper()
	e := on(t)
	reglink(t, e, "migrate").done(t)
	return e
}

// done fails the test unless the run did what it was asked.
func (r result) done(t *testing.T) result {
	t.Helper()
	if r.code != exitDone {
		t.Fatalf("exit %d: %s%s", r.code, r.out, r.err)
	}
	return r
}

func TestRun_RefusesCommandLinesThatItDoesNotUnderstand(t *testing.T) {
	t.Parallel()
	for line, words := range map[string]string{
		"launch":                  `unknown command "launch" for "reglink"`,
		"migrat --status":         `unknown command "migrat" for "reglink"`,
		"account":                 "incomplete command: use reglink account add or reglink account sign-in",
		"account ad --name Acme":  `unknown command "ad" for "reglink account"`,
		"import people x.csv":     `unknown command "people" for "reglink import"`,
		"help launch":             `unknown command "launch"`,
		"help account launch":     `unknown command "launch" for "reglink account"`,
		"import accounts":         "import accounts needs FILE.csv",
		"import accounts a.csv b": `takes no argument "b"`,
		"backup":                  "backup needs FILE",
		"restore --replace":       "restore needs FILE",
		"serve now":               `takes no argument "now"`,
		"serve --port 1":          "unknown flag: --port",
		"serve --listen":          "flag needs an argument: --listen",
		"serve --secret-key hidden": "unknown flag: --secret-key " +
			"(SECRET_KEY is secret: set it in the environment, or use --secret-key-file)",
		"serve --secret-key=hidden":  "unknown flag: --secret-key (",
		"serve -secret-key=hidden":   "unknown flag: -secret-key (flags begin with two dashes)",
		"version --name Acme":        "unknown flag: --name",
		"migrate --json":             "--json needs --status",
		"links kill-all --yes=maybe": `--yes: invalid value "maybe"`,
		"completion fishy":           `unknown command "fishy" for "reglink completion"`,
		"operator list --limit 3":    "unknown flag: --limit",
	} {
		t.Run(line, func(t *testing.T) {
			t.Parallel()
			got := reglink(t, env{}, strings.Fields(line)...)
			if got.code != exitUsage || got.out != "" {
				t.Errorf("got exit %d and %q, want %d and nothing", got.code, got.out, exitUsage)
			}
			first, rest, _ := strings.Cut(got.err, "\n")
			if !strings.Contains(first, words) || !strings.Contains(rest, "\nUsage: reglink") ||
				!strings.Contains(rest, "--help\n") {
				t.Errorf("got %q, want %q and the usage", got.err, words)
			}
			if strings.Contains(got.err, "hidden") {
				t.Errorf("the refusal repeats a secret: %q", got.err)
			}
		})
	}
}

func TestRun_RefusesAnEmptyCommand(t *testing.T) {
	t.Parallel()
	e := on(t)
	if got := reglink(t, e, ""); got.code != exitUsage || !strings.Contains(got.err, `unknown command ""`) {
		t.Errorf("got exit %d and %q, want it refused", got.code, got.err)
	}
}

func TestRun_NamesEverythingThatIsMissing(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"account add":                           "account add needs --name, --company-id and --super-user",
		"account add --name Acme":               "account add needs --company-id and --super-user",
		"account add --company-id= --name Acme": "account add needs --company-id and --super-user",
		"account sign-in":                       "account sign-in needs COMPANY-ID and --way",
		"account sign-in 100200":                "account sign-in needs --way",
	} {
		got := reglink(t, env{}, strings.Fields(line)...)
		if first, _, _ := strings.Cut(got.err, "\n"); got.code != exitUsage || first != "reglink: "+want {
			t.Errorf("%s: got exit %d and %q, want %q", line, got.code, first, want)
		}
	}
}

func TestRun_SuggestsCommands(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"migrat": "migrate", "acount": "account", "kill-all": "links", "operator ad": "add", "import account": "accounts",
	} {
		got := reglink(t, env{}, strings.Fields(line)...)
		if !strings.Contains(got.err, "Did you mean this?\n\t"+want+"\n") {
			t.Errorf("%s: got %q, want %s suggested", line, got.err, want)
		}
	}
}

func TestRun_TakesSettingsBeforeAndAfterTheCommand(t *testing.T) {
	t.Parallel()
	for _, line := range []string{
		"--listen nonsense demo", "demo --listen nonsense", "--listen=nonsense demo",
		"--listen nonsense",
	} {
		got := reglink(t, on(t), strings.Fields(line)...)
		if got.code != exitFailed || !strings.Contains(got.err, "LISTEN is not host:port") {
			t.Errorf("%s: got exit %d and %q, want the setting read", line, got.code, got.err)
		}
	}
	r := start(t, env{}, "--listen", "127.0.0.1:0", "demo")
	if !strings.HasPrefix(r.printed, "Reglink demo") {
		t.Errorf("got %q, want the demo", r.printed)
	}
	r.stopped().done(t)
}

// eachCommand calls do with the line of every command that there is.
func eachCommand(do func(line string, c *cobra.Command)) {
	var walk func(c *cobra.Command)
	walk = func(c *cobra.Command) {
		if _, line, ok := strings.Cut(c.CommandPath(), " "); ok {
			do(line, c)
		}
		for _, sub := range c.Commands() {
			walk(sub)
		}
	}
	walk(newCommandLine(Program{Getenv: env{}.get, Stdout: io.Discard, Stderr: io.Discard}).root)
}

func TestHelp_OfEveryCommandIsShortAndPointsToTheSettings(t *testing.T) {
	t.Parallel()
	eachCommand(func(line string, c *cobra.Command) {
		if line == "settings" {
			return
		}
		for _, args := range [][]string{
			append(strings.Fields(line), "-h"),
			append([]string{"help"}, strings.Fields(line)...),
		} {
			got := reglink(t, env{}, args...).done(t).out
			if !strings.Contains(got, "Usage: reglink "+line) || !strings.Contains(got, "reglink help settings") {
				t.Errorf("%s: got %q, want its usage and where the settings are", args, got)
			}
			if n := strings.Count(got, "\n"); n > 40 {
				t.Errorf("%s: %d lines of help", args, n)
			}
			if strings.Contains(got, "database-url") {
				t.Errorf("%s lists the settings", args)
			}
			ownFlags(c).VisitAll(func(f *pflag.Flag) {
				if !strings.Contains(got, "\n      --"+f.Name) {
					t.Errorf("%s does not explain --%s", args, f.Name)
				}
			})
			checkWidth(t, got)
		}
	})
}

func checkWidth(t *testing.T, text string) {
	t.Helper()
	for l := range strings.Lines(text) {
		if len(l) > 125 {
			t.Errorf("a line is too wide: %q", l)
		}
	}
}

func TestHelp_ListsEveryCommand(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"--help", "-h", "help"} {
		got := reglink(t, env{}, line).done(t).out
		eachCommand(func(name string, c *cobra.Command) {
			if !c.HasSubCommands() && !strings.HasPrefix(name, "completion ") && !strings.Contains(got, "\n  "+name) {
				t.Errorf("%s does not list %s", line, name)
			}
		})
		if !strings.Contains(got, "Exit codes: 0 done; 1 failed or refused; 2 wrong usage\n") {
			t.Errorf("%s does not explain the exit codes", line)
		}
		checkWidth(t, got)
	}
}

func TestHelp_SettingsListsEverySetting(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"help settings", "settings", "settings --help"} {
		got := reglink(t, env{}, strings.Fields(line)...).done(t)
		for _, s := range config.All() {
			if !strings.Contains(got.out, s.Name) || !strings.Contains(got.out, "--"+s.Flag()) ||
				!strings.Contains(got.out, s.Default) {
				t.Errorf("%s lacks %s", line, s.Name)
			}
		}
		if !strings.Contains(got.out, "--env-file FILE") {
			t.Errorf("%s lacks --env-file", line)
		}
		checkWidth(t, got.out)
	}
}

func TestHelp_OfACommandNamesItsFlags(t *testing.T) {
	t.Parallel()
	got := reglink(t, env{}, "account", "add", "--help").done(t)
	for _, want := range []string{
		"Usage: reglink account add --name NAME --company-id ID --super-user EMAIL [--language TAG]\n", "--super-user EMAIL",
		"en or de",
	} {
		if !strings.Contains(got.out, want) {
			t.Errorf("help lacks %q:\n%s", want, got.out)
		}
	}
}

func TestCompletion_OffersCommandsFlagsAndValues(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"operator |a":                 "add",
		"account add |--comp":         "--company-id",
		"serve |--data":               "--database-url",
		"account sign-in 1 --way |p":  "password",
		"account add --language |":    "de",
		"help |mig":                   "migrate",
		"second-factor remove --env|": "--env-file",
	} {
		words, last, _ := strings.Cut(line, "|")
		if strings.HasSuffix(line, "|") && last == "" && !strings.HasSuffix(words, " ") {
			i := strings.LastIndex(words, " ")
			words, last = words[:i], words[i+1:]
		}
		got := reglink(t, env{}, append(append([]string{"__complete"}, strings.Fields(words)...), last)...).done(t)
		if !strings.Contains("\n"+got.out, "\n"+want) {
			t.Errorf("%s: got %q, want %s", line, got.out, want)
		}
	}
	for _, shell := range []string{"bash", "zsh", "fish", "powershell"} {
		if got := reglink(t, env{}, "completion", shell).done(t); !strings.Contains(got.out, "reglink") {
			t.Errorf("%s: got %.80q, want a script", shell, got.out)
		}
	}
}

func TestRun_RefusesWrongSettings(t *testing.T) {
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
			[]string{"serve"},
			env{config.DatabaseURL: "mysql://u:hidden@127.0.0.1:1/reglink"},
			"SECRET_KEY is missing",
		},
		"no such server": {
			[]string{"serve"},
			env{config.DatabaseURL: "mysql://u:hidden@127.0.0.1:1/reglink", config.SecretKey: key},
			"cannot use the database reglink on 127.0.0.1:1",
		},
		"account without a base": {
			accountArgs("A", "1", "a@b.example"),
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

func TestVersion_NamesReglinkAndGo(t *testing.T) {
	t.Parallel()
	for _, line := range []string{"version", "--version"} {
		if got := reglink(t, env{}, line).done(t).out; !strings.HasPrefix(got, "reglink ") || !strings.Contains(got, "go1.") {
			t.Errorf("%s: got %q, want the versions of reglink and Go", line, got)
		}
	}
}

func TestRun_FailsIfItIsInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var out, errs bytes.Buffer
	code := Program{Getenv: on(t).get, Stdout: &out, Stderr: &errs}.Run(ctx, []string{"migrate"})
	if want := "reglink: interrupted before it was done\n"; code != exitFailed || errs.String() != want {
		t.Errorf("got exit %d and %q, want %d and %q", code, errs.String(), exitFailed, want)
	}
}
