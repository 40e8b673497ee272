package app

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/net/idna"
)

// LinkPolicy is what a Super User may change about a link without changing its address. The zero value of
// each rule but Role is its most open one.
type LinkPolicy struct {
	Role             Role       // that newcomers get: New Member Roles
	ExpiresAt        *time.Time // from when on nobody registers; nil: no end
	ExpireDays       int        // where the end was chosen as days from the generation; 0: it was not
	MaxUses          int        // registrations that it admits in all; 0: any number
	Domains          string     // of the addresses that it admits, as ParseDomains gives them; empty: every address
	RequiresApproval bool       // newcomers wait until a Super User accepts them
}

// MaxLinkAge is how many days a registration link works at most, counted from its generation; 0: any number.
// The installation sets it (MAX_LINK_DAYS), and it holds for links that were generated before it was set.
type MaxLinkAge int

// endOf gives from when on no link of that generation works, or nil.
func (m MaxLinkAge) endOf(generated time.Time) *time.Time {
	if m == 0 {
		return nil
	}
	end := generated.AddDate(0, 0, int(m))
	return &end
}

// Exceeded tells whether no change of its rules brings a link of that generation back.
func (m MaxLinkAge) Exceeded(generated, at time.Time) bool {
	end := m.endOf(generated)
	return end != nil && !at.Before(*end)
}

// GeneratedAfter gives the moment after which a link must have been generated to work at that time; zero: any
// moment will do. It is end, seen from the other side, for a store to ask by.
func (m MaxLinkAge) GeneratedAfter(at time.Time) time.Time {
	if m == 0 {
		return time.Time{}
	}
	return at.AddDate(0, 0, -int(m))
}

// changedFields names the fields of the form in which another policy differs.
func (p LinkPolicy) changedFields(next LinkPolicy) []string {
	sameEnd := p.ExpireDays == next.ExpireDays && (p.ExpiresAt == nil) == (next.ExpiresAt == nil) &&
		(p.ExpiresAt == nil || p.ExpiresAt.Equal(*next.ExpiresAt))
	var all []string
	for _, rule := range []struct {
		name string
		same bool
	}{
		{"expiry", sameEnd},
		{"max_uses", p.MaxUses == next.MaxUses},
		{"role", p.Role == next.Role},
		{"domains", p.Domains == next.Domains},
		{"requires_approval", p.RequiresApproval == next.RequiresApproval},
	} {
		if !rule.same {
			all = append(all, rule.name)
		}
	}
	return all
}

// ForNextLink gives the policy for the account's next link, generated at that time: the rules stay, days and
// registrations are counted anew, and a date holds if it is still ahead. Where the installation has a
// maximum, the end is within it.
func (p LinkPolicy) ForNextLink(generated time.Time, most MaxLinkAge) LinkPolicy {
	next := LinkPolicy{
		Role: p.Role, MaxUses: p.MaxUses, Domains: p.Domains, RequiresApproval: p.RequiresApproval,
		ExpireDays: p.ExpireDays,
	}
	if !next.Role.Valid() {
		next.Role = StandardUser
	}
	latest := most.endOf(generated)
	ahead := p.ExpiresAt != nil && p.ExpiresAt.After(generated) && (latest == nil || !p.ExpiresAt.After(*latest))
	if next.ExpireDays == 0 && ahead {
		next.ExpiresAt = p.ExpiresAt
		return next
	}
	if most > 0 && (next.ExpireDays == 0 || next.ExpireDays > int(most)) {
		next.ExpireDays = int(most)
	}
	if next.ExpireDays > 0 {
		end := generated.AddDate(0, 0, next.ExpireDays)
		next.ExpiresAt = &end
	}
	return next
}

// LinkExpiry is how the end of a link is chosen.
type LinkExpiry string

// The ways to choose an end.
const (
	NoExpiry     LinkExpiry = "never"
	ExpiryByDate LinkExpiry = "date" // a day; the link works until that day is over, UTC
	ExpiryByAge  LinkExpiry = "days" // days of 24 hours from the generation; a regenerated link counts anew
)

// LinkExpiries in the order in which they are offered.
func LinkExpiries() []LinkExpiry { return []LinkExpiry{NoExpiry, ExpiryByDate, ExpiryByAge} }

// Limits of what a policy may say. They are beyond whatever an account needs, and keep numbers and dates
// within what is stored.
const (
	maxUsesLimit = 1_000_000
	maxLinkYears = 10
)

