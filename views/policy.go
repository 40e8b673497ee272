package views

import (
	"context"
	"strings"
	"time"

	"reglink/app"
	"reglink/views/messages"
)

// PolicyView is what the form of the link's rules shows.
type PolicyView struct {
	Account  app.Account
	Form     app.PolicyForm
	Problems app.Problems
	Domains  []app.Message // what is wrong with each of the domains
	Most     app.MaxDays   // the installation's maximum; 0: none
	Focus    bool          // the form was swapped in: its heading takes the focus
}

// expiries are the ways to end a link that this installation offers.
func (v PolicyView) expiries() []app.Expiry {
	if v.Most > 0 {
		return []app.Expiry{app.ExpiryDay, app.ExpiryAge}
	}
	return app.Expiries()
}

func (v PolicyView) expiryField(ctx context.Context) Field {
	f := Field{Name: "expiry", Label: t(ctx, "policy_expiry"), Problem: v.Problems["expiry"]}
	if v.Most > 0 {
		f.Hint = t(ctx, "policy_expiry_most", "Count", int(v.Most))
	}
	return f
}

func (v PolicyView) approvalField() Field {
	return Field{Name: "requires_approval", Problem: v.Problems["requires_approval"]}
}

// domainsField shows the problem of each domain, the first as the field's own.
func (v PolicyView) domainsField(ctx context.Context) Field {
	f := Field{
		Name: "domains", Label: t(ctx, "policy_domains"), Value: v.Form.Domains, Problem: v.Problems["domains"],
		Hint: t(ctx, "policy_domains_hint"), Optional: true,
	}
	if f.Problem.ID != "" && len(v.Domains) > 1 {
		f.More = v.Domains[1:]
	}
	return f
}

func stateTone(s app.LinkState) Tone {
	if s == app.LinkActive {
		return Good
	}
	return Warn
}

// trouble says why a link that is not dead lets nobody in, and what a Super User can do; the zero Message where it does.
func (v LinkPanelView) trouble() app.Message {
	switch v.State {
	case app.LinkExpired:
		if v.Most.Over(v.Link.GeneratedAt, v.At) {
			return app.Say("link_too_old", "Count", int(v.Most))
		}
		return app.Say("panel_expired")
	case app.LinkUsedUp:
		return app.Say("panel_full")
	case app.LinkStopped:
		return app.Say("panel_stopped", "Name", v.Link.GeneratedBy.Name())
	}
	return app.Message{}
}

// usedText says how many people registered, and of how many.
func (v LinkPanelView) usedText(ctx context.Context) string {
	if v.Link.MaxUses == 0 {
		return t(ctx, "people", "Count", v.Link.Used)
	}
	return t(ctx, "used_of", "Used", v.Link.Used, "Max", v.Link.MaxUses)
}

// endText says when the link ends, or that it has ended.
func (v LinkPanelView) endText(ctx context.Context) string {
	if v.EndsAt == nil {
		return t(ctx, "link_without_end")
	}
	end := endOf(ctx, *v.EndsAt)
	days := int(dayOf(v.EndsAt.Add(-time.Microsecond)).Sub(dayOf(v.At)) / (24 * time.Hour))
	switch {
	case !v.At.Before(*v.EndsAt):
		return t(ctx, "expired_at", "End", end)
	case days == 0:
		return t(ctx, "expires_today", "End", end)
	}
	return t(ctx, "expires_in", "Count", days, "End", end)
}

// endOf writes an end at midnight as the last day that counts: nobody understands the other.
func endOf(ctx context.Context, end time.Time) string {
	if end.Equal(dayOf(end)) {
		return messages.From(ctx).Date(end.Add(-time.Microsecond))
	}
	return messages.From(ctx).DateTime(end)
}

func dayOf(at time.Time) time.Time { return at.UTC().Truncate(24 * time.Hour) }

func (v LinkPanelView) domainsText(ctx context.Context) string {
	if v.Link.Domains == "" {
		return t(ctx, "domains_any")
	}
	return strings.Join(v.Link.ShownDomains(), ", ")
}

func (v LinkPanelView) approvalText(ctx context.Context) string {
	if v.Link.RequiresApproval {
		return t(ctx, "approval_required")
	}
	return t(ctx, "approval_none")
}
