package messages

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"reglink/app"
)

func TestMatch_TakesTheFirstCandidateThatSuits(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name       string
		candidates []string
		want       string
	}{
		{"nothing wanted", nil, "en"},
		{"a tag", []string{"de"}, "de"},
		{"a regional tag", []string{"de-AT"}, "de"},
		{"a header", []string{"fr-FR, de-CH;q=0.8, en;q=0.5"}, "de"},
		{"a header in order of preference", []string{"en-GB, de;q=0.9"}, "en"},
		{"the first that matches decides", []string{"", "ja", "de", "en"}, "de"},
		{"a language of nobody", []string{"ja"}, "en"},
		{"any language", []string{"*"}, "en"},
		{"not a tag at all", []string{"../../etc/passwd", "de\x00", "de"}, "de"},
		{"a header without end", []string{strings.Repeat("de-", 10_000), "de"}, "de"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if got := Match(c.candidates...); got != c.want {
				t.Errorf("Match(%.60q) = %q, want %q", c.candidates, got, c.want)
			}
		})
	}
}

func TestLanguages_ListsEnglishFirst(t *testing.T) {
	t.Parallel()
	got, want := fmt.Sprint(Languages()), "[{en English} {de Deutsch}]"
	if got != want {
		t.Errorf("Languages() = %s, want %s", got, want)
	}
}

func TestLanguages_WriteNumbersAndDatesTheirOwnWay(t *testing.T) {
	t.Parallel()
	for _, l := range Languages() {
		if got := For(l.Tag).catalogue().locale.Locale(); !strings.HasPrefix(got, l.Tag) {
			t.Errorf("%s writes numbers and dates as %s does", l.Tag, got)
		}
	}
}

func TestPrinter_WritesSentencesAndNumbers(t *testing.T) {
	t.Parallel()
	de := For("de")
	cases := []struct{ got, want string }{
		{For("en").T("role_standard_help"), "Uses everything in the account and sees its members."},
		{For("tlh").T("status_active"), "Active"},
		{de.T("status_active"), "Aktiv"},
		{
			de.T("already_activated", "Name", "<Jörg> {{.Name}}"),
			"<Jörg> {{.Name}} kann sich bereits anmelden, eine neue E-Mail ist daher nicht nötig.",
		},
		{de.Say(app.Say("too_long", "Max", 12345)), "Das ist zu lang: höchstens 12.345 Zeichen."},
		{For("en").Say(app.Say("too_long", "Max", 12345)), "This is too long: at most 12,345 characters."},
		{de.Say(app.EmailTaken())[:20], "Zu dieser Adresse gi"},
		{
			For("en").Say(app.EmailTaken()),
			"This address already has a login, so the link cannot be used with it. A Super User can add you under Members > " +
				"Create New User.",
		},
		{de.Say(app.Message{}), ""},
		{For("en").Number(-1234567), "-1,234,567"},
		{For("en").Number(999), "999"},
		{de.Number(0), "0"},
	}
	for _, c := range cases {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestPrinter_WritesTimesInUTC(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.November, 3, 23, 4, 59, 0, time.FixedZone("west", -5*3600))
	cases := []struct{ got, want string }{
		{For("en").Date(at), "4 November 2026"},
		{For("de").Date(at), "4. November 2026"},
		{For("en").DateTime(at), "4 November 2026, 04:04 UTC"},
		{For("de").DateTime(at), "4. November 2026, 04:04 Uhr UTC"},
		{For("de").Date(time.Date(10000, time.March, 1, 0, 0, 0, 0, time.UTC)), "1. März 10000"},
	}
	for _, c := range cases {
		if c.got != c.want {
			t.Errorf("got %q, want %q", c.got, c.want)
		}
	}
}

func TestFrom_IsEnglishWithoutAPrinter(t *testing.T) {
	t.Parallel()
	if got := From(context.Background()).Tag(); got != "en" {
		t.Errorf("without a printer: %q, want en", got)
	}
	if got := From(With(context.Background(), For("de"))).Tag(); got != "de" {
		t.Errorf("with the German one: %q, want de", got)
	}
}

// printerOf is a shelf with one language of these lines.
func printerOf(t *testing.T, tag, lines string) Printer {
	t.Helper()
	s, err := load(fstest.MapFS{tag + ".toml": &fstest.MapFile{Data: []byte(lines)}})
	if err != nil {
		t.Fatal(err)
	}
	return Printer{chosen: s.catalogues[0], strict: true}
}

func TestPrinter_ChoosesThePluralForm(t *testing.T) {
	t.Parallel()
	en := printerOf(t, "en", "people.one = \"{{.Count}} person\"\npeople.other = \"{{.Count}} people\"")
	for n, want := range map[int]string{0: "0 people", 1: "1 person", 2: "2 people", 1001: "1,001 people"} {
		if got := en.T("people", "Count", n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
	pl := printerOf(t, "pl", "people.one = \"{{.Count}} osoba\"\npeople.few = \"{{.Count}} osoby\"\npeople.many = "+
		"\"{{.Count}} osób\"\npeople.other = \"{{.Count}} osoby\"")
	for n, want := range map[int]string{1: "1 osoba", 3: "3 osoby", 5: "5 osób"} {
		if got := pl.T("people", "Count", n); got != want {
			t.Errorf("%d: got %q, want %q", n, got, want)
		}
	}
}

func TestStrict_PanicsOnMissingIDsAndValues(t *testing.T) {
	t.Parallel()
	en := printerOf(t, "en", `hello = "Hello {{.Name}}"`)
	for name, say := range map[string]func(){
		"an id":     func() { en.T("nonsense") },
		"a value":   func() { en.T("hello") },
		"its value": func() { en.T("hello", "Nmae", "x") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			say()
		})
	}
}

func TestPrinter_ShowsTheIDOfWhatIsMissing(t *testing.T) {
	t.Parallel()
	for _, p := range []Printer{{}, For("de")} {
		if got := p.T("nonsense") + p.T("too_long"); got != "nonsensetoo_long" {
			t.Errorf("%s: got %q", p.Tag(), got)
		}
	}
	if !Strict().In("de").strict || For("de").strict {
		t.Error("a Printer of another language is not as strict")
	}
}

func TestLoad_RefusesBrokenCatalogues(t *testing.T) {
	t.Parallel()
	for _, lines := range []string{`twice = "a"` + "\n" + `twice = "b"`, `open = "`, `number = 7`} {
		_, err := load(fstest.MapFS{"en.toml": &fstest.MapFile{Data: []byte(lines)}})
		if err == nil {
			t.Errorf("%q: no error", lines)
		}
	}
}

func BenchmarkPrinterPlainSentence(b *testing.B) {
	p := For("de")
	b.ReportAllocs()
	for b.Loop() {
		p.T("email_taken")
	}
}

func BenchmarkPrinterSentenceWithValues(b *testing.B) {
	p := For("de")
	b.ReportAllocs()
	for b.Loop() {
		p.T("already_activated", "Name", "Sue Perez")
	}
}

func BenchmarkMatch(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		Match("", "de-AT,de;q=0.9,en-US;q=0.8,en;q=0.7")
	}
}
