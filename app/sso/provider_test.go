package sso_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/sso"
	"reglink/app/sso/ssotest"
)

const redirectURL = "http://portal.example/sign-in/sso/callback"

func testSettings(issuer string) sso.Settings {
	return sso.Settings{
		Issuer: issuer, ClientID: ssotest.ClientID, ClientSecret: ssotest.ClientSecret, Name: "Acme SSO",
		RedirectURL: redirectURL,
	}
}

func newAttempt() app.SSOAttempt {
	return app.SSOAttempt{State: app.NewToken(""), Nonce: app.NewToken(""), Verifier: app.NewToken("")}
}

func refused(t *testing.T, what string, err error, kind app.Kind) {
	t.Helper()
	if !errors.Is(err, kind) {
		t.Errorf("%s: got %v, want %v", what, err, kind)
	}
}

// beginURL asks the provider for an attempt's address.
func beginURL(t *testing.T, p *sso.Provider, a app.SSOAttempt) string {
	t.Helper()
	address, err := p.Begin(t.Context(), a)
	if err != nil {
		t.Fatal(err)
	}
	return address
}

func TestProvider_CodeWorksOnceForItsAttempt(t *testing.T) {
	t.Parallel()
	provider := ssotest.NewProvider(t, redirectURL)
	provider.Add("7731", "sue@acme.example", true)
	p := sso.NewProvider(testSettings(provider.Issuer))
	a := newAttempt()
	back := provider.SignIn(beginURL(t, p, a), "7731")
	if got := back.Query().Get("state"); got != a.State || !strings.HasPrefix(back.String(), redirectURL+"?") {
		t.Fatalf("sent back to %s", back)
	}
	code := back.Query().Get("code")
	claim, err := p.Redeem(t.Context(), a, code)
	want := app.SSOClaim{Issuer: provider.Issuer, Subject: "7731", Email: "sue@acme.example", Verified: true}
	if err != nil || claim != want {
		t.Fatalf("got %+v, %v, want %+v", claim, err, want)
	}
	_, err = p.Redeem(t.Context(), a, code)
	refused(t, "the same code again", err, app.Forbidden)
	other := newAttempt()
	code = provider.SignIn(beginURL(t, p, other), "7731").Query().Get("code")
	_, err = p.Redeem(t.Context(), a, code)
	refused(t, "a code of another attempt", err, app.Forbidden)
}

func TestProvider_RefusesForgedTokens(t *testing.T) {
	t.Parallel()
	a := newAttempt()
	for name, claims := range map[string]map[string]any{
		"no nonce":         {},
		"another nonce":    {"nonce": "x"},
		"another audience": {"nonce": a.Nonce, "aud": "somebody-else"},
		"another issuer":   {"nonce": a.Nonce, "iss": "https://login.example"},
		"expired":          {"nonce": a.Nonce, "exp": time.Now().Add(-time.Minute).Unix()},
		"no end":           {"nonce": a.Nonce, "exp": nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forger := ssotest.NewForger(t)
			forger.SetClaims(claims)
			_, err := sso.NewProvider(testSettings(forger.Issuer)).Redeem(t.Context(), a, "code")
			refused(t, name, err, app.Forbidden)
		})
	}
	forger := ssotest.NewForger(t)
	p := sso.NewProvider(testSettings(forger.Issuer))
	forger.SetClaims(map[string]any{"nonce": a.Nonce, "email_verified": "true"})
	if claim, err := p.Redeem(t.Context(), a, "code"); err != nil || !claim.Verified {
		t.Errorf("a good token: got %+v, %v", claim, err)
	}
	forger.SetClaims(map[string]any{"nonce": a.Nonce, "email_verified": nil})
	if claim, err := p.Redeem(t.Context(), a, "code"); err != nil || claim.Verified {
		t.Errorf("a token that says nothing of it: got %+v, %v", claim, err)
	}
	forger.SignWithAnotherKey()
	_, err := p.Redeem(t.Context(), a, "code")
	refused(t, "another key", err, app.Forbidden)
}

func TestProvider_TellsRefusedCodesFromOutages(t *testing.T) {
	t.Parallel()
	forger := ssotest.NewForger(t)
	p := sso.NewProvider(testSettings(forger.Issuer))
	for status, kind := range map[int]app.Kind{
		http.StatusBadRequest: app.Forbidden, http.StatusUnauthorized: app.Forbidden,
		http.StatusInternalServerError: app.Unavailable, http.StatusFound: app.Unavailable,
	} {
		forger.FailTokens(status)
		_, err := p.Redeem(t.Context(), newAttempt(), "code")
		refused(t, http.StatusText(status), err, kind)
	}
}

// Keys that cannot be fetched are an outage, whatever hinders it, and no proof of anything; once they are
// back, people come in.
func TestProvider_MissingKeysAreAnOutage(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"503":     func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "", http.StatusServiceUnavailable) },
		"cut off": func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"garbage": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>")) },
		"endless": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(make([]byte, 2<<20)) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			forger, a := ssotest.NewForger(t), newAttempt()
			p := sso.NewProvider(testSettings(forger.Issuer))
			forger.SetClaims(map[string]any{"nonce": a.Nonce})
			forger.ReplaceKeys(answer)
			_, err := p.Redeem(t.Context(), a, "code")
			refused(t, name, err, app.Unavailable)
			if len(err.Error()) > 1000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
			forger.ReplaceKeys(nil)
			if _, err = p.Redeem(t.Context(), a, "code"); err != nil {
				t.Errorf("they are back, and it says %v", err)
			}
		})
	}
}

// A provider that is away is told from one that says no; once it is back, it is found without a restart.
func TestProvider_SilenceIsAnOutage(t *testing.T) {
	t.Parallel()
	var lc net.ListenConfig
	listener, err := lc.Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	silent := sso.NewProvider(testSettings("http://" + listener.Addr().String())) // takes connections and says nothing
	defer listener.Close()
	short, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err = silent.Begin(short, newAttempt())
	refused(t, "silent", err, app.Unavailable)
	if _, again := silent.Begin(t.Context(), newAttempt()); !errors.Is(again, err) {
		t.Errorf("it was asked again at once: %v", again)
	}
}

func TestProvider_InvalidDiscoveryIsAnOutage(t *testing.T) {
	t.Parallel()
	for name, body := range map[string]string{
		"garbage": "<html>", "another issuer": `{"issuer":"https://login.example"}`, "10 MB": `{"issuer":"` +
			strings.Repeat("x", 10<<20) + `"}`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				_, _ = w.Write([]byte(body))
			}))
			t.Cleanup(server.Close)
			_, err := sso.NewProvider(testSettings(server.URL)).Begin(t.Context(), newAttempt())
			refused(t, name, err, app.Unavailable)
			if len(err.Error()) > 1000 {
				t.Errorf("the error has %d bytes", len(err.Error()))
			}
		})
	}
}
