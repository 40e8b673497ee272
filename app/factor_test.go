package app_test

import (
	"testing"

	"reglink/app"
)

// TestWhoMustProve: an account that requires a second factor takes from its Super Users nothing but being one, and only in sessions
// that a password alone began.
func TestWhoMustProve(t *testing.T) {
	t.Parallel()
	for _, role := range app.Roles() {
		for _, proven := range []app.Proven{"", app.WithPassword, app.WithTwoFactors, app.WithProvider, "made up"} {
			for _, required := range []bool{false, true} {
				by := app.Actor{
					Membership: app.Membership{Role: role, Status: app.Active}, Account: app.Account{ID: "ACME", SecondFactor: required}, Proven: proven,
				}
				twice := proven == app.WithTwoFactors || proven == app.WithProvider
				must := role == app.SuperUser && required && !twice
				if by.MustProve() != must || by.SuperUser() != (role == app.SuperUser && !must) || !by.Member() {
					t.Errorf("%s, proven %q, required %v: must prove %v, is Super User %v", role, proven, required, by.MustProve(), by.SuperUser())
				}
			}
		}
	}
	for name, by := range map[string]app.Actor{
		"nobody":    {Account: app.Account{SecondFactor: true}},
		"suspended": {Membership: app.Membership{Role: app.SuperUser, Status: app.Suspended}, Account: app.Account{ID: "ACME", SecondFactor: true}},
	} {
		if by.MustProve() || by.SuperUser() {
			t.Errorf("%s is asked for a second factor, or is a Super User", name)
		}
	}
}

// TestFactorsAfterAChange: recovery codes are no factors of their own.
func TestFactorsAfterAChange(t *testing.T) {
	t.Parallel()
	phone, code := app.Factor{Kind: app.CodeApp}, app.Factor{Kind: app.RecoveryCode}
	for _, test := range []struct {
		change app.FactorChange
		want   int
	}{
		{app.FactorChange{}, 0},
		{app.FactorChange{Add: []app.Factor{phone, code, code}}, 1},
		{app.FactorChange{Was: 1, Add: []app.Factor{code, code}, NewCodes: true}, 1},
		{app.FactorChange{Was: 2, Remove: []string{"A"}}, 1},
		{app.FactorChange{Was: 1, Remove: []string{"A"}, NewCodes: true}, 0},
	} {
		if got := test.change.After(); got != test.want {
			t.Errorf("%+v leaves %d factors, want %d", test.change, got, test.want)
		}
	}
}
