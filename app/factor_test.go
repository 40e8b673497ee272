package app_test

import (
	"testing"

	"reglink/app"
)

// TestFactorChange_CountsNoRecoveryCodes: recovery codes are no factors of their own.
func TestFactorChange_CountsNoRecoveryCodes(t *testing.T) {
	t.Parallel()
	phone, code := app.Factor{Kind: app.AuthenticatorApp}, app.Factor{Kind: app.RecoveryCode}
	for _, test := range []struct {
		change app.FactorChange
		want   int
	}{
		{app.FactorChange{}, 0},
		{app.FactorChange{Add: []app.Factor{phone, code, code}}, 1},
		{app.FactorChange{CountBefore: 1, Add: []app.Factor{code, code}, ReplaceCodes: true}, 1},
		{app.FactorChange{CountBefore: 2, Remove: []string{"A"}}, 1},
		{app.FactorChange{CountBefore: 1, Remove: []string{"A"}, ReplaceCodes: true}, 0},
	} {
		if got := test.change.CountAfter(); got != test.want {
			t.Errorf("%+v leaves %d factors, want %d", test.change, got, test.want)
		}
	}
}
