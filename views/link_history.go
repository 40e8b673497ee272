package views

import (
	"context"
	"net/url"
	"slices"
	"time"

	"reglink/app"
	"reglink/views/messages"
)

// LinkHistoryView is what the list of an account's links shows.
type LinkHistoryView struct {
	Page   app.Page[app.Link]
	After  app.Cursor
	At     time.Time
	MaxAge app.MaxLinkAge
}

// LinkHistoryDetailView is what the page of one link shows.
type LinkHistoryDetailView struct {
	Link    app.Link
	Page    app.Page[app.Membership]
	Since   string // as it was asked for
	Problem app.Message
	After   app.Cursor
	At      time.Time
	MaxAge  app.MaxLinkAge
}

// LinkHistoryPath is where a link of the account is looked back at.
func LinkHistoryPath(ctx context.Context, linkID string) string {
	return AccountPath(ctx, "/links/"+linkID)
}

// path gives an address below the link's, with from when on people count.
func (v LinkHistoryDetailView) path(ctx context.Context, below, since string) string {
	return pathWithQuery(LinkHistoryPath(ctx, v.Link.ID)+below, url.Values{"since": {since}})
}

// customSince is the moment that somebody typed; empty where one of the offered ones was chosen.
func (v LinkHistoryDetailView) customSince() string {
	if slices.Contains(sincePresets(), v.Since) {
		return ""
	}
	return v.Since
}

// sincePresets are from when on people who came by a link can be looked at with one press.
func sincePresets() []string { return []string{"", app.SinceLastDay, app.SinceLastWeek} }

func sincePresetLabel(ctx context.Context, since string) string {
	switch since {
	case app.SinceLastDay:
		return t(ctx, "since_day")
	case app.SinceLastWeek:
		return t(ctx, "since_week")
	}
	return t(ctx, "since_generated")
}

// linkHistoryState says what a link does or how it ended, in a word.
func linkHistoryState(ctx context.Context, l app.Link, at time.Time, most app.MaxLinkAge) string {
	state := l.State(at, most)
	if state == app.LinkDead && l.Replaced() {
		return t(ctx, "past_link_replaced")
	}
	return t(ctx, "past_link_"+string(state))
}

func linkHistoryTone(l app.Link, at time.Time, most app.MaxLinkAge) Tone {
	switch l.State(at, most) {
	case app.LinkActive:
		return Good
	case app.LinkDead:
		return Off
	}
	return Warn
}

// endedText says when a link ended and by whom.
func endedText(ctx context.Context, l app.Link) string {
	switch {
	case l.EndedAt == nil:
		return t(ctx, "past_link_not_ended")
	case l.EndedBy == nil:
		return messages.From(ctx).DateTime(*l.EndedAt)
	}
	return t(ctx, "link_generated_by", "Date", messages.From(ctx).DateTime(*l.EndedAt), "Name", l.EndedBy.Name())
}

func generatedText(ctx context.Context, l app.Link) string {
	return t(ctx, "link_generated_by", "Date", messages.From(ctx).DateTime(l.GeneratedAt), "Name", l.GeneratedBy.Name())
}

// suspendLinkMembersPrompt says whom the step meets by its words: how many, from when on, and who among them
// is a Super User.
func suspendLinkMembersPrompt(ctx context.Context, link app.Link, a app.SuspendPreview) ConfirmPrompt {
	will := []string{t(ctx, "suspend_newcomers_sessions"), t(ctx, "suspend_newcomers_pending")}
	if a.SuperUsers > 0 {
		will = append(will, t(ctx, "suspend_newcomers_supers", "Count", a.SuperUsers))
	}
	return ConfirmPrompt{
		ID: "confirm-title", Title: t(ctx, "suspend_newcomers_title", "Count", a.Count),
		Text:   t(ctx, "suspend_newcomers_text", "When", messages.From(ctx).DateTime(a.Since)),
		Will:   append(will, t(ctx, "suspend_newcomers_you"), t(ctx, "suspend_newcomers_back")),
		Button: t(ctx, "suspend_newcomers_button", "Count", a.Count), Action: LinkHistoryPath(ctx, link.ID) + "/suspend",
		Hidden: url.Values{"since": {a.Since.UTC().Format(app.SinceLayout)}}, Back: LinkHistoryPath(ctx, link.ID),
	}
}
