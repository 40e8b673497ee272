package app_test

import (
	"testing"

	"reglink/app"
)

func TestSearchText_IsLowerCaseAndNormalized(t *testing.T) {
	t.Parallel()
	if got, want := app.SearchText("Zoe\u0308", "ÅNGSTRÖM", "Zoe@Example.com"),
		"zo\u00eb ångström zoe@example.com"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	stored := app.SearchText("Zoë", "Ångström")
	if again := app.SearchText(stored); again != stored {
		t.Errorf("got %q, want %q: words are searched in the form in which they are kept", again, stored)
	}
}
