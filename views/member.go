package views

import (
	"context"
	"net/url"

	"github.com/a-h/templ"

	"reglink/app"
)

// MembersView is what the list of members shows.
type MembersView struct {
	Super      bool // the reader is a Super User: others read the list only
	Query      app.MemberQuery
	SearchText string // the search as it was typed
	Page       app.Page[app.Membership]
}

// filtered tells whether the list shows less than everybody.
func (v MembersView) filtered() bool {
	return len(v.fields()) > 0
}

// fields are the filters that are set, as a form sends them.
func (v MembersView) fields() url.Values {
	return withoutEmpty(url.Values{
		"q":      {v.SearchText},
		"role":   {string(v.Query.Role)},
		"status": {string(v.Query.Status)},
		"link":   {v.Query.LinkID},
		"show":   {string(v.Query.Filter)},
	})
}

// columns are those of the list; the last one leads to a member, and is for Super Users.
func (v MembersView) columns(ctx context.Context) []Column {
	columns := []Column{
		{Label: t(ctx, "name")},
		{Label: t(ctx, "role")},
		{Label: t(ctx, "status")},
		{Label: t(ctx, "joined")},
	}
	if v.Super {
		columns = append(columns, Column{Label: t(ctx, "manage"), Hidden: true})
	}
	return columns
}

func statusTone(s app.Status) Tone {
	switch s {
	case app.Active:
		return Good
	case app.Pending:
		return Warn
	}
	return Off
}

// NewUserView is what the form of Create New User shows.
type NewUserView struct {
	Form     app.NewUser
	Problems app.Problems
}

func roleChoices(ctx context.Context) []Choice {
	choices := []Choice{{"", t(ctx, "every_role")}}
	for _, role := range app.Roles() {
		choices = append(choices, Choice{string(role), t(ctx, "role_"+string(role))})
	}
	return choices
}

func statusChoices(ctx context.Context) []Choice {
	choices := []Choice{{"", t(ctx, "every_status")}}
	for _, status := range app.Statuses() {
		choices = append(choices, Choice{string(status), t(ctx, "status_"+string(status))})
	}
	return choices
}

// joinMethodText says by which way a member came, and through whom.
func joinMethodText(ctx context.Context, m app.Membership) string {
	if m.JoinedBy != app.ByCreation {
		return t(ctx, "joined_"+string(m.JoinedBy))
	}
	if m.CreatedBy == nil {
		return t(ctx, "joined_creation_portal")
	}
	return t(ctx, "joined_creation", "Actor", m.CreatedBy.Name())
}

func showChoices(ctx context.Context) []Choice {
	choices := []Choice{{"", t(ctx, "show_all")}}
	for _, show := range app.MemberFilters() {
		choices = append(choices, Choice{string(show), showLabel(ctx, show)})
	}
	return choices
}

func showLabel(ctx context.Context, show app.MemberFilter) string {
	days := map[app.MemberFilter]int{app.ExpiringMembers: app.ExpiringDays, app.IdleMembers: app.IdleDays}
	return t(ctx, "show_"+string(show), "Days", days[show])
}

// membersPath is the list of those of a role and a status; an empty one is every.
func membersPath(ctx context.Context, role app.Role, status app.Status) string {
	return pathWithQuery(AccountPath(ctx, "/members"), url.Values{"role": {string(role)}, "status": {string(status)}})
}

// linkMembersPath leads to those who came by the same link.
func linkMembersPath(ctx context.Context, m app.Membership) templ.SafeURL {
	return templ.SafeURL(pathWithQuery(AccountPath(ctx, "/members"), url.Values{"link": {m.LinkID}}))
}

// MemberPath is the address of a member's page.
func MemberPath(ctx context.Context, m app.Membership) string {
	return AccountPath(ctx, "/members/"+m.ID)
}
