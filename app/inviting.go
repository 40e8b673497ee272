package app

import (
	"context"
	"errors"
	"time"
)

// Invitations are the rules of mailing the registration link, for its Super Users.
type Invitations struct {
	Store  InvitationStore
	Sealer *Sealer
	Clock  Clock
	Most   MaxDays // how long links work at most
}

// Send queues an invitation to each address of the form that is no member's and that the link has not invited before. Problems
// where an address is bad or not admitted by the link, or there are too many; Conflict where the account has no link that works.
func (s Invitations) Send(ctx context.Context, by Actor, form InvitationForm, languages []string) (Invited, error) {
	link, err := s.link(ctx, by)
	if err != nil {
		return Invited{}, err
	}
	addresses, problems := form.read(languages)
	problems.Add("addresses", link.notAdmitted(addresses))
	if err := problems.Err(); err != nil {
		return Invited{}, err
	}
	at := s.Clock.Now()
	batch := Batch{Activity: by.done(InvitationsSent, at)}
	batchID := NewID()
	for _, a := range addresses {
		batch.add(Invitation{
			ID: NewID(), AccountID: by.Account.ID, LinkID: link.ID, BatchID: batchID, Email: a.Email, EmailKey: a.Key,
			Language: form.Language, SentByID: by.Identity.ID, CreatedAt: at,
		}, at)
	}
	done, err := s.Store.AddInvitations(ctx, batch.Without(), at.Add(-24*time.Hour))
	if errors.Is(err, TooMany) {
		return done, Problem("addresses", "invitations_too_many", "Max", MaxInvitationsADay)
	}
	return done, err
}

// add puts an invitation and the notice that carries it into the batch.
func (b *Batch) add(i Invitation, at time.Time) {
	n := newNotice(Invite, i.ID, "", at)
	n.AccountID, n.SubjectID = i.AccountID, i.SentByID
	i.NoticeID = n.ID
	b.Invitations = append(b.Invitations, i)
	b.Notices = append(b.Notices, n)
}

// link is the one that the acting Super User may mail: it lets people in, and its address can be read.
func (s Invitations) link(ctx context.Context, by Actor) (*Link, error) {
	if err := by.mustBeSuper(); err != nil {
		return nil, err
	}
	link, err := s.Store.CurrentLink(ctx, by.Account.ID)
	if errors.Is(err, NotFound) {
		return nil, Refuse(Conflict, "invitations_no_link")
	}
	if err != nil {
		return nil, err
	}
	if _, ok := link.mailable(s.Sealer, s.Clock.Now(), s.Most); !ok {
		return nil, Refuse(Conflict, "invitations_no_link")
	}
	return link, nil
}

// notAdmitted names the first of these addresses that could not register by the link, and says how many there are.
func (l Link) notAdmitted(addresses []Address) Message {
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
	why := l.emailRefusal(first.Key)
	return Say("addresses_not_admitted", "Count", count, "Email", first.Email, "Domains", why.Values["Domains"])
}

// Works tells whether the acting Super User's account has a link that can be mailed.
func (s Invitations) Works(ctx context.Context, by Actor) (bool, error) {
	_, err := s.link(ctx, by)
	if errors.Is(err, Conflict) {
		return false, nil
	}
	return err == nil, err
}

// mailable gives the link's token, where the link lets people in at that time.
func (l Link) mailable(sealer *Sealer, at time.Time, most MaxDays) (string, bool) {
	if l.State(at, most) != LinkActive {
		return "", false
	}
	token, err := sealer.Open(l.purpose(), l.TokenBox)
	return token, err == nil
}

// InvitationPage is one page of the list.
type InvitationPage struct {
	Invitations []Invitation // with Registered, SentBy and Notice
	Next        Cursor       // of the page after it; zero on the last one
}

// List gives a page of the account's invitations, newest first.
func (s Invitations) List(ctx context.Context, by Actor, after Cursor) (InvitationPage, error) {
	if err := by.mustBeSuper(); err != nil {
		return InvitationPage{}, err
	}
	found, err := s.Store.Invitations(ctx, by.Account.ID, after, InvitationsPageSize+1)
	if err != nil || len(found) <= InvitationsPageSize {
		return InvitationPage{Invitations: found}, err
	}
	last := found[InvitationsPageSize-1]
	return InvitationPage{Invitations: found[:InvitationsPageSize], Next: Cursor{At: last.CreatedAt, ID: last.ID}}, nil
}

// Progress tells how far a batch is, or NotFound.
func (s Invitations) Progress(ctx context.Context, by Actor, batchID string) (Progress, error) {
	if err := by.mustBeSuper(); err != nil {
		return Progress{}, err
	}
	if !IsID(batchID) {
		return Progress{}, Refuse(NotFound, "batch_unknown")
	}
	return s.Store.Progress(ctx, by.Account.ID, batchID)
}

// SendAgain queues one more mail of an invitation, with the account's current link. Conflict where its mail is still on the way,
// its person has registered, or the link does not admit the address (any more); TooMany within ten minutes after its last mail.
func (s Invitations) SendAgain(ctx context.Context, by Actor, id string) (*Invitation, error) {
	link, err := s.link(ctx, by)
	if err != nil {
		return nil, err
	}
	invitation, err := s.invitation(ctx, by, id)
	if err != nil {
		return nil, err
	}
	at := s.Clock.Now()
	if err := invitation.mayBeSentAgain(at); err != nil {
		return nil, err
	}
	if m := link.emailRefusal(invitation.EmailKey); m.ID != "" {
		return nil, &Error{Kind: Conflict, Message: m}
	}
	last := invitation.NoticeID
	invitation.LinkID = link.ID
	again := Batch{Activity: by.done(InvitationsSent, at)}
	again.add(*invitation, at)
	err = s.Store.SendInvitation(ctx, again.Without(), last, at.Add(-24*time.Hour))
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

func (i Invitation) mayBeSentAgain(at time.Time) error {
	switch i.State() {
	case InvitationRegistered:
		return Refuse(Conflict, "invitation_registered", "Email", i.Email)
	case InvitationWaiting:
		return Refuse(Conflict, "invitation_waiting", "Email", i.Email)
	case InvitationSkipped: // nobody was mailed
		return nil
	}
	if left := i.Notice.CreatedAt.Add(InviteAgainAfter).Sub(at); left > 0 {
		return Refuse(TooMany, "invitation_too_soon", "Email", i.Email, "Seconds", int(left.Seconds())+1)
	}
	return nil
}
