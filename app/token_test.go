package app_test

import (
	"bytes"
	"encoding/base64"
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"reglink/app"
)

const tokenAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

// TestT01_TokensAreRandom is T-01: no repeats, and every one of the 256 bits takes both values.
func TestT01_TokensAreRandom(t *testing.T) {
	t.Parallel()
	const count = 10_000
	seen := map[string]bool{}
	var zeros, ones [32]byte
	for range count {
		token := app.NewToken(app.LinkToken)
		secret, err := base64.RawURLEncoding.DecodeString(strings.TrimPrefix(token, app.LinkToken))
		if err != nil || len(secret) != 32 || len(token) != 47 {
			t.Fatalf("got %q, want rl1_ and 32 bytes", token)
		}
		seen[token] = true
		for i, b := range secret {
			ones[i] |= b
			zeros[i] |= ^b
		}
	}
	if len(seen) != count {
		t.Errorf("got %d different tokens of %d", len(seen), count)
	}
	all := [32]byte(bytes.Repeat([]byte{0xff}, 32))
	if ones != all || zeros != all {
		t.Errorf("bits that never vary: ones %x, zeros %x", ones, zeros)
	}
}

// TestT02_NearMissesNeverMatch is T-02: what is nearly a token is refused or is another token, never the same one.
func TestT02_NearMissesNeverMatch(t *testing.T) {
	t.Parallel()
	token := app.NewToken(app.LinkToken)
	hash, ok := app.HashToken(app.LinkToken, token)
	if !ok || len(hash) != 32 {
		t.Fatalf("HashToken(%q): got %x, %t", token, hash, ok)
	}
	for _, near := range nearMisses(token) {
		got, ok := app.HashToken(app.LinkToken, near)
		if ok == (got == nil) || bytes.Equal(got, hash) {
			t.Errorf("HashToken(%q) passes for %q: %x, %t", near, token, got, ok)
		}
	}
}

// nearMisses are all edits of one character, every prefix and other spellings of a token.
func nearMisses(token string) []string {
	var all []string
	for i := range token {
		all = append(all, token[:i], token[:i]+token[i+1:])
		for _, c := range tokenAlphabet + "=+/.% \x00\n\r" {
			all = append(all, token[:i]+string(c)+token[i:])
			if byte(c) != token[i] {
				all = append(all, token[:i]+string(c)+token[i+1:])
			}
		}
	}
	for _, c := range tokenAlphabet + "=. \x00\n" {
		all = append(all, token+string(c))
	}
	for _, other := range []string{
		strings.ToUpper(token), strings.ToLower(token), token + "==", token + "%00", " " + token, "/" + token, token + token,
		strings.Replace(token, "rl1_", "rc1_", 1), strings.Replace(token, "rl1_", "", 1),
		strings.Replace(token, "1", "\uFF11", 1),
	} {
		if other != token {
			all = append(all, other)
		}
	}
	return all
}

// TestT02_LastCharacterHasOneSpelling: 43 characters hold two bits too many, so that a lax decoder takes four
// spellings of each token.
func TestT02_LastCharacterHasOneSpelling(t *testing.T) {
	t.Parallel()
	body := app.LinkToken + strings.Repeat("A", 42)
	taken := ""
	for _, c := range tokenAlphabet {
		if _, ok := app.HashToken(app.LinkToken, body+string(c)); ok {
			taken += string(c)
		}
	}
	if taken != "AEIMQUYcgkosw048" {
		t.Errorf("last characters taken: got %q, want every fourth", taken)
	}
}

func TestT02_TokensPassForTheirPrefixOnly(t *testing.T) {
	t.Parallel()
	all := tokenPrefixes(t)
	if len(all) < 6 || !slices.Contains(all, app.JoinToken) {
		t.Fatalf("these cannot be all prefixes: %q", all)
	}
	for i, made := range all {
		for j, asked := range all {
			if _, ok := app.HashToken(asked, app.NewToken(made)); ok != (i == j) {
				t.Errorf("token %s asked as %s: got %t", made, asked, ok)
			}
		}
		// what looks for tokens in logs and pages knows them by that shape
		if !regexp.MustCompile(`^r[a-z]1_$`).MatchString(made) {
			t.Errorf("a token begins with %q", made)
		}
	}
}

// tokenPrefixes are those of all tokens, as the source has them.
func tokenPrefixes(t *testing.T) []string {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "token.go", nil, parser.SkipObjectResolution)
	wantNoError(t, err)
	var all []string
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasSuffix(spec.Names[0].Name, "Token") || len(spec.Values) != 1 {
			return true
		}
		if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
			prefix, err := strconv.Unquote(literal.Value)
			wantNoError(t, err)
			all = append(all, prefix)
		}
		return true
	})
	return all
}

func FuzzTokenParse(f *testing.F) {
	token := app.LinkToken + strings.Repeat("A", 43)
	for _, seed := range []string{token, token[:46], token + "A", token[:20] + "\n" + token[21:], "rl1_", "", "rc1_" +
		token[4:], token[4:]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, token string) {
		hash, ok := app.HashToken(app.LinkToken, token)
		if ok != (hash != nil) {
			t.Fatalf("HashToken(%q): got %x, %t", token, hash, ok)
		}
		if ok && (len(token) != 47 || strings.Trim(token[4:], tokenAlphabet) != "" || token[:4] != app.LinkToken) {
			t.Errorf("HashToken takes %q", token)
		}
	})
}

func TestNewID_NeverRepeats(t *testing.T) {
	t.Parallel()
	shape, seen := regexp.MustCompile(`^[A-Z2-7]{26}$`), map[string]bool{}
	for range 10_000 {
		id := app.NewID()
		if !shape.MatchString(id) || seen[id] {
			t.Fatalf("got %q", id)
		}
		seen[id] = true
	}
}
