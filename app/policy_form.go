package app

import (
	"context"
	"strconv"
	"strings"
	"time"
)

// Expiry is how the end of a link is chosen.
type Expiry string

// The ways to choose an end.
const (
	NoExpiry  Expiry = "never"
	ExpiryDay Expiry = "date" // a day; the link works until that day is over, UTC
	ExpiryAge Expiry = "days" // days of 24 hours from the generation; a regenerated link counts anew
)

// Expiries in the order in which they are offered.
func Expiries() []Expiry { return []Expiry{NoExpiry, ExpiryDay, ExpiryAge} }

// Limits of what a policy may say. They are beyond whatever an account needs, and keep numbers and dates within what is stored.
const (
	maxUsesLimit = 1_000_000
	maxLinkYears = 10
)

// PolicyForm is what a Super User types about the link's policy.
type PolicyForm struct {
	LinkID   string // of the link whose policy was shown
	Expiry   Expiry
	Day      string // the last day on which the link works, 2006-01-02, with ExpiryDay
	Days     string // with ExpiryAge
	MaxUses  string // empty or 0: any number
	Role     Role
	Domains  string
	Approval string // "1" where newcomers need it, otherwise empty
}

// PolicyForm gives the link's policy as a form to change it.
func (l Link) PolicyForm() PolicyForm {
	f := PolicyForm{LinkID: l.ID, Expiry: NoExpiry, Role: l.Role, Domains: strings.Join(l.ShownDomains(), "\n")}
	switch {
	case l.ExpireDays > 0:
		f.Expiry, f.Days = ExpiryAge, strconv.Itoa(l.ExpireDays)
	case l.ExpiresAt != nil:
		f.Expiry, f.Day = ExpiryDay, l.ExpiresAt.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	if l.MaxUses > 0 {
		f.MaxUses = strconv.Itoa(l.MaxUses)
	}
	if l.RequiresApproval {
		f.Approval = "1"
	}
	return f
}

// ChangePolicy changes the policy of the acting Super User's link; its address stays. Of two at once, the later wins whole. Problems
// where something does not fit the link as it is now, as fewer registrations than it has; Conflict where the link was replaced or
// disabled since its policy was shown.
func (s Links) ChangePolicy(ctx context.Context, by Actor, form PolicyForm) error {
	if err := by.mustBeSuper(); err != nil {
		return err
	}
	if !IsID(form.LinkID) {
		return Refuse(Conflict, "link_replaced")
	}
	at := s.Clock.Now()
	return s.Store.UpdateLink(ctx, by, form.LinkID, at, func(link *Link) (*Activity, error) {
		next, err := form.policy(*link, at, s.Most)
		if err != nil {
			return nil, err
		}
		changed := link.changes(next)
		if len(changed) == 0 {
			return nil, nil
		}
		link.LinkPolicy = next
		what := by.done(LinkPolicyChanged, at)
		what.Details = Details{"Rules": strings.Join(changed, " ")}
		return &what, nil
	})
}

// policy gives the policy that the form says for a link, or its Problems.
func (f PolicyForm) policy(link Link, at time.Time, most MaxDays) (LinkPolicy, error) {
	p := Problems{}
	next := LinkPolicy{Role: f.Role, RequiresApproval: f.Approval == "1"}
	next.ExpiresAt, next.ExpireDays = f.end(p, link, at, most)
	next.MaxUses = f.maxUses(p, link.Used)
	domains, bad := ParseDomains(f.Domains)
	next.Domains = domains
	if len(bad) > 0 {
		p.Add("domains", bad[0])
	}
	if !f.Role.Valid() {
		p.Add("role", Say("role_required"))
	}
	if f.Approval != "" && f.Approval != "1" {
		p.Add("requires_approval", Say("choice_unknown"))
	}
	return next, p.Err()
}

// end gives the chosen end, and the days where it was chosen so.
func (f PolicyForm) end(p Problems, link Link, at time.Time, most MaxDays) (*time.Time, int) {
	latest := most.end(link.GeneratedAt)
	switch {
	case most.Over(link.GeneratedAt, at):
		p.Add("expiry", Say("link_too_old", "Count", int(most)))
	case f.Expiry == NoExpiry && latest != nil:
		p.Add("expiry", Say("expiry_required", "Count", int(most)))
	case f.Expiry == ExpiryDay:
		return f.endOfDay(p, at, latest), 0
	case f.Expiry == ExpiryAge:
		return f.endOfAge(p, link.GeneratedAt, at, most)
	case f.Expiry != NoExpiry:
		p.Add("expiry", Say("choice_unknown"))
	}
	return nil, 0
}

func (f PolicyForm) endOfDay(p Problems, at time.Time, latest *time.Time) *time.Time {
	day, err := time.Parse(time.DateOnly, strings.TrimSpace(f.Day))
	end := day.AddDate(0, 0, 1)
	switch {
	case err != nil:
		p.Add("expires_on", Say("date_required"))
	case !at.Before(end):
		p.Add("expires_on", Say("date_past"))
	case latest != nil && end.After(*latest):
		p.Add("expires_on", Say("date_too_late", "Latest", *latest))
	case end.After(at.AddDate(maxLinkYears, 0, 0)):
		p.Add("expires_on", Say("expiry_too_far", "Count", maxLinkYears))
	}
	return &end
}

func (f PolicyForm) endOfAge(p Problems, generated, at time.Time, most MaxDays) (*time.Time, int) {
	days, ok := wholeNumber(f.Days)
	end := generated.AddDate(0, 0, days)
	switch {
	case !ok || days == 0:
		p.Add("expire_days", Say("days_required"))
	case most > 0 && days > int(most):
		p.Add("expire_days", Say("days_too_many", "Count", int(most)))
	case end.After(at.AddDate(maxLinkYears, 0, 0)):
		p.Add("expire_days", Say("expiry_too_far", "Count", maxLinkYears))
	case !at.Before(end):
		p.Add("expire_days", Say("days_past", "Min", int(at.Sub(generated)/(24*time.Hour))+1))
	}
	return &end, days
}

func (f PolicyForm) maxUses(p Problems, used int) int {
	if strings.TrimSpace(f.MaxUses) == "" {
		return 0
	}
	n, ok := wholeNumber(f.MaxUses)
	switch {
	case !ok || n > maxUsesLimit:
		p.Add("max_uses", Say("max_uses_invalid", "Max", maxUsesLimit))
	case n > 0 && n < used:
		p.Add("max_uses", Say("max_uses_below_used", "Count", used))
	}
	return n
}

// wholeNumber reads a number of at most seven digits and nothing else.
func wholeNumber(typed string) (int, bool) {
	typed = strings.TrimSpace(typed)
	if len(typed) > 7 || strings.Trim(typed, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(typed)
	return n, err == nil
}
