package app_test

import (
	"context"
	"errors"
	"regexp"
	"strings"
	"testing"

	"reglink/app"
)

// mustVerify checks a password and fails the test on errors.
func mustVerify(t *testing.T, h *app.PasswordHasher, phc, password string) (bool, bool) {
	t.Helper()
	ok, stale, err := h.Verify(t.Context(), phc, password)
	wantNoError(t, err)
	return ok, stale
}

func mustHash(t *testing.T, h *app.PasswordHasher, password string) string {
	t.Helper()
	phc, err := h.Hash(t.Context(), password)
	wantNoError(t, err)
	return phc
}

func TestHasher_MakesSaltedPHCStrings(t *testing.T) {
	t.Parallel()
	h := app.NewPasswordHasher(app.OWASPMinimum)
	phc := mustHash(t, h, "correct horse battery staple")
	shape := regexp.MustCompile(`^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`)
	if !shape.MatchString(phc) || strings.Contains(phc, "horse") {
		t.Errorf("got %q, want a PHC string", phc)
	}
	if ok, stale := mustVerify(t, h, phc, "correct horse battery staple"); !ok || stale {
		t.Errorf("the right password: got %t and stale %t", ok, stale)
	}
	if again := mustHash(t, h, "correct horse battery staple"); again == phc {
		t.Error("two hashes of one password are alike: the salt repeats")
	}
}

// TestT34_EveryByteOfAPasswordCounts: case, spaces and what follows the 72nd byte matter.
func TestT34_EveryByteOfAPasswordCounts(t *testing.T) {
	t.Parallel()
	h := app.NewPasswordHasher(cheapParams)
	long := strings.Repeat("a", 72)
	for _, pair := range [][2]string{
		{long + "b", long + "c"},
		{long + "b", long},
		{strings.Repeat("🐎", 127) + "b", strings.Repeat("🐎", 127) + "c"},
		{"Correct horse battery", "correct horse battery"},
		{"correct horse battery", "correct horse battery "},
		{"correct horse battery", " correct horse battery"},
		{"z\u00e9bre z\u00e9bre z\u00e9bre", "ze\u0301bre ze\u0301bre ze\u0301bre"},
		{"correct horse battery", ""},
	} {
		phc := mustHash(t, h, pair[0])
		if ok, _ := mustVerify(t, h, phc, pair[1]); ok {
			t.Errorf("%q passes for %q", pair[1], pair[0])
		}
		if ok, _ := mustVerify(t, h, phc, pair[0]); !ok {
			t.Errorf("%q does not pass for itself", pair[0])
		}
	}
}

func TestHasher_ReportsStaleHashes(t *testing.T) {
	t.Parallel()
	old := mustHash(t, app.NewPasswordHasher(cheapParams), "correct horse battery staple")
	dearer := app.NewPasswordHasher(app.HashParams{Memory: 128, Time: 2, Lanes: 1})
	if ok, stale := mustVerify(t, dearer, old, "correct horse battery staple"); !ok || !stale {
		t.Errorf("an older hash: got %t and stale %t, want both", ok, stale)
	}
	if ok, _ := mustVerify(t, dearer, old, "wrong horse battery staple"); ok {
		t.Error("a wrong password passes an older hash")
	}
}

// TestHasher_EmptyHashNeverMatches: an empty PHC string never matches, whatever is typed, and costs a turn
// like any other.
func TestHasher_EmptyHashNeverMatches(t *testing.T) {
	t.Parallel()
	h := app.NewPasswordHasher(cheapParams)
	for _, password := range []string{"", "correct horse battery staple", "\x00"} {
		if ok, stale := mustVerify(t, h, "", password); ok || stale {
			t.Errorf("nobody's password %q: got %t and stale %t", password, ok, stale)
		}
	}
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for _, phc := range []string{"", mustHash(t, h, "correct horse battery staple")} {
		ok, stale, err := h.Verify(over, phc, "correct horse battery staple")
		wantRefusal(t, err, app.Unavailable, "busy")
		if ok || stale {
			t.Errorf("without a turn: got %t and stale %t", ok, stale)
		}
	}
}

func TestHasher_RefusesBrokenHashes(t *testing.T) {
	t.Parallel()
	h := app.NewPasswordHasher(cheapParams)
	good := mustHash(t, h, "correct horse battery staple")
	parts := strings.Split(good, "$")
	with := func(i int, text string) string {
		changed := append([]string{}, parts...)
		changed[i] = text
		return strings.Join(changed, "$")
	}
	for _, phc := range []string{
		"correct horse battery staple", "$2a$10$abcdefghijklmnopqrstuv", "$", "$$$$$", with(1, "argon2i"), with(2, "v=16"),
		with(3, "m=64"),
		with(3, "m=64,t=0,p=1"), with(3, "m=64,t=1,p=0"), with(3, "m=-1,t=1,p=1"), with(4, "!"), good + "$x",
	} {
		ok, _, err := h.Verify(t.Context(), phc, "correct horse battery staple")
		if ok || err == nil {
			t.Errorf("stored hash %q: got %t, %v, want an error", phc, ok, err)
		}
	}
	for _, phc := range []string{with(5, ""), with(5, parts[5][:20]), with(4, "AAAA"), good + "A"} {
		if ok, _ := mustVerify(t, h, phc, "correct horse battery staple"); ok {
			t.Errorf("changed hash %q passes", phc)
		}
	}
}

// fakeBreached is a set of passwords, or one that cannot be read.
type fakeBreached struct {
	words string
	err   error
}

func (l fakeBreached) Contains(password string) (bool, error) {
	return strings.Contains(l.words, password), l.err
}

func TestT34_LeakedPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	hasher := app.NewPasswordHasher(cheapParams)
	hasher.Breached = fakeBreached{words: "violet harbour 42 lanterns"}
	_, err := hasher.HashNew(t.Context(), "violet harbour 42 lanterns")
	problems, ok := errors.AsType[app.Problems](err)
	if !ok || problems["password"].ID != "password_breached" {
		t.Errorf("got %v, want a problem of the password", err)
	}
	if hash, err := hasher.HashNew(t.Context(), "quiet meadow 17 kites"); err != nil || hash == "" {
		t.Errorf("another password: %v", err)
	}
	if _, err := hasher.Hash(t.Context(), "violet harbour 42 lanterns"); err != nil {
		t.Errorf("a password that was chosen before the file came is locked out: %v", err)
	}
	hasher.Breached = fakeBreached{err: errors.New("unreadable")}
	if _, err := hasher.HashNew(t.Context(), "quiet meadow 17 kites"); !errors.Is(err, app.Unavailable) {
		t.Errorf("got %v, want Unavailable where nobody can tell", err)
	}
}