// LinkPolicyForm is what a Super User types about the link's policy.
type LinkPolicyForm struct {
	LinkID   string // of the link whose policy was shown
	Expiry   LinkExpiry
	Day      string // the last day on which the link works, 2006-01-02, with ExpiryByDate
	Days     string // with ExpiryByAge
	MaxUses  string // empty or 0: any number
	Role     Role
	Domains  string
	Approval string // "1" where newcomers need it, otherwise empty
}

// policy gives the policy that the form says for a link, or its Problems.
func (f LinkPolicyForm) policy(link Link, at time.Time, most MaxLinkAge) (LinkPolicy, error) {
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
func (f LinkPolicyForm) end(p Problems, link Link, at time.Time, most MaxLinkAge) (*time.Time, int) {
	latest := most.endOf(link.GeneratedAt)
	switch {
	case most.Exceeded(link.GeneratedAt, at):
		p.Add("expiry", Say("link_too_old", "Count", int(most)))
	case f.Expiry == NoExpiry && latest != nil:
		p.Add("expiry", Say("expiry_required", "Count", int(most)))
	case f.Expiry == ExpiryByDate:
		return f.endOfDay(p, at, latest), 0
	case f.Expiry == ExpiryByAge:
		return f.endOfAge(p, link.GeneratedAt, at, most)
	case f.Expiry != NoExpiry:
		p.Add("expiry", Say("choice_unknown"))
	}
	return nil, 0
}

func (f LinkPolicyForm) endOfDay(p Problems, at time.Time, latest *time.Time) *time.Time {
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

func (f LinkPolicyForm) endOfAge(p Problems, generated, at time.Time, most MaxLinkAge) (*time.Time, int) {
	days, ok := parseWholeNumber(f.Days)
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

func (f LinkPolicyForm) maxUses(p Problems, used int) int {
	if strings.TrimSpace(f.MaxUses) == "" {
		return 0
	}
	n, ok := parseWholeNumber(f.MaxUses)
	switch {
	case !ok || n > maxUsesLimit:
		p.Add("max_uses", Say("max_uses_invalid", "Max", maxUsesLimit))
	case n > 0 && n < used:
		p.Add("max_uses", Say("max_uses_below_used", "Count", used))
	}
	return n
}

// parseWholeNumber reads a number of at most seven digits and nothing else.
func parseWholeNumber(typed string) (int, bool) {
	typed = strings.TrimSpace(typed)
	if len(typed) > 7 || strings.Trim(typed, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(typed)
	return n, err == nil
}

// AdmitsEmail tells whether the policy lets an address register, which is given by its EmailKey.
func (p LinkPolicy) AdmitsEmail(emailKey string) bool {
	if p.Domains == "" {
		return true
	}
	domain := emailKey[strings.LastIndexByte(emailKey, '@')+1:]
	return slices.ContainsFunc(strings.Fields(p.Domains), func(entry string) bool {
		base, withSubs := strings.CutPrefix(entry, wildcardPrefix)
		return domain == base || (withSubs && strings.HasSuffix(domain, "."+base))
	})
}

// emailProblem says which domains the link admits, or nothing where it admits the address.
func (p LinkPolicy) emailProblem(emailKey string) Message {
	if p.AdmitsEmail(emailKey) {
		return Message{}
	}
	return Say("email_domain_not_allowed", "Domains", p.NamedDomains())
}

// maxNamedDomains is how many domains a sentence names.
const maxNamedDomains = 5

// NamedDomains gives the domains as a sentence names them: the first few, where there are many.
func (p LinkPolicy) NamedDomains() string {
	named := p.ShownDomains()
	if len(named) > maxNamedDomains {
		named = append(named[:maxNamedDomains:maxNamedDomains], "…")
	}
	return strings.Join(named, ", ")
}

// ShownDomains lists the domains as people write them, in letters of their language where that is the same domain.
func (p LinkPolicy) ShownDomains() []string {
	shown := strings.Fields(p.Domains)
	for i, entry := range shown {
		base, withSubs := strings.CutPrefix(entry, wildcardPrefix)
		if letters, err := idna.Display.ToUnicode(base); err == nil && isSameDomain(letters, base) {
			base = letters
		}
		if withSubs {
			base = wildcardPrefix + base
		}
		shown[i] = base
	}
	return shown
}

// PolicyCarry makes the policy of a link of that of the one before it.
type PolicyCarry func(LinkPolicy) LinkPolicy
