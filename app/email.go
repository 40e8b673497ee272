package app

import (
	"net/mail"
	"strings"
	"unicode/utf8"

	"golang.org/x/net/idna"
)

// MaxEmail is the longest address in bytes, after RFC 5321's path limit of 256 with its two brackets.
const MaxEmail = 254

const maxLocalPart = 64 // bytes before the @, RFC 5321, 4.5.3.1.1

// EmailKey gives the canonical form by which addresses are compared, and nothing else compares them: ASCII
// letters in lower case, the domain as IDNA A-labels. Tags and dots in the local part stay, for only the
// receiving system knows what they mean. What is not one plain address is refused with the message to show
// beside the field. Source of the rule: security-reliability, 5.2; Unicode case folding would make one person
// of two.
func EmailKey(email string) (string, Message) {
	if m := emailSyntaxProblem(email); !m.None() {
		return "", m
	}
	at := strings.LastIndexByte(email, '@')
	local, domain := email[:at], email[at+1:]
	ascii, ok := asciiDomain(domain)
	if !ok {
		return "", Say("email_domain_invalid")
	}
	key := lowerASCII(local) + "@" + lowerASCII(ascii)
	if len(key) > MaxEmail { // A-labels are longer than what they stand for
		return "", Say("too_long_bytes", "Max", MaxEmail)
	}
	return key, Message{}
}

func emailSyntaxProblem(email string) Message {
	switch {
	case email == "":
		return Say("email_required")
	case len(email) > MaxEmail:
		return Say("too_long_bytes", "Max", MaxEmail)
	case !utf8.ValidString(email) || hasControl(email):
		return Say("text_control")
	case strings.ContainsAny(email, ",;") || strings.Count(email, "@") > 1:
		return Say("email_only_one")
	case strings.ContainsAny(email, " <>\"()"):
		return Say("email_bare")
	}
	at := strings.LastIndexByte(email, '@')
	if at < 1 || at == len(email)-1 {
		return Say("email_invalid")
	}
	if !isASCII(email[:at]) {
		return Say("email_local_ascii")
	}
	if at > maxLocalPart {
		return Say("email_invalid")
	}
	// The domain is checked by IDNA; an ASCII stand-in lets net/mail judge the local part alone.
	parsed, err := mail.ParseAddress(email[:at] + "@example.com")
	if err != nil || parsed.Address != email[:at]+"@example.com" {
		return Say("email_invalid")
	}
	return Message{}
}

// asciiDomain gives the A-labels of a domain. They are made twice: IDNA takes a few characters (U+2137) whose
// A-label it refuses, so that one domain would be taken in one spelling only.
func asciiDomain(domain string) (string, bool) {
	ascii, err := idna.Lookup.ToASCII(domain)
	if err != nil || !isHostName(ascii) {
		return "", false
	}
	again, err := idna.Lookup.ToASCII(ascii)
	return ascii, err == nil && again == ascii
}

// isHostName wants labels joined by dots: no single label, no empty or overlong one, and a last label that is
// not a number (so no IP address passes for a domain). That labels are letters, digits and inner hyphens
// alone is IDNA's rule already.
func isHostName(ascii string) bool {
	labels := strings.Split(ascii, ".")
	for _, label := range labels {
		if label == "" || len(label) > 63 {
			return false
		}
	}
	return len(labels) > 1 && strings.Trim(labels[len(labels)-1], "0123456789") != ""
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// lowerASCII is not strings.ToLower: that one maps the Kelvin sign to k and the dotted I to i, and so joins two people.
func lowerASCII(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
