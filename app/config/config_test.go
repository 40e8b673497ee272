package config

import (
	"encoding/base64"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reglink/app"
)

// env is a set of settings by their environment names.
type env map[string]string

func (e env) get(name string) string { return e[name] }

var validKey = base64.StdEncoding.EncodeToString(make([]byte, 32))

func TestParse_GivesDefaults(t *testing.T) {
	t.Parallel()
	s, err := Parse(env{}.get)
	if err != nil {
		t.Fatal(err)
	}
	got := fmt.Sprintf("%s %s %q %q %v %v %v", s.DatabaseURL, s.Listen, s.BaseURL, s.SMTPURL, s.TrustedProxies, s.Limits,
		s.Warnings)
	if want := `sqlite:data/reglink.db 127.0.0.1:3000 "" "" [] true []`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestParse_RefusesInvalidDatabaseURL(t *testing.T) {
	t.Parallel()
	wantRefused(t, DatabaseURL, "postgres://u:hunter2@db/x", "data/reglink.db", "sqlite:", "sqlite::memory:",
		"mysql:///reglink",
		"mysql://u:hunter2@db:3306/", "mysql://u:hunter2@db:66000/x", "mysql://u:hunter2%@db:3306/x",
		"mysql://u:hunter2@db:3306,/x", "mysql://u:hunter2@db:3306,db2:66000/x", "mysql://u:hunter2@,db/x")
}

func TestParse_RefusesInvalidListen(t *testing.T) {
	t.Parallel()
	wantRefused(t, Listen, "127.0.0.1", "127.0.0.1:http", "127.0.0.1:65536", "127.0.0.1:-1", "::1:3000")
}

func TestParse_RefusesInvalidBaseURL(t *testing.T) {
	t.Parallel()
	wantRefused(t, BaseURL, "ftp://portal.example", "portal.example", "https://", "https://portal.example/support",
		"https://portal.example?x=hunter2", "https://portal.example?", "https://portal.example#x", "https://portal.example/#",
		"https://u:hunter2@portal.example", "https://portal.example:70000", "https://portal.example:",
		"https://por tal.example")
}

func TestParse_RefusesInvalidSecretKey(t *testing.T) {
	t.Parallel()
	wantRefused(t, SecretKey, "aHVudGVyMg==", "hunter2", validKey+validKey, strings.TrimRight(validKey, "="))
}

func TestParse_RefusesInvalidTrustedProxies(t *testing.T) {
	t.Parallel()
	wantRefused(t, TrustedProxies, "10.0.0.1, proxy.example", "10.0.0.0/33", "10.0.0.1:80", "*")
}

func TestParse_RefusesInvalidLimits(t *testing.T) {
	t.Parallel()
	wantRefused(t, Limits, "no", "true", "ON")
}

func TestParse_RefusesInvalidLogFormatAndStopDelay(t *testing.T) {
	t.Parallel()
	wantRefused(t, LogFormat, "JSON", "logfmt", "text json")
	wantRefused(t, StopDelay, "-1", "1s", "301", "99999999999", "ten")
}

func TestParse_RefusesInvalidMetricsToken(t *testing.T) {
	t.Parallel()
	wantRefused(t, MetricsToken, "hunter2", "hunter2 hunter2 hunter2", "hunter2hunter2hunter2\x00",
		"hünter2hünter2hünter2")
	wantRefused(t, FileOf(MetricsToken), "/not/there", t.TempDir())
}

func TestParse_TakesMetricsTokenOrItsFile(t *testing.T) {
	t.Parallel()
	const token = "sixteen-letters-"
	path := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(path, []byte(token+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, set := range map[string]env{"itself": {MetricsToken: token}, "a file": {FileOf(MetricsToken): path}} {
		s, err := Parse(set.get)
		if err != nil || s.MetricsToken != token {
			t.Errorf("%s: got %+v, %v", what, s, err)
		}
	}
	if _, err := Parse(env{MetricsToken: token, FileOf(MetricsToken): path}.get); err == nil {
		t.Error("both were taken")
	}
}

func TestParse_RefusesInvalidMaxLinkDays(t *testing.T) {
	t.Parallel()
	wantRefused(t, MaxLinkDays, "-1", "30 days", "1.5", "3651", "99999999999", "0x10", "ten")
}

func TestParse_TakesMaxLinkDaysFrom0To3650(t *testing.T) {
	t.Parallel()
	for days, want := range map[string]app.MaxLinkAge{"": 0, "0": 0, "1": 1, "30\n": 30, "3650": 3650} {
		s, err := Parse(env{MaxLinkDays: days}.get)
		if err != nil || s.MaxLinkDays != want {
			t.Errorf("%q: got %+v, %v, want %d days", days, s, err, want)
		}
	}
}

// wantRefused wants each value refused in one sentence that names the setting and holds no secret.
func wantRefused(t *testing.T, setting string, values ...string) {
	t.Helper()
	for _, v := range values {
		t.Run(v, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(env{setting: v}.get)
			wantProblem(t, err, setting, "")
			if err == nil || !strings.HasPrefix(err.Error(), setting+" ") || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %v, want one sentence that begins with %s", err, setting)
			}
			if text := fmt.Sprint(err); strings.Contains(text, "hunter2") || strings.Contains(text, "aHVudGVyMg") {
				t.Errorf("the sentence repeats a secret: %s", text)
			}
		})
	}
}

func TestParse_RefusesSecretKeySetTwice(t *testing.T) {
	t.Parallel()
	_, err := Parse(env{SecretKey: validKey, SecretKeyFile: "/run/key"}.get)
	wantProblem(t, err, SecretKey, "SECRET_KEY_FILE")
}

func TestParse_NamesEveryInvalidSetting(t *testing.T) {
	t.Parallel()
	_, err := Parse(env{Limits: "no", Listen: "x", DatabaseURL: "x"}.get)
	if got, want := len(strings.Split(err.Error(), "\n")), 3; got != want {
		t.Errorf("got %d sentences, want %d: %v", got, want, err)
	}
}

func TestParse_AcceptsValidSettings(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]env{
		"mysql":                {DatabaseURL: "mysql://u:p%40ss@db:3306/reglink?tls=true"},
		"sqlite elsewhere":     {DatabaseURL: "sqlite:/var/lib/reglink/reglink.db"},
		"every address":        {Listen: ":8080", BaseURL: "https://portal.example"},
		"key":                  {SecretKey: validKey},
		"blanks for no value":  {Limits: " ", Listen: "", SMTPURL: " "},
		"blanks around values": {Limits: " off ", BaseURL: " https://portal.example\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := Parse(e.get); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestBase_IsKnownOrAProblemOfBaseURL(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ listen, base, want string }{
		{"127.0.0.1:3000", "", "http://127.0.0.1:3000"},
		{"[::1]:3000", "", "http://[::1]:3000"},
		{"localhost:8080", "", "http://localhost:8080"},
		{":3000", "https://Portal.Example/", "https://portal.example"},
		{":3000", "http://127.0.0.1:8443", "http://127.0.0.1:8443"},
		{"127.0.0.1:0", "https://portal.example:8443", "https://portal.example:8443"},
		{":3000", "", ""},
		{"0.0.0.0:3000", "", ""},
		{"10.0.0.9:3000", "", ""},
		{"portal.example:3000", "", ""},
		{"127.0.0.1:0", "", ""},
	} {
		t.Run(c.listen+" "+c.base, func(t *testing.T) {
			t.Parallel()
			s, err := Parse(env{Listen: c.listen, BaseURL: c.base}.get)
			if err != nil {
				t.Fatal(err)
			}
			got, err := s.Base()
			if got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if problem, ok := errors.AsType[*Problem](err); c.want == "" && (!ok || problem.Setting != BaseURL) {
				t.Errorf("got %v, want a problem of BASE_URL", err)
			}
		})
	}
}

func TestAt_TakesTheRealPort(t *testing.T) {
	t.Parallel()
	s, err := Parse(env{Listen: "127.0.0.1:0"}.get)
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.At(&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 49152})
	if want := "http://127.0.0.1:49152"; got != want || err != nil {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestParse_WarnsOfUnwiseAddresses(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		settings env
		warning  string // how it begins; empty: none
	}{
		{env{BaseURL: "http://portal.example"}, "BASE_URL is http"},
		{env{BaseURL: "http://localhost:3000"}, ""},
		{env{BaseURL: "http://127.0.0.1:3000"}, ""},
		{env{BaseURL: "https://portal.example"}, "TRUSTED_PROXIES is empty"},
		{env{BaseURL: "https://portal.example", TrustedProxies: "127.0.0.1"}, ""},
		{env{BaseURL: "https://portal.example", Limits: "off"}, ""},
	} {
		s, err := Parse(tt.settings.get)
		if err != nil {
			t.Fatal(err)
		}
		got := strings.Join(s.Warnings, "\n")
		if !strings.HasPrefix(got, tt.warning) || (got == "") != (tt.warning == "") {
			t.Errorf("%v: warned %q, want %q", tt.settings, got, tt.warning)
		}
	}
}

func TestParse_TakesProxyAddressesAndRanges(t *testing.T) {
	t.Parallel()
	s, err := Parse(env{TrustedProxies: "10.1.2.3/8, 192.0.2.7,2001:db8::/32 ::1"}.get)
	if err != nil {
		t.Fatal(err)
	}
	want := []netip.Prefix{
		netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("192.0.2.7/32"),
		netip.MustParsePrefix("2001:db8::/32"), netip.MustParsePrefix("::1/128"),
	}
	if !slices.Equal(s.TrustedProxies, want) {
		t.Errorf("got %v, want %v", s.TrustedProxies, want)
	}
}

func TestFlags_BeatTheEnvironment(t *testing.T) {
	t.Parallel()
	set := flag.NewFlagSet("test", flag.ContinueOnError)
	set.SetOutput(io.Discard)
	lookup := Lookup(FlagsIn(set), env{Listen: ":1", SMTPURL: "smtp://mail.example", Limits: "off"}.get, nil)
	if err := set.Parse([]string{"--listen", "127.0.0.1:2", "--smtp-url="}); err != nil {
		t.Fatal(err)
	}
	s, err := Parse(lookup)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := fmt.Sprintf("%s %q %v", s.Listen, s.SMTPURL, s.Limits), `127.0.0.1:2 "" false`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A password on the command line is there for everybody to see; other values of the same settings are not.
func TestFlags_RefusePasswords(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		arg, setting string
	}{
		{"--database-url=mysql://u:hunter2@db/x", DatabaseURL},
		{"--smtp-url=smtp://u:hunter2@mail.example", SMTPURL},
		{"--smtp-url=smtp://u@mail.example", ""},
		{"--database-url=sqlite:/tmp/x.db", ""},
	} {
		set := flag.NewFlagSet("test", flag.ContinueOnError)
		set.SetOutput(io.Discard)
		lookup := Lookup(FlagsIn(set), env{SecretKey: validKey}.get, nil)
		if err := set.Parse([]string{c.arg}); err != nil {
			t.Fatal(err)
		}
		_, err := Parse(lookup)
		if c.setting == "" {
			if err != nil {
				t.Errorf("%s: %v", c.arg, err)
			}
			continue
		}
		wantProblem(t, err, c.setting, c.setting+"_FILE")
		if strings.Contains(err.Error(), "hunter2") {
			t.Errorf("the sentence repeats the password: %v", err)
		}
	}
}

func TestFlags_ExistForEverySettingButSecrets(t *testing.T) {
	t.Parallel()
	var got []string
	for _, s := range All() {
		got = append(got, s.Flag())
		if !strings.HasSuffix(s.Help, ".") {
			t.Errorf("%s has no sentence: %q", s.Name, s.Help)
		}
	}
	want := []string{
		"database-url", "database-url-file", "listen", "base-url", "", "secret-key-file", "", "secret-key-old-file",
		"smtp-url", "smtp-url-file",
		"trusted-proxies", "limits", "max-link-days", "", "metrics-token-file",
		"log-format", "stop-delay", "breached-passwords",
		"oidc-issuer", "oidc-client-id", "", "oidc-client-secret-file", "oidc-name", "scim-url", "", "scim-token-file",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}
