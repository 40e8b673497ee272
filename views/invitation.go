package views

import (
	"context"
	"time"

	"github.com/a-h/templ"

	"reglink/app"
)

// InvitationsView is what Send invitations shows.
type InvitationsView struct {
	Account  app.Account
	CanSend  bool // the account has a link that can be mailed
	Form     app.InvitationForm
	Problems app.Problems
	After    app.Cursor
	List     app.Page[app.Invitation]
}

// maxBadAddressesShown is how many bad addresses a form names; whoever pasted the wrong column has seen enough.
const maxBadAddressesShown = 10

// invitationReason is what stands below an address: what the mail server said, or why no mail was sent.
func invitationReason(ctx context.Context, i app.Invitation) string {
	switch i.State() {
	case app.InvitationBounced, app.InvitationWaiting:
		return i.Notice.LastError
	case app.InvitationSkipped:
		return t(ctx, "invitation_skipped_why")
	}
	return ""
}

func invitationTone(state app.InvitationState) Tone {
	switch state {
	case app.InvitationRegistered:
		return Good
	case app.InvitationWaiting:
		return Warn
	case app.InvitationBounced:
		return Bad
	}
	return Off
}

// batchPolling is how soon a batch that is not over is looked at again: a page that was left open for hours
// asks rarely. What is there is changed and not replaced, so that whoever is on a link of it stays there;
// htmx asks until this element is gone, and its id is another one when it shall ask at another pace.
func batchPolling(ctx context.Context, p app.InvitationProgress, now time.Time) templ.Attributes {
	id, every := "batch-soon", "every 2s"
	if now.Sub(p.At) > 10*time.Minute {
		id, every = "batch-rarely", "every 30s"
	}
	return templ.Attributes{
		"id": id, "hx-get": batchPath(ctx, p.BatchID), "hx-trigger": every, "hx-target": "#batch",
		"hx-swap": "outerMorph",
	}
}

func batchTitle(ctx context.Context, p app.InvitationProgress) string {
	if p.Done() == p.All() {
		return t(ctx, "batch_over_title")
	}
	return t(ctx, "batch_title")
}

func batchPath(ctx context.Context, id string) string {
	return AccountPath(ctx, "/link/invitations/batches/"+id)
}
