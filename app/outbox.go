package app

import (
	"context"
	"errors"
	"time"
)

// Outbox gives the notices that are due and keeps what became of them.
type Outbox struct {
	Store      NoticeStore
	Sealer     *Sealer
	Clock      Clock
	MaxLinkAge MaxLinkAge // how long links work at most
}

// OutgoingMail is a notice to be sent now, with the token that its letter needs (empty for letters without one).
type OutgoingMail struct {
	Notice Notice
	Token  string
	Until  time.Time         // until when the token works; zero for letters without one
	Change *CredentialChange // what a letter about a credential tells of; nil for others

	Decided  *Activity   // what a decided letter tells of
	Member   *Membership // whom a reminder or an expiring letter is about, as they stand now
	Operator bool        // a reminder goes to the recipient as an operator
}

// Claim leases up to limit notices that are due. Those that no longer hold (the confirmation is used, the
// recipient is no Super User any more) are settled as skipped and left out. Those that cannot be read now are
// put off, and the error tells why: what is given besides it is leased and to be sent all the same.
func (o Outbox) Claim(ctx context.Context, limit int) ([]OutgoingMail, error) {
	notices, err := o.Store.ClaimNotices(ctx, o.Clock.Now(), limit)
	if err != nil {
		return nil, err
	}
	due := make([]OutgoingMail, 0, len(notices))
	var failed []error
	for _, n := range notices {
		d, holds, err := o.Prepare(ctx, n)
		if err == nil && holds {
			due = append(due, d)
			continue
		}
		failed = append(failed, err, o.skipOrDefer(ctx, n, err != nil))
	}
	return due, errors.Join(failed...)
}

// deferFor is how long a notice that cannot be read here lies before somebody tries again: long enough for
// another server to come first, and for this one to see to those behind it.
const deferFor = 30 * time.Second

// skipOrDefer frees a notice that is not sent now, for later or for good.
func (o Outbox) skipOrDefer(ctx context.Context, n Notice, forLater bool) error {
	if forLater {
		n.NextTryAt = o.Clock.Now().Add(deferFor)
	} else {
		n.Delivery = Skipped
	}
	return o.Store.SettleNotice(ctx, n)
}

// Prepare gives a notice with what its letter needs, and false where it can or should no longer be written:
// its secret was used, replaced or given up, its link lets nobody in any more, or its recipient is no Super
// User any more. Unavailable where its secret is sealed with a key that the installation has and this server
// has not.
func (o Outbox) Prepare(ctx context.Context, n Notice) (OutgoingMail, bool, error) {
	switch n.Kind {
	case PersonRegistered, ApprovalNeeded, RefusalAlert:
		super, err := o.isSuperUser(ctx, n)
		return OutgoingMail{Notice: n}, super, err
	case ConfirmAddress, ActivateLogin:
		return o.withToken(ctx, n, o.Clock.Now())
	case JoinAccount:
		return o.withRequest(ctx, n, o.Clock.Now())
	case Invite:
		return o.withLink(ctx, n, o.Clock.Now())
	case ResetPassword:
		return o.withReset(ctx, n)
	case PasswordWasChanged, FactorWasChanged, SSOWasChanged:
		return o.withChange(ctx, n)
	case MemberDecided:
		return o.withDecision(ctx, n)
	case ApprovalReminder, MembershipEnding:
		return o.withMember(ctx, n)
	}
	return OutgoingMail{Notice: n}, true, nil
}

// outboxListed is how many notices an operator sees.
const outboxListed = 200

// List returns the newest notices. Only operators see them.
func (o Outbox) List(ctx context.Context, by Actor) ([]Notice, error) {
	if err := by.requireOperator(); err != nil {
		return nil, err
	}
	return o.Store.Notices(ctx, outboxListed)
}

// Read returns a notice and the mail that would be sent now, so that an operator can hand it over if there is no
// mail server. The mail is nil if it can or should no longer be written.
func (o Outbox) Read(ctx context.Context, by Actor, id string) (*Notice, *OutgoingMail, error) {
	if err := by.requireOperator(); err != nil {
		return nil, nil, err
	}
	if !IsID(id) {
		return nil, nil, Refuse(NotFound, "page_unknown")
	}
	n, err := o.Store.Notice(ctx, id)
	if err != nil {
		return nil, nil, err
	}
	due, holds, err := o.Prepare(ctx, *n)
	if err != nil || !holds {
		return n, nil, err
	}
	return n, &due, nil
}

func (o Outbox) withChange(ctx context.Context, n Notice) (OutgoingMail, bool, error) {
	change, err := o.Store.CredentialChangeByID(ctx, n.EventID)
	if err != nil {
		return OutgoingMail{}, false, ignoreNotFound(err)
	}
	return OutgoingMail{Notice: n, Change: change}, true, nil
}

func (o Outbox) isSuperUser(ctx context.Context, n Notice) (bool, error) {
	return o.Store.IsSuperUser(ctx, n.RecipientID, n.AccountID, o.Clock.Now())
}

// Delivered settles a notice that the mail server took.
func (o Outbox) Delivered(ctx context.Context, n Notice) error {
	at := o.Clock.Now()
	n.Delivery, n.SentAt, n.LastError = Sent, &at, ""
	n.Attempts++
	return o.Store.SettleNotice(ctx, n)
}

// maxAttempts is how often a notice is tried: with the pauses between them for three days, about as long as
// mail servers try (RFC 5321, 4.5.4.1). Days without a mail server do not count, for a first try is often put
// off (greylisting).
const maxAttempts = 43

