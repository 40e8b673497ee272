package app

import (
	"context"
	"errors"
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
	Replaced  bool       `bun:",scanonly"` // whether another link was generated in its place; only LinkHistoryStore reads it
	StoppedAt *time.Time // when whoever generated it stopped being a Super User of the account; nil: did not

	Account     *Account  `bun:"rel:belongs-to,join:account_id=id"`
	GeneratedBy *Identity `bun:"rel:belongs-to,join:generated_by_id=id"`
	EndedBy     *Identity `bun:"rel:belongs-to,join:ended_by_id=id"`
	// Creator is GeneratedBy's membership of the account as it is now; nil where there is none any more.
	Creator *Membership `bun:"rel:belongs-to,join:generated_by_id=identity_id,join:account_id=account_id"`
}

// Alive tells whether the link was neither replaced nor disabled. What it does is its State, for showing; who may register is
// decided by the write of the registering transaction (RegistrationStore.Register).
func (l Link) Alive() bool { return l.Active != nil && *l.Active }

func (l Link) purpose() string { return "link|" + l.ID }

// LinkStore keeps the links. Each method is one transaction. Those that change something answer Forbidden where the actor is no active
// Super User of the account any more at that moment.
type LinkStore interface {
	// CurrentLink gives the account's active link with GeneratedBy and Creator, or NotFound.
	CurrentLink(ctx context.Context, accountID string) (*Link, error)
	// AddLink stores the account's active link and the activity, or answers Conflict where one is active already. The link's
	// policy is what carry makes of that of the account's newest link, zero where it never had one; AddLink gives it.
	AddLink(ctx context.Context, link Link, carry Carry, what Activity) (LinkPolicy, error)
	// ReplaceLink ends the active link, if there is one, and otherwise does as AddLink. Of two at once, the later wins and
	// neither fails.
	ReplaceLink(ctx context.Context, link Link, carry Carry, what Activity) (LinkPolicy, error)
	// UpdateLink has a rule change the policy of the actor's account's active link with that id, and stores it with the activity that
	// the rule gives; without one, nothing changed. Conflict where that link is not the active one any more.
	UpdateLink(ctx context.Context, by Actor, linkID string, at time.Time, rule func(*Link) (*Activity, error)) error
	// EndLink ends the active link and stores the activity; where none is active, it does nothing.
	EndLink(ctx context.Context, accountID string, what Activity) error
	// RecordActivity stores an activity.
	RecordActivity(ctx context.Context, what Activity) error
}

// Carry makes the policy of a link of that of the one before it.
type Carry func(LinkPolicy) LinkPolicy

// Links are the rules of the registration link, for its Super Users.
type Links struct {
	Store  LinkStore
	Sealer *Sealer
	Clock  Clock
	Most   MaxDays // how long links work at most
}

// CurrentLink is the link that a Super User sees: the stored one and its token, and what it does now. Link is nil where the account
// has none; Token is empty where the sealed copy cannot be opened (another key), so that only regenerating helps.
type CurrentLink struct {
	Link   *Link
	Token  string
	At     time.Time // now
	State  LinkState
	EndsAt *time.Time // from when on nobody registers by it; nil: it has no end
}

func (s Links) shown(link *Link, token string) CurrentLink {
	at := s.Clock.Now()
	return CurrentLink{Link: link, Token: token, At: at, State: link.State(at, s.Most), EndsAt: link.EndsAt(s.Most)}
}

// Current gives the acting Super User's link.
func (s Links) Current(ctx context.Context, by Actor) (CurrentLink, error) {
	if err := by.mustBeSuper(); err != nil {
		return CurrentLink{}, err
	}
	link, err := s.Store.CurrentLink(ctx, by.Account.ID)
	if errors.Is(err, NotFound) {
		return CurrentLink{}, nil
	}
	if err != nil {
		return CurrentLink{}, err
	}
	token, err := s.Sealer.Open(link.purpose(), link.TokenBox)
	if err != nil {
		token = ""
	}
	return s.shown(link, token), nil
}

// Generate makes a link for an account that has none. Where one is active already (two Super Users at once, a double click) it
// stays and is shown: generating is asking for a link, not for a new one.
func (s Links) Generate(ctx context.Context, by Actor) (CurrentLink, error) {
	if err := by.mustBeSuper(); err != nil {
		return CurrentLink{}, err
	}
	link, token := s.newLink(by)
	policy, err := s.Store.AddLink(ctx, link, s.carry(link.GeneratedAt), by.done(LinkGenerated, link.GeneratedAt))
	if errors.Is(err, Conflict) {
		return s.Current(ctx, by)
	}
	link.LinkPolicy = policy
	return s.shown(&link, token), err
}

// Regenerate makes a new link with the policy of the old one. Once it has answered, no server admits a registration through the old one.
func (s Links) Regenerate(ctx context.Context, by Actor) (CurrentLink, error) {
	if err := by.mustBeSuper(); err != nil {
		return CurrentLink{}, err
	}
	link, token := s.newLink(by)
	policy, err := s.Store.ReplaceLink(ctx, link, s.carry(link.GeneratedAt), by.done(LinkRegenerated, link.GeneratedAt))
	link.LinkPolicy = policy
	return s.shown(&link, token), err
}

func (s Links) carry(generated time.Time) Carry {
	return func(before LinkPolicy) LinkPolicy { return before.Carried(generated, s.Most) }
}

func (s Links) newLink(by Actor) (Link, string) {
	token := NewToken(LinkToken)
	hash, _ := HashToken(LinkToken, token)
	alive := true
	link := Link{
		ID: NewID(), AccountID: by.Account.ID, TokenHash: hash, Active: &alive,
		GeneratedAt: s.Clock.Now(), GeneratedByID: by.Identity.ID, GeneratedBy: &by.Identity, Creator: &by.Membership,
	}
	link.TokenBox = s.Sealer.Seal(link.purpose(), token)
	return link, token
}

// Disable ends the link: once it has answered, no link of the account works. Disabling what is disabled changes nothing.
func (s Links) Disable(ctx context.Context, by Actor) error {
	if err := by.mustBeSuper(); err != nil {
		return err
	}
	return s.Store.EndLink(ctx, by.Account.ID, by.done(LinkDisabled, s.Clock.Now()))
}

// Copied records that the Super User copied the link. Where it died meanwhile, there is nothing to record.
func (s Links) Copied(ctx context.Context, by Actor) error {
	if err := by.mustBeSuper(); err != nil {
		return err
	}
	if _, err := s.Store.CurrentLink(ctx, by.Account.ID); err != nil {
		return unlessNotFound(err)
	}
	return s.Store.RecordActivity(ctx, by.done(LinkCopied, s.Clock.Now()))
}
