package app_test

import (
	"context"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"reglink/app"
)

// fakeNoticeStore is a NoticeStore in memory.
type fakeNoticeStore struct {
	app.NoticeStore
	due           []app.Notice
	settled       []app.Notice
	confirmations map[string]*app.Confirmation
	request       *app.JoinRequest // the only one
	activity      *app.Activity    // likewise
	member        *app.Membership  // likewise
	supers        map[string]bool  // by identity and account
	invitations   map[string]*app.Invitation
	changes       map[string]*app.CredentialChange
	row           app.Installation
	broken        error
}

func (s *fakeNoticeStore) Installation(context.Context) (*app.Installation, error) {
	return &s.row, s.broken
}

func (s *fakeNoticeStore) InvitationByID(_ context.Context, id string) (*app.Invitation, error) {
	if s.broken != nil {
		return nil, s.broken
	}
	i, ok := s.invitations[id]
	if !ok {
		return nil, app.NotFound
	}
	return i, nil
}

func (s *fakeNoticeStore) ClaimNotices(_ context.Context, _ time.Time, limit int) ([]app.Notice, error) {
	return s.due[:min(limit, len(s.due))], nil
}

func (s *fakeNoticeStore) SettleNotice(_ context.Context, notice app.Notice) error {
	s.settled = append(s.settled, notice)
	return nil
}

func (s *fakeNoticeStore) JoinRequestByID(_ context.Context, id string) (*app.JoinRequest, error) {
	if s.request == nil || s.request.ID != id {
		return nil, app.Refuse(app.NotFound, "join_unknown")
	}
	return s.request, nil
}

func (s *fakeNoticeStore) ConfirmationByID(_ context.Context, id string) (*app.Confirmation, error) {
	if s.broken != nil {
		return nil, s.broken
	}
	c, ok := s.confirmations[id]
	if !ok {
		return nil, app.NotFound
	}
	return c, nil
}

func (s *fakeNoticeStore) IsSuperUser(_ context.Context, identityID, accountID string, _ time.Time) (bool, error) {
	return s.supers[identityID+accountID], nil
}

func (s *fakeNoticeStore) ActivityByID(_ context.Context, id string) (*app.Activity, error) {
	if s.activity == nil || s.activity.ID != id {
		return nil, app.Refuse(app.NotFound, "notice_unknown")
	}
	return s.activity, nil
}

func (s *fakeNoticeStore) MembershipByIdentity(_ context.Context, identityID, accountID string) (*app.Membership,
	error,
) {
	if s.member == nil || s.member.IdentityID != identityID || s.member.AccountID != accountID {
		return nil, app.Refuse(app.NotFound, "member_unknown")
	}
	return s.member, nil
}

func newOutbox(t *testing.T) (app.Outbox, *fakeNoticeStore, *fakeClock) {
	t.Helper()
	store := &fakeNoticeStore{confirmations: map[string]*app.Confirmation{}, supers: map[string]bool{}}
	clock := &fakeClock{noon}
	return app.Outbox{Store: store, Sealer: newSealer(t), Clock: clock.now}, store, clock
}

// addConfirmation puts a confirmation into the store whose box holds the token.
func (s *fakeNoticeStore) addConfirmation(sealer *app.Sealer, id, token string) *app.Confirmation {
	c := &app.Confirmation{ID: id, ExpiresAt: noon.Add(time.Hour), TokenBox: sealer.Seal("confirmation|"+id, token)}
	s.confirmations[id] = c
	return c
}

