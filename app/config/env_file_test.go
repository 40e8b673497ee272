package config

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The values are those that systemd gives a service for the same lines (systemd.exec(5), EnvironmentFile=).
func TestReadEnv_ReadsWhatSystemdReads(t *testing.T) {
	t.Parallel()
	text := strings.Join([]string{
		"# a comment",
		"; another = one",
		"",
		"  \t",
		"LISTEN=:3000",
		"  INDENTED = spaced out  ",
		"EMPTY=",
		"SIGNS=a=b#c;d$e",
		`SINGLE='a "b" \c'`,
		`DOUBLE="a 'b' \"c\" \\ \$d \e"`,
		`PARTS="a b"'c d' e`,
		`LATER=a"b'c`,
		`ESCAPED=a\ b\'c\ `,
		`LINES=one \`,
		`two`,
		`FOLDED="one \`,
		`two"`,
		`OPEN="one`,
		`two"`,
		"TWICE=1",
		"TWICE=2",
		"LAST=x",
	}, "\n")
	got, err := ReadEnv(strings.NewReader(text), "file")
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]string{
		"LISTEN": ":3000", "INDENTED": "spaced out", "EMPTY": "", "SIGNS": "a=b#c;d$e",
		"SINGLE": `a "b" \c`, "DOUBLE": `a 'b' "c" \ $d \e`, "PARTS": "a bc de", "LATER": `a"b'c`, "ESCAPED": "a b'c ",
		"LINES": "one two", "FOLDED": "one two", "OPEN": "one\ntwo", "TWICE": "2", "LAST": "x",
	}
	if !maps.Equal(got, want) {
		for name, value := range want {
			if got[name] != value {
				t.Errorf("%s is %q, want %q", name, got[name], value)
			}
		}
		t.Errorf("got %q", got)
	}
	windows, err := ReadEnv(strings.NewReader("LISTEN=:3000\r\nBASE_URL='https://portal.example'\r\n"), "file")
	if err != nil || windows["LISTEN"] != ":3000" || windows["BASE_URL"] != "https://portal.example" {
		t.Errorf("got %q, %v, want both", windows, err)
	}
}

func TestReadEnv_NamesTheLineThatIsWrong(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"LISTEN=:1\n\n# x\nhunter2\n":           "--env-file: file:4: this line is not NAME=value",
		"export LISTEN=:1":                      "--env-file: file:1: this line is not NAME=value",
		"=hunter2":                              "--env-file: file:1: this line is not NAME=value",
		"LISTEN=a \\\nb\nhunter2":               "--env-file: file:3: this line is not NAME=value",
		"LISTEN=:1\nSECRET=\"hunter2\nX=1\nY=2": "--env-file: file:2: the quote that begins here does not end",
	} {
		_, err := ReadEnv(strings.NewReader(text), "file")
		if err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", text, err, want)
		}
	}
}

func TestEnvFile_RefusesSecretsThatOthersCanRead(t *testing.T) {
	t.Parallel()
	for text, refused := range map[string]bool{
		"SECRET_KEY=" + validKey:                   true,
		"DATABASE_URL=mysql://u:hunter2@db/x":      true,
		"DATABASE_URL=sqlite:data/x.db\nLISTEN=:1": false,
	} {
		for _, mode := range []os.FileMode{0o600, 0o640, 0o644} {
			path := filepath.Join(t.TempDir(), "env")
			writeKey(t, path, text, mode)
			_, err := EnvFile(path)
			if want := refused && mode == 0o644; (err != nil) != want {
				t.Errorf("%.14s with mode %v: got %v, want refused: %t", text, mode, err, want)
			}
			if err != nil && (strings.Contains(err.Error(), "hunter2") || !strings.Contains(err.Error(), "chmod 600")) {
				t.Errorf("got %v, want what to do and no secret", err)
			}
		}
	}
	if _, err := EnvFile(
		filepath.Join(t.TempDir(), "none"),
	); err == nil ||
		!strings.Contains(err.Error(), "--env-file: open ") {
		t.Errorf("got %v, want the missing file named", err)
	}
}

func TestLookup_FlagsOverrideTheEnvironmentAndThatOverridesAFile(t *testing.T) {
	t.Parallel()
	file := map[string]string{
		Listen: ":1", BaseURL: "https://file.example", Limits: "off", OIDCName: "file",
		FileOf(SMTPURL): "/in/the/file", SCIMToken: "from-the-file", DatabaseURL: "sqlite:file.db",
	}
	environment := env{
		Listen:            ":2",
		BaseURL:           "https://environment.example",
		SMTPURL:           "smtp://mail.example",
		FileOf(SCIMToken): "/in/the/environment",
	}
	lookup := Lookup(Flags{Listen: ":3", OIDCName: "", FileOf(DatabaseURL): "/a/flag"}, environment.get, file)
	for name, want := range map[string]string{
		Listen: ":3", BaseURL: "https://environment.example", Limits: "off", OIDCName: "", LogFormat: "",
		// One secret, two names: the file is not asked for one if the other is set elsewhere.
		SMTPURL: "smtp://mail.example", FileOf(SMTPURL): "", SCIMToken: "", FileOf(SCIMToken): "/in/the/environment",
		DatabaseURL: "", FileOf(DatabaseURL): "/a/flag",
	} {
		if got := lookup(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}
