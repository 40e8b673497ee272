package views

import (
	"context"
	"time"

	"reglink/app"
	"reglink/views/messages"
)

// DashboardView is what the dashboard shows. What is for Super Users only is empty for others.
type DashboardView struct {
	At        time.Time // now
	Overview  app.Overview
	Link      *app.Link // the current link; nil: none
	State     app.LinkState
	EndsAt    *time.Time // from when on nobody registers by the link; nil: it has no end
	Attention app.Attention
	Recent    []app.Activity
}

// unused tells whether the link works and nobody has come by it for a long time.
func (v DashboardView) unused() bool {
	return v.Link != nil && v.State == app.LinkActive && v.Link.Unused(v.At)
}

// linkUse says how often the link was used, and of how often it may be.
func linkUse(ctx context.Context, link app.Link) string {
	if link.MaxUses > 0 {
		return t(ctx, "tile_used_of", "Used", link.Used, "Max", link.MaxUses)
	}
	return t(ctx, "tile_used", "Count", link.Used)
}

// linkEnd says when the link ends: in days while it works.
func linkEnd(ctx context.Context, v DashboardView) string {
	if v.State == app.LinkActive {
		return t(ctx, "tile_ends", "Count", daysUntil(v.At, *v.EndsAt))
	}
	return t(ctx, "tile_ended", "Date", messages.From(ctx).Date(*v.EndsAt))
}

// daysUntil counts the days that are left, begun ones whole.
func daysUntil(now, end time.Time) int {
	const day = 24 * time.Hour
	return int((end.Sub(now) + day - 1) / day)
}

func linkTone(state app.LinkState) Tone {
	switch state {
	case app.LinkActive:
		return Good
	case app.LinkStopped:
		return Bad
	}
	return Warn
}

// membersPath is the list of those of a role and a status; an empty one is every.
func membersPath(role app.Role, status app.Status) string {
	path := "/members?"
	if role != "" {
		path += "role=" + string(role)
	}
	if role != "" && status != "" {
		path += "&"
	}
	if status != "" {
		path += "status=" + string(status)
	}
	return path
}

// howMany says of how many members something is true; of none, in words.
func howMany(ctx context.Context, what string, n, days int) string {
	if n == 0 {
		return t(ctx, "none_"+what, "Days", days)
	}
	return t(ctx, "some_"+what, "Count", n, "Days", days)
}