func TestClaim_ReadsDueNoticesWithTheirTokens(t *testing.T) {
	t.Parallel()
	outbox, store, clock := newOutbox(t)
	store.addConfirmation(outbox.Sealer, "C", "secret")
	store.supers["SUEACME"] = true
	store.due = []app.Notice{
		{ID: "1", Kind: app.ConfirmAddress, EventID: "C"},
		{ID: "2", Kind: app.ActivateLogin, EventID: "C"},
		{ID: "3", Kind: app.PersonRegistered, RecipientID: "SUE", AccountID: "ACME"},
		{ID: "4", Kind: app.AddedToAccount},
		{ID: "5", Kind: app.AddedToAccount},
	}
	due, err := outbox.Claim(t.Context(), 4)
	wantNoError(t, err)
	if len(due) != 4 || len(store.settled) != 0 {
		t.Fatalf("got %d due and %d settled, want 4 and none", len(due), len(store.settled))
	}
	for i, d := range due {
		token, until := "", time.Time{}
		if i < 2 {
			token, until = "secret", noon.Add(time.Hour)
		}
		if d.Notice.ID != store.due[i].ID || d.Token != token || !d.Until.Equal(until) {
			t.Errorf("got %+v, want token %q until %v", d, token, until)
		}
	}
	clock.advance(time.Hour)
	due, err = outbox.Claim(t.Context(), 2)
	wantNoError(t, err)
	if len(due) != 0 || len(store.settled) != 2 {
		t.Errorf("after the token's time: got %d due and %d settled", len(due), len(store.settled))
	}
}

// TestClaim_SkipsWhatNoLongerHolds: what no longer holds is closed and does not keep the others waiting.
func TestClaim_SkipsWhatNoLongerHolds(t *testing.T) {
	t.Parallel()
	outbox, store, _ := newOutbox(t)
	used := noon
	store.addConfirmation(outbox.Sealer, "USED", "secret").UsedAt = &used
	store.addConfirmation(outbox.Sealer, "WIPED", "secret").TokenBox = nil
	store.addConfirmation(outbox.Sealer, "OVER", "secret").ExpiresAt = noon
	store.addConfirmation(outbox.Sealer, "SWAPPED", "secret").TokenBox = outbox.Sealer.Seal("confirmation|OTHER", "secret")
	for _, id := range []string{"USED", "WIPED", "OVER", "SWAPPED", "LOST"} {
		store.due = append(store.due, app.Notice{ID: id, Kind: app.ConfirmAddress, EventID: id})
	}
	store.due = append(store.due,
		app.Notice{ID: "NO SUPER", Kind: app.PersonRegistered, RecipientID: "SUE", AccountID: "ACME"},
		app.Notice{ID: "GOOD", Kind: app.AddedToAccount},
	)
	due, err := outbox.Claim(t.Context(), 10)
	wantNoError(t, err)
	if len(due) != 1 || due[0].Notice.ID != "GOOD" || len(store.settled) != 6 {
		t.Fatalf("got %+v due and %d settled, want GOOD and 6", due, len(store.settled))
	}
	for _, n := range store.settled {
		if n.Delivery != app.Skipped {
			t.Errorf("%s is %s, want skipped", n.ID, n.Delivery)
		}
	}
	store.broken = errBroken
	if _, err := outbox.Claim(t.Context(), 10); !errors.Is(err, errBroken) {
		t.Errorf("got %v: a database that is away skips nothing", err)
	}
}

func TestDelivered_MarksTheNoticeSent(t *testing.T) {
	t.Parallel()
	outbox, store, _ := newOutbox(t)
	wantNoError(t, outbox.Delivered(t.Context(), app.Notice{Delivery: app.Queued, Attempts: 2, LastError: "busy"}))
	n := store.settled[0]
	if n.Delivery != app.Sent || n.Attempts != 3 || n.LastError != "" || n.SentAt == nil || !n.SentAt.Equal(noon) {
		t.Errorf("got %+v", n)
	}
}

// TestNotDelivered_PausesDoubleForThreeDays: the pauses double from 30 seconds to two hours, and the tries
// end after about three days.
func TestNotDelivered_PausesDoubleForThreeDays(t *testing.T) {
	t.Parallel()
	outbox, store, clock := newOutbox(t)
	n := app.Notice{Delivery: app.Queued, CreatedAt: noon}
	var pauses []time.Duration
	for n.Delivery == app.Queued && len(pauses) < 1000 {
		wantNoError(t, outbox.NotDelivered(t.Context(), n, "451 try later", false))
		n = store.settled[len(store.settled)-1]
		pauses = append(pauses, n.NextTryAt.Sub(clock.at))
		clock.at = n.NextTryAt
	}
	if n.Delivery != app.Failed || n.Attempts != len(pauses) || n.LastError != "451 try later" {
		t.Fatalf("got %+v after %d tries, want failed", n, len(pauses))
	}
	want := 30 * time.Second
	for i, got := range pauses {
		if got != want {
			t.Errorf("pause %d: got %v, want %v", i+1, got, want)
		}
		want = min(2*want, 2*time.Hour)
	}
	if tried := clock.at.Sub(noon); tried < 70*time.Hour || tried > 74*time.Hour {
		t.Errorf("tried for %v, want three days", tried)
	}
}

