package app

import "time"

// LinkPolicy is what a Super User may change about a link without changing its address. The zero value of each rule but Role is its
// most open one.
type LinkPolicy struct {
	Role             Role       // that newcomers get: New Member Roles
	ExpiresAt        *time.Time // from when on nobody registers; nil: no end
	ExpireDays       int        // where the end was chosen as days from the generation; 0: it was not
	MaxUses          int        // registrations that it admits in all; 0: any number
	Domains          string     // of the addresses that it admits, as ParseDomains gives them; empty: every address
	RequiresApproval bool       // newcomers wait until a Super User accepts them
}

// MaxDays is how many days a registration link works at most, counted from its generation; 0: any number. The installation sets it
// (MAX_LINK_DAYS), and it holds for links that were generated before it was set.
type MaxDays int

// end gives from when on no link of that generation works, or nil.
func (m MaxDays) end(generated time.Time) *time.Time {
	if m == 0 {
		return nil
	}
	end := generated.AddDate(0, 0, int(m))
	return &end
}

// Over tells whether no change of its rules brings a link of that generation back.
func (m MaxDays) Over(generated, at time.Time) bool {
	end := m.end(generated)
	return end != nil && !at.Before(*end)
}

// GeneratedAfter gives the moment after which a link must have been generated to work at that time; zero: any moment will do. It is
// end, seen from the other side, for a store to ask by.
func (m MaxDays) GeneratedAfter(at time.Time) time.Time {
	if m == 0 {
		return time.Time{}
	}
	return at.AddDate(0, 0, -int(m))
}

// LinkState is what a registration link does at a time.
type LinkState string

// The states of a link. Only an active one lets people in. An expired or used-up one does so again, at the same address, when its
// policy is changed; the others never.
const (
	LinkActive  LinkState = "active"
	LinkExpired LinkState = "expired"
	LinkUsedUp  LinkState = "full"
	LinkStopped LinkState = "stopped" // whoever generated it is no active Super User of the account any more
	LinkDead    LinkState = "dead"    // replaced or disabled
)

// EndsAt gives from when on nobody registers by the link: the end of its policy or the installation's, whichever comes first; nil
// where it has none.
func (l Link) EndsAt(most MaxDays) *time.Time {
	end := most.end(l.GeneratedAt)
	if end == nil || (l.ExpiresAt != nil && l.ExpiresAt.Before(*end)) {
		return l.ExpiresAt
	}
	return end
}

// State tells what the link does at that time. GeneratedBy and Creator must be loaded: a link for which nobody answers is stopped.
func (l Link) State(at time.Time, most MaxDays) LinkState {
	end := l.EndsAt(most)
	switch {
	case !l.Alive():
		return LinkDead
	case l.StoppedAt != nil || !l.answeredFor(at):
		return LinkStopped
	case end != nil && !at.Before(*end):
		return LinkExpired
	case l.MaxUses > 0 && l.Used >= l.MaxUses:
		return LinkUsedUp
	}
	return LinkActive
}

// answeredFor tells whether whoever generated the link may still let people into the account.
func (l Link) answeredFor(at time.Time) bool {
	return l.Creator != nil && l.Creator.Role == SuperUser && l.Creator.Opens(at) &&
		l.GeneratedBy != nil && l.GeneratedBy.SuspendedAt == nil
}

// Refusal says why the link lets nobody in at that time, or is nil where it does.
func (l Link) Refusal(at time.Time, most MaxDays) error {
	switch l.State(at, most) {
	case LinkActive:
		return nil
	case LinkExpired:
		return Refuse(Gone, "link_expired")
	case LinkUsedUp:
		return Refuse(Gone, "link_full")
	case LinkStopped:
		return Refuse(Gone, "link_stopped")
	}
	return Refuse(Gone, "link_dead")
}

// Under gives the admission as the link's policy has it at the moment of storing: the role, and whether the person waits for a Super
// User. Problems where the policy does not admit the address.
func (a Admission) Under(p LinkPolicy) (Admission, error) {
	if m := p.emailRefusal(a.Identity.EmailKey); m.ID != "" {
		return Admission{}, Problems{"email": m}
	}
	a.Membership.Role = p.Role
	if p.RequiresApproval {
		a.Membership.Status = Pending
	}
	return a, nil
}

// changes names the fields of the form in which another policy differs.
func (p LinkPolicy) changes(next LinkPolicy) []string {
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

// Carried gives the policy for the account's next link, generated at that time: the rules stay, days and registrations are counted
// anew, and a date holds if it is still ahead. Where the installation has a maximum, the end is within it.
func (p LinkPolicy) Carried(generated time.Time, most MaxDays) LinkPolicy {
	next := LinkPolicy{Role: p.Role, MaxUses: p.MaxUses, Domains: p.Domains, RequiresApproval: p.RequiresApproval, ExpireDays: p.ExpireDays}
	if !next.Role.Valid() {
		next.Role = StandardUser
	}
	latest := most.end(generated)
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
