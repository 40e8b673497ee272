package app_test

import (
	"errors"
	"fmt"
	"testing"

	"reglink/app"
)

func wrapTwice(err error) error {
	return fmt.Errorf("registering: %w", fmt.Errorf("in a transaction: %w", err))
}

func TestErrors_AreFoundThroughWrapping(t *testing.T) {
	t.Parallel()
	refusal := wrapTwice(app.Refuse(app.Gone, "link_dead"))
	wantRefusal(t, refusal, app.Gone, "link_dead")
	if errors.Is(refusal, app.NotFound) {
		t.Error("a dead link is taken for an unknown one")
	}
	wantProblem(t, wrapTwice(app.Problem("email", "email_taken")), "email", "email_taken")
	if isProblems(refusal) || isProblems(errBroken) {
		t.Error("what is no problem of a form is taken for one")
	}
	if kind, ok := errors.AsType[app.Kind](refusal); !ok || kind != app.Gone {
		t.Errorf("got kind %q, want gone", kind)
	}
	for _, of := range []app.Kind{app.Gone, app.Conflict, app.Unavailable} {
		if errors.Is(wrapTwice(app.Problem("email", "email_taken")), of) {
			t.Errorf("problems are taken for %s", of)
		}
	}
}

func TestProblems_KeepTheFirstOfEachField(t *testing.T) {
	t.Parallel()
	p := app.Problems{}
	if err := p.Err(); err != nil {
		t.Errorf("no problems: got error %v", err)
	}
	p.Add("email", app.Message{})
	p.Add("email", app.Say("email_required"))
	p.Add("email", app.Say("email_invalid"))
	p.Add("", app.Say("form_incomplete"))
	if len(p) != 2 || p["email"].ID != "email_required" {
		t.Errorf("got %v, want the first problem of each field", p)
	}
	if got, want := p.Err().Error(), "form refused: =form_incomplete email=email_required"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestT04_ErrorsHoldNoSecrets: what people typed is in no error's text, for those end in logs.
func TestT04_ErrorsHoldNoSecrets(t *testing.T) {
	t.Parallel()
	refusal := app.Refuse(app.Conflict, "already_activated", "Name", "Ann Lee")
	if got, want := refusal.Error(), "conflict: already_activated"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	problem := app.Problem("password", "password_short", "Typed", rightPassword)
	if got, want := problem.Error(), "form refused: password=password_short"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestSay_TakesValuesInPairs(t *testing.T) {
	t.Parallel()
	m := app.Say("too_long", "Max", 80, "Count", 3, "left over")
	if m.ID != "too_long" || len(m.Values) != 2 || m.Values["Max"] != 80 || m.Values["Count"] != 3 {
		t.Errorf("got %+v", m)
	}
	if m := app.Say("busy"); m.Values != nil {
		t.Errorf("got %+v, want no values", m)
	}
}