// TestNotDelivered_CountsTriesNotWaiting: a notice that lay there for weeks, because no mail server was set
// up, gets all its tries.
func TestNotDelivered_CountsTriesNotWaiting(t *testing.T) {
	t.Parallel()
	outbox, store, clock := newOutbox(t)
	clock.advance(60 * 24 * time.Hour)
	wantNoError(t,
		outbox.NotDelivered(t.Context(), app.Notice{Delivery: app.Queued, CreatedAt: noon}, "451 greylisted", false))
	if n := store.settled[0]; n.Delivery != app.Queued || !n.NextTryAt.Equal(clock.at.Add(30*time.Second)) {
		t.Errorf("got %+v, want another try", n)
	}
}

func TestNotDelivered_FinalRefusalFailsAtOnce(t *testing.T) {
	t.Parallel()
	outbox, store, _ := newOutbox(t)
	wantNoError(t,
		outbox.NotDelivered(t.Context(), app.Notice{Delivery: app.Queued, CreatedAt: noon}, "550 no such user", true))
	if n := store.settled[0]; n.Delivery != app.Failed || n.Attempts != 1 || n.LastError != "550 no such user" {
		t.Errorf("got %+v, want failed at once", n)
	}
}

// TestNotDelivered_LastErrorFitsItsColumn: whatever a mail server says fits the column and is text in both databases.
func TestNotDelivered_LastErrorFitsItsColumn(t *testing.T) {
	t.Parallel()
	for _, reason := range []string{
		"", "450 später", strings.Repeat("ä", 300), strings.Repeat("ä", 301),
		"a\x00b\r\nc\x1b", "\xff\xfe broken", strings.Repeat("x\n", 9999),
	} {
		outbox, store, _ := newOutbox(t)
		wantNoError(t, outbox.NotDelivered(t.Context(), app.Notice{}, reason, false))
		got := store.settled[0].LastError
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > 300 || strings.ContainsAny(got, "\x00\r\n\x1b") {
			t.Errorf("%q is kept as %q", reason, got)
		}
		plain := utf8.ValidString(reason) && !strings.ContainsAny(reason, "\x00\n")
		if plain && utf8.RuneCountInString(reason) <= 300 && got != reason {
			t.Errorf("%q is kept as %q", reason, got)
		}
	}
}

// addInvitation puts an invitation into the store whose link is fit to be mailed.
func (s *fakeNoticeStore) addInvitation(sealer *app.Sealer, id string) *app.Link {
	alive := true
	link := &app.Link{
		ID: "LINK", Active: &alive, GeneratedAt: noon, TokenBox: sealer.Seal("link|LINK", "secret"),
		GeneratedBy: &app.Identity{},
		Creator:     &app.Membership{Role: app.SuperUser, Status: app.Active},
	}
	s.invitations[id] = &app.Invitation{ID: id, Email: "nia@acme.example", Link: link}
	return link
}

// Nobody is mailed a link that does not work: it is opened when the mail is sent and not before.
func TestOutbox_SendsInvitationsWhileTheirLinkWorks(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*app.Link)
		sent   bool
	}{
		"works":              {func(*app.Link) {}, true},
		"replaced":           {func(l *app.Link) { l.Active, l.TokenBox = nil, nil }, false},
		"stopped":            {func(l *app.Link) { l.StoppedAt = &noon }, false},
		"over":               {func(l *app.Link) { l.ExpiresAt = &noon }, false},
		"used up":            {func(l *app.Link) { l.MaxUses, l.Used = 3, 3 }, false},
		"of a Standard User": {func(l *app.Link) { l.Creator.Role = app.StandardUser }, false},
		"unreadable":         {func(l *app.Link) { l.TokenBox = l.TokenBox[1:] }, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outbox, store, _ := newOutbox(t)
			store.invitations = map[string]*app.Invitation{}
			c.change(store.addInvitation(outbox.Sealer, "I"))
			store.due = []app.Notice{{ID: "1", Kind: app.Invite, EventID: "I"}, {ID: "2", Kind: app.Invite, EventID: "GONE"}}
			due, err := outbox.Claim(t.Context(), 2)
			wantNoError(t, err)
			if sent := len(due) == 1; sent != c.sent || len(store.settled) != 2-len(due) {
				t.Fatalf("%d due, %d settled", len(due), len(store.settled))
			}
			if c.sent && (due[0].Token != "secret" || due[0].Notice.To() != "nia@acme.example") {
				t.Errorf("got %+v", due[0])
			}
			store.broken = errBroken
			if _, err := outbox.Claim(t.Context(), 1); !errors.Is(err, errBroken) {
				t.Errorf("got %v: a database that is away skips nothing", err)
			}
		})
	}
}

