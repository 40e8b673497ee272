package leaks_test

import (
	"crypto/sha1"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"reglink/app/leaks"
)

func writeTemp(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "leaked.txt")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Every password of a file is found and no other, whatever the lines look like and however many there are.
func TestT34_LeakedPasswordsAreFound(t *testing.T) {
	t.Parallel()
	for _, end := range []string{"\n", "\r\n", ":1\n", ":24230577\r\n"} {
		for _, n := range []int{1, 2, 3, 7, 500} {
			var lines []string
			for i := range n {
				line := fmt.Sprintf("%X", sha1.Sum(fmt.Append(nil, "leaked ", i)))
				if strings.HasPrefix(end, ":") {
					line += strings.Repeat(":", 1) + fmt.Sprint(rand.IntN(1_000_000))
				}
				lines = append(lines, line)
			}
			slices.Sort(lines)
			f, err := leaks.Open(writeTemp(t, strings.Join(lines, strings.TrimLeft(end, ":0123456789"))+strings.TrimLeft(end,
				":0123456789")))
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			for i := range n {
				if has, err := f.Contains(fmt.Sprint("leaked ", i)); err != nil || !has {
					t.Errorf("%q, %d lines: password %d is not found: %v", end, n, i, err)
				}
				if has, err := f.Contains(fmt.Sprint("own ", i)); err != nil || has {
					t.Errorf("%q, %d lines: password %d is found: %v", end, n, i, err)
				}
			}
		}
	}
}

func TestOpen_RefusesOtherFormats(t *testing.T) {
	t.Parallel()
	high, low := strings.Repeat("F", 40), strings.Repeat("0", 40)
	for name, text := range map[string]string{
		"words": "password\nsunshine\n", "short": low[:39] + ":1\n", "upside down": high + ":1\n" + low + ":1\n",
		"no end": strings.Repeat("0", 1000),
	} {
		if f, err := leaks.Open(writeTemp(t, text)); err == nil {
			t.Errorf("%s: taken", name)
			f.Close()
		}
	}
	if _, err := leaks.Open(filepath.Join(t.TempDir(), "none")); err == nil {
		t.Error("a file that is not there is taken")
	}
}
