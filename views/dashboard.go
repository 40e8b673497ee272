package views

import (
	"context"

	"reglink/app"
)

// DashboardView is what the dashboard shows. What is for Super Users only is empty for others.
type DashboardView struct {
	Overview  app.AccountOverview
	Panel     LinkPanelView // the current link as its panel has it; its Link is nil where there is none
	Attention app.Attention
	Recent    []app.Activity
}

// unused tells whether the link works and nobody has come by it for a long time.
func (v DashboardView) unused() bool {
	return v.Panel.Link != nil && v.Panel.State == app.LinkActive && v.Panel.Link.Unused(v.Panel.At)
}

// linkUseText says how often the link was used, and of how often it may be.
func linkUseText(ctx context.Context, link app.Link) string {
	if link.MaxUses > 0 {
		return t(ctx, "used_of", "Used", link.Used, "Max", link.MaxUses)
	}
	return t(ctx, "tile_used", "Count", link.Used)
}

// memberCountText says of how many members something is true; of none, in words.
func memberCountText(ctx context.Context, what string, n, days int) string {
	if n == 0 {
		return t(ctx, "none_"+what, "Days", days)
	}
	return t(ctx, "some_"+what, "Count", n, "Days", days)
}
