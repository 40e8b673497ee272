package views

import "context"

// count says how many Super Users have a second factor.
func (v SecurityView) count(ctx context.Context) string {
	if v.Safeguards.Without == 0 {
		return t(ctx, "required_factor_all")
	}
	return t(ctx, "required_factor_without", "Count", v.Safeguards.Without, "All", v.Safeguards.Super)
}
