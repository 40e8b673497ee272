package app

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"
)

// Invitation is the registration link, mailed to an address by a Super User. It is the address's one
// invitation by that link: who is invited twice is not mailed twice, unless a Super User has it sent again.
type Invitation struct {
	ID        string `bun:",pk"`
	AccountID string
	LinkID    string // the link that the last mail had
	BatchID   string // of those that were sent in one go
	Email     string // as it was typed
	EmailKey  string // unique with the link
	Language  string // of the mail
	SentByID  string
	NoticeID  string // of the last mail
	CreatedAt time.Time

	// Registered tells whether the address belongs to a member of the account or to somebody who registered by
	// the link. Lists are given with it.
	Registered bool `bun:",scanonly"`

	Link   *Link     `bun:"rel:belongs-to,join:link_id=id"`
	SentBy *Identity `bun:"rel:belongs-to,join:sent_by_id=id"`
	Notice *Notice   `bun:"rel:belongs-to,join:notice_id=id"`
}

// State of an invitation that was given with Notice and Registered.
func (i Invitation) State() InvitationState {
	if i.Registered {
		return InvitationRegistered
	}
	return map[Delivery]InvitationState{
		Queued: InvitationWaiting, Sent: InvitationSent, Failed: InvitationBounced, Skipped: InvitationSkipped,
	}[i.Notice.Delivery]
}

// CanResend tells whether a Super User may have it sent again: its mail is over, and nobody has registered.
func (i Invitation) CanResend() bool {
	return i.State() != InvitationRegistered && i.State() != InvitationWaiting
}

func (i Invitation) cursor() Cursor { return Cursor{At: i.CreatedAt, ID: i.ID} }

func (i Invitation) resendRefusal(at time.Time) error {
	switch i.State() {
	case InvitationRegistered:
		return Refuse(Conflict, "invitation_registered", "Email", i.Email)
	case InvitationWaiting:
		return Refuse(Conflict, "invitation_waiting", "Email", i.Email)
	case InvitationSkipped: // nobody was mailed
		return nil
	}
	if left := i.Notice.CreatedAt.Add(ResendInvitationAfter).Sub(at); left > 0 {
		return Refuse(TooMany, "invitation_too_soon", "Email", i.Email, "Seconds", int(left.Seconds())+1)
	}
	return nil
}

// InvitationState is what became of an invitation.
type InvitationState string

// The states of an invitation. That somebody registered tells more than what became of the mail.
const (
	InvitationWaiting InvitationState = "waiting"
	InvitationSent    InvitationState = "sent"
	// a mail server refused it for good, or the time for trying is over
	InvitationBounced    InvitationState = "bounced"
	InvitationSkipped    InvitationState = "skipped"    // its link had ended before it was sent
	InvitationRegistered InvitationState = "registered" // by whatever way
)

// Limits of invitations, so that nobody is flooded by way of us.
const (
	MaxInvitations        = 500              // addresses in one go
	MaxInvitationsPerDay  = 2000             // mails of an account within 24 hours, those sent again too
	ResendInvitationAfter = 10 * time.Minute // the least time between two mails to one address
)

// InvitationBatch is what one press of the button stores: invitations, a notice for each in the same order,
// and the activity.
type InvitationBatch struct {
	Invitations []Invitation
	Notices     []Notice
	Activity    Activity
}

// Without gives the batch without some addresses, by their keys.
func (b InvitationBatch) Without(keys ...string) InvitationBatch {
	left := InvitationBatch{Activity: b.Activity}
	for i, invitation := range b.Invitations {
		if !slices.Contains(keys, invitation.EmailKey) {
			left.Invitations = append(left.Invitations, invitation)
			left.Notices = append(left.Notices, b.Notices[i])
		}
	}
	left.Activity.Details = Details{"Count": strconv.Itoa(len(left.Invitations))}
	return left
}

// InvitationResult tells what became of a batch.
type InvitationResult struct {
	BatchID        string // empty where nobody was to be mailed
	Queued         int
	AlreadyInvited int // invited by the same link already, and not mailed again
	AlreadyMembers int // of the account already, and not mailed
}

// InvitationProgress is how far the mails of a batch are, by state.
type InvitationProgress struct {
	BatchID string
	At      time.Time // when it was sent off
	States  map[Delivery]int
}

// All is how many mails the batch has.
func (p InvitationProgress) All() int { return p.Done() + p.States[Queued] }

// Done is how many mails are sent, or will never be.
func (p InvitationProgress) Done() int { return p.States[Sent] + p.States[Failed] + p.States[Skipped] }

// InvitationStore keeps the invitations. Each method is one transaction or one read.
type InvitationStore interface {
	// CurrentLink gives the account's active link with GeneratedBy, or NotFound.
	CurrentLink(ctx context.Context, accountID string) (*Link, error)
	// AddInvitations stores those of a batch whose addresses are no members' and were not invited by the link
	// before, and the activity where there are any. Conflict: the link is dead. TooMany: the account has had too
	// many mails since that time.
	AddInvitations(ctx context.Context, batch InvitationBatch, since time.Time) (InvitationResult, error)
	// Invitations lists an account's invitations with Registered, SentBy and Notice, newest first, at most limit.
	Invitations(ctx context.Context, accountID string, after Cursor, limit int) ([]Invitation, error)
	// Invitation gives one of the account with Registered, SentBy and Notice, or NotFound.
	Invitation(ctx context.Context, accountID, id string) (*Invitation, error)
	// ResendInvitation stores LinkID and NoticeID of an invitation whose last notice was that one, the new
	// notice, and the activity. Conflict: somebody else was faster, or the link is dead or has invited the
	// address already. TooMany as above.
	ResendInvitation(ctx context.Context, again InvitationBatch, last string, since time.Time) error
	// InvitationProgress counts the mails of a batch of the account, or answers NotFound.
	InvitationProgress(ctx context.Context, accountID, batchID string) (InvitationProgress, error)
}

