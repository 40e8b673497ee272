package app_test

import (
	"testing"

	"reglink/app"
)

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
