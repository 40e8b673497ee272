package config

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParse_RefusesInvalidSSO(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 41)
	for name, c := range map[string]struct {
		env     env
		setting string
	}{
		"no issuer":        {env{OIDCClientID: "portal"}, OIDCIssuer},
		"a secret alone":   {env{OIDCClientSecret: "hunter2"}, OIDCIssuer},
		"no client":        {env{OIDCIssuer: "https://login.example"}, OIDCClientID},
		"no address":       {env{OIDCIssuer: "login.example", OIDCClientID: "portal"}, OIDCIssuer},
		"http":             {env{OIDCIssuer: "http://login.example", OIDCClientID: "portal"}, OIDCIssuer},
		"a password in it": {env{OIDCIssuer: "https://u:hunter2@login.example", OIDCClientID: "portal"}, OIDCIssuer},
		"a query":          {env{OIDCIssuer: "https://login.example?x=hunter2", OIDCClientID: "portal"}, OIDCIssuer},
		"a secret twice": {env{
			OIDCIssuer: "https://login.example", OIDCClientID: "portal",
			OIDCClientSecret: "hunter2", FileOf(OIDCClientSecret): "/x",
		}, OIDCClientSecret},
		"a file that is not": {env{
			OIDCIssuer: "https://login.example", OIDCClientID: "portal",
			FileOf(OIDCClientSecret): "/nothing",
		}, FileOf(OIDCClientSecret)},
		"a long name":          {env{OIDCIssuer: "https://login.example", OIDCClientID: "portal", OIDCName: long}, OIDCName},
		"a token alone":        {env{SCIMToken: "hunter2"}, SCIMURL},
		"no token":             {env{SCIMURL: "https://directory.example/scim/v2"}, SCIMToken},
		"a directory by http":  {env{SCIMURL: "http://directory.example", SCIMToken: "hunter2"}, SCIMURL},
		"a directory's query":  {env{SCIMURL: "https://directory.example?a=b", SCIMToken: "hunter2"}, SCIMURL},
		"a directory's secret": {env{SCIMURL: "https://u:hunter2@directory.example", SCIMToken: "x"}, SCIMURL},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(c.env.get)
			wantProblem(t, err, c.setting, "")
			if err == nil || strings.Contains(err.Error(), "\n") || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("got %v, want one sentence without a secret", err)
			}
		})
	}
}

func TestParse_TakesSSOAndDirectory(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(path, []byte(" from-a-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	s, err := Parse(env{
		OIDCIssuer: "https://login.example/realms/staff", OIDCClientID: "portal", FileOf(OIDCClientSecret): path,
		SCIMURL: "http://127.0.0.1:8080/scim/v2/", FileOf(SCIMToken): path,
	}.get)
	if err != nil {
		t.Fatal(err)
	}
	if want := (SSO{
		Issuer: "https://login.example/realms/staff", ClientID: "portal", Secret: "from-a-file",
		Name: "SSO",
	}); s.SSO != want {
		t.Errorf("got %+v, want %+v", s.SSO, want)
	}
	if want := (Directory{URL: "http://127.0.0.1:8080/scim/v2", Token: "from-a-file"}); s.Directory != want {
		t.Errorf("got %+v, want %+v", s.Directory, want)
	}
}

func TestParse_WithoutIssuerHasNoSSO(t *testing.T) {
	t.Parallel()
	s, err := Parse(env{OIDCName: "Acme SSO"}.get)
	if err != nil || s.SSO != (SSO{}) || s.Directory != (Directory{}) {
		t.Errorf("got %+v, %v, want none", s, err)
	}
}
