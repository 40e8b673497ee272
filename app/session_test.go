package app_test

import (
	"errors"
	"testing"
	"time"

	"reglink/app"
)

// TestSessionLimits: a session ends half an hour after the last request, and after twelve hours whatever happens.
func TestSessionLimits(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name  string
		waits []time.Duration // before each request
		last  bool            // whether the last one is still served
	}{
		{"at once", []time.Duration{0}, true},
		{"idle for 30 minutes", []time.Duration{30 * time.Minute}, true},
		{"idle for longer", []time.Duration{30*time.Minute + time.Second}, false},
		{"idle again", []time.Duration{20 * time.Minute, 31 * time.Minute}, false},
		{"kept alive", []time.Duration{20 * time.Minute, 20 * time.Minute, 20 * time.Minute}, true},
		{"a request within a minute is not noted", []time.Duration{59 * time.Second, 30*time.Minute - 59*time.Second}, true},
		{"twelve hours", every(30*time.Minute, 24), true},
		{"longer than twelve hours", append(every(30*time.Minute, 24), time.Second), false},
	}
	for _, test := range tests {
		d := newDoor(t)
		token := d.enter(t)
		var err error
		for _, wait := range test.waits {
			d.clock.pass(wait)
			_, err = d.Actor(t.Context(), token)
		}
		if got := err == nil; got != test.last {
			t.Errorf("%s: got %v, want served %t", test.name, err, test.last)
		}
		if !test.last {
			wantRefusal(t, err, app.Unauthenticated, "signed_out")
		}
	}
}

func every(wait time.Duration, times int) []time.Duration {
	waits := make([]time.Duration, times)
	for i := range waits {
		waits[i] = wait
	}
	return waits
}

// TestSessionUseIsNotedOnceAMinute: a write for each request would cost more than it tells.
func TestSessionUseIsNotedOnceAMinute(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	token := d.enter(t)
	for range 120 {
		d.clock.pass(time.Second)
		_, err := d.Actor(t.Context(), token)
		wantNoError(t, err)
	}
	if d.store.touched != 2 {
		t.Errorf("got %d writes in two minutes, want 2", d.store.touched)
	}
}

func TestSessionTokens(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	token := d.enter(t)
	for _, other := range []string{"", token[:46], token + "A", "rl1_" + token[4:], app.NewToken(app.SessionToken)} {
		actor, err := d.Actor(t.Context(), other)
		wantRefusal(t, err, app.Unauthenticated, "signed_out")
		if actor.Identity.ID != "" || actor.Member() {
			t.Errorf("%q: got actor %+v", other, actor)
		}
	}
	d.store.broken = errBroken
	if _, err := d.Actor(t.Context(), token); !errors.Is(err, errBroken) || errors.Is(err, app.Unauthenticated) {
		t.Errorf("got %v: a database that is away signs nobody out", err)
	}
}

// TestSessionFollowsTheRights: what is taken away is gone at the next request.
func TestSessionFollowsTheRights(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	token := d.enter(t)
	d.store.memberships[0].Role = app.StandardUser
	actor, err := d.Actor(t.Context(), token)
	wantNoError(t, err)
	if actor.SuperUser() || !actor.Member() {
		t.Errorf("after the role was changed: got %+v", actor)
	}
	soon := noon.Add(time.Second)
	d.store.memberships[0].ExpiresOn = &soon
	actor, err = d.Actor(t.Context(), token)
	wantNoError(t, err)
	if !actor.Member() {
		t.Error("the membership ended before its time")
	}
	d.clock.pass(time.Second)
	actor, err = d.Actor(t.Context(), token)
	wantNoError(t, err)
	if actor.Member() || actor.Account.ID != "" {
		t.Errorf("after the membership expired: got %+v", actor)
	}
	d.store.memberships = nil
	actor, err = d.Actor(t.Context(), token)
	wantNoError(t, err)
	if actor.Member() || actor.Identity.ID != "SUE" {
		t.Errorf("after the membership was taken away: got %+v", actor)
	}
	at := noon
	d.store.person.SuspendedAt = &at
	_, err = d.Actor(t.Context(), token)
	wantRefusal(t, err, app.Unauthenticated, "signed_out")
}

func TestZeroActorMayNothing(t *testing.T) {
	t.Parallel()
	for _, person := range everybody() {
		if got := person.actor.SuperUser(); got != person.super {
			t.Errorf("%s is a Super User: got %t, want %t", person.name, got, person.super)
		}
		if got := person.actor.Member(); got != person.reads {
			t.Errorf("%s is a member: got %t, want %t", person.name, got, person.reads)
		}
	}
}
