package app_test

import (
	"strings"
	"testing"

	"golang.org/x/net/idna"

	"reglink/app"
)

// emailOfLength makes an address of that many bytes in all.
func emailOfLength(length int) string {
	label := strings.Repeat("a", 63) + "."
	domain := label + label + label + strings.Repeat("b", length-2-3*64-4) + ".com"
	return "x@" + domain
}

func TestT20_EmailKeyIsCanonical(t *testing.T) {
	t.Parallel()
	tests := []struct{ email, key string }{
		{"ann@example.com", "ann@example.com"},
		{"Ann.Lee@Example.COM", "ann.lee@example.com"},
		{"ann+news@example.com", "ann+news@example.com"},
		{"a.n.n@example.com", "a.n.n@example.com"},
		{"o'hara@example.com", "o'hara@example.com"},
		{"!#$%&'*+-/=?^_`{|}~@example.com", "!#$%&'*+-/=?^_`{|}~@example.com"},
		{"ann@mail.sub-domain.example.co.uk", "ann@mail.sub-domain.example.co.uk"},
		{"ann@3com.com", "ann@3com.com"},
		{"ann@münchen.example", "ann@xn--mnchen-3ya.example"},
		{"ann@MÜNCHEN.example", "ann@xn--mnchen-3ya.example"},
		{"ann@mu\u0308nchen.example", "ann@xn--mnchen-3ya.example"},
		{"ann@xn--mnchen-3ya.example", "ann@xn--mnchen-3ya.example"},
		{"ANN@XN--MNCHEN-3YA.EXAMPLE", "ann@xn--mnchen-3ya.example"},
		{"ann@straße.example", "ann@xn--strae-oqa.example"},
		{"ann@例え.テスト", "ann@xn--r8jz45g.xn--zckzah"},
		{"ann@пример.example", "ann@xn--e1afmkfd.example"},
		{strings.Repeat("a", 64) + "@example.com", strings.Repeat("a", 64) + "@example.com"},
		{emailOfLength(254), emailOfLength(254)},
	}
	for _, test := range tests {
		got, m := app.EmailKey(test.email)
		if got != test.key || !m.None() {
			t.Errorf("EmailKey(%q): got %q and %q, want %q", test.email, got, m.ID, test.key)
		}
	}
}

func TestT20_EmailKeyRefusesInvalidEmails(t *testing.T) {
	t.Parallel()
	checkEmailRefusals(t, []emailRefusal{
		{"", "email_required"},
		{"ann", "email_invalid"},
		{"@example.com", "email_invalid"},
		{"ann@", "email_invalid"},
		{".ann@example.com", "email_invalid"},
		{"ann.@example.com", "email_invalid"},
		{"a..n@example.com", "email_invalid"},
		{`a\n@example.com`, "email_invalid"},
		{"a[n]@example.com", "email_invalid"},
		{"a:n@example.com", "email_invalid"},
		{strings.Repeat("a", 65) + "@example.com", "email_invalid"},
		{emailOfLength(255), "too_long_bytes"},
		{strings.Repeat("a", 10_000) + "@example.com", "too_long_bytes"},
		{"x@" + strings.Repeat("ü.", 84) + "example", "too_long_bytes"}, // 254 bytes only until the A-labels are made
	})
}

// emailProblem is an address that is none and the message that says why.
type emailRefusal struct{ email, id string }

func checkEmailRefusals(t *testing.T, tests []emailRefusal) {
	t.Helper()
	for _, test := range tests {
		key, m := app.EmailKey(test.email)
		if key != "" || m.ID != test.id {
			t.Errorf("EmailKey(%q): got %q and %q, want %q", test.email, key, m.ID, test.id)
		}
	}
}

func TestT21_EmailKeyWantsOneBareAddress(t *testing.T) {
	t.Parallel()
	checkEmailRefusals(t, []emailRefusal{
		{"ann@example.com,bob@example.com", "email_only_one"},
		{"ann@example.com;bob@example.com", "email_only_one"},
		{"ann@example.com@example.org", "email_only_one"},
		{"Ann, Lee <ann@example.com>", "email_only_one"},
		{"Ann <ann@example.com>", "email_bare"},
		{"<ann@example.com>", "email_bare"},
		{`"ann"<ann@example.com>`, "email_bare"},
		{`"ann lee"@example.com`, "email_bare"},
		{`"ann"@example.com`, "email_bare"},
		{"ann(work)@example.com", "email_bare"},
		{"an n@example.com", "email_bare"},
		{" ann@example.com", "email_bare"},
		{"ann@example.com ", "email_bare"},
		{"ann@example.com\r\nBcc: bob@example.com", "text_control"},
		{"ann\x00@example.com", "text_control"},
		{"ann\t@example.com", "text_control"},
		{"ann\x7f@example.com", "text_control"},
		{"ann@exa\u0085mple.com", "text_control"},
		{"ann@exa\u202Emple.com", "text_control"},
		{"ann@exa\xffmple.com", "text_control"},
		{"zoé@example.com", "email_local_ascii"},
		{"\u212Aate@example.com", "email_local_ascii"}, // Kelvin sign
		{"\u0131an@example.com", "email_local_ascii"},  // dotless i
		{"\u0130an@example.com", "email_local_ascii"},  // dotted capital I
		{"\u0430nn@example.com", "email_local_ascii"},  // Cyrillic a
		{"\uff41nn@example.com", "email_local_ascii"},  // full-width a
		{"an\u200Dn@example.com", "email_local_ascii"}, // zero-width joiner
		{"😀@example.com", "email_local_ascii"},
	})
}

