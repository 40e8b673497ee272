package app

import (
	"context"
	"errors"
	"time"
)

// LinkJoiners are those who came into an account by one of its links, from a moment on, and whom an actor may
// take out again: active and pending members, but never the actor, so that somebody is left who can put right
// what was wrong.
type LinkJoiners struct {
	By     Actor
	LinkID string
	Since  time.Time
}

// SuspendPreview is whom suspending newcomers would meet.
type SuspendPreview struct {
	Since      time.Time // from when on they came
	Count      int
	SuperUsers int          // Super Users among them
	Newest     []Membership // the newest, with Identity; at most previewSize
}

const previewSize = 10

// LinkHistoryStore keeps what was of an account's links. Each method is one read or one transaction.
type LinkHistoryStore interface {
	// Links lists an account's links, dead and alive, with GeneratedBy, Creator and EndedBy, newest
	// first, at most limit.
	Links(ctx context.Context, accountID string, after Cursor, limit int) ([]Link, error)
	// Link gives a link of the account with GeneratedBy, Creator and EndedBy, or NotFound.
	Link(ctx context.Context, accountID, linkID string) (*Link, error)
	// Members lists memberships of an account with Identity and CreatedBy, newest first, at most limit.
	Members(ctx context.Context, accountID string, q MemberQuery, limit int) ([]Membership, error)
	// PreviewLinkSuspend counts newcomers, and gives the newest with Identity, at most limit.
	PreviewLinkSuspend(ctx context.Context, n LinkJoiners, limit int) (SuspendPreview, error)
	// SuspendLinkJoiners suspends them all at once, ends every session of theirs, stops the link where a Super
	// User among them generated it, and stores the activities: what, with the number, and one of its kind about
	// each person. It gives the number; where it is none, nothing is stored. Forbidden: the actor is no active
	// Super User any more. Conflict: no Super User would be left.
	SuspendLinkJoiners(ctx context.Context, n LinkJoiners, what Activity) (int, error)
}

// LinkHistory are the rules of looking back at links: who came by which, and what to do when one has leaked.
// They are for Super Users.
type LinkHistory struct {
	Store      LinkHistoryStore
	Clock      Clock
	MaxLinkAge MaxLinkAge // how long links work at most
}

// List gives a page of the account's links, the newest first, with GeneratedBy, Creator and EndedBy.
func (s LinkHistory) List(ctx context.Context, by Actor, after Cursor) (Page[Link], error) {
	if err := by.requireSuperUser(); err != nil {
		return Page[Link]{}, err
	}
	found, err := s.Store.Links(ctx, by.Account.ID, after, PageSize+1)
	return newPage(found), err
}

// Link gives one link of the account, dead or alive. One of another account does not exist.
func (s LinkHistory) Link(ctx context.Context, by Actor, linkID string) (*Link, error) {
	if err := by.requireSuperUser(); err != nil {
		return nil, err
	}
	if !IsID(linkID) {
		return nil, Refuse(NotFound, "past_link_unknown")
	}
	link, err := s.Store.Link(ctx, by.Account.ID, linkID)
	if errors.Is(err, NotFound) {
		return nil, Refuse(NotFound, "past_link_unknown")
	}
	return link, err
}

// MembersByLink gives a page of those who came by a link from that time on, whatever has become of them, the
// newest first.
func (s LinkHistory) MembersByLink(
	ctx context.Context, by Actor, link Link, since time.Time, after Cursor,
) (Page[Membership], error) {
	if err := by.requireSuperUser(); err != nil {
		return Page[Membership]{}, err
	}
	q := MemberQuery{LinkID: link.ID, Since: link.clampSince(since), After: after}
	found, err := s.Store.Members(ctx, by.Account.ID, q, PageSize+1)
	return newPage(found), err
}

// Newest returns the newest who came by a link, at most limit.
func (s LinkHistory) Newest(ctx context.Context, by Actor, link Link, limit int) ([]Membership, error) {
	if err := by.requireSuperUser(); err != nil {
		return nil, err
	}
	return s.Store.Members(ctx, by.Account.ID, MemberQuery{LinkID: link.ID}, limit)
}

// PreviewSuspend tells whom Suspend would suspend.
func (s LinkHistory) PreviewSuspend(ctx context.Context, by Actor, link Link, since time.Time) (SuspendPreview, error) {
	if err := by.requireSuperUser(); err != nil {
		return SuspendPreview{}, err
	}
	n := LinkJoiners{By: by, LinkID: link.ID, Since: link.clampSince(since)}
	affected, err := s.Store.PreviewLinkSuspend(ctx, n, previewSize)
	affected.Since = n.Since
	return affected, err
}

// Suspend suspends everybody who came by a link from that time on, but for the actor, and gives their number.
// Pending people are suspended too, so that nobody accepts them by mistake. Of two Super Users who do it at
// once, each person is counted by one.
func (s LinkHistory) Suspend(ctx context.Context, by Actor, link Link, since time.Time) (int, error) {
	if err := by.requireSuperUser(); err != nil {
		return 0, err
	}
	n := LinkJoiners{By: by, LinkID: link.ID, Since: link.clampSince(since)}
	return s.Store.SuspendLinkJoiners(ctx, n, by.newActivity(LinkJoinersSuspended, s.Clock.Now()))
}

// The moments that are offered beside a typed one.
const (
	SinceLastDay  = "24h"
	SinceLastWeek = "7d"
)

// ParseSince reads from when on somebody asks who came by a link: SinceLastDay, SinceLastWeek, a day, or a
// day and a time, both in UTC. Empty is the zero time: whenever they came.
func ParseSince(text string, now time.Time) (time.Time, error) {
	switch text {
	case "":
		return time.Time{}, nil
	case SinceLastDay:
		return now.AddDate(0, 0, -1), nil
	case SinceLastWeek:
		return now.AddDate(0, 0, -7), nil
	}
	for _, layout := range []string{time.DateOnly, "2006-01-02T15:04", SinceLayout} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.Truncate(time.Microsecond), nil
		}
	}
	return time.Time{}, Problem("since", "since_invalid")
}

// SinceLayout writes a moment as exactly as it is kept, so that ParseSince reads the same one.
const SinceLayout = "2006-01-02T15:04:05.999999"
