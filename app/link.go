package app

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"
)

// Link is a registration link of an account. An account has at most one that is active; dead ones stay, so that whoever
// opens one is told that it was replaced and not that it never was.
type Link struct {
	ID            string `bun:",pk"`
	AccountID     string
	TokenHash     []byte // SHA-256 of the token; unique for ever
	TokenBox      []byte // the token, sealed; wiped when the link dies
	Active        *bool  // true or NULL, never false: the unique key (account, active) allows one active link
	GeneratedAt   time.Time
	GeneratedByID string
	EndedAt       *time.Time
	EndedByID     string `bun:",nullzero"`
	Used          int    // registrations through it
	LastUsedAt    *time.Time
	LinkPolicy
	// whether another link was generated in its place; only LinkHistoryStore reads it
	Replaced  bool       `bun:",scanonly"`
	StoppedAt *time.Time // when whoever generated it stopped being a Super User of the account; nil: did not

	Account     *Account  `bun:"rel:belongs-to,join:account_id=id"`
	GeneratedBy *Identity `bun:"rel:belongs-to,join:generated_by_id=id"`
	EndedBy     *Identity `bun:"rel:belongs-to,join:ended_by_id=id"`
	// Creator is GeneratedBy's membership of the account as it is now; nil where there is none any more.
	Creator *Membership `bun:"rel:belongs-to,join:generated_by_id=identity_id,join:account_id=account_id"`
}

// Alive tells whether the link was neither replaced nor disabled. What it does is its State, for showing; who
// may register is decided by the write of the registering transaction (RegistrationStore.Register).
func (l Link) Alive() bool { return l.Active != nil && *l.Active }

func (l Link) cursor() Cursor { return Cursor{At: l.GeneratedAt, ID: l.ID} }

func (l Link) sealPurpose() string { return "link|" + l.ID }

// LinkStore keeps the links. Each method is one transaction. Those that change something answer Forbidden
// where the actor is no active Super User of the account any more at that moment.
type LinkStore interface {
	// CurrentLink gives the account's active link with GeneratedBy and Creator, or NotFound.
	CurrentLink(ctx context.Context, accountID string) (*Link, error)
	// AddLink stores the account's active link and the activity, or answers Conflict where one is active
	// already. The link's policy is what carry makes of that of the account's newest link, zero where it never
	// had one; AddLink gives it.
	AddLink(ctx context.Context, link Link, carry PolicyCarry, what Activity) (LinkPolicy, error)
	// ReplaceLink ends the active link, if there is one, and otherwise does as AddLink. Of two at once, the later wins and
	// neither fails.
	ReplaceLink(ctx context.Context, link Link, carry PolicyCarry, what Activity) (LinkPolicy, error)
	// UpdateLink has a rule change the policy of the actor's account's active link with that id, and stores it
	// with the activity that the rule gives; without one, nothing changed. Conflict where that link is not the
	// active one any more.
	UpdateLink(ctx context.Context, by Actor, linkID string, at time.Time, rule func(*Link) (*Activity, error)) error
	// EndLink ends the active link and stores the activity; where none is active, it does nothing.
	EndLink(ctx context.Context, accountID string, what Activity) error
	// RecordActivity stores an activity.
	RecordActivity(ctx context.Context, what Activity) error
}

// Links are the rules of the registration link, for its Super Users.
type Links struct {
	Store      LinkStore
	Sealer     *Sealer
	Clock      Clock
	MaxLinkAge MaxLinkAge // how long links work at most
}

// CurrentLink is the link that a Super User sees: the stored one and its token, and what it does now. Link is
// nil where the account has none; Token is empty where the sealed copy cannot be opened (another key), so
// that only regenerating helps.
type CurrentLink struct {
	Link   *Link
	Token  string
	At     time.Time // now
	State  LinkState
	EndsAt *time.Time // from when on nobody registers by it; nil: it has no end
}

func (s Links) current(link *Link, token string) CurrentLink {
	at := s.Clock.Now()
	return CurrentLink{
		Link: link, Token: token, At: at, State: link.State(at, s.MaxLinkAge),
		EndsAt: link.EndsAt(s.MaxLinkAge),
	}
}

