package app_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"reglink/app"
)

func (h *house) Sessions(context.Context, string) ([]app.Session, error) {
	var all []app.Session
	for _, session := range h.sessions {
		all = append(all, *session)
	}
	slices.SortFunc(all, func(a, b app.Session) int { return b.SeenAt.Compare(a.SeenAt) })
	return all, h.broken
}

func (h *house) EndOtherSessions(_ context.Context, _ string, keep []byte) error {
	for hash := range h.sessions {
		if hash != string(keep) {
			delete(h.sessions, hash)
		}
	}
	return nil
}

func TestBrowsers(t *testing.T) {
	t.Parallel()
	for agent, want := range map[string]string{
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                    "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36":                           "Chrome on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36 Edg/142.0.0.0":             "Edge on Windows",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36 OPR/124.0.0.0":             "Opera on Windows",
		"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15":                     "Safari on macOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1":   "Safari on iOS",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) FxiOS/140.0 Mobile/15E148 Safari/605.1.15": "Firefox on iOS",
		"Mozilla/5.0 (iPad; CPU OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/142.0 Mobile/15E148 Safari/604.1":             "Chrome on iPadOS",
		"Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36":       "Samsung Internet on Android",
		"Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36":                            "Chrome on ChromeOS",
		"curl/8.5.0": " on ", "": " on ",
	} {
		name, system := app.Session{UserAgent: agent}.Browser()
		if got := name + " on " + system; got != want {
			t.Errorf("%s is %q, want %q", agent, got, want)
		}
	}
}

// What a browser says of itself is anybody's text: it is kept short, in one line and in one direction.
func TestUserAgentsAreMadeFit(t *testing.T) {
	t.Parallel()
	for said, want := range map[string]string{
		"":                         "",
		" curl/8.5.0 ":             "curl/8.5.0",
		"a\x00b\r\nSet-Cookie: c":  "abSet-Cookie: c",
		"a\u202Eb\u2066c\u2028d":   "abcd",
		"a\xff\xfeb":               "a?b",
		strings.Repeat("ü", 255):   strings.Repeat("ü", 255),
		strings.Repeat("ü", 5_000): strings.Repeat("ü", 254) + "…",
	} {
		d := newDoor(t)
		_, err := d.SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: rightPassword}, app.Client{Agent: said})
		wantNoError(t, err)
		for _, session := range d.store.sessions {
			if session.UserAgent != want || utf8.RuneCountInString(session.UserAgent) > 255 {
				t.Errorf("%.40q is kept as %.40q, want %.40q", said, session.UserAgent, want)
			}
		}
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	d := newDoor(t)
	forgotten := d.enter(t)
	d.clock.pass(20 * time.Minute)
	by, lost := d.signedIn(t), d.enter(t)
	d.clock.pass(11 * time.Minute)
	all, err := d.Sessions(t.Context(), by)
	wantNoError(t, err)
	if len(all) != 2 || all[0].Carries(by) == all[1].Carries(by) || all[0].ID() == all[1].ID() {
		t.Fatalf("got %+v, want the present one and another", all)
	}
	for _, session := range all {
		if id := session.ID(); len(id) != 32 || strings.Contains(by.SessionID, id) {
			t.Errorf("a session is named %q", id)
		}
		if session.Carries(by) {
			continue
		}
		ended, err := d.EndSession(t.Context(), by, session.ID())
		wantNoError(t, err)
		if ended.Carries(by) {
			t.Error("the present session was ended")
		}
	}
	_, err = d.Actor(t.Context(), lost)
	wantRefusal(t, err, app.Unauthenticated, "signed_out")
	for _, unknown := range []string{"", "x", by.SessionID, strings.Repeat("0", 32), forgotten} {
		_, err := d.EndSession(t.Context(), by, unknown)
		wantRefusal(t, err, app.NotFound, "session_unknown")
	}
	d.enter(t)
	wantNoError(t, d.EndOtherSessions(t.Context(), by))
	if len(d.store.sessions) != 1 {
		t.Errorf("%d sessions are left, want the present one", len(d.store.sessions))
	}
}