func TestT20_EmailKeyRefusesInvalidDomains(t *testing.T) {
	t.Parallel()
	for _, domain := range []string{
		"localhost", "example.com.", ".example.com", "example..com", "-example.com", "example-.com", "exam_ple.com",
		"exam%ple.com",
		"192.0.2.1", "[192.0.2.1]", "[IPv6:2001:db8::1]", "2001:db8::1", "1.2", "example.123", "example.com:25",
		"exa/mple.com",
		"exa\u00A0mple.com", "xn--.com", "xn--a.com", "xn--99999999.com", "\u0301a.example", "\u2137a.example", "😀.\u200D",
		strings.Repeat("a", 64) + ".com", strings.Repeat("ü", 60) + ".com",
	} {
		key, m := app.EmailKey("ann@" + domain)
		if key != "" || m.ID != "email_domain_invalid" {
			t.Errorf("domain %q: got %q and %q, want email_domain_invalid", domain, key, m.ID)
		}
	}
}

// TestT20_EmailKeyKeepsPeopleApart: what collations and Unicode case folding would make one person of
// (security-reliability, 5.2) is refused or stays two.
func TestT20_EmailKeyKeepsPeopleApart(t *testing.T) {
	t.Parallel()
	for _, pair := range [][2]string{
		{"ann@example.com", "ann+x@example.com"},
		{"ann@example.com", "a.nn@example.com"},
		{"ann@example.com", "ann@example.co"},
		{"ann@example.com", "ann@ex\u0430mple.com"}, // Cyrillic a
		{"ann@strasse.example", "ann@straße.example"},
		{"ann@resume.example", "ann@résumé.example"},
	} {
		one, m := app.EmailKey(pair[0])
		two, n := app.EmailKey(pair[1])
		if one == two || !m.None() || !n.None() {
			t.Errorf("%q and %q: got %q and %q, want two keys", pair[0], pair[1], one, two)
		}
	}
}

// isHostName is RFC 1123's rule: labels of letters, digits and inner hyphens, two at least.
func isHostName(domain string) bool {
	labels := strings.Split(domain, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 || strings.Trim(label, "-") != label ||
			strings.Trim(label, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" {
			return false
		}
	}
	return len(labels) > 1
}

func FuzzEmailCanonical(f *testing.F) {
	for _, seed := range []string{
		"ann@example.com", "Ann+x@MÜNCHEN.example", "a@xn--mnchen-3ya.de", "a@例え.テスト", "\u212A@example.com", "a@\u212A.com",
		"a@exam\u00ADple.com", "a@example。com", "o'hara@3com.com", "a@ß.de", "a@\u0130.com", "a@\u2137a.com", `"a"@b.c`,
		"a@b..c", "a@1.2.3.4",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, email string) {
		key, m := app.EmailKey(email)
		if (key == "") == m.None() {
			t.Fatalf("EmailKey(%q): got %q and %q, want one of them", email, key, m.ID)
		}
		if key == "" {
			return
		}
		if again, _ := app.EmailKey(key); again != key {
			t.Errorf("EmailKey(%q): got %q, whose key is %q", email, key, again)
		}
		for _, c := range []byte(key) {
			if c <= ' ' || c >= 0x7f || ('A' <= c && c <= 'Z') {
				t.Errorf("EmailKey(%q): got %q, want lower-case ASCII", email, key)
			}
		}
		if len(key) > app.MaxEmail || strings.Count(key, "@") != 1 {
			t.Errorf("EmailKey(%q): got %q", email, key)
		}
		local, domain, _ := strings.Cut(key, "@")
		if !isHostName(domain) {
			t.Errorf("EmailKey(%q): got %q, whose domain is no host name", email, key)
		}
		if twin, err := idna.Lookup.ToUnicode(domain); err == nil && len(local+"@"+twin) <= app.MaxEmail {
			if same, _ := app.EmailKey(local + "@" + twin); same != key {
				t.Errorf("%q and its twin %q: got keys %q and %q", email, twin, key, same)
			}
		}
	})
}
