package app_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"reglink/app"
)

// What a browser says of itself is anybody's text: it is kept short, in one line and in one direction.
func TestUserAgent_IsStoredCleanedAndShort(t *testing.T) {
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
		d := newSignIns(t)
		_, err := d.SignIn(t.Context(), app.Credentials{Email: "sue@acme.example", Password: rightPassword},
			app.Client{UserAgent: said})
		wantNoError(t, err)
		for _, session := range d.store.sessions {
			if session.UserAgent != want || utf8.RuneCountInString(session.UserAgent) > 255 {
				t.Errorf("%.40q is kept as %.40q, want %.40q", said, session.UserAgent, want)
			}
		}
	}
}
