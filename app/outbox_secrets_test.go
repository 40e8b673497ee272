package app_test

import (
	"encoding/hex"
	"errors"
	"testing"
	"time"

	"reglink/app"
)

// sealedBy leaves in the store one notice of each letter with a secret, sealed by that sealer, and behind them one without.
func (s *tray) sealedBy(sealer *app.Sealer) {
	s.add(sealer, "C", "secret")
	s.request = &app.JoinRequest{ID: "R", ExpiresAt: noon.Add(time.Hour), TokenBox: sealer.Seal("join|R", "secret")}
	s.invitations = map[string]*app.Invitation{}
	s.invites(sealer, "I")
	s.due = []app.Notice{
		{ID: "1", Letter: app.ConfirmAddress, EventID: "C", Delivery: app.Queued},
		{ID: "2", Letter: app.JoinAccount, EventID: "R", Delivery: app.Queued},
		{ID: "3", Letter: app.Invite, EventID: "I", Delivery: app.Queued},
		{ID: "GOOD", Letter: app.AddedToAccount, Delivery: app.Queued},
	}
}

// The database decides what becomes of a notice whose key this server lacks: while it names the key, another server has it, and the
// notice is put off for that one; otherwise the key was given up.
func TestNoticesOfAKeyThatIsUnknownHere(t *testing.T) {
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
			return app.Installation{KeyCheck: sealerOf(t, 3).Seal("installation", "name"), OldKeys: "0123456789abcdef " + id}
		}, app.Queued},
		"was given up": {func(*app.Sealer) app.Installation {
			return app.Installation{KeyCheck: sealerOf(t, 3).Seal("installation", "name"), OldKeys: "0123456789abcdef"}
		}, app.Skipped},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			outbox, store, _ := newOutbox(t)
			theirs := sealerOf(t, 2)
			store.sealedBy(theirs)
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
func TestAFaultFreesItsNoticeAlone(t *testing.T) {
	t.Parallel()
	outbox, store, _ := newOutbox(t)
	store.sealedBy(sealerOf(t, 2))
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
