package views

import (
	"context"
	"net/url"
	"time"

	"github.com/a-h/templ"

	"reglink/app"
)

// PendingPath is where the Pending Memberships are.
const PendingPath = "/members/pending"

// PendingView is what the Pending Memberships show.
type PendingView struct {
	Account  app.Account
	Page     app.MemberPage
	After    app.Cursor // the last one of the page before; zero on the first
	Problems app.Problems
	Focus    bool
}

// PendingPathAfter is the address of the page after an entry; the first one's for the zero Cursor.
func PendingPathAfter(after app.Cursor) string {
	if after.ID == "" {
		return PendingPath
	}
	return PendingPath + "?after=" + after.String()
}

// RejectView is what is asked before somebody is rejected.
type RejectView struct {
	Account app.Account
	Members []app.Membership
	Focus   bool
}

// rejectPath is the question about one membership.
func rejectPath(m app.Membership) string {
	return PendingPath + "/reject?" + url.Values{"member": {m.ID}}.Encode()
}

func pendingDays() int { return int(app.PendingFor / (24 * time.Hour)) }

// pendingLabel is the entry of the tool bar, with the number of those who wait where there are any.
func pendingLabel(ctx context.Context, count int) string {
	if count == 0 {
		return t(ctx, "pending")
	}
	return t(ctx, "pending_count", "Number", count)
}

// cameByPath leads to those who came by the same link.
func cameByPath(m app.Membership) templ.SafeURL {
	return templ.SafeURL("/members?" + url.Values{"link": {m.LinkID}}.Encode())
}
