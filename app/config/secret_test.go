package config

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestSecrets_AreReadFromFiles(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	put := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(folder, name)
		writeKey(t, path, text, mode)
		return path
	}
	base := put("base", " mysql://u:hunter2@db/x\n", 0o600)
	smtp := put("smtp", "smtp://u:hunter2@mail.example\n", 0o440)
	s, err := Parse(env{FileOf(DatabaseURL): base, FileOf(SMTPURL): smtp}.get)
	if err != nil || s.DatabaseURL != "mysql://u:hunter2@db/x" || s.SMTPURL != "smtp://u:hunter2@mail.example" {
		t.Errorf("got %+v, %v, want what the files hold", s, err)
	}
	for name, c := range map[string]struct {
		env            env
		setting, words string
	}{
		"both":     {env{SMTPURL: "smtp://x", FileOf(SMTPURL): smtp}, SMTPURL, "both set"},
		"none":     {env{FileOf(SMTPURL): folder + "/none"}, FileOf(SMTPURL), "could not be read"},
		"a folder": {env{FileOf(SMTPURL): privateFolder(t)}, FileOf(SMTPURL), "could not be read"},
		"empty":    {env{FileOf(SMTPURL): put("empty", "\n", 0o600)}, FileOf(SMTPURL), "empty"},
		"readable by all": {
			env{FileOf(DatabaseURL): put("open", "mysql://u:hunter2@db/x", 0o644)},
			FileOf(DatabaseURL),
			"others can read",
		},
		"wrong in it": {
			env{FileOf(DatabaseURL): put("wrong", "postgres://u:hunter2@db/x", 0o600)},
			DatabaseURL,
			"unknown kind",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := Parse(c.env.get)
			wantProblem(t, err, c.setting, c.words)
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the sentence repeats the secret: %v", err)
			}
		})
	}
}

// privateFolder is a folder that nobody else can read.
func privateFolder(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "folder")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	return folder
}

func TestKeys_OldOnesFollowThePresentOne(t *testing.T) {
	t.Parallel()
	other := "AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE="
	file := filepath.Join(t.TempDir(), "old")
	writeKey(t, file, other+"\n"+validKey+"\n", 0o600)
	for _, e := range []env{
		{SecretKey: validKey, SecretKeyOld: other + ", " + validKey},
		{SecretKey: validKey, FileOf(SecretKeyOld): file},
	} {
		s, err := Parse(e.get)
		if err != nil {
			t.Fatal(err)
		}
		keys, err := s.Keys()
		if err != nil || len(keys) != 3 || !bytes.Equal(keys[1], bytes.Repeat([]byte{1}, 32)) {
			t.Errorf("got %x, %v, want the key and two old ones", keys, err)
		}
	}
	_, err := Parse(env{SecretKey: validKey, SecretKeyOld: "hunter2"}.get)
	wantProblem(t, err, SecretKeyOld, "32 bytes")
	_, err = Parse(env{SecretKey: validKey + "," + other}.get)
	wantProblem(t, err, SecretKey, "SECRET_KEY_OLD")
}

func TestReplaceKey_KeepsTheOldOne(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := sqliteSettings(t, folder)
	first, err := madeKeys(s)
	if err != nil || !s.MakesKeys() {
		t.Fatalf("got %v, %t, want a key of its own", err, s.MakesKeys())
	}
	if err := s.ReplaceKey(); err != nil {
		t.Fatal(err)
	}
	keys, err := s.Keys()
	if err != nil || len(keys) != 2 || bytes.Equal(keys[0], first[0]) || !bytes.Equal(keys[1], first[0]) {
		t.Errorf("got %x, %v, want a new key and %x", keys, err, first[0])
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "*.tmp")); len(left) != 0 {
		t.Errorf("drafts are left: %v", left)
	}
	// Interrupted between the two files: the present key is among the old ones, too.
	writeKey(t, filepath.Join(folder, oldKeysFile), strings.TrimSpace(readText(t, filepath.Join(folder, keyFile)))+"\n",
		0o600)
	if err := s.ReplaceKey(); err != nil {
		t.Fatal(err)
	}
	if keys, err := s.Keys(); err != nil || len(keys) < 2 {
		t.Errorf("got %d keys, %v", len(keys), err)
	}
}

func readText(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
