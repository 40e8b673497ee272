package app

import (
	"context"
	"errors"
	"time"
)

// withReset leaves out what nobody may read any more: the link of a person who was suspended meanwhile, and one that was delivered. It
// opens a login to whoever has it, so operators see it only as long as they may have to hand it over.
func (o Outbox) withReset(ctx context.Context, n Notice) (Due, bool, error) {
	if n.Delivery == Sent || (n.Recipient != nil && n.Recipient.SuspendedAt != nil) {
		return Due{}, false, nil
	}
	return o.withToken(ctx, n, o.Clock.Now())
}

func (o Outbox) withToken(ctx context.Context, n Notice, at time.Time) (Due, bool, error) {
	c, err := o.Store.ConfirmationOf(ctx, n.EventID)
	if err != nil {
		return Due{}, false, unlessNotFound(err)
	}
	if !c.Open(at) {
		return Due{}, false, nil
	}
	token, holds, err := o.open(ctx, c.purpose(), c.TokenBox)
	return Due{Notice: n, Token: token, Until: c.ExpiresAt}, holds, err
}

func (o Outbox) withRequest(ctx context.Context, n Notice, at time.Time) (Due, bool, error) {
	r, err := o.Store.RequestOf(ctx, n.EventID)
	if err != nil {
		return Due{}, false, unlessNotFound(err)
	}
	if !r.Open(at) {
		return Due{}, false, nil
	}
	token, holds, err := o.open(ctx, r.purpose(), r.TokenBox)
	return Due{Notice: n, Token: token, Until: r.ExpiresAt}, holds, err
}

// withLink opens the link at the last moment, so that nobody is mailed a dead one. Once it is delivered, it is the Super Users' alone
// again, and operators have nothing to hand over.
func (o Outbox) withLink(ctx context.Context, n Notice, at time.Time) (Due, bool, error) {
	if n.Delivery == Sent {
		return Due{}, false, nil
	}
	invitation, err := o.Store.InvitationOf(ctx, n.EventID)
	if err != nil {
		return Due{}, false, unlessNotFound(err)
	}
	link := invitation.Link
	if link.State(at, o.Most) != LinkActive || !link.AdmitsEmail(invitation.EmailKey) {
		return Due{}, false, nil
	}
	token, holds, err := o.open(ctx, link.purpose(), link.TokenBox)
	n.Invitation = invitation
	return Due{Notice: n, Token: token}, holds, err
}

// open reads a secret, and gives false where nobody can any more: its box is damaged, or its key was given up. A key that the database
// still names is another server's to use, and the mail must not be lost with this one.
func (o Outbox) open(ctx context.Context, purpose string, box []byte) (string, bool, error) {
	token, err := o.Sealer.Open(purpose, box)
	if !errors.Is(err, errKeyUnknown) {
		return token, err == nil, nil // damaged: the mail can never be written, a new one can be asked for
	}
	row, err := o.Store.Installation(ctx, Installation{})
	if err != nil {
		return "", false, err
	}
	if row.needsKeyOf(box) {
		return "", false, Refuse(Unavailable, "key_elsewhere")
	}
	return "", false, nil
}
