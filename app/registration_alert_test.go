package app_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"reglink/app"
)

// refuse sends a form with an address that lets nobody in.
func (d *testRegistrations) refuse(t *testing.T, email string) {
	t.Helper()
	form := validRegistrationForm()
	form.Email = email
	if err := d.Register(t.Context(), d.token, form, testClient()); err == nil {
		t.Fatal("somebody was let in")
	}
}

// Ten forms an hour are refused because their addresses have a login, and nobody is told; the eleventh is.
// Other refusals do not count, nor does another hour, and another account has a count of its own (T-24).
func TestT24_EleventhRefusalWithinAnHourAlerts(t *testing.T) {
	t.Parallel()
	d := newRegistrations(t)
	for range app.MaxTakenEmailsPerHour {
		d.refuse(t, "taken@example.com")
		d.refuse(t, "no address")
	}
	d.clock.advance(time.Hour)
	for range app.MaxTakenEmailsPerHour {
		d.refuse(t, "TAKEN@example.com")
	}
	if len(d.store.alerts) != 0 {
		t.Fatalf("told too early: %+v", d.store.alerts)
	}
	entitled := d.addEntitlement(app.OrderSummary, "ORD77")
	entitled.Email = "taken@example.com"
	wantProblem(t, d.RegisterEntitled(t.Context(), entitled, testClient()), "email", "email_taken")
	if len(d.store.alerts) != 1 {
		t.Fatalf("told %d times of the eleventh", len(d.store.alerts))
	}
	got := d.store.alerts[0]
	if got.Event != app.ManyRefused || got.AccountID != "ACME" || got.ActorID+got.SubjectID != "" ||
		got.Address != testClient().Address ||
		fmt.Sprint(got.Details) != "map[Count:10]" {
		t.Errorf("recorded is %+v", got)
	}
	if n := got.AlertTo("SUE"); n.Kind != app.RefusalAlert || n.EventID != got.ID || n.RecipientID != "SUE" ||
		n.AccountID != "ACME" || n.SubjectID != "" {
		t.Errorf("the notice is %+v", n)
	}
	for range 30 {
		d.refuse(t, "taken@example.com")
	}
	if len(d.store.alerts) != 1 {
		t.Errorf("told %d times within the hour", len(d.store.alerts))
	}
}

func TestRefusalAlert_LossIsReported(t *testing.T) {
	t.Parallel()
	d := newRegistrations(t)
	for range app.MaxTakenEmailsPerHour {
		d.refuse(t, "taken@example.com")
	}
	d.store.denialErr = errBroken
	var unrecorded error
	d.OnUnrecorded = func(_ context.Context, err error) { unrecorded = err }
	d.refuse(t, "taken@example.com")
	if !errors.Is(unrecorded, errBroken) {
		t.Errorf("an alert that is lost is heard of as %v", unrecorded)
	}
}

func TestRegister_RecordsDenials(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*testRegistrations, *app.RegistrationForm){
		"link_dead":    func(d *testRegistrations, _ *app.RegistrationForm) { d.link.Active = nil },
		"link_stopped": func(d *testRegistrations, _ *app.RegistrationForm) { d.link.Creator = nil },
		"link_full": func(d *testRegistrations, _ *app.RegistrationForm) {
			d.link.MaxUses, d.link.Used = 1, 1
		},
		"link_expired":             func(d *testRegistrations, _ *app.RegistrationForm) { d.link.ExpiresAt = timePtr(noon) },
		"email_taken":              func(_ *testRegistrations, f *app.RegistrationForm) { f.Email = "taken@example.com" },
		"email_domain_not_allowed": func(d *testRegistrations, _ *app.RegistrationForm) { d.link.Domains = "acme.test" },
		"":                         func(_ *testRegistrations, f *app.RegistrationForm) { f.FirstName = "" },
	} {
		d := newRegistrations(t)
		var unrecorded error
		d.OnUnrecorded = func(_ context.Context, err error) { unrecorded = err }
		d.store.denialErr = errBroken
		form := validRegistrationForm()
		change(d, &form)
		err := d.Register(t.Context(), d.token, form, testClient())
		if err == nil || errors.Is(err, errBroken) {
			t.Errorf("%s: got %v", want, err)
		}
		if want == "" {
			if len(d.store.denials) != 0 || unrecorded != nil {
				t.Errorf("a form that is not complete is told as %+v", d.store.denials)
			}
			continue
		}
		if len(d.store.denials) != 1 || !errors.Is(unrecorded, errBroken) {
			t.Fatalf("%s: got %+v, heard %v", want, d.store.denials, unrecorded)
		}
		got := d.store.denials[0]
		if got.Event != app.LinkDenied || got.AccountID != "ACME" || got.ActorID+got.SubjectID != "" ||
			got.Address != testClient().Address ||
			len(got.Details) != 1 || got.Details["Reason"] != want {
			t.Errorf("%s: got %+v", want, got)
		}
	}
}