// Current gives the acting Super User's link.
func (s Links) Current(ctx context.Context, by Actor) (CurrentLink, error) {
	if err := by.requireSuperUser(); err != nil {
		return CurrentLink{}, err
	}
	link, err := s.Store.CurrentLink(ctx, by.Account.ID)
	if errors.Is(err, NotFound) {
		return CurrentLink{}, nil
	}
	if err != nil {
		return CurrentLink{}, err
	}
	token, err := s.Sealer.Open(link.sealPurpose(), link.TokenBox)
	if err != nil {
		token = ""
	}
	return s.current(link, token), nil
}

// Generate makes a link for an account that has none. Where one is active already (two Super Users at once, a
// double click) it stays and is shown: generating is asking for a link, not for a new one.
func (s Links) Generate(ctx context.Context, by Actor) (CurrentLink, error) {
	if err := by.requireSuperUser(); err != nil {
		return CurrentLink{}, err
	}
	link, token := s.newLink(by)
	policy, err := s.Store.AddLink(ctx, link, s.policyCarry(link.GeneratedAt),
		by.newActivity(LinkGenerated, link.GeneratedAt))
	if errors.Is(err, Conflict) {
		return s.Current(ctx, by)
	}
	link.LinkPolicy = policy
	return s.current(&link, token), err
}

// Regenerate makes a new link with the policy of the old one. Once it has answered, no server admits a
// registration through the old one.
func (s Links) Regenerate(ctx context.Context, by Actor) (CurrentLink, error) {
	if err := by.requireSuperUser(); err != nil {
		return CurrentLink{}, err
	}
	link, token := s.newLink(by)
	policy, err := s.Store.ReplaceLink(ctx, link, s.policyCarry(link.GeneratedAt), by.newActivity(LinkRegenerated,
		link.GeneratedAt))
	link.LinkPolicy = policy
	return s.current(&link, token), err
}

func (s Links) policyCarry(generated time.Time) PolicyCarry {
	return func(before LinkPolicy) LinkPolicy { return before.ForNextLink(generated, s.MaxLinkAge) }
}

func (s Links) newLink(by Actor) (Link, string) {
	token, hash := newSecret(LinkToken)
	alive := true
	link := Link{
		ID: NewID(), AccountID: by.Account.ID, TokenHash: hash, Active: &alive,
		GeneratedAt: s.Clock.Now(), GeneratedByID: by.Identity.ID, GeneratedBy: &by.Identity, Creator: &by.Membership,
	}
	link.TokenBox = s.Sealer.Seal(link.sealPurpose(), token)
	return link, token
}

// Disable ends the link: once it has answered, no link of the account works. Disabling what is disabled
// changes nothing.
func (s Links) Disable(ctx context.Context, by Actor) error {
	if err := by.requireSuperUser(); err != nil {
		return err
	}
	return s.Store.EndLink(ctx, by.Account.ID, by.newActivity(LinkDisabled, s.Clock.Now()))
}

// RecordCopy records that the Super User copied the link. Where it died meanwhile, there is nothing to record.
func (s Links) RecordCopy(ctx context.Context, by Actor) error {
	if err := by.requireSuperUser(); err != nil {
		return err
	}
	if _, err := s.Store.CurrentLink(ctx, by.Account.ID); err != nil {
		return ignoreNotFound(err)
	}
	return s.Store.RecordActivity(ctx, by.newActivity(LinkCopied, s.Clock.Now()))
}

// LinkState is what a registration link does at a time.
type LinkState string

// The states of a link. Only an active one lets people in. An expired or used-up one does so again, at the
// same address, when its policy is changed; the others never.
const (
	LinkActive  LinkState = "active"
	LinkExpired LinkState = "expired"
	LinkUsedUp  LinkState = "full"
	LinkStopped LinkState = "stopped" // whoever generated it is no active Super User of the account any more
	LinkDead    LinkState = "dead"    // replaced or disabled
)

// EndsAt gives from when on nobody registers by the link: the end of its policy or the installation's,
// whichever comes first; nil where it has none.
func (l Link) EndsAt(most MaxLinkAge) *time.Time {
	end := most.endOf(l.GeneratedAt)
	if end == nil || (l.ExpiresAt != nil && l.ExpiresAt.Before(*end)) {
		return l.ExpiresAt
	}
	return end
}

