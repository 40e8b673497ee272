package views

import (
	"context"
	"net/url"
	"time"

	"reglink/app"
)

// pendingPath is where the Pending Memberships are.
func pendingPath(ctx context.Context) string { return AccountPath(ctx, "/members/pending") }

// PendingView is what the Pending Memberships show.
type PendingView struct {
	Account  app.Account
	Page     app.Page[app.Membership]
	After    app.Cursor // the last one of the page before; zero on the first
	Problems app.Problems
	Focus    bool
}

// PendingPathAfter is the address of the page after an entry; the first one's for the zero Cursor.
func PendingPathAfter(ctx context.Context, after app.Cursor) string {
	return pathWithQuery(pendingPath(ctx), url.Values{"after": {after.String()}})
}

// RejectView is what is asked before somebody is rejected.
type RejectView struct {
	Account app.Account
	Members []app.Membership
	Focus   bool
}

// prompt says what a rejection will do.
func (v RejectView) prompt(ctx context.Context) ConfirmPrompt {
	members := url.Values{}
	for _, m := range v.Members {
		members.Add("member", m.ID)
	}
	return ConfirmPrompt{
		ID: "reject-title", Title: t(ctx, "confirm_reject_title", "Count", len(v.Members), "Name",
			v.Members[0].Identity.Name()),
		Text:   t(ctx, "confirm_reject_text", "Account", v.Account.Name),
		Will:   []string{t(ctx, "confirm_reject_login"), t(ctx, "confirm_reject_sessions"), t(ctx, "confirm_reject_again")},
		Button: t(ctx, "confirm_reject_button", "Count", len(v.Members)), Action: pendingPath(ctx) + "/reject",
		Hidden: members, Back: pendingPath(ctx), Target: "pending-list", Focus: v.Focus,
	}
}

// rejectPath is the question about one membership.
func rejectPath(ctx context.Context, m app.Membership) string {
	return pathWithQuery(pendingPath(ctx)+"/reject", url.Values{"member": {m.ID}})
}

func pendingDays() int { return int(app.PendingFor / (24 * time.Hour)) }

// pendingLabel is the entry of the tool bar, with the number of those who wait where there are any.
func pendingLabel(ctx context.Context, count int) string {
	if count == 0 {
		return t(ctx, "pending")
	}
	return t(ctx, "pending_count", "Number", count)
}
