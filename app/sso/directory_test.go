package sso_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"reglink/app"
	"reglink/app/sso"
	"reglink/app/sso/ssotest"
)

func TestDirectory_KnowsExactlyItsPeople(t *testing.T) {
	t.Parallel()
	server := ssotest.NewDirectory(t)
	server.Add("lea@learn.example")
	server.Add("u-17", "Tom.Ray@Learn.Example", "tom@home.example")
	server.Add("münchen", "info@münchen.example")
	server.Add(`a\"b@learn.example`)
	server.Add(`" or userName eq "`)
	d := sso.NewDirectory(server.URL, ssotest.Token)
	for email, want := range map[string]bool{
		"lea@learn.example": true, "tom.ray@learn.example": true, "tom@home.example": true,
		"info@xn--mnchen-3ya.example": true, "nobody@learn.example": false, "ea@learn.example": false, "u-17": true,
		// What a filter must not be led astray by. None of them is an address that the portal takes.
		`nobody" or userName eq "lea@learn.example`: false,
		`x" or emails.value pr or userName eq "x`:   false,
		`nobody\`: false,
		`nobody\" or userName eq \"lea@learn.example`: false,
		"nobody\" or\nuserName eq \"":                 false,
		`a\"b@learn.example`:                          true,
		`" or userName eq "`:                          true,
		"a&filter=userName pr":                        false,
		"a#b%22":                                      false,
		"":                                            false,
	} {
		got, err := d.EmailHasLogin(t.Context(), email)
		if err != nil || got != want {
			t.Errorf("%q: got %v, %v, want %v", email, got, err, want)
		}
	}
}

// unclearAnswers are what a directory may say instead of an answer. One of them leads elsewhere.
func unclearAnswers(elsewhere string) map[string]http.HandlerFunc {
	const list = `{"schemas":["urn:ietf:params:scim:api:messages:2.0:ListResponse"],`
	say := func(body string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/scim+json")
			_, _ = w.Write([]byte(body))
		}
	}
	return map[string]http.HandlerFunc{
		"500": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) },
		"404": http.NotFound,
		"204": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNoContent) },
		"a redirect": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, elsewhere, http.StatusFound)
		},
		"HTML":            func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>Sign in</html>")) },
		"garbage":         say("<html>"),
		"nothing":         say(""),
		"null":            say("null"),
		"a list":          say("[]"),
		"no schema":       say(`{"totalResults":0,"Resources":[]}`),
		"no total":        say(list + `"Resources":[]}`),
		"a total of text": say(list + `"totalResults":"0"}`),
		"below nothing":   say(list + `"totalResults":-1}`),
		"a contradiction": say(list + `"totalResults":0,"Resources":[{"id":"1"}]}`),
		"cut off":         say(list + `"totalResults":0`),
		"10 MB":           say(list + `"totalResults":0,"x":"` + strings.Repeat("x", 10<<20) + `"}`),
		"another error":   say(`{"schemas":["urn:ietf:params:scim:api:messages:2.0:Error"],"status":"404"}`),
		"a closed line":   func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
	}
}

// A directory that gives no clear answer in time gives none: nobody is let in by default.
func TestDirectory_UnclearAnswersAreUnavailable(t *testing.T) {
	t.Parallel()
	elsewhere := ssotest.NewDirectory(t)
	for name, handle := range unclearAnswers(elsewhere.URL + "/Users") {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := httptest.NewServer(handle)
			t.Cleanup(server.Close)
			wantUnavailable(t, sso.NewDirectory(server.URL, ssotest.Token))
		})
	}
	t.Run("another token", func(t *testing.T) {
		t.Parallel()
		wantUnavailable(t, sso.NewDirectory(elsewhere.URL, "guessed"))
	})
	t.Run("nobody there", func(t *testing.T) {
		t.Parallel()
		wantUnavailable(t, sso.NewDirectory("http://127.0.0.1:1/scim/v2", ssotest.Token))
	})
	t.Cleanup(func() {
		if asked := elsewhere.Asked(); len(asked) > 0 {
			t.Errorf("the redirect was followed, with %q", asked)
		}
	})
}

func wantUnavailable(t *testing.T, d *sso.Directory) {
	t.Helper()
	known, err := d.EmailHasLogin(t.Context(), "lea@learn.example")
	if known || !errors.Is(err, app.Unavailable) {
		t.Errorf("got %v, %v, want no answer", known, err)
	}
	if text := err.Error(); strings.Contains(text, "lea@") || strings.Contains(text, "token") || len(text) > 400 {
		t.Errorf("the error says too much: %s", text)
	}
}

func TestDirectory_HangingOneIsUnavailableInTime(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/scim+json")
		w.WriteHeader(http.StatusOK)
		w.(http.Flusher).Flush() // the head comes, the body never does
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(release) })
	began := time.Now()
	wantUnavailable(t, sso.NewDirectory(server.URL, ssotest.Token))
	if took := time.Since(began); took > 15*time.Second { // ours are five
		t.Errorf("it was waited for %v", took)
	}
}
