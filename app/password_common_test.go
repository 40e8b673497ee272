package app_test

import (
	"crypto/rand"
	"testing"

	"reglink/app"
)

func TestT34_CommonPasswordsAreRefused(t *testing.T) {
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
		"violet harbour 42 lanterns", "correct horse battery staple", "football mustang chelsea", "liverpool kqzvx1",
		"fjordmustangwrqx",
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
	if app.PasswordStrength("liverpool chelsea") != 0 {
		t.Error("the meter shows a common password as a strong one")
	}
}
