package app

import (
	"context"
	"time"
)

// Letter is what a notice says.
type Letter string

// The letters.
const (
	ConfirmAddress   Letter = "confirm"    // to a new user: confirm your address
	ActivateLogin    Letter = "activate"   // to somebody whom a Super User created: set a password
	AddedToAccount   Letter = "added"      // to somebody with a login: you are a member of another account now
	PersonRegistered Letter = "registered" // to a Super User: somebody registered
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

// Notice is an email that we owe somebody. It is written in the transaction that causes it and delivered at least once. It holds no
// text and no secret: the mail is written from the ids when it is sent.
type Notice struct {
	ID          string `bun:",pk"` // also the local part of the mail's Message-ID, the same at every try
	Letter      Letter
	EventID     string // the registration, confirmation or membership that it tells of; unique with recipient and letter
	RecipientID string
	AccountID   string `bun:",nullzero"`
	SubjectID   string `bun:",nullzero"` // the identity whom it is about, where that is not the recipient
	Delivery    Delivery
	Attempts    int
	NextTryAt   time.Time
	LeaseUntil  *time.Time // a worker is sending it until then at the latest
	LastError   string     // what the mail server said at the last try, shortened; for operators
	CreatedAt   time.Time
	SentAt      *time.Time

	Recipient *Identity `bun:"rel:belongs-to,join:recipient_id=id"`
	Account   *Account  `bun:"rel:belongs-to,join:account_id=id"`
	Subject   *Identity `bun:"rel:belongs-to,join:subject_id=id"`
}

// newNotice is a notice that is due at once.
func newNotice(letter Letter, eventID, recipientID string, at time.Time) Notice {
	return Notice{
		ID: NewID(), Letter: letter, EventID: eventID, RecipientID: recipientID,
		Delivery: Queued, NextTryAt: at, CreatedAt: at,
	}
}

// Lease is how long a worker may hold a notice; it is longer than any mail server may take to answer.
const Lease = 2 * time.Minute

// NoticeStore is the outbox.
type NoticeStore interface {
	// ClaimNotices leases up to limit notices that are due, each to one worker only, and gives them with Recipient, Account
	// and Subject. A lease that ran out is due again.
	ClaimNotices(ctx context.Context, at time.Time, limit int) ([]Notice, error)
	// SettleNotice stores how a try ended: Delivery, Attempts, NextTryAt, LastError and SentAt. It frees the lease.
	SettleNotice(ctx context.Context, notice Notice) error
	// ConfirmationOf gives the confirmation that a confirm or activate letter carries, or NotFound.
	ConfirmationOf(ctx context.Context, id string) (*Confirmation, error)
	// IsSuperUser tells whether the identity is, at that moment, an active Super User of the account.
	IsSuperUser(ctx context.Context, identityID, accountID string) (bool, error)
}

// OutboxList is what an operator sees of the outbox.
type OutboxList interface {
	// Notices lists the newest notices with Recipient and Account, at most limit.
	Notices(ctx context.Context, limit int) ([]Notice, error)
	// Notice gives one with Recipient, Account and Subject, or NotFound.
	Notice(ctx context.Context, id string) (*Notice, error)
}

// Outbox gives the notices that are due and keeps what became of them.
type Outbox struct {
	Store  NoticeStore
	Sealer *Sealer
	Clock  Clock
}

// Due is a notice to be sent now, with the token that its letter needs (empty for letters without one).
type Due struct {
	Notice Notice
	Token  string
	Until  time.Time // until when the token works; zero for letters without one
}

// Claim leases up to limit notices that are due. Those that no longer hold (the confirmation is used, the recipient is no
// Super User any more) are settled as skipped and left out.
func (o Outbox) Claim(ctx context.Context, limit int) ([]Due, error) {
	at := o.Clock.Now()
	notices, err := o.Store.ClaimNotices(ctx, at, limit)
	if err != nil {
		return nil, err
	}
	due := make([]Due, 0, len(notices))
	for _, n := range notices {
		d, holds, err := o.prepare(ctx, n, at)
		if err != nil {
			return nil, err
		}
		if !holds {
			n.Delivery = Skipped
			if err := o.Store.SettleNotice(ctx, n); err != nil {
				return nil, err
			}
			continue
		}
		due = append(due, d)
	}
	return due, nil
}

func (o Outbox) prepare(ctx context.Context, n Notice, at time.Time) (Due, bool, error) {
	switch n.Letter {
	case PersonRegistered:
		super, err := o.Store.IsSuperUser(ctx, n.RecipientID, n.AccountID)
		return Due{Notice: n}, super, err
	case ConfirmAddress, ActivateLogin:
		return o.withToken(ctx, n, at)
	}
	return Due{Notice: n}, true, nil
}

func (o Outbox) withToken(ctx context.Context, n Notice, at time.Time) (Due, bool, error) {
	c, err := o.Store.ConfirmationOf(ctx, n.EventID)
	if err != nil {
		return Due{}, false, err
	}
	if !c.Open(at) {
		return Due{}, false, nil
	}
	token, err := o.Sealer.Open(c.purpose(), c.TokenBox)
	if err != nil {
		return Due{}, false, nil //nolint:nilerr // sealed with another key: the mail can never be written, a new one can be asked for
	}
	return Due{Notice: n, Token: token, Until: c.ExpiresAt}, true, nil
}

// Delivered settles a notice that the mail server took.
func (o Outbox) Delivered(ctx context.Context, n Notice) error {
	at := o.Clock.Now()
	n.Delivery, n.SentAt, n.LastError = Sent, &at, ""
	n.Attempts++
	return o.Store.SettleNotice(ctx, n)
}

// giveUpAfter is how long a notice is tried, as long as mail servers do (RFC 5321, 4.5.4.1: several days).
const giveUpAfter = 72 * time.Hour

// NotDelivered settles a try that failed. It is tried again after a pause that doubles from 30 seconds to two hours, unless the
// refusal is for good (SMTP 5xx) or three days have passed.
func (o Outbox) NotDelivered(ctx context.Context, n Notice, reason string, forGood bool) error {
	at := o.Clock.Now()
	n.Attempts++
	n.LastError = shorten(reason, 300)
	n.NextTryAt = at.Add(pause(n.Attempts))
	if forGood || n.NextTryAt.Sub(n.CreatedAt) > giveUpAfter {
		n.Delivery = Failed
	}
	return o.Store.SettleNotice(ctx, n)
}

func pause(attempts int) time.Duration {
	const first, longest = 30 * time.Second, 2 * time.Hour
	if attempts > 9 {
		return longest
	}
	return min(first<<(attempts-1), longest)
}

func shorten(s string, limit int) string {
	runes := []rune(s)
	if len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return s
}
