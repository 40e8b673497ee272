package app_test

import (
	"testing"
	"time"

	"reglink/app"
)

// What is told of together, and when: the first ten within an hour at once, and others at the full hour.
func TestT54_ManyRegistrationsShareADigest(t *testing.T) {
	t.Parallel()
	d := newRegistrations(t)
	d.Digest = true
	wantNoError(t, d.Register(t.Context(), d.token, validRegistrationForm(), testClient()))
	a := d.store.admitted[0]
	a.Registration.RegisteredAt = time.Date(2026, 11, 22, 9, 59, 59, 999999000, time.UTC)
	full := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for others, together := range map[int]bool{
		0: false, app.DigestThreshold - 1: false, app.DigestThreshold: true,
		5000: true,
	} {
		n := a.NoticeTo("SUE", others)
		if got := n.DigestAt != nil; got != together || (together && (!n.DigestAt.Equal(full) || !n.NextTryAt.Equal(full))) ||
			(!together && !n.NextTryAt.Equal(a.Registration.RegisteredAt)) {
			t.Errorf("with %d others: together at %v, due at %v", others, n.DigestAt, n.NextTryAt)
		}
	}
	a.Digest = false
	if n := a.NoticeTo("SUE", 5000); n.DigestAt != nil {
		t.Errorf("without limits: together at %v", n.DigestAt)
	}
}

// A mail about the same people has the same Message-ID at every try, and one about more people has another.
func TestT54_MailIDIsStableForTheSameDigest(t *testing.T) {
	t.Parallel()
	one := app.Notice{ID: "ONE"}
	two := app.Notice{ID: "ONE", Others: []app.Notice{{ID: "TWO"}}}
	three := app.Notice{ID: "ONE", Others: []app.Notice{{ID: "TWO"}, {ID: "THREE"}}}
	again := app.Notice{ID: "ONE", Others: []app.Notice{{ID: "TWO", Attempts: 3}}}
	if one.MessageID() != "ONE" || two.MessageID() == three.MessageID() || len(three.MessageID()) != 64 ||
		two.MessageID() != again.MessageID() {
		t.Errorf("got %q, %q, %q and %q", one.MessageID(), two.MessageID(), again.MessageID(), three.MessageID())
	}
}
