package app_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

// TestSession_EndsWhenIdleAndAfterTwelveHours: a session ends half an hour after the last request, and after
// twelve hours whatever happens.
func TestSession_EndsWhenIdleAndAfterTwelveHours(t *testing.T) {
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
		{"twelve hours", repeatWait(30*time.Minute, 24), true},
		{"longer than twelve hours", append(repeatWait(30*time.Minute, 24), time.Second), false},
	}
	for _, test := range tests {
		d := newSignIns(t)
		token := d.mustSignIn(t)
		var err error
		for _, wait := range test.waits {
			d.clock.advance(wait)
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

func repeatWait(wait time.Duration, times int) []time.Duration {
	waits := make([]time.Duration, times)
	for i := range waits {
		waits[i] = wait
	}
	return waits
}

// TestSession_UseIsStoredOnceAMinute: a write for each request would cost more than it tells.
func TestSession_UseIsStoredOnceAMinute(t *testing.T) {
	t.Parallel()
	d := newSignIns(t)
	token := d.mustSignIn(t)
	for range 120 {
		d.clock.advance(time.Second)
		_, err := d.Actor(t.Context(), token)
		wantNoError(t, err)
	}
	if d.store.touched != 2 {
		t.Errorf("got %d writes in two minutes, want 2", d.store.touched)
	}
}

func TestSession_OtherTokensAreUnauthenticated(t *testing.T) {
	t.Parallel()
	d := newSignIns(t)
	token := d.mustSignIn(t)
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

// TestSession_LostRightsAreGoneAtNextRequest: what is taken away is gone at the next request.
func TestSession_LostRightsAreGoneAtNextRequest(t *testing.T) {
	t.Parallel()
	d := newSignIns(t)
	token := d.mustSignIn(t)
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
	d.clock.advance(time.Second)
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

func TestSessions_OwnOnesAreListedAndEnded(t *testing.T) {
	t.Parallel()
	d := newSignIns(t)
	forgotten := d.mustSignIn(t)
	d.clock.advance(20 * time.Minute)
	by, lost := d.signedInActor(t), d.mustSignIn(t)
	d.clock.advance(11 * time.Minute)
	all, err := d.Sessions(t.Context(), by)
	wantNoError(t, err)
	if len(all) != 2 || all[0].IsCurrentOf(by) == all[1].IsCurrentOf(by) || all[0].ID() == all[1].ID() {
		t.Fatalf("got %+v, want the present one and another", all)
	}
	for _, session := range all {
		if id := session.ID(); len(id) != 32 || strings.Contains(by.SessionID, id) {
			t.Errorf("a session is named %q", id)
		}
		if session.IsCurrentOf(by) {
			continue
		}
		ended, err := d.EndSession(t.Context(), by, session.ID())
		wantNoError(t, err)
		if ended.IsCurrentOf(by) {
			t.Error("the present session was ended")
		}
	}
	_, err = d.Actor(t.Context(), lost)
	wantRefusal(t, err, app.Unauthenticated, "signed_out")
	for _, unknown := range []string{"", "x", by.SessionID, strings.Repeat("0", 32), forgotten} {
		_, err := d.EndSession(t.Context(), by, unknown)
		wantRefusal(t, err, app.NotFound, "session_unknown")
	}
	d.mustSignIn(t)
	wantNoError(t, d.EndOtherSessions(t.Context(), by))
	if len(d.store.sessions) != 1 {
		t.Errorf("%d sessions are left, want the present one", len(d.store.sessions))
	}
}

func TestSession_NamesBrowserAndSystem(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0": "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 " +
			"Safari/537.36": "Chrome on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 " +
			"Edg/142.0.0.0": "Edge on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 " +
			"OPR/124.0.0.0": "Opera on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 " +
			"Safari/605.1.15": "Safari on macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 " +
			"Mobile/15E148 Safari/604.1": "Safari on iOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/140.0 " +
			"Mobile/15E148 Safari/605.1.15": "Firefox on iOS",
		"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 " +
			"Safari/604.1": "Chrome on iPadOS",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 " +
			"Mobile Safari/537.36": "Samsung Internet on Android",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 " +
			"Safari/537.36": "Chrome on ChromeOS",
		"curl/8.5.0": " on ", "": " on ",
	} {
		name, system := app.Session{UserAgent: agent}.Browser()
		if got := name + " on " + system; got != want {
			t.Errorf("%s is %q, want %q", agent, got, want)
		}
	}
}
