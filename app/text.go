package app

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// tidy is how a typed line is kept: composed (NFC), without white space around it. Inner spaces stay as they are.
func tidy(s string) string { return strings.TrimSpace(norm.NFC.String(s)) }

// tidyEmail trims an address and changes nothing else: NFC would make the letter K of the Kelvin sign, and so
// a second spelling of somebody else's address.
func tidyEmail(s string) string { return strings.TrimSpace(s) }

// lineProblem checks one line of typed text: well-formed, free of control characters, at most limit characters (runes).
func lineProblem(s string, limit int) Message {
	switch {
	case !utf8.ValidString(s) || hasControl(s):
		return Say("text_control")
	case utf8.RuneCountInString(s) > limit:
		return Say("too_long", "Max", limit)
	}
	return Message{}
}

// requiredProblem is line for a text that may not be empty, nor only look so (zero-width characters alone).
func requiredProblem(s, emptyID string, limit int) Message {
	if m := lineProblem(s, limit); !m.None() {
		return m
	}
	if !strings.ContainsFunc(s, isVisible) {
		return Say(emptyID)
	}
	return Message{}
}

func isVisible(r rune) bool { return unicode.IsGraphic(r) && !unicode.IsSpace(r) }

// hasControl finds what can restructure a mail header, a log line or the direction of the text around it: C0 and C1
// controls, line separators and the explicit bidirectional overrides. Right-to-left letters themselves are welcome.
func hasControl(s string) bool {
	for _, r := range s {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' || r == '\uFEFF' ||
			(r >= '\u202A' && r <= '\u202E') || (r >= '\u2066' && r <= '\u2069') {
			return true
		}
	}
	return false
}

// SearchText is what a list of people is searched by: names and address in lower case. The same function
// makes the stored text and the words that are looked for, so both databases answer alike whatever their
// collation.
func SearchText(parts ...string) string {
	return strings.ToLower(norm.NFC.String(strings.Join(parts, " ")))
}

// shorten also makes what a mail server said fit to be stored and shown: a NUL or a broken character would
// fail the write, and the notice would be sent again for ever.
func shorten(s string, limit int) string {
	runes := []rune(strings.Map(printable, strings.ToValidUTF8(s, "?")))
	if len(runes) > limit {
		return string(runes[:limit-1]) + "…"
	}
	return string(runes)
}

func printable(r rune) rune {
	if unicode.IsControl(r) {
		return ' '
	}
	return r
}

// truncate gives the first characters of a text, whole ones.
func truncate(s string, limit int) string {
	for i := range s {
		if limit == 0 {
			return s[:i]
		}
		limit--
	}
	return s
}

var (
	idPattern    = regexp.MustCompile(`^[A-Z2-7]{26}$`) // of NewID and NewSubmissionID
	phonePattern = regexp.MustCompile(`^\+?\(?[0-9][0-9 ()./-]{2,}$`)
)
