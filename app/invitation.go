package app

import (
	"context"
	"slices"
	"strconv"
	"time"
)

// Invitation is the registration link, mailed to an address by a Super User. It is the address's one invitation by that link: who
// is invited twice is not mailed twice, unless a Super User has it sent again.
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

	// Registered tells whether the address belongs to a member of the account or to somebody who registered by the link. Lists
	// are given with it.
	Registered bool `bun:",scanonly"`

	Link   *Link     `bun:"rel:belongs-to,join:link_id=id"`
	SentBy *Identity `bun:"rel:belongs-to,join:sent_by_id=id"`
	Notice *Notice   `bun:"rel:belongs-to,join:notice_id=id"`
}

// InvitationState is what became of an invitation.
type InvitationState string

// The states of an invitation. That somebody registered tells more than what became of the mail.
const (
	InvitationWaiting    InvitationState = "waiting"
	InvitationSent       InvitationState = "sent"
	InvitationBounced    InvitationState = "bounced"    // a mail server refused it for good, or the time for trying is over
	InvitationSkipped    InvitationState = "skipped"    // its link had ended before it was sent
	InvitationRegistered InvitationState = "registered" // by whatever way
)

// State of an invitation that was given with Notice and Registered.
func (i Invitation) State() InvitationState {
	if i.Registered {
		return InvitationRegistered
	}
	return map[Delivery]InvitationState{
		Queued: InvitationWaiting, Sent: InvitationSent, Failed: InvitationBounced, Skipped: InvitationSkipped,
	}[i.Notice.Delivery]
}

// SendsAgain tells whether a Super User may have it sent again: its mail is over, and nobody has registered.
func (i Invitation) SendsAgain() bool {
	return i.State() != InvitationRegistered && i.State() != InvitationWaiting
}

// Limits of invitations, so that nobody is flooded by way of us.
const (
	MaxInvitations      = 500              // addresses in one go
	MaxInvitationsADay  = 2000             // mails of an account within 24 hours, those sent again too
	InviteAgainAfter    = 10 * time.Minute // the least time between two mails to one address
	InvitationsPageSize = 25
)

// Batch is what one press of the button stores: invitations, a notice for each in the same order, and the activity.
type Batch struct {
	Invitations []Invitation
	Notices     []Notice
	Activity    Activity
}

// Without gives the batch without some addresses, by their keys.
func (b Batch) Without(keys ...string) Batch {
	left := Batch{Activity: b.Activity}
	for i, invitation := range b.Invitations {
		if !slices.Contains(keys, invitation.EmailKey) {
			left.Invitations = append(left.Invitations, invitation)
			left.Notices = append(left.Notices, b.Notices[i])
		}
	}
	left.Activity.Details = Details{"Count": strconv.Itoa(len(left.Invitations))}
	return left
}

// Invited tells what became of a batch.
type Invited struct {
	BatchID string // empty where nobody was to be mailed
	Queued  int
	Before  int // invited by the same link already, and not mailed again
	Members int // of the account already, and not mailed
}

// Progress is how far the mails of a batch are, by state.
type Progress struct {
	BatchID string
	At      time.Time // when it was sent off
	States  map[Delivery]int
}

// All is how many mails the batch has.
func (p Progress) All() int { return p.Done() + p.States[Queued] }

// Done is how many mails are sent, or will never be.
func (p Progress) Done() int { return p.States[Sent] + p.States[Failed] + p.States[Skipped] }

// InvitationStore keeps the invitations. Each method is one transaction or one read.
type InvitationStore interface {
	// CurrentLink gives the account's active link with GeneratedBy, or NotFound.
	CurrentLink(ctx context.Context, accountID string) (*Link, error)
	// AddInvitations stores those of a batch whose addresses are no members' and were not invited by the link before, and the
	// activity where there are any. Conflict: the link is dead. TooMany: the account has had too many mails since that time.
	AddInvitations(ctx context.Context, batch Batch, since time.Time) (Invited, error)
	// Invitations lists an account's invitations with Registered, SentBy and Notice, newest first, at most limit.
	Invitations(ctx context.Context, accountID string, after Cursor, limit int) ([]Invitation, error)
	// Invitation gives one of the account with Registered, SentBy and Notice, or NotFound.
	Invitation(ctx context.Context, accountID, id string) (*Invitation, error)
	// SendInvitation stores LinkID and NoticeID of an invitation whose last notice was that one, the new notice, and the
	// activity. Conflict: somebody else was faster, or the link is dead or has invited the address already. TooMany as above.
	SendInvitation(ctx context.Context, again Batch, last string, since time.Time) error
	// Progress counts the mails of a batch of the account, or answers NotFound.
	Progress(ctx context.Context, accountID, batchID string) (Progress, error)
}
