package app_test

import (
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"reglink/app"
)

func TestCursor_RoundTrips(t *testing.T) {
	t.Parallel()
	for _, at := range []time.Time{
		noon, noon.Add(time.Microsecond), time.UnixMicro(0).UTC(), time.Date(9999, 12, 31, 23, 59, 59, 999_999_000, time.UTC),
	} {
		want := app.Cursor{At: at, ID: app.NewID()}
		got, err := app.ParseCursor(want.String())
		wantNoError(t, err)
		if got != want {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	zero, err := app.ParseCursor("")
	wantNoError(t, err)
	if zero != (app.Cursor{}) || zero.String() != "" {
		t.Errorf("got %v, want the zero cursor", zero)
	}
}

func TestParseCursor_RefusesForgedText(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("A", 26)
	encode := func(s string) string { return base64.RawURLEncoding.EncodeToString([]byte(s)) }
	for _, s := range []string{
		"x", "!", "%00", strings.Repeat("A", 10_000), encode("."), encode("1"), encode("1."), encode("." + id),
		encode("x." + id),
		encode("1." + strings.ToLower(id)), encode("1." + id + "'"), encode("1." + id + "\x00"), encode("1.5." + id),
		encode("1." + id + "\n"),
		encode("-1." + id), encode("253402300800000000." + id), encode("9223372036854775807." + id),
		encode("99999999999999999999." + id),
		encode("1 OR 1=1." + id), encode("1."+id) + "!", base64.StdEncoding.EncodeToString([]byte("1." + id + "=")),
	} {
		if c, err := app.ParseCursor(s); !errors.Is(err, app.BadRequest) {
			t.Errorf("ParseCursor(%q): got %v, %v, want BadRequest", s, c, err)
		}
	}
}

// FuzzCursor: whatever is taken is a time that databases know and an id that we may have made.
func FuzzCursor(f *testing.F) {
	f.Add(app.Cursor{At: noon, ID: strings.Repeat("A", 26)}.String())
	f.Add(base64.RawURLEncoding.EncodeToString([]byte("253402300800000000." + strings.Repeat("A", 26))))
	f.Add("")
	f.Fuzz(func(t *testing.T, s string) {
		c, err := app.ParseCursor(s)
		if err != nil || s == "" {
			return
		}
		if year := c.At.Year(); year < 1970 || year > 9999 || len(c.ID) != 26 {
			t.Errorf("ParseCursor(%q): got %v", s, c)
		}
		if again, err := app.ParseCursor(c.String()); err != nil || again != c {
			t.Errorf("ParseCursor(%q): got %v, then %v and %v", s, c, again, err)
		}
	})
}