// The database decides what becomes of a notice whose key this server lacks: while it names the key, another
// server has it, and the notice is put off for that one; otherwise the key was given up.
func TestOutbox_UnknownKeyDefersUnlessGivenUp(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		row  func(theirs *app.Sealer) app.Installation
		ends app.Delivery
	}{
		"seals": {func(theirs *app.Sealer) app.Installation {
			return app.Installation{KeyCheck: theirs.Seal("installation", "name")}
		}, app.Queued},
		"is an old one": {func(theirs *app.Sealer) app.Installation {
			id := hex.EncodeToString(theirs.Seal("", "")[1:9])
			return app.Installation{
				KeyCheck: newSealerWithKeys(t, 3).Seal("installation", "name"),
				OldKeys:  "0123456789abcdef " + id,
			}
		}, app.Queued},
		"was given up": {func(*app.Sealer) app.Installation {
			return app.Installation{KeyCheck: newSealerWithKeys(t, 3).Seal("installation", "name"), OldKeys: "0123456789abcdef"}
		}, app.Skipped},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outbox, store, _ := newOutbox(t)
			theirs := newSealerWithKeys(t, 2)
			store.addSecretNotices(theirs)
			store.row = c.row(theirs)
			due, err := outbox.Claim(t.Context(), 4)
			if errors.Is(err, app.Unavailable) != (c.ends == app.Queued) {
				t.Errorf("got %v", err)
			}
			if len(due) != 1 || due[0].Notice.ID != "GOOD" {
				t.Errorf("got %+v: the others must not keep it waiting", due)
			}
			if len(store.settled) != 3 {
				t.Fatalf("%d notices are freed, want 3", len(store.settled))
			}
			for _, n := range store.settled {
				later := n.NextTryAt.After(noon)
				if n.Delivery != c.ends || n.Attempts != 0 || later != (c.ends == app.Queued) {
					t.Errorf("%s is %s, tried %d times, next at %v", n.ID, n.Delivery, n.Attempts, n.NextTryAt)
				}
			}
		})
	}
}

// What cannot be read while the database has a fault is freed for another try, and what was read is sent.
func TestOutbox_FaultDefersItsNoticeAlone(t *testing.T) {
	t.Parallel()
	outbox, store, _ := newOutbox(t)
	store.addSecretNotices(newSealerWithKeys(t, 2))
	store.due = append(store.due[:1], store.due[3])
	store.broken = errBroken
	due, err := outbox.Claim(t.Context(), 4)
	if !errors.Is(err, errBroken) || len(due) != 1 || due[0].Notice.ID != "GOOD" {
		t.Errorf("got %+v, %v", due, err)
	}
	if len(store.settled) != 1 || store.settled[0].Delivery != app.Queued || !store.settled[0].NextTryAt.After(noon) {
		t.Errorf("got %+v, want the other one put off", store.settled)
	}
}

// addSecretNotices leaves in the store one notice of each letter with a secret, sealed by that sealer, and
// behind them one without.
func (s *fakeNoticeStore) addSecretNotices(sealer *app.Sealer) {
	s.addConfirmation(sealer, "C", "secret")
	s.request = &app.JoinRequest{ID: "R", ExpiresAt: noon.Add(time.Hour), TokenBox: sealer.Seal("join|R", "secret")}
	s.invitations = map[string]*app.Invitation{}
	s.addInvitation(sealer, "I")
	s.due = []app.Notice{
		{ID: "1", Kind: app.ConfirmAddress, EventID: "C", Delivery: app.Queued},
		{ID: "2", Kind: app.JoinAccount, EventID: "R", Delivery: app.Queued},
		{ID: "3", Kind: app.Invite, EventID: "I", Delivery: app.Queued},
		{ID: "GOOD", Kind: app.AddedToAccount, Delivery: app.Queued},
	}
}

