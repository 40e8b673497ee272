package app

import (
	"context"
	"time"
)

// NoticeKind is what a notice says.
type NoticeKind string

// The letters.
const (
	ConfirmAddress   NoticeKind = "confirm"    // to a new user: confirm your address
	ActivateLogin    NoticeKind = "activate"   // to somebody whom a Super User created: set a password
	AddedToAccount   NoticeKind = "added"      // to somebody with a login: you are a member of another account now
	PersonRegistered NoticeKind = "registered" // to a Super User: somebody registered
	// to a Super User: somebody registered, or asked to be added, and waits to be accepted
	ApprovalNeeded NoticeKind = "approval_needed"
	// to a Super User: many forms were refused because their addresses have a login
	RefusalAlert NoticeKind = "refusal_alert"
	JoinAccount  NoticeKind = "join"       // to somebody with a login: press the button to ask to be added
	Invite       NoticeKind = "invitation" // to an address, which may have no login: register by the link

	ResetPassword      NoticeKind = "reset"            // to somebody who has forgotten the password: set another
	PasswordWasChanged NoticeKind = "password_changed" // to whose password was changed, when and from where
	FactorWasChanged   NoticeKind = "factor_changed"   // to whose second factor was changed or used up, likewise

	// to whose login was joined to one at the provider of single sign-on, or separated from it
	SSOWasChanged NoticeKind = "sso_changed"

	UseSSO NoticeKind = "use_sso" // to somebody who has asked for a password and needs none: sign in through the provider

	JoinAccepted  NoticeKind = "accepted"        // to somebody who waited: you are a member now
	JoinRejected  NoticeKind = "rejected"        // to somebody who waited: you were not accepted
	JoinExpired   NoticeKind = "pending_expired" // to somebody who waited: nobody decided in time
	MemberDecided NoticeKind = "decided"         // to the other Super Users: what was decided about whom
	// to a Super User, or an operator where none can sign in: somebody still waits
	ApprovalReminder NoticeKind = "reminder"
	MembershipEnding NoticeKind = "expiring" // to a member and the Super Users: the membership ends soon
)

// Delivery is where a notice stands.
type Delivery string

// The states of a notice. Queued ones are tried until they are sent, or have failed for good.
const (
	Queued  Delivery = "queued"
	Sent    Delivery = "sent"
	Failed  Delivery = "failed"  // the receiving server refused for good, or the time for trying is over
	Skipped Delivery = "skipped" // what it would have said no longer holds
)

// Notice is an email that we owe somebody. It is written in the transaction that causes it and delivered at
// least once. It holds no text and no secret: the mail is written from the ids when it is sent.
type Notice struct {
	ID   string     `bun:",pk"` // also the local part of the mail's Message-ID, the same at every try
	Kind NoticeKind `bun:"letter"`
	// the registration, confirmation, membership, invitation or activity that it tells of, or an id of its own;
	// unique with recipient and letter
	EventID     string
	RecipientID string `bun:",nullzero"` // empty: it goes to the address of its Invitation
	AccountID   string `bun:",nullzero"`
	SubjectID   string `bun:",nullzero"` // the identity whom it is about, where that is not the recipient
	Delivery    Delivery
	Attempts    int
	NextTryAt   time.Time
	// when it is sent in one mail with the others of its letter, recipient, account and time; nil: in a mail of its own
	DigestAt   *time.Time `bun:"together_at"`
	LeaseUntil *time.Time // a worker is sending it until then at the latest; as claimed, it names that worker's lease
	LastError  string     // what the mail server said at the last try, shortened; for operators
	CreatedAt  time.Time
	SentAt     *time.Time

	Recipient *Identity `bun:"rel:belongs-to,join:recipient_id=id"`
	Account   *Account  `bun:"rel:belongs-to,join:account_id=id"`
	Subject   *Identity `bun:"rel:belongs-to,join:subject_id=id"`

	Invitation *Invitation `bun:"rel:belongs-to,join:event_id=id"` // of the letter Invite; nil for the others
	// claimed with it, to be sent in the same mail; each with Subject
	Others []Notice `bun:"-"`
}

// To is the address that the mail goes to. Recipient or Invitation must be loaded.
func (n Notice) To() string {
	if n.Invitation != nil {
		return n.Invitation.Email
	}
	return n.Recipient.Email
}

// newNotice is a notice that is due at once.
func newNotice(letter NoticeKind, eventID, recipientID string, at time.Time) Notice {
	return Notice{
		ID: NewID(), Kind: letter, EventID: eventID, RecipientID: recipientID,
		Delivery: Queued, NextTryAt: at, CreatedAt: at,
	}
}

// Lease is how long a worker may hold a notice; it is longer than any mail server may take to answer.
const Lease = 2 * time.Minute

// NoticeStore is the outbox.
type NoticeStore interface {
	// ClaimNotices leases up to limit notices that are due, each to one worker only, and gives them with
	// Recipient, Account and Subject. Those that are sent together come as one, with Others. A lease that ran
	// out is due again.
	ClaimNotices(ctx context.Context, at time.Time, limit int) ([]Notice, error)
	// SettleNotice stores how a try ended, for Others too: Delivery, Attempts, NextTryAt, LastError and SentAt. It frees
	// the lease. Where another worker has taken over after LeaseUntil, that one's lease stays, and only a mail that was
	// sent is written down. A notice that was settled for good meanwhile stays so.
	SettleNotice(ctx context.Context, notice Notice) error
	// Installation gives the installation's row, which names the keys that it needs, or NotFound.
	Installation(ctx context.Context) (*Installation, error)
	// ConfirmationByID gives the confirmation that a confirm, activate or reset letter carries, or NotFound.
	ConfirmationByID(ctx context.Context, id string) (*Confirmation, error)
	// JoinRequestByID gives the request to be added that a join letter carries, or NotFound.
	JoinRequestByID(ctx context.Context, id string) (*JoinRequest, error)
	// InvitationByID gives the invitation that such a letter carries, with its Link, GeneratedBy and Creator, or NotFound.
	InvitationByID(ctx context.Context, id string) (*Invitation, error)
	// CredentialChangeByID gives the change that a letter tells of, or NotFound.
	CredentialChangeByID(ctx context.Context, id string) (*CredentialChange, error)
	// IsSuperUser tells whether the identity is, at that time, an active Super User of the account.
	IsSuperUser(ctx context.Context, identityID, accountID string, at time.Time) (bool, error)
	// ActivityByID gives the activity that a decided letter tells of, with Actor and Subject, or NotFound.
	ActivityByID(ctx context.Context, id string) (*Activity, error)
	// MembershipByIdentity gives the identity's membership in the account with Identity, or NotFound.
	MembershipByIdentity(ctx context.Context, identityID, accountID string) (*Membership, error)
	// Notices lists the newest notices with Recipient, Account and Invitation, at most limit.
	Notices(ctx context.Context, limit int) ([]Notice, error)
	// Notice returns one notice with Recipient, Account, Subject and Invitation, or NotFound.
	Notice(ctx context.Context, id string) (*Notice, error)
}
