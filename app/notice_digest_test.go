package app_test

import (
	"testing"
	"time"

	"reglink/app"
)

// What is told of together, and when: the first ten within an hour at once, and others at the full hour.
func TestT54ManyAreToldOfTogether(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.Digest = true
	wantNoError(t, d.Register(t.Context(), d.token, goodForm(), visitor()))
	a := d.store.admitted[0]
	a.Registration.RegisteredAt = time.Date(2026, 11, 22, 9, 59, 59, 999999000, time.UTC)
	full := time.Date(2026, 11, 22, 10, 0, 0, 0, time.UTC)
	for others, together := range map[int]bool{0: false, app.ToldSingly - 1: false, app.ToldSingly: true, 5000: true} {
		n := a.NoticeTo("SUE", others)
		if got := n.TogetherAt != nil; got != together || (together && (!n.TogetherAt.Equal(full) || !n.NextTryAt.Equal(full))) ||
			(!together && !n.NextTryAt.Equal(a.Registration.RegisteredAt)) {
			t.Errorf("with %d others: together at %v, due at %v", others, n.TogetherAt, n.NextTryAt)
		}
	}
	a.Digest = false
	if n := a.NoticeTo("SUE", 5000); n.TogetherAt != nil {
		t.Errorf("without limits: together at %v", n.TogetherAt)
	}
}

// A mail about the same people has the same Message-ID at every try, and one about more people has another.
func TestT54MailIDs(t *testing.T) {
	t.Parallel()
	one := app.Notice{ID: "ONE"}
	two := app.Notice{ID: "ONE", Others: []app.Notice{{ID: "TWO"}}}
	three := app.Notice{ID: "ONE", Others: []app.Notice{{ID: "TWO"}, {ID: "THREE"}}}
	again := app.Notice{ID: "ONE", Others: []app.Notice{{ID: "TWO", Attempts: 3}}}
	if one.MailID() != "ONE" || two.MailID() == three.MailID() || len(three.MailID()) != 64 || two.MailID() != again.MailID() {
		t.Errorf("got %q, %q, %q and %q", one.MailID(), two.MailID(), again.MailID(), three.MailID())
	}
}
