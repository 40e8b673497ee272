package app

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Length of a password in characters. Fifteen is NIST SP 800-63B-4's minimum where the password is the only factor; the
// maximum bounds the work of one request. Nothing is demanded of the characters themselves, and nothing is cut off.
const (
	MinPassword = 15
	MaxPassword = 128
)

// PasswordProblem says what is wrong with a password for a person whose own words (names, address, account) are given, or
// the zero Message where it will do.
func PasswordProblem(password string, own ...string) Message {
	n := utf8.RuneCountInString(password)
	switch {
	case password == "":
		return Say("password_required", "Min", MinPassword)
	case !utf8.ValidString(password) || strings.ContainsRune(password, 0):
		return Say("text_control")
	case n < MinPassword:
		return Say("password_short", "Min", MinPassword, "Missing", MinPassword-n)
	case n > MaxPassword:
		return Say("too_long", "Max", MaxPassword)
	case guessability(password, own) < MinPassword/2:
		return Say("password_guessable")
	}
	return Message{}
}

// Strength grades a password from 0 (refused) to 4 (very strong), for the meter beside the field.
func Strength(password string, own ...string) int {
	if PasswordProblem(password, own...).ID != "" {
		return 0
	}
	free := guessability(password, own)
	switch {
	case free >= 24:
		return 4
	case free >= 17:
		return 3
	case free >= 12:
		return 2
	}
	return 1
}

// guessability counts the characters that carry surprise: not those of the person's own words, nor those that repeat or
// continue the one before them (aaaa, 1234, dcba), nor a piece that was there already (abcabcabc).
func guessability(password string, own []string) int {
	rest := strings.ToLower(password)
	for _, word := range ownWords(own) {
		rest = strings.ReplaceAll(rest, word, "\x00")
	}
	runes := []rune(rest)
	free := 0
	for i, r := range runes {
		if r == 0 || unicode.IsSpace(r) || (i > 0 && near(r, runes[i-1])) || repeatsPiece(runes, i) {
			continue
		}
		free++
	}
	return free
}

func near(a, b rune) bool { return a-b <= 1 && b-a <= 1 }

// repeatsPiece tells whether the three characters that end at i stood together earlier.
func repeatsPiece(runes []rune, i int) bool {
	if i < 3 {
		return false
	}
	return strings.Contains(string(runes[:i]), string(runes[i-2:i+1]))
}

func ownWords(own []string) []string {
	words := []string{"password", "passwort", "reglink"}
	for _, text := range own {
		for _, word := range strings.FieldsFunc(strings.ToLower(text), notLetterOrDigit) {
			if utf8.RuneCountInString(word) >= 4 {
				words = append(words, word)
			}
		}
	}
	return words
}

func notLetterOrDigit(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
