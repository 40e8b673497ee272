package app

import (
	"context"
	"errors"
)

// Joining is everything that a confirmed request stores, in one transaction.
type Joining struct {
	Request    JoinRequest
	Membership Membership
	Activity   Activity
	Most       MaxDays // how long the link works at most
}

// Under gives the membership as the link has it at the moment of storing, or Gone where it does not admit the person any more. The link
// needs GeneratedBy and Creator, and counts no use.
func (j Joining) Under(link Link) (Membership, error) {
	m := j.Membership
	if !j.Request.admittedBy(link, m.JoinedAt, j.Most) {
		return Membership{}, Refuse(Gone, "join_over")
	}
	m.Role = link.Role
	return m, nil
}

// NoticeTo makes the notice that tells a Super User of who waits to be accepted.
func (j Joining) NoticeTo(superUserID string) Notice {
	n := newNotice(ApprovalNeeded, j.Membership.ID, superUserID, j.Membership.JoinedAt)
	n.AccountID, n.SubjectID = j.Membership.AccountID, j.Membership.IdentityID
	return n
}

// Join makes the person of a request a pending member, who waits for a Super User. It proves nothing about the login: its address is
// confirmed elsewhere (T-25). Doing it twice is no error.
func (s JoinRequests) Join(ctx context.Context, token string, by Client) (Asked, error) {
	asked, err := s.Look(ctx, token)
	if err != nil || asked.Member != nil {
		return asked, err
	}
	j := s.joining(asked.Request, by)
	err = s.Store.Join(ctx, j)
	if errors.Is(err, Gone) || errors.Is(err, Conflict) { // perhaps a second press of the same button was faster
		if again, lookErr := s.Look(ctx, token); lookErr == nil && again.Member != nil {
			return again, nil
		}
	}
	asked.Member = &j.Membership
	return asked, err
}

func (s JoinRequests) joining(r JoinRequest, by Client) Joining {
	at := s.Clock.Now()
	return Joining{
		Request: r,
		Membership: Membership{
			ID: NewID(), IdentityID: r.IdentityID, AccountID: r.AccountID, Role: r.Link.Role, Status: Pending,
			JoinedBy: ByRequest, LinkID: r.LinkID, JoinedAt: at,
		},
		Activity: Activity{
			ID: NewID(), AccountID: r.AccountID, At: at, Event: JoinRequested,
			ActorID: r.IdentityID, SubjectID: r.IdentityID, Address: by.Address,
		},
		Most: s.Most,
	}
}

// LetsIn tells whether somebody who asked to be added is let in without having been accepted: suspended while pending, and reinstated. As
// with being accepted, a password that nobody has proven to be theirs does not count then (T-25).
func (c MembershipChange) LetsIn() bool {
	return c.Was.JoinedBy == ByRequest && c.Was.Status == Suspended && c.Is.Status == Active
}