func (s *fakeNoticeStore) CredentialChangeByID(_ context.Context, id string) (*app.CredentialChange, error) {
	if s.broken != nil {
		return nil, s.broken
	}
	change, ok := s.changes[id]
	if !ok {
		return nil, app.NotFound
	}
	return change, nil
}

type membershipNoticeCase struct {
	name   string
	notice app.Notice
	member app.Membership
	super  bool
	want   bool
}

// membershipNoticeCases are notices, the membership they are about, and whether their recipient is a Super User.
func membershipNoticeCases() []membershipNoticeCase {
	soon, far := noon.Add(24*time.Hour), noon.Add(8*24*time.Hour)
	pending := app.Membership{Status: app.Pending}
	active := func(end *time.Time) app.Membership { return app.Membership{Status: app.Active, ExpiresOn: end} }
	decided := func(event string) app.Notice {
		return app.Notice{Kind: app.MemberDecided, RecipientID: "SUE", EventID: event}
	}
	toOperator := func(kind app.NoticeKind) app.Notice {
		return app.Notice{Kind: kind, RecipientID: "OPS", Recipient: &app.Identity{ID: "OPS", Operator: true}}
	}
	return []membershipNoticeCase{
		{"decided", decided("WHAT"), app.Membership{}, true, true},
		{"decided, no Super User any more", decided("WHAT"), app.Membership{}, false, false},
		{"decided, but what", decided("LOST"), app.Membership{}, true, false},
		{"reminder", app.Notice{Kind: app.ApprovalReminder, RecipientID: "SUE"}, pending, true, true},
		{
			"reminder of who was accepted",
			app.Notice{Kind: app.ApprovalReminder, RecipientID: "SUE"},
			active(nil), true, false,
		},
		{
			"reminder to who was demoted",
			app.Notice{Kind: app.ApprovalReminder, RecipientID: "SUE", Recipient: &app.Identity{}},
			pending, false, false,
		},
		{"reminder to an operator", toOperator(app.ApprovalReminder), pending, false, true},
		{"end", app.Notice{Kind: app.MembershipEnding, RecipientID: "ANN"}, active(&soon), false, true},
		{"end, to a Super User", app.Notice{Kind: app.MembershipEnding, RecipientID: "SUE"}, active(&soon), true, true},
		{"end, to an operator", toOperator(app.MembershipEnding), active(&soon), false, false},
		{"end taken away", app.Notice{Kind: app.MembershipEnding, RecipientID: "ANN"}, active(nil), false, false},
		{"end moved", app.Notice{Kind: app.MembershipEnding, RecipientID: "ANN"}, active(&far), false, false},
		{"end that is over", app.Notice{Kind: app.MembershipEnding, RecipientID: "ANN"}, active(&noon), false, false},
		{
			"end of who was suspended",
			app.Notice{Kind: app.MembershipEnding, RecipientID: "ANN"},
			app.Membership{Status: app.Suspended, ExpiresOn: &soon},
			false, false,
		},
	}
}

// Letters about memberships are written only as long as what they say holds, and to whom it still concerns.
func TestOutbox_SkipsMembershipNoticesThatNoLongerHold(t *testing.T) {
	t.Parallel()
	for _, test := range membershipNoticeCases() {
		outbox, store, _ := newOutbox(t)
		store.supers["SUEACME"] = test.super
		store.activity = &app.Activity{ID: "WHAT"}
		test.member.IdentityID, test.member.AccountID = "ANN", "ACME"
		store.member = &test.member
		test.notice.AccountID, test.notice.SubjectID = "ACME", "ANN"
		due, holds, err := outbox.Prepare(t.Context(), test.notice)
		wantNoError(t, err)
		if holds != test.want || due.Operator != (test.want && test.notice.RecipientID == "OPS") {
			t.Errorf("%s: holds %t, as operator %t, want %t", test.name, holds, due.Operator, test.want)
		}
		test.notice.SubjectID = "GONE"
		if _, holds, err := outbox.Prepare(t.Context(), test.notice); err != nil ||
			(holds && test.notice.Kind != app.MemberDecided) {
			t.Errorf("%s about somebody who is gone: holds %t, error %v", test.name, holds, err)
		}
	}
}

