package config

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

func sqliteSettings(t *testing.T, folder string) *Settings {
	t.Helper()
	s, err := Parse(env{DatabaseURL: "sqlite:" + filepath.Join(folder, "reglink.db")}.get)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// madeKeys makes the key of an embedded database, unless there is one, and returns its keys.
func madeKeys(s *Settings) ([][]byte, error) {
	if err := s.MakeKey(); err != nil {
		return nil, err
	}
	return s.Keys()
}

func TestMakeKey_MakesOneKeyBesideTheDatabase(t *testing.T) {
	t.Parallel()
	folder := filepath.Join(t.TempDir(), "data", "deep")
	first, err := madeKeys(sqliteSettings(t, folder))
	if err != nil {
		t.Fatal(err)
	}
	again, err := madeKeys(sqliteSettings(t, folder))
	if err != nil || len(first) != 1 || len(again) != 1 || !bytes.Equal(first[0], again[0]) || len(first[0]) != 32 {
		t.Errorf("got %d keys, %v, want the 32 bytes of the first time", len(again), err)
	}
	info, err := os.Stat(filepath.Join(folder, "secret.key"))
	if err != nil {
		t.Fatal(err)
	}
	if got, want := info.Mode().Perm(), os.FileMode(0o600); got != want {
		t.Errorf("got mode %v, want %v", got, want)
	}
	if left, _ := filepath.Glob(filepath.Join(folder, "*.tmp")); len(left) != 0 {
		t.Errorf("drafts are left: %v", left)
	}
}

func TestMakeKey_GivesProgramsThatStartTogetherOneKey(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	settings := sqliteSettings(t, folder)
	keys := make([][]byte, 16)
	var all sync.WaitGroup
	for i := range keys {
		all.Go(func() {
			found, err := madeKeys(settings)
			if err != nil {
				t.Error(err)
				return
			}
			keys[i] = found[0]
		})
	}
	all.Wait()
	for _, key := range keys {
		if !bytes.Equal(key, keys[0]) {
			t.Fatal("two programs have different keys")
		}
	}
}

func TestKeys_RefuseFilesThatOthersCanRead(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		setting string
		mode    os.FileMode
		refused bool
	}{
		{SecretKey, 0o600, false},
		{SecretKey, 0o400, false},
		{SecretKey, 0o640, true},
		{SecretKey, 0o604, true},
		{SecretKeyFile, 0o400, false},
		{SecretKeyFile, 0o440, false},
		{SecretKeyFile, 0o444, true},
	} {
		t.Run(c.setting+" "+c.mode.String(), func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			path := filepath.Join(folder, "secret.key")
			writeKey(t, path, validKey+"\n", c.mode)
			settings := sqliteSettings(t, folder)
			if c.setting == SecretKeyFile {
				settings.secretKey = secret{name: SecretKey, file: path}
			}
			_, err := settings.Keys()
			if got := err != nil; got != c.refused {
				t.Fatalf("got %v, want refused: %v", err, c.refused)
			}
			if c.refused {
				wantProblem(t, err, c.setting, "others can read")
			}
		})
	}
}

func writeKey(t *testing.T, path, text string, mode os.FileMode) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // WriteFile's mode is cut by the umask
		t.Fatal(err)
	}
}

func wantProblem(t *testing.T, err error, setting, words string) {
	t.Helper()
	problem, ok := errors.AsType[*Problem](err)
	if !ok || problem.Setting != setting || !strings.Contains(problem.Reason, words) {
		t.Errorf("got %v, want a problem of %s that says %q", err, setting, words)
	}
}

func TestKeys_ProblemsNameTheSetting(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	damaged := filepath.Join(folder, "damaged")
	writeKey(t, damaged, "c2hvcnQ=", 0o600)
	file := filepath.Join(folder, "file")
	writeKey(t, file, "", 0o600)
	for name, c := range map[string]struct {
		env            env
		setting, words string
	}{
		"mysql without a key": {env{DatabaseURL: "mysql://u:p@db/x"}, SecretKey, "is missing"},
		"no such file":        {env{SecretKeyFile: filepath.Join(folder, "none")}, SecretKeyFile, "could not be read"},
		"a damaged file":      {env{SecretKeyFile: damaged}, SecretKeyFile, "does not hold 32 bytes"},
		"no folder possible":  {env{DatabaseURL: "sqlite:" + file + "/reglink.db"}, SecretKey, "could not be"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := Parse(c.env.get)
			if err != nil {
				t.Fatal(err)
			}
			_, err = madeKeys(s)
			wantProblem(t, err, c.setting, c.words)
		})
	}
}

func TestKeys_FromTheEnvironmentMakeNoFile(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s, err := Parse(env{SecretKey: validKey, DatabaseURL: "sqlite:" + folder + "/reglink.db"}.get)
	if err != nil {
		t.Fatal(err)
	}
	keys, err := madeKeys(s)
	if err != nil || len(keys) != 1 || !bytes.Equal(keys[0], make([]byte, 32)) {
		t.Errorf("got %x, %v, want the key that was set", keys, err)
	}
	if _, err := os.Stat(filepath.Join(folder, "secret.key")); err == nil {
		t.Error("a key was made although one is set")
	}
}

// A server reads its keys again and again while it runs: that must not make another one where the file was lost.
func TestKeys_NeverMakeAKey(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	s := sqliteSettings(t, folder)
	if _, err := madeKeys(s); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, keyFile)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	_, err := s.Keys()
	wantProblem(t, err, SecretKey, path+", is missing: put it back from your backup of it, or set SECRET_KEY")
	wantProblem(t, s.ReplaceKey(), SecretKey, "is missing")
	if made, err := s.KeyMade(); made || err != nil {
		t.Errorf("got %t, %v, want no key", made, err)
	}
}
