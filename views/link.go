package views

import (
	"context"
	"net/url"
	"strings"
	"time"

	"reglink/app"
	"reglink/views/messages"
)

// LinkPanelView is what the panel of the registration link shows.
type LinkPanelView struct {
	Account    app.Account
	Link       *app.Link // nil: the account has none
	Address    string    // the whole address; empty where the sealed copy cannot be read
	State      app.LinkState
	EndsAt     *time.Time     // from when on nobody registers by it; nil: it has no end
	At         time.Time      // now
	MaxAge     app.MaxLinkAge // the installation's maximum; 0: none
	Registered []app.Membership
	Ended      *app.Link // which has just been replaced or disabled, and by which people came; nil: none
	Focus      bool      // the panel was swapped in: its heading takes the focus, so that what changed is read out
}

func stateTone(s app.LinkState) Tone {
	if s == app.LinkActive {
		return Good
	}
	return Warn
}

// warning says why a link that is not dead lets nobody in, and what a Super User can do; the zero Message
// where it does.
func (v LinkPanelView) warning() app.Message {
	switch v.State {
	case app.LinkExpired:
		if v.MaxAge.Exceeded(v.Link.GeneratedAt, v.At) {
			return app.Say("link_too_old", "Count", int(v.MaxAge))
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
	end := formatEnd(ctx, *v.EndsAt)
	days := int(dayOf(v.EndsAt.Add(-time.Microsecond)).Sub(dayOf(v.At)) / (24 * time.Hour))
	switch {
	case !v.At.Before(*v.EndsAt):
		return t(ctx, "expired_at", "End", end)
	case days == 0:
		return t(ctx, "expires_today", "End", end)
	}
	return t(ctx, "expires_in", "Count", days, "End", end)
}

// formatEnd writes an end at midnight as the last day that counts: nobody understands the other.
func formatEnd(ctx context.Context, end time.Time) string {
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

// mailtoLimit is what mail programs are known to open whole, in bytes after encoding (references/stack, section 4).
const mailtoLimit = 1500

// mailto gives the address that opens a mail with subject and body filled in (RFC 6068: spaces as %20, lines
// as CRLF). Where a long account name would make it longer than mail programs open, the name is cut.
func (v LinkPanelView) mailto(ctx context.Context) string {
	p := messages.From(ctx)
	for name := v.Account.Name; name != ""; name = shortenName(name) {
		subject := p.T("invitation_subject", "Account", name)
		body := p.T("invitation_body", "Account", name, "Address", v.Address)
		full := "mailto:?subject=" + mailtoEscape(subject) + "&body=" + mailtoEscape(body)
		if len(full) <= mailtoLimit {
			return full
		}
	}
	return "mailto:?body=" + mailtoEscape(v.Address)
}

// shortenName gives the first three quarters of a name, and nothing of a single letter.
func shortenName(name string) string {
	runes := []rune(strings.TrimSuffix(name, "…"))
	keep := len(runes) * 3 / 4
	if keep == 0 {
		return ""
	}
	return string(runes[:keep]) + "…"
}

func mailtoEscape(s string) string {
	crlf := strings.ReplaceAll(s, "\n", "\r\n")
	return strings.ReplaceAll(url.QueryEscape(crlf), "+", "%20")
}

// LinkAction is a step that asks before it takes a link away.
type LinkAction string

// The steps of the panel.
const (
	RegenerateLink LinkAction = "regenerate"
	DisableLink    LinkAction = "disable"
)

func (s LinkAction) title() string { return "confirm_" + string(s) + "_title" }

// prompt names what ends with the link, and what does not.
func (v LinkPanelView) prompt(ctx context.Context, s LinkAction) ConfirmPrompt {
	return ConfirmPrompt{
		ID: "confirm-title", Title: t(ctx, s.title()), Text: t(ctx, "confirm_"+string(s)+"_text", "Account", v.Account.Name),
		Will: v.consequences(ctx), Button: t(ctx, "confirm_"+string(s)+"_button"),
		Action: AccountPath(ctx, "/link/"+string(s)), Back: AccountPath(ctx, "/details"),
		Target: "registration-link", Focus: v.Focus,
	}
}

// consequences are what happens when the link ends, each a sentence.
func (v LinkPanelView) consequences(ctx context.Context) []string {
	said := []string{t(ctx, "confirm_open_forms"), t(ctx, "confirm_members_stay")}
	if v.Link == nil {
		return said
	}
	said = append(said, t(ctx, "confirm_used", "Count", v.Link.Used))
	if v.Link.LastUsedAt != nil {
		last := messages.From(ctx).DateTime(*v.Link.LastUsedAt)
		said = append(said, t(ctx, "confirm_last_used", "When", last), t(ctx, "confirm_review"))
	}
	return said
}

func lastUsedText(ctx context.Context, l app.Link) string {
	if l.LastUsedAt == nil {
		return t(ctx, "link_never_used")
	}
	return messages.From(ctx).DateTime(*l.LastUsedAt)
}
