package app

import (
	"context"
	"errors"
)

// withDecision reads a decided letter, for whoever still is a Super User.
func (o Outbox) withDecision(ctx context.Context, n Notice) (Due, bool, error) {
	super, err := o.isSuper(ctx, n)
	if err != nil || !super {
		return Due{}, false, err
	}
	what, err := o.Store.ActivityOf(ctx, n.EventID)
	if err != nil {
		return Due{}, false, unlessNotFound(err)
	}
	return Due{Notice: n, Decided: what}, true, nil
}

// withMember reads a letter about where somebody stands, which has to be so still: who was accepted needs no reminder, and a membership
// whose end was taken away has none to tell of.
func (o Outbox) withMember(ctx context.Context, n Notice) (Due, bool, error) {
	m, err := o.Store.MembershipOf(ctx, n.SubjectID, n.AccountID)
	if errors.Is(err, NotFound) {
		return Due{}, false, nil
	}
	if err != nil {
		return Due{}, false, err
	}
	holds := m.Status == Pending
	if n.Letter == MembershipEnding {
		holds = m.ending(o.Clock.Now())
	}
	if !holds {
		return Due{}, false, nil
	}
	due := Due{Notice: n, Member: m}
	if n.Letter == MembershipEnding && n.RecipientID == n.SubjectID {
		return due, true, nil
	}
	super, err := o.isSuper(ctx, n)
	due.Operator = !super && n.Letter == ApprovalReminder && n.Recipient != nil && n.Recipient.Operator
	return due, super || due.Operator, err
}
