package app_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// queue is an ApprovalStore in memory.
type queue struct {
	waiting []app.Membership
	asked   []string // accounts whose people were asked for
	decided []app.Decision
	outcome app.DecisionResult
}

func (q *queue) PendingMembers(_ context.Context, accountID string, _ app.Cursor, limit int) ([]app.Membership, error) {
	q.asked = append(q.asked, accountID)
	return q.waiting[:min(limit, len(q.waiting))], nil
}

func (q *queue) PendingMembersByID(_ context.Context, accountID string, ids []string) ([]app.Membership, error) {
	q.asked = append(q.asked, accountID)
	return slices.DeleteFunc(slices.Clone(q.waiting), func(m app.Membership) bool { return !slices.Contains(ids, m.ID) }),
		nil
}

func (q *queue) PendingCount(_ context.Context, accountID string) (int, error) {
	q.asked = append(q.asked, accountID)
	return len(q.waiting), nil
}

func (q *queue) DecidePending(_ context.Context, d app.Decision) (app.DecisionResult, error) {
	q.decided = append(q.decided, d)
	return q.outcome, nil
}

func newApprovals(t *testing.T) (app.Approvals, *queue) {
	t.Helper()
	store := &queue{}
	clock := &fakeClock{noon}
	return app.Approvals{Store: store, Sealer: newSealer(t), Clock: clock.now}, store
}

func TestApprovals_OnlyForSuperUsers(t *testing.T) {
	t.Parallel()
	for _, person := range actorCases() {
		approvals, store := newApprovals(t)
		id := app.NewID()
		store.waiting, store.outcome = []app.Membership{{ID: id}}, app.DecisionResult{AlreadyDecided: 1}
		_, list := approvals.Pending(t.Context(), person.actor, app.Cursor{})
		_, among := approvals.PendingByID(t.Context(), person.actor, []string{id})
		_, accept := approvals.Accept(t.Context(), person.actor, []string{id})
		_, reject := approvals.Reject(t.Context(), person.actor, []string{id})
		for name, err := range map[string]error{"list": list, "among": among, "accept": accept, "reject": reject} {
			if got := err == nil; got != person.isSuperUser {
				t.Errorf("%s by %s: got %v", name, person.name, err)
			}
			if !person.isSuperUser {
				wantRefusal(t, err, app.Forbidden, "super_users_only")
			}
		}
		count, err := approvals.Count(t.Context(), person.actor)
		wantNoError(t, err)
		if (count == 1) != person.isSuperUser || (len(store.asked) > 0) != person.isSuperUser ||
			(len(store.decided) == 2) != person.isSuperUser {
			t.Errorf("%s: counts %d, asked %d times, decided %d", person.name, count, len(store.asked), len(store.decided))
		}
	}
}

// What somebody chose may be nobody, too many, or nothing that there is; each id counts once.
func TestApprovals_DecideOnEachKnownIDOnce(t *testing.T) {
	t.Parallel()
	a, b := app.NewID(), app.NewID()
	many := make([]string, app.MaxDecisions+1)
	for i := range many {
		many[i] = app.NewID()
	}
	for _, test := range []struct {
		ids     []string
		want    []string
		problem string
		unknown bool
	}{
		{ids: nil, problem: "pending_none_chosen"},
		{ids: many, problem: "pending_too_many"},
		{ids: many[1:], want: many[1:]},
		{ids: []string{a, b, a}, want: []string{a, b}},
		{ids: []string{a, "", "x", a + "\x00", strings.ToLower(a), "' OR 1=1"}, want: []string{a}},
		{ids: []string{"", "%00", strings.Repeat("A", 5000)}, unknown: true},
	} {
		approvals, store := newApprovals(t)
		store.outcome.AlreadyDecided = 1
		_, err := approvals.Accept(t.Context(), newActor(app.SuperUser, app.Active), test.ids)
		switch {
		case test.problem != "":
			wantProblem(t, err, "member", test.problem)
		case test.unknown:
			wantRefusal(t, err, app.NotFound, "pending_unknown")
		default:
			wantNoError(t, err)
			slices.Sort(test.want)
			if got := store.decided[0].IDs; !slices.Equal(got, test.want) {
				t.Errorf("decided about %q, want %q", got, test.want)
			}
			continue
		}
		if len(store.decided) > 0 {
			t.Errorf("decided about %q", store.decided[0].IDs)
		}
	}
	approvals, _ := newApprovals(t)
	_, err := approvals.PendingByID(t.Context(), newActor(app.SuperUser, app.Active), []string{a})
	wantRefusal(t, err, app.NotFound, "pending_unknown")
}

