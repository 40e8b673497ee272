package app_test

import (
	"testing"

	"reglink/app"
)

func TestIdentity_NameFallsBackToEmail(t *testing.T) {
	t.Parallel()
	for want, person := range map[string]app.Identity{
		"Ann Lee":         {FirstName: "Ann", LastName: "Lee", Email: "ann@example.com"},
		"Ann":             {FirstName: "Ann", Email: "ann@example.com"},
		"Lee":             {LastName: "Lee", Email: "ann@example.com"},
		"ann@example.com": {Email: "ann@example.com"},
	} {
		if got := person.Name(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
