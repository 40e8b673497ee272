package app_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"reglink/app"
)

// Ten forms an hour are refused because their addresses have a login, and nobody is told; the eleventh is. Other refusals do not count,
// nor does another hour, and another account has a count of its own (T-24).
func TestT24TheEleventhRefusalIsToldOf(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	refuse := func(email string) {
		t.Helper()
		form := goodForm()
		form.Email = email
		if err := d.Register(t.Context(), d.token, form, visitor()); err == nil {
			t.Fatal("somebody was let in")
		}
	}
	for range app.TakenAnHour {
		refuse("taken@example.com")
		refuse("no address")
	}
	d.clock.pass(time.Hour)
	for range app.TakenAnHour {
		refuse("TAKEN@example.com")
	}
	if len(d.store.alerts) != 0 {
		t.Fatalf("told too early: %+v", d.store.alerts)
	}
	entitled := d.entitle(app.OrderSummary, "ORD77")
	entitled.Email = "taken@example.com"
	wantProblem(t, d.RegisterEntitled(t.Context(), entitled, visitor()), "email", "email_taken")
	if len(d.store.alerts) != 1 {
		t.Fatalf("told %d times of the eleventh", len(d.store.alerts))
	}
	got := d.store.alerts[0]
	if got.Event != app.ManyRefused || got.AccountID != "ACME" || got.ActorID+got.SubjectID != "" || got.Address != visitor().Address ||
		fmt.Sprint(got.Details) != "map[Count:10]" {
		t.Errorf("recorded is %+v", got)
	}
	if n := got.AlertTo("SUE"); n.Letter != app.RefusalAlert || n.EventID != got.ID || n.RecipientID != "SUE" || n.AccountID != "ACME" || n.SubjectID != "" {
		t.Errorf("the notice is %+v", n)
	}
	for range 30 {
		refuse("taken@example.com")
	}
	if len(d.store.alerts) != 1 {
		t.Errorf("told %d times within the hour", len(d.store.alerts))
	}
	d.store.unwritten = errBroken
	var unrecorded error
	d.Unrecorded = func(_ context.Context, err error) { unrecorded = err }
	refuse("taken@example.com")
	if !errors.Is(unrecorded, errBroken) {
		t.Errorf("an alert that is lost is heard of as %v", unrecorded)
	}
}

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
