package views

import (
	"context"
	"time"

	"reglink/app"
	"reglink/views/messages"
)

// MembershipView is what a member's page shows a Super User.
type MembershipView struct {
	app.MemberDetails
	IsSelf   bool // the reader is that member
	Form     MembershipForm
	Problems app.Problems
	Focus    bool
}

// MembershipForm holds what the forms of the page show: what is stored, or what was typed.
type MembershipForm struct{ Role, Expires string }

// NewMembershipForm shows a membership as it is.
func NewMembershipForm(m app.Membership) MembershipForm {
	f := MembershipForm{Role: string(m.Role)}
	if m.ExpiresOn != nil {
		f.Expires = m.LastDay().Format(time.DateOnly)
	}
	return f
}

func (v MembershipView) path(ctx context.Context) string { return MemberPath(ctx, v.Member) }

// untilText says until when the membership counts, or that it has no end.
func untilText(ctx context.Context, m app.Membership) string {
	if m.ExpiresOn == nil {
		return t(ctx, "expires_never")
	}
	return t(ctx, "expires_until", "Date", messages.From(ctx).Date(m.LastDay()))
}

func lastSignInText(ctx context.Context, person app.Identity) string {
	if person.SignedInAt == nil {
		return t(ctx, "signed_in_never")
	}
	return messages.From(ctx).DateTime(*person.SignedInAt)
}

// orNone gives a text that may be missing.
func orNone(ctx context.Context, text string) string {
	if text == "" {
		return t(ctx, "none_given")
	}
	return text
}

// MembershipAction is a step that asks before it takes something from a member.
type MembershipAction string

// The steps.
const (
	SuspendMember MembershipAction = "suspend"
	RemoveMember  MembershipAction = "remove"
)

func (s MembershipAction) title() string { return "member_" + string(s) + "_title" }

// prompt names whom the step is about and what will happen.
func (v MembershipView) prompt(ctx context.Context, s MembershipAction) ConfirmPrompt {
	name := v.Member.Identity.Name()
	return ConfirmPrompt{
		ID: "confirm-title", Title: t(ctx, s.title(), "Name", name), Text: t(ctx, "member_"+string(s)+"_text", "Name", name),
		Will: v.consequences(ctx, s), Button: t(ctx, "member_"+string(s)+"_button"), Action: v.path(ctx) + "/" + string(s),
		Back: v.path(ctx), Target: "membership", Focus: v.Focus,
	}
}

// consequences are what will happen, each a sentence.
func (v MembershipView) consequences(ctx context.Context, s MembershipAction) []string {
	ids := map[MembershipAction][]string{
		SuspendMember: {"member_sessions_end", "member_suspend_stays"},
		RemoveMember:  {"member_sessions_end", "member_remove_login", "member_remove_return"},
	}[s]
	if v.Member.Role == app.SuperUser {
		ids = append(ids, "member_link_stops")
	}
	said := make([]string, len(ids))
	for i, id := range ids {
		said[i] = t(ctx, id, "Name", v.Member.Identity.Name())
	}
	return said
}