func TestApprovals_PendingArePaged(t *testing.T) {
	t.Parallel()
	for _, count := range []int{0, app.PageSize, app.PageSize + 1} {
		approvals, store := newApprovals(t)
		for i := range count {
			store.waiting = append(store.waiting,
				app.Membership{ID: app.NewID(), JoinedAt: noon.Add(time.Duration(i) * time.Minute)})
		}
		page, err := approvals.Pending(t.Context(), newActor(app.SuperUser, app.Active), app.Cursor{})
		wantNoError(t, err)
		want := app.Cursor{}
		if count > app.PageSize {
			want = app.Cursor{At: store.waiting[app.PageSize-1].JoinedAt, ID: store.waiting[app.PageSize-1].ID}
		}
		if len(page.Entries) != min(count, app.PageSize) || page.Next != want {
			t.Errorf("%d wait: %d on the page, next %v", count, len(page.Entries), page.Next)
		}
	}
}

type decisionCase struct {
	name    string
	verdict app.Verdict
	by      app.JoinMethod
	person  app.Identity
	letters []app.NoticeKind
}

// decisionCases are the verdicts about people with and without a login that works.
func decisionCases() []decisionCase {
	at := noon
	return []decisionCase{
		{
			"accepted, ready", app.Accept, app.ByRequest,
			app.Identity{PasswordHash: "x", ConfirmedAt: &at},
			[]app.NoticeKind{app.JoinAccepted},
		},
		{
			"accepted, registered and not confirmed", app.Accept, app.ByLink,
			app.Identity{PasswordHash: "x"},
			[]app.NoticeKind{app.JoinAccepted},
		},
		{
			"accepted, asked and not confirmed", app.Accept, app.ByRequest,
			app.Identity{PasswordHash: "x"},
			[]app.NoticeKind{app.JoinAccepted, app.ActivateLogin},
		},
		{
			"accepted, without a password", app.Accept, app.ByRequest,
			app.Identity{ConfirmedAt: &at},
			[]app.NoticeKind{app.JoinAccepted, app.ActivateLogin},
		},
		{"rejected", app.Reject, app.ByRequest, app.Identity{PasswordHash: "x"}, []app.NoticeKind{app.JoinRejected}},
	}
}

// What a verdict stores beside the membership: who is told, and who needs a mail by which to sign in at all.
func TestDecision_StoresNoticesAndActivation(t *testing.T) {
	t.Parallel()
	for _, test := range decisionCases() {
		approvals, store := newApprovals(t)
		store.outcome.AlreadyDecided = 1
		verdict := approvals.Accept
		if test.verdict == app.Reject {
			verdict = approvals.Reject
		}
		_, err := verdict(t.Context(), newActor(app.SuperUser, app.Active), []string{app.NewID()})
		wantNoError(t, err)
		test.person.ID = "ANN"
		m := app.Membership{ID: "M", IdentityID: "ANN", AccountID: "ACME", JoinedBy: test.by, Identity: &test.person}
		done := store.decided[0].RecordFor(m)
		var letters []app.NoticeKind
		for _, n := range done.Notices {
			letters = append(letters, n.Kind)
			if n.RecipientID != "ANN" || n.AccountID != "ACME" {
				t.Errorf("%s: notice %+v", test.name, n)
			}
		}
		if !slices.Equal(letters, test.letters) || (done.Activation != nil) != (len(letters) > 1) {
			t.Errorf("%s: letters %q, activation %v", test.name, letters, done.Activation)
		}
		if done.Notices[0].EventID != "M" || done.Notices[0].SubjectID != "" {
			t.Errorf("%s: the outcome names %+v", test.name, done.Notices[0])
		}
		event := map[app.Verdict]app.Event{app.Accept: app.MemberAccepted, app.Reject: app.MemberRejected}[test.verdict]
		other := done.NoticeTo("TOM")
		if done.Activity.Event != event || done.Activity.SubjectID != "ANN" || done.Activity.ActorID != "IDENTITY" ||
			other.Kind != app.MemberDecided || other.EventID != done.Activity.ID || other.RecipientID != "TOM" {
			t.Errorf("%s: activity %+v, other %+v", test.name, done.Activity, other)
		}
	}
}
