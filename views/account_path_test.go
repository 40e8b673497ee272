package views

import "testing"

func TestAccountPath_BelowTheAccount(t *testing.T) {
	t.Parallel()
	for below, want := range map[string]string{
		"": "/dashboard", "/details": "/account", "/link/regenerate": "/account/link/regenerate",
		"/links/l1": "/account/links/l1", "/security": "/account/security", "/members": "/members",
		"/members?show=idle": "/members?show=idle", "/members/new": "/members/new", "/activity/export": "/activity/export",
	} {
		if got := AccountPath(t.Context(), below); got != want {
			t.Errorf("%q without an account: %s, want %s", below, got, want)
		}
		if pathNamesAccount {
			want = "/accounts/a1" + below
		}
		if got := AccountPath(WithAccount(t.Context(), "a1"), below); got != want {
			t.Errorf("%q of an account: %s, want %s", below, got, want)
		}
	}
}
