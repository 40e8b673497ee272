package app

import (
	"context"
	"slices"
	"time"
)

// MaxDecisions is how many memberships can be decided about at once: far more than a page of the list shows.
const MaxDecisions = 200

// Verdict is what a Super User decides about a pending membership.
type Verdict string

// The verdicts.
const (
	Accept Verdict = "accept"
	Reject Verdict = "reject"
)

// Decision is one Super User's verdict about some of the account's pending memberships.
type Decision struct {
	By      Actor
	Verdict Verdict
	IDs     []string // of the memberships, each once
	At      time.Time
	sealer  *Sealer
}

// DecisionRecord is what a verdict about one membership stores besides the membership itself.
type DecisionRecord struct {
	Activity   Activity
	Notices    []Notice      // to the person
	Activation *Confirmation // where the person cannot sign in yet and has no mail by which to mend that
}

// RecordFor gives what the verdict about a membership stores. It needs Identity. Whoever registered keeps the
// password and the confirmation that was mailed then. Whoever asked to be added with a login that was never
// proved to be theirs is mailed an activation, and the store forgets the password: a stranger may have chosen
// it (T-25).
func (d Decision) RecordFor(m Membership) DecisionRecord {
	what := d.By.newActivity(MemberRejected, d.At)
	letter := JoinRejected
	if d.Verdict == Accept {
		what.Event, letter = MemberAccepted, JoinAccepted
	}
	what.SubjectID = m.IdentityID
	told := newNotice(letter, m.ID, m.IdentityID, d.At)
	told.AccountID = m.AccountID
	done := DecisionRecord{Activity: what, Notices: []Notice{told}}
	if d.Verdict == Accept && m.needsActivation() {
		person := *m.Identity
		person.PasswordHash = ""
		sent := issueConfirmation(d.sealer, person, d.At)
		sent.Notice.AccountID, sent.Notice.SubjectID = m.AccountID, d.By.Identity.ID
		done.Activation, done.Notices = &sent.Confirmation, append(done.Notices, sent.Notice)
	}
	return done
}

// NoticeTo makes the notice that tells another Super User what was decided.
func (d DecisionRecord) NoticeTo(superUserID string) Notice {
	n := newNotice(MemberDecided, d.Activity.ID, superUserID, d.Activity.At)
	n.AccountID, n.SubjectID = d.Activity.AccountID, d.Activity.SubjectID
	return n
}

// DecisionResult is what became of a decision about several memberships.
type DecisionResult struct {
	Decided        []Membership // with Identity: those about whom it counts
	AlreadyDecided int          // about whom somebody else, or time, had decided already
}

// ApprovalStore keeps what is decided about pending memberships. Each method is one transaction.
type ApprovalStore interface {
	// PendingMembers lists pending memberships of an account with Identity, the one that waits longest first, at
	// most limit.
	PendingMembers(ctx context.Context, accountID string, after Cursor, limit int) ([]Membership, error)
	// PendingMembersByID gives those of the memberships that are pending in the account, with Identity.
	PendingMembersByID(ctx context.Context, accountID string, ids []string) ([]Membership, error)
	// PendingCount tells how many memberships of the account are pending.
	PendingCount(ctx context.Context, accountID string) (int, error)
	// DecidePending stores a decision with what it says about each membership, and a notice to each other Super
	// User of the account. Of two who decide about the same membership at once, one counts. Accepted memberships
	// are active, rejected ones gone with every session of their person. Ids that the account never had are
	// passed over. Forbidden: the actor is no Super User any more. NotFound: the account never had any of them.
	DecidePending(ctx context.Context, d Decision) (DecisionResult, error)
}

// Approvals are the rules by which Super Users let people in who wait.
type Approvals struct {
	Store  ApprovalStore
	Sealer *Sealer
	Clock  Clock
}

// Pending gives a page of those who wait, the longest first.
func (s Approvals) Pending(ctx context.Context, by Actor, after Cursor) (Page[Membership], error) {
	if err := by.requireSuperUser(); err != nil {
		return Page[Membership]{}, err
	}
	found, err := s.Store.PendingMembers(ctx, by.Account.ID, after, PageSize+1)
	return newPage(found), err
}

// Count tells how many wait; other members than Super Users are told of nobody.
func (s Approvals) Count(ctx context.Context, by Actor) (int, error) {
	if !by.SuperUser() {
		return 0, nil
	}
	return s.Store.PendingCount(ctx, by.Account.ID)
}

// PendingByID gives those of the memberships that still wait, for the question before they are rejected. It
// changes nothing. NotFound where none of them waits.
func (s Approvals) PendingByID(ctx context.Context, by Actor, ids []string) ([]Membership, error) {
	if err := by.requireSuperUser(); err != nil {
		return nil, err
	}
	ids, err := validIDs(ids)
	if err != nil {
		return nil, err
	}
	found, err := s.Store.PendingMembersByID(ctx, by.Account.ID, ids)
	if err == nil && len(found) == 0 {
		return nil, Refuse(NotFound, "pending_unknown")
	}
	return found, err
}

// Accept makes pending memberships active. Those about whom somebody else was faster are told apart. Problems
// where none is chosen, or too many are; NotFound where the account never had any of them.
func (s Approvals) Accept(ctx context.Context, by Actor, ids []string) (DecisionResult, error) {
	return s.decide(ctx, Decision{By: by, Verdict: Accept, IDs: ids})
}

// Reject ends pending memberships; the logins of their people stay. It answers as Accept does.
func (s Approvals) Reject(ctx context.Context, by Actor, ids []string) (DecisionResult, error) {
	return s.decide(ctx, Decision{By: by, Verdict: Reject, IDs: ids})
}

func (s Approvals) decide(ctx context.Context, d Decision) (DecisionResult, error) {
	if err := d.By.requireSuperUser(); err != nil {
		return DecisionResult{}, err
	}
	var err error
	if d.IDs, err = validIDs(d.IDs); err != nil {
		return DecisionResult{}, err
	}
	d.At, d.sealer = s.Clock.Now(), s.Sealer
	return s.Store.DecidePending(ctx, d)
}

// validIDs gives the ids that can be some, each once. What is no id is nobody's.
func validIDs(ids []string) ([]string, error) {
	if len(ids) == 0 {
		return nil, Problem("member", "pending_none_chosen")
	}
	if len(ids) > MaxDecisions {
		return nil, Problem("member", "pending_too_many", "Max", MaxDecisions)
	}
	ids = slices.Sorted(slices.Values(ids))
	ids = slices.DeleteFunc(slices.Compact(ids), func(id string) bool { return !IsID(id) })
	if len(ids) == 0 {
		return nil, Refuse(NotFound, "pending_unknown")
	}
	return ids, nil
}
