package views

import (
	"context"
	"net/url"
	"slices"
	"time"

	"reglink/app"
	"reglink/views/messages"
)

// LinksView is what the list of an account's links shows.
type LinksView struct {
	Page  app.LinkPage
	After app.Cursor
	At    time.Time
	Most  app.MaxDays
}

// PastLinkView is what the page of one link shows.
type PastLinkView struct {
	Link    app.Link
	CameBy  app.MemberPage
	Since   string // as it was asked for
	Problem app.Message
	After   app.Cursor
	At      time.Time
	Most    app.MaxDays
}

// PastLinkPath is where a link of the account is looked back at.
func PastLinkPath(linkID string) string { return "/account/links/" + linkID }

// path gives an address below the link's, with from when on people count.
func (v PastLinkView) path(below, since string) string {
	return address(PastLinkPath(v.Link.ID)+below, url.Values{"since": {since}})
}

// typed is the moment that somebody typed; empty where one of the offered ones was chosen.
func (v PastLinkView) typed() string {
	if slices.Contains(offeredMoments(), v.Since) {
		return ""
	}
	return v.Since
}

// offeredMoments are from when on people who came by a link can be looked at with one press.
func offeredMoments() []string { return []string{"", app.LastDay, app.LastWeek} }

func momentLabel(ctx context.Context, since string) string {
	switch since {
	case app.LastDay:
		return t(ctx, "since_day")
	case app.LastWeek:
		return t(ctx, "since_week")
	}
	return t(ctx, "since_generated")
}

// pastLinkState says what a link does or how it ended, in a word.
func pastLinkState(ctx context.Context, l app.Link, at time.Time, most app.MaxDays) string {
	state := l.State(at, most)
	if state == app.LinkDead && l.Replaced {
		return t(ctx, "past_link_replaced")
	}
	return t(ctx, "past_link_"+string(state))
}

func pastLinkTone(l app.Link, at time.Time, most app.MaxDays) Tone {
	switch l.State(at, most) {
	case app.LinkActive:
		return Good
	case app.LinkDead:
		return Off
	}
	return Warn
}

// ended says when a link ended and by whom.
func ended(ctx context.Context, l app.Link) string {
	switch {
	case l.EndedAt == nil:
		return t(ctx, "past_link_not_ended")
	case l.EndedBy == nil:
		return messages.From(ctx).DateTime(*l.EndedAt)
	}
	return t(ctx, "link_generated_by", "Date", messages.From(ctx).DateTime(*l.EndedAt), "Name", l.EndedBy.Name())
}

func generated(ctx context.Context, l app.Link) string {
	return t(ctx, "link_generated_by", "Date", messages.From(ctx).DateTime(l.GeneratedAt), "Name", l.GeneratedBy.Name())
}

func lastUsed(ctx context.Context, l app.Link) string {
	if l.LastUsedAt == nil {
		return t(ctx, "link_never_used")
	}
	return messages.From(ctx).DateTime(*l.LastUsedAt)
}