// State tells what the link does at that time. GeneratedBy and Creator must be loaded: a link for which
// nobody answers is stopped.
func (l Link) State(at time.Time, most MaxLinkAge) LinkState {
	end := l.EndsAt(most)
	switch {
	case !l.Alive():
		return LinkDead
	case l.StoppedAt != nil || !l.hasActiveCreator(at):
		return LinkStopped
	case end != nil && !at.Before(*end):
		return LinkExpired
	case l.MaxUses > 0 && l.Used >= l.MaxUses:
		return LinkUsedUp
	}
	return LinkActive
}

// hasActiveCreator tells whether whoever generated the link may still let people into the account.
func (l Link) hasActiveCreator(at time.Time) bool {
	return l.Creator != nil && l.Creator.Role == SuperUser && l.Creator.GrantsAccess(at) &&
		l.GeneratedBy != nil && l.GeneratedBy.SuspendedAt == nil
}

// Refusal says why the link lets nobody in at that time, or is nil where it does.
func (l Link) Refusal(at time.Time, most MaxLinkAge) error {
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

// PolicyForm gives the link's policy as a form to change it.
func (l Link) PolicyForm() LinkPolicyForm {
	f := LinkPolicyForm{LinkID: l.ID, Expiry: NoExpiry, Role: l.Role, Domains: strings.Join(l.ShownDomains(), "\n")}
	switch {
	case l.ExpireDays > 0:
		f.Expiry, f.Days = ExpiryByAge, strconv.Itoa(l.ExpireDays)
	case l.ExpiresAt != nil:
		f.Expiry, f.Day = ExpiryByDate, l.ExpiresAt.AddDate(0, 0, -1).Format(time.DateOnly)
	}
	if l.MaxUses > 0 {
		f.MaxUses = strconv.Itoa(l.MaxUses)
	}
	if l.RequiresApproval {
		f.Approval = "1"
	}
	return f
}

// ChangePolicy changes the policy of the acting Super User's link; its address stays. Of two at once, the
// later wins whole. Problems where something does not fit the link as it is now, as fewer registrations than
// it has; Conflict where the link was replaced or disabled since its policy was shown.
func (s Links) ChangePolicy(ctx context.Context, by Actor, form LinkPolicyForm) error {
	if err := by.requireSuperUser(); err != nil {
		return err
	}
	if !IsID(form.LinkID) {
		return Refuse(Conflict, "link_replaced")
	}
	at := s.Clock.Now()
	return s.Store.UpdateLink(ctx, by, form.LinkID, at, func(link *Link) (*Activity, error) {
		next, err := form.policy(*link, at, s.MaxLinkAge)
		if err != nil {
			return nil, err
		}
		changed := link.changedFields(next)
		if len(changed) == 0 {
			return nil, nil
		}
		link.LinkPolicy = next
		what := by.newActivity(LinkPolicyChanged, at)
		what.Details = Details{"Rules": strings.Join(changed, " ")}
		return &what, nil
	})
}

// UnusedDays is after how many days a link by which nobody registers is one too many: it may lie in mailboxes
// that others read.
const UnusedDays = 90

// Unused tells whether nobody has registered by the link for UnusedDays, nor was it generated since.
func (l Link) Unused(at time.Time) bool {
	last := l.GeneratedAt
	if l.LastUsedAt != nil {
		last = *l.LastUsedAt
	}
	return !at.Before(last.AddDate(0, 0, UnusedDays))
}

// openToken gives the link's token, where the link lets people in at that time.
func (l Link) openToken(sealer *Sealer, at time.Time, most MaxLinkAge) (string, bool) {
	if l.State(at, most) != LinkActive {
		return "", false
	}
	token, err := sealer.Open(l.sealPurpose(), l.TokenBox)
	return token, err == nil
}

// emailsProblem names the first of these addresses that could not register by the link, and says how many there are.
func (l Link) emailsProblem(addresses []Address) Message {
	var first Address
	count := 0
	for _, a := range addresses {
		if l.AdmitsEmail(a.Key) {
			continue
		}
		if count++; count == 1 {
			first = a
		}
	}
	if count == 0 {
		return Message{}
	}
	why := l.emailProblem(first.Key)
	return Say("addresses_not_admitted", "Count", count, "Email", first.Email, "Domains", why.Values["Domains"])
}

// clampSince gives the later of a moment and the link's generation: nobody came by it before that.
func (l Link) clampSince(since time.Time) time.Time {
	if since.Before(l.GeneratedAt) {
		return l.GeneratedAt
	}
	return since
}
