package app_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"

	"reglink/app"
)

func TestT34CommonPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	for _, password := range []string{
		"mailcreated5240", "hd764nw5d7e1vb1", "HD764NW5D7E1VB1", // of the list, as they are
		"football20242025", "!!!!!!!!!football", "2024-Liverpool-2025", "$uper$tar20242025!!", // one word, padded or masked
		"footballmustang", "FootballMustang1", "f00tb4llmust4ng", "liverpool chelsea", "dragon-monkey-dragon-monkey", // two
	} {
		if got := app.PasswordProblem(password).ID; got != "password_common" && got != "password_guessable" {
			t.Errorf("%q: got %q, want it refused", password, got)
		}
	}
	for _, password := range []string{
		"violet harbour 42 lanterns", "correct horse battery staple", "football mustang chelsea", "liverpool kqzvx1", "fjordmustangwrqx",
		"Donaudampfschiff", "пароль пароль мой",
	} {
		if got := app.PasswordProblem(password).ID; got != "" {
			t.Errorf("%q: got %q, want it taken", password, got)
		}
	}
	for range 2000 {
		if password := rand.Text(); app.PasswordProblem(password).ID == "password_common" {
			t.Errorf("the random %q is taken for a common one", password)
		}
	}
	if app.Strength("liverpool chelsea") != 0 {
		t.Error("the meter shows a common password as a strong one")
	}
}

// leakedOnes is a set of passwords, or one that cannot be read.
type leakedOnes struct {
	words string
	err   error
}

func (l leakedOnes) Has(password string) (bool, error) {
	return strings.Contains(l.words, password), l.err
}

func TestT34LeakedPasswordsAreRefused(t *testing.T) {
	t.Parallel()
	hasher := app.NewHasher(cheapParams)
	hasher.Leaked = leakedOnes{words: "violet harbour 42 lanterns"}
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
	hasher.Leaked = leakedOnes{err: errors.New("unreadable")}
	if _, err := hasher.HashNew(t.Context(), "quiet meadow 17 kites"); !errors.Is(err, app.Unavailable) {
		t.Errorf("got %v, want Unavailable where nobody can tell", err)
	}
}