// Invitations are the rules of mailing the registration link, for its Super Users.
type Invitations struct {
	Store      InvitationStore
	Sealer     *Sealer
	Clock      Clock
	MaxLinkAge MaxLinkAge // how long links work at most
}

// Send queues an invitation to each address of the form that is no member's and that the link has not invited
// before. Problems where an address is bad or not admitted by the link, or there are too many; Conflict where
// the account has no link that works.
func (s Invitations) Send(ctx context.Context, by Actor, form InvitationForm, languages []string) (InvitationResult,
	error,
) {
	link, err := s.mailableLink(ctx, by)
	if err != nil {
		return InvitationResult{}, err
	}
	addresses, problems := form.addresses(languages)
	problems.Add("addresses", link.emailsProblem(addresses))
	if err := problems.Err(); err != nil {
		return InvitationResult{}, err
	}
	at := s.Clock.Now()
	batch := InvitationBatch{Activity: by.newActivity(InvitationsSent, at)}
	batchID := NewID()
	for _, a := range addresses {
		batch.add(Invitation{
			ID: NewID(), AccountID: by.Account.ID, LinkID: link.ID, BatchID: batchID, Email: a.Email, EmailKey: a.Key,
			Language: form.Language, SentByID: by.Identity.ID, CreatedAt: at,
		}, at)
	}
	done, err := s.Store.AddInvitations(ctx, batch.Without(), at.Add(-24*time.Hour))
	if errors.Is(err, TooMany) {
		return done, Problem("addresses", "invitations_too_many", "Max", MaxInvitationsPerDay)
	}
	return done, err
}

// add puts an invitation and the notice that carries it into the batch.
func (b *InvitationBatch) add(i Invitation, at time.Time) {
	n := newNotice(Invite, i.ID, "", at)
	n.AccountID, n.SubjectID = i.AccountID, i.SentByID
	i.NoticeID = n.ID
	b.Invitations = append(b.Invitations, i)
	b.Notices = append(b.Notices, n)
}

// mailableLink is the one that the acting Super User may mail: it lets people in, and its address can be read.
func (s Invitations) mailableLink(ctx context.Context, by Actor) (*Link, error) {
	if err := by.requireSuperUser(); err != nil {
		return nil, err
	}
	link, err := s.Store.CurrentLink(ctx, by.Account.ID)
	if errors.Is(err, NotFound) {
		return nil, Refuse(Conflict, "invitations_no_link")
	}
	if err != nil {
		return nil, err
	}
	if _, ok := link.openToken(s.Sealer, s.Clock.Now(), s.MaxLinkAge); !ok {
		return nil, Refuse(Conflict, "invitations_no_link")
	}
	return link, nil
}

// CanInvite tells whether the acting Super User's account has a link that can be mailed.
func (s Invitations) CanInvite(ctx context.Context, by Actor) (bool, error) {
	_, err := s.mailableLink(ctx, by)
	if errors.Is(err, Conflict) {
		return false, nil
	}
	return err == nil, err
}

// List gives a page of the account's invitations, newest first, with Registered, SentBy and Notice.
func (s Invitations) List(ctx context.Context, by Actor, after Cursor) (Page[Invitation], error) {
	if err := by.requireSuperUser(); err != nil {
		return Page[Invitation]{}, err
	}
	found, err := s.Store.Invitations(ctx, by.Account.ID, after, PageSize+1)
	return newPage(found), err
}

// Progress tells how far a batch is, or NotFound.
func (s Invitations) Progress(ctx context.Context, by Actor, batchID string) (InvitationProgress, error) {
	if err := by.requireSuperUser(); err != nil {
		return InvitationProgress{}, err
	}
	if !IsID(batchID) {
		return InvitationProgress{}, Refuse(NotFound, "batch_unknown")
	}
	return s.Store.InvitationProgress(ctx, by.Account.ID, batchID)
}

// Resend queues one more mail of an invitation, with the account's current link. Conflict where its mail is
// still on the way, its person has registered, or the link does not admit the address (any more); TooMany
// within ten minutes after its last mail.
func (s Invitations) Resend(ctx context.Context, by Actor, id string) (*Invitation, error) {
	link, err := s.mailableLink(ctx, by)
	if err != nil {
		return nil, err
	}
	invitation, err := s.invitation(ctx, by, id)
	if err != nil {
		return nil, err
	}
	at := s.Clock.Now()
	if err := invitation.resendRefusal(at); err != nil {
		return nil, err
	}
	if m := link.emailProblem(invitation.EmailKey); !m.None() {
		return nil, &Error{Kind: Conflict, Message: m}
	}
	last := invitation.NoticeID
	invitation.LinkID = link.ID
	again := InvitationBatch{Activity: by.newActivity(InvitationsSent, at)}
	again.add(*invitation, at)
	err = s.Store.ResendInvitation(ctx, again.Without(), last, at.Add(-24*time.Hour))
	if err != nil {
		return nil, err
	}
	return s.invitation(ctx, by, id)
}

func (s Invitations) invitation(ctx context.Context, by Actor, id string) (*Invitation, error) {
	if !IsID(id) {
		return nil, Refuse(NotFound, "invitation_unknown")
	}
	return s.Store.Invitation(ctx, by.Account.ID, id)
}
