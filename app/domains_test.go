package app_test

import (
	"fmt"
	"strings"
	"testing"

	"reglink/app"
)

// domainLines are so many domains, one a line.
func domainLines(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "d%03d.example\n", i)
	}
	return b.String()
}

func TestParseDomains_GivesACanonicalList(t *testing.T) {
	t.Parallel()
	for typed, want := range map[string]string{
		"":                                 "",
		" \r\n,;\t ":                       "",
		"acme.example":                     "acme.example",
		"ACME.Example":                     "acme.example",
		"*.acme.example":                   "*.acme.example",
		"b.example, a.example;c.test":      "a.example b.example c.test",
		"a.example\r\na.example A.EXAMPLE": "a.example",
		"*.a.example a.example":            "a.example *.a.example",
		"b\u00fccher.example":              "xn--bcher-kva.example",
		"*.xn--bcher-kva.example":          "*.xn--bcher-kva.example",
		"acme.co.uk":                       "acme.co.uk",
		"*.acme.co.uk":                     "*.acme.co.uk",
		"github.io":                        "github.io",
		domainLines(app.MaxDomains):        strings.TrimSpace(strings.ReplaceAll(domainLines(app.MaxDomains), "\n", " ")),
		"a.example\u2028b.example":         "a.example b.example",
	} {
		got, bad := app.ParseDomains(typed)
		if got != want || len(bad) > 0 {
			t.Errorf("%.60q: got %.60q, %v, want %.60q", typed, got, bad, want)
		}
		if again, bad := app.ParseDomains(got); again != got || len(bad) > 0 {
			t.Errorf("%.60q is not its own canonical form: %.60q, %v", got, again, bad)
		}
	}
}

func TestT27_ParseDomainsRefusesInvalidDomains(t *testing.T) {
	t.Parallel()
	long := strings.Repeat(strings.Repeat("a", 60)+".", 5)
	for typed, want := range map[string]string{
		"acme": "domain_invalid acme", "acme..example": "domain_invalid acme..example",
		"acme.example.": "domain_invalid acme.example.",
		"*":             "domain_invalid *", "*.": "domain_invalid *.", "a.*.example": "domain_invalid a.*.example",
		"*acme.example":   "domain_invalid *acme.example",
		"**.acme.example": "domain_invalid **.acme.example", "*.*.acme.example": "domain_invalid *.*.acme.example",
		"127.0.0.1": "domain_invalid 127.0.0.1", "[::1]": "domain_invalid [::1]",
		"-acme.example":        "domain_invalid -acme.example",
		"https://acme.example": "domain_invalid https://acme.example", "acme.example/x": "domain_invalid acme.example/x",
		"localhost": "domain_invalid localhost", long + "example": "domain_invalid " + long[:79] + "…",
		"🦊":                "domain_invalid 🦊",
		"sue@acme.example": "domain_is_address sue@acme.example", "@acme.example": "domain_is_address @acme.example",
		"acme_x.example": "domain_underscore acme_x.example", "com": "domain_public com", "*.com": "domain_public *.com",
		"*.co.uk": "domain_public *.co.uk", "CO.UK": "domain_public CO.UK", "*.github.io": "domain_public *.github.io",
		"ok.example bad, com": "domain_invalid bad|domain_public com", domainLines(app.MaxDomains + 1): "domains_too_many",
		"a.example\x00": "text_control", "a.exam\u202eple": "text_control", strings.Repeat("a.example ", 801): "too_long",
	} {
		got, bad := app.ParseDomains(typed)
		var said []string
		for _, m := range bad {
			words := m.ID
			if entry, ok := m.Values["Entry"]; ok {
				words += " " + fmt.Sprint(entry)
			}
			said = append(said, words)
		}
		if all := strings.Join(said, "|"); all != want || got != "" {
			t.Errorf("%.60q: got %q, says %q, want %q", typed, got, all, want)
		}
	}
}

// Fifty domains of the greatest length are more than is stored.
func TestParseDomains_FitTheirColumn(t *testing.T) {
	t.Parallel()
	var all []string
	for i := range app.MaxDomains {
		all = append(all, fmt.Sprintf("%c%s.%s.example", 'a'+i%26, strings.Repeat("x", 30+i/26), strings.Repeat("y", 60)))
	}
	if got, bad := app.ParseDomains(strings.Join(all, "\n")); len(bad) != 1 || bad[0].ID != "domains_too_long" {
		t.Errorf("got %d bytes, %v", len(got), bad)
	}
	if got, bad := app.ParseDomains(strings.Join(all[:38], "\n")); len(got) > 4000 || len(got) < 3500 || len(bad) > 0 {
		t.Errorf("got %d bytes, %v", len(got), bad)
	}
}

func TestT27_AdmitsOnlyEmailsOfItsDomains(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		domains, email string
		want           bool
	}{
		{"", "nia@anywhere.example", true},
		{"acme.example", "nia@acme.example", true},
		{"acme.example", "NIA@ACME.EXAMPLE", true},
		{"acme.example", "nia@eu.acme.example", false},
		{"acme.example", "nia@notacme.example", false},
		{"acme.example", "nia@acme.example.evil.example", false},
		{"acme.example", "acme.example@evil.example", false},
		{"*.acme.example", "nia@acme.example", true},
		{"*.acme.example", "nia@eu.acme.example", true},
		{"*.acme.example", "nia@a.b.acme.example", true},
		{"*.acme.example", "nia@notacme.example", false},
		{"*.acme.example", "nia@example", false},
		{"a.example *.b.example", "nia@x.b.example", true},
		{"a.example *.b.example", "nia@x.a.example", false},
		{"xn--bcher-kva.example", "nia@b\u00fccher.example", true},
		{"xn--bcher-kva.example", "nia@bucher.example", false},
	} {
		key, m := app.EmailKey(c.email)
		if !m.None() {
			key = c.email
		}
		if got := (app.LinkPolicy{Domains: c.domains}).AdmitsEmail(key); got != c.want {
			t.Errorf("%q and %s: got %v", c.domains, c.email, got)
		}
	}
}

// What is shown can be sent again and is the same list.
func TestShownDomains_ParseToTheSameList(t *testing.T) {
	t.Parallel()
	for stored, want := range map[string]string{
		"":                                  "",
		"acme.example *.b.example":          "acme.example *.b.example",
		"xn--bcher-kva.example":             "b\u00fccher.example",
		"*.xn--r8jz45g.example":             "*.\u4f8b\u3048.example",
		"xn--zca.example":                   "\u00df.example",
		"xn--a-ecp.example xn--1ug.example": "",
	} {
		if _, bad := app.ParseDomains(stored); len(bad) > 0 {
			continue // never stored
		}
		shown := app.LinkPolicy{Domains: stored}.ShownDomains()
		if got := strings.Join(shown, " "); got != want {
			t.Errorf("%q is shown as %q, want %q", stored, got, want)
		}
		if again, bad := app.ParseDomains(strings.Join(shown, "\n")); again != stored || len(bad) > 0 {
			t.Errorf("%q comes back as %q, %v", stored, again, bad)
		}
	}
	six := app.LinkPolicy{Domains: "a.example b.example c.example d.example e.example f.example"}
	if got := six.NamedDomains(); got != "a.example, b.example, c.example, d.example, e.example, …" {
		t.Errorf("six are named as %s", got)
	}
}
