package views

import (
	"context"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"reglink/app"
	"reglink/views/messages"
)

// ActivityView is what the list of activities shows.
type ActivityView struct {
	Filter app.ActivityFilter
	After  app.Cursor
	Page   app.ActivityPage
}

// filtered tells whether the list shows less than everything.
func (v ActivityView) filtered() bool { return v.Filter != app.ActivityFilter{} }

// pathAbout is the address of the same list about somebody; empty: about everybody.
func (v ActivityView) pathAbout(ctx context.Context, personID string) string {
	v.Filter.PersonID = personID
	return activityPath(ctx, v.Filter)
}

// activityFields are the filter as a form sends it; empty ones are left out.
func activityFields(f app.ActivityFilter) url.Values {
	return withoutEmpty(url.Values{"what": {string(f.Group)}, "from": {f.From}, "to": {f.To}, "person": {f.PersonID}})
}

func activityPath(ctx context.Context, f app.ActivityFilter) string {
	return pathWithQuery(AccountPath(ctx, "/activity"), activityFields(f))
}

func groupChoices(ctx context.Context) []Choice {
	choices := []Choice{{"", t(ctx, "every_group")}}
	for _, group := range app.EventGroups() {
		choices = append(choices, Choice{string(group), t(ctx, "group_"+string(group))})
	}
	return choices
}

// sentencePart is a piece of a sentence: words, or the name of a person who can be asked about.
type sentencePart struct{ text, personID string }

// Stand-ins for the names while a sentence is made: no sentence has these letters (Unicode, private use).
const (
	actorPlaceholder   = "\uE000"
	subjectPlaceholder = "\uE001"
)

// activityParts says what happened in one sentence, in pieces.
func activityParts(ctx context.Context, a app.Activity) []sentencePart {
	names := map[string]sentencePart{
		actorPlaceholder:   namePart(a.Actor, t(ctx, "actor_portal")),
		subjectPlaceholder: namePart(a.Subject, t(ctx, "somebody")),
	}
	pairs := append([]any{"Actor", actorPlaceholder, "Subject", subjectPlaceholder}, detailValues(ctx, a)...)
	var pieces []sentencePart
	for rest := t(ctx, sentenceID(a), pairs...); rest != ""; {
		at := strings.IndexAny(rest, actorPlaceholder+subjectPlaceholder)
		if at < 0 {
			return append(pieces, sentencePart{text: rest})
		}
		if at > 0 {
			pieces = append(pieces, sentencePart{text: rest[:at]})
		}
		pieces = append(pieces, names[rest[at:at+len(actorPlaceholder)]])
		rest = rest[at+len(actorPlaceholder):]
	}
	return pieces
}

// activityText is the same sentence in one piece.
func activityText(ctx context.Context, a app.Activity) string {
	var b strings.Builder
	for _, piece := range activityParts(ctx, a) {
		b.WriteString(piece.text)
	}
	return b.String()
}

func namePart(person *app.Identity, otherwise string) sentencePart {
	if person == nil {
		return sentencePart{text: otherwise}
	}
	return sentencePart{text: person.Name(), personID: person.ID}
}

// sentenceID gives the id of an event's sentence. Where a detail is missing that it needs, there is one without.
func sentenceID(a app.Activity) string {
	switch {
	case a.Event == app.ExpiryChanged && detailDay(a).IsZero():
		return "expiry_taken_away"
	case a.Event == app.RoleChanged && (!detailRole(a, "Role").Valid() || !detailRole(a, "OldRole").Valid()):
		return "role_changed_somehow"
	case a.Event == app.LinkDenied && !slices.Contains(denialReasons(), a.Details["Reason"]):
		return "link_denied_somehow"
	case a.Event == app.LinkPolicyChanged && len(changedRules(a)) > 0:
		return "policy_changed_rules"
	}
	return "activity_" + string(a.Event)
}

// detailValues gives every detail that a sentence can have, in the reader's words.
func detailValues(ctx context.Context, a app.Activity) []any {
	count, _ := strconv.Atoi(a.Details["Count"])
	pairs := []any{"Count", count, "Email", a.Details["Email"], "Date", "", "Reason", ""}
	if day := detailDay(a); !day.IsZero() {
		pairs = append(pairs, "Date", messages.From(ctx).Date(day))
	}
	for _, name := range []string{"Role", "OldRole"} {
		word := ""
		if role := detailRole(a, name); role.Valid() {
			word = t(ctx, "role_"+string(role))
		}
		pairs = append(pairs, name, word)
	}
	pairs = append(pairs, "Way", signInMethodName(ctx, app.SignInMethod(a.Details["Way"])))
	rules := changedRules(a)
	for i, rule := range rules {
		rules[i] = t(ctx, "rule_"+rule)
	}
	pairs = append(pairs, "Rules", strings.Join(rules, ", "))
	if reason := a.Details["Reason"]; slices.Contains(denialReasons(), reason) {
		pairs = append(pairs, "Reason", t(ctx, "reason_"+reason))
	}
	return pairs
}

func detailRole(a app.Activity, name string) app.Role { return app.Role(a.Details[name]) }

func detailDay(a app.Activity) time.Time {
	day, err := time.Parse(time.DateOnly, a.Details["Date"])
	if err != nil {
		return time.Time{}
	}
	return day
}

// denialReasons are the messages by which a link refuses somebody; each has short words for the activity.
func denialReasons() []string {
	return []string{"link_dead", "link_expired", "link_full", "link_stopped", "email_taken", "email_domain_not_allowed"}
}

// changedRules are those fields of a link's policy that a change names and that there are words for.
func changedRules(a app.Activity) []string {
	known := []string{"expiry", "max_uses", "role", "domains", "requires_approval"}
	return slices.DeleteFunc(strings.Fields(a.Details["Rules"]),
		func(rule string) bool { return !slices.Contains(known, rule) })
}

// avatarName is whose mark stands beside an activity: who did it, or else to whom it was done.
func avatarName(a app.Activity) string {
	for _, person := range []*app.Identity{a.Actor, a.Subject} {
		if person != nil {
			return person.Name()
		}
	}
	return ""
}

// ActivityCSVHeader names the cells of a downloaded activity. Programs read them, so they are the same in
// every language.
func ActivityCSVHeader() []string {
	return []string{"time", "event", "what", "actor", "actor_email", "subject", "subject_email", "address", "details"}
}

// ActivityCSVRow are an activity in a download: its time in ISO 8601, UTC, and its sentence in the reader's language.
func ActivityCSVRow(ctx context.Context, a app.Activity) []string {
	cells := []string{a.At.UTC().Format(time.RFC3339), string(a.Event), activityText(ctx, a)}
	for _, person := range []*app.Identity{a.Actor, a.Subject} {
		if person == nil {
			person = &app.Identity{}
		}
		cells = append(cells, person.Name(), person.Email)
	}
	var details []string
	for _, name := range slices.Sorted(maps.Keys(a.Details)) {
		details = append(details, name+"="+a.Details[name])
	}
	return append(cells, a.Address, strings.Join(details, "; "))
}