// A link that opens a login is written for its recipient alone: not once it was delivered, and not for who
// was suspended meanwhile.
func TestOutbox_SkipsPasswordNoticesThatNoLongerHold(t *testing.T) {
	t.Parallel()
	outbox, store, _ := newOutbox(t)
	store.addConfirmation(outbox.Sealer, "C", "secret")
	at := noon
	change := &app.CredentialChange{ID: "K", Event: app.PasswordReset}
	store.changes = map[string]*app.CredentialChange{"K": change}
	ready, suspended := &app.Identity{}, &app.Identity{SuspendedAt: &at}
	for name, test := range map[string]struct {
		notice app.Notice
		holds  bool
	}{
		"reset": {app.Notice{Kind: app.ResetPassword, EventID: "C", Recipient: ready, Delivery: app.Queued}, true},
		"reset, not delivered": {
			app.Notice{Kind: app.ResetPassword, EventID: "C", Recipient: ready, Delivery: app.Failed}, true,
		},
		"reset, delivered": {app.Notice{Kind: app.ResetPassword, EventID: "C", Recipient: ready, Delivery: app.Sent}, false},
		"reset, suspended": {
			app.Notice{Kind: app.ResetPassword, EventID: "C", Recipient: suspended, Delivery: app.Queued}, false,
		},
		"reset, lost": {
			app.Notice{Kind: app.ResetPassword, EventID: "X", Recipient: ready, Delivery: app.Queued}, false,
		},
		"changed": {
			app.Notice{Kind: app.PasswordWasChanged, EventID: "K", Recipient: ready, Delivery: app.Sent}, true,
		},
		"changed, by suspended": {app.Notice{Kind: app.PasswordWasChanged, EventID: "K", Recipient: suspended}, true},
		"changed, lost":         {app.Notice{Kind: app.PasswordWasChanged, EventID: "X", Recipient: ready}, false},
	} {
		due, holds, err := outbox.Prepare(t.Context(), test.notice)
		wantNoError(t, err)
		if holds != test.holds || (due.Token == "secret") != (holds && test.notice.Kind == app.ResetPassword) {
			t.Errorf("%s: holds %t with %+v", name, holds, due)
		}
		if holds && test.notice.Kind == app.PasswordWasChanged && due.Change != change {
			t.Errorf("%s: tells of %+v", name, due.Change)
		}
	}
	store.broken = errBroken
	if _, _, err := outbox.Prepare(t.Context(), app.Notice{Kind: app.PasswordWasChanged}); !errors.Is(err, errBroken) {
		t.Errorf("got %v: a database that is away skips nothing", err)
	}
}

// A join letter is written while its request is open, and skipped afterwards.
func TestOutbox_SkipsJoinRequestsThatAreOver(t *testing.T) {
	t.Parallel()
	rules, bell, _, token := newJoinRequest(t)
	outbox, store, clock := newOutbox(t)
	outbox.Sealer, store.request = rules.Sealer, bell.request
	due, holds, err := outbox.Prepare(t.Context(), bell.notice)
	wantNoError(t, err)
	if !holds || due.Token != token || !due.Until.Equal(bell.request.ExpiresAt) {
		t.Errorf("got %+v, %v", due, holds)
	}
	store.request.TokenBox = outbox.Sealer.Seal("join|OTHER", token)
	if _, holds, err := outbox.Prepare(t.Context(), bell.notice); holds || err != nil {
		t.Errorf("a swapped box is read: %v", err)
	}
	clock.advance(app.JoinWithin)
	for _, n := range []app.Notice{bell.notice, {Kind: app.JoinAccount, EventID: "LOST"}} {
		if _, holds, err := outbox.Prepare(t.Context(), n); holds || err != nil {
			t.Errorf("%s is written: %v", n.EventID, err)
		}
	}
}