// NotDelivered settles a try that failed. It is tried again after a pause that doubles from 30 seconds to two
// hours, unless the refusal is for good (SMTP 5xx) or it was tried for three days.
func (o Outbox) NotDelivered(ctx context.Context, n Notice, reason string, forGood bool) error {
	at := o.Clock.Now()
	n.Attempts++
	n.LastError = shorten(reason, 300)
	n.NextTryAt = at.Add(retryDelay(n.Attempts))
	if forGood || n.Attempts >= maxAttempts {
		n.Delivery = Failed
	}
	return o.Store.SettleNotice(ctx, n)
}

func retryDelay(attempts int) time.Duration {
	const first, longest = 30 * time.Second, 2 * time.Hour
	if attempts > 9 {
		return longest
	}
	return min(first<<(attempts-1), longest)
}

// withDecision reads a decided letter, for whoever still is a Super User.
func (o Outbox) withDecision(ctx context.Context, n Notice) (OutgoingMail, bool, error) {
	super, err := o.isSuperUser(ctx, n)
	if err != nil || !super {
		return OutgoingMail{}, false, err
	}
	what, err := o.Store.ActivityByID(ctx, n.EventID)
	if err != nil {
		return OutgoingMail{}, false, ignoreNotFound(err)
	}
	return OutgoingMail{Notice: n, Decided: what}, true, nil
}

// withMember reads a letter about where somebody stands, which has to be so still: who was accepted needs no
// reminder, and a membership whose end was taken away has none to tell of.
func (o Outbox) withMember(ctx context.Context, n Notice) (OutgoingMail, bool, error) {
	m, err := o.Store.MembershipByIdentity(ctx, n.SubjectID, n.AccountID)
	if errors.Is(err, NotFound) {
		return OutgoingMail{}, false, nil
	}
	if err != nil {
		return OutgoingMail{}, false, err
	}
	holds := m.Status == Pending
	if n.Kind == MembershipEnding {
		holds = m.expiresSoon(o.Clock.Now())
	}
	if !holds {
		return OutgoingMail{}, false, nil
	}
	due := OutgoingMail{Notice: n, Member: m}
	if n.Kind == MembershipEnding && n.RecipientID == n.SubjectID {
		return due, true, nil
	}
	super, err := o.isSuperUser(ctx, n)
	due.Operator = !super && n.Kind == ApprovalReminder && n.Recipient != nil && n.Recipient.Operator
	return due, super || due.Operator, err
}

// withReset leaves out what nobody may read any more: the link of a person who was suspended meanwhile, and
// one that was delivered. It opens a login to whoever has it, so operators see it only as long as they may
// have to hand it over.
func (o Outbox) withReset(ctx context.Context, n Notice) (OutgoingMail, bool, error) {
	if n.Delivery == Sent || (n.Recipient != nil && n.Recipient.SuspendedAt != nil) {
		return OutgoingMail{}, false, nil
	}
	return o.withToken(ctx, n, o.Clock.Now())
}

func (o Outbox) withToken(ctx context.Context, n Notice, at time.Time) (OutgoingMail, bool, error) {
	c, err := o.Store.ConfirmationByID(ctx, n.EventID)
	if err != nil {
		return OutgoingMail{}, false, ignoreNotFound(err)
	}
	if !c.Usable(at) {
		return OutgoingMail{}, false, nil
	}
	token, holds, err := o.openToken(ctx, c.sealPurpose(), c.TokenBox)
	return OutgoingMail{Notice: n, Token: token, Until: c.ExpiresAt}, holds, err
}

func (o Outbox) withRequest(ctx context.Context, n Notice, at time.Time) (OutgoingMail, bool, error) {
	r, err := o.Store.JoinRequestByID(ctx, n.EventID)
	if err != nil {
		return OutgoingMail{}, false, ignoreNotFound(err)
	}
	if !r.Usable(at) {
		return OutgoingMail{}, false, nil
	}
	token, holds, err := o.openToken(ctx, r.sealPurpose(), r.TokenBox)
	return OutgoingMail{Notice: n, Token: token, Until: r.ExpiresAt}, holds, err
}

// withLink opens the link at the last moment, so that nobody is mailed a dead one. Once it is delivered, it
// is the Super Users' alone again, and operators have nothing to hand over.
func (o Outbox) withLink(ctx context.Context, n Notice, at time.Time) (OutgoingMail, bool, error) {
	if n.Delivery == Sent {
		return OutgoingMail{}, false, nil
	}
	invitation, err := o.Store.InvitationByID(ctx, n.EventID)
	if err != nil {
		return OutgoingMail{}, false, ignoreNotFound(err)
	}
	link := invitation.Link
	if link.State(at, o.MaxLinkAge) != LinkActive || !link.AdmitsEmail(invitation.EmailKey) {
		return OutgoingMail{}, false, nil
	}
	token, holds, err := o.openToken(ctx, link.sealPurpose(), link.TokenBox)
	n.Invitation = invitation
	return OutgoingMail{Notice: n, Token: token}, holds, err
}

// openToken reads a secret, and gives false where nobody can any more: its box is damaged, or its key was
// given up. A key that the database still names is another server's to use, and the mail must not be lost
// with this one.
func (o Outbox) openToken(ctx context.Context, purpose string, box []byte) (string, bool, error) {
	token, err := o.Sealer.Open(purpose, box)
	if !errors.Is(err, errKeyUnknown) {
		return token, err == nil, nil // damaged: the mail can never be written, a new one can be asked for
	}
	row, err := o.Store.Installation(ctx)
	if err != nil {
		return "", false, err
	}
	if row.needsKeyFor(box) {
		return "", false, Refuse(Unavailable, "key_elsewhere")
	}
	return "", false, nil
}
