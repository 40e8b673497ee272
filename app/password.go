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

// PasswordProblem says what is wrong with a password for a person whose own words (names, address, account)
// are given, or the zero Message where it will do.
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
	case isRepetition(password) || guessability(password, own) < MinPassword/2:
		return Say("password_guessable")
	case isCommonPassword(password):
		return Say("password_common")
	}
	return Message{}
}

// PasswordStrength grades a password from 0 (refused) to 4 (very strong), for the meter beside the field.
func PasswordStrength(password string, own ...string) int {
	if !PasswordProblem(password, own...).None() {
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

// isRepetition finds a shorter password that was typed twice or more to reach the length (sunshinesunshine):
// the text stands inside its own double, elsewhere than at both ends.
func isRepetition(password string) bool {
	s := strings.ToLower(password)
	return strings.Contains((s + s)[1:2*len(s)-1], s)
}

// guessability counts the characters that carry surprise: not those of the person's own words, nor those that
// repeat or continue the one before them (aaaa, 1234, dcba), nor a piece that was there already (abcabcabc)
// or lies on a walk over the keyboard (qwertz).
func guessability(password string, own []string) int {
	rest := strings.ToLower(password)
	for _, word := range personalWords(own) {
		rest = strings.ReplaceAll(rest, word, "\x00")
	}
	runes := []rune(rest)
	free := 0
	for i, r := range runes {
		if r == 0 || unicode.IsSpace(r) || (i > 0 && isAdjacent(r, runes[i-1])) || isPredictable(runes, i) {
			continue
		}
		free++
	}
	return free
}

func isAdjacent(a, b rune) bool { return a-b <= 1 && b-a <= 1 }

// isPredictable tells whether the three characters that end at i stood together earlier, or stand together on
// a keyboard.
func isPredictable(runes []rune, i int) bool {
	if i < 2 {
		return false
	}
	piece := string(runes[i-2 : i+1])
	return strings.Contains(string(runes[:i]), piece) || strings.Contains(keyboardWalks, piece)
}

// keyboardWalks are the rows of keyboards (QWERTY, QWERTZ, AZERTY) in both directions, and the two usual zigzags.
const keyboardWalks = "qwertyuiop[]|asdfghjkl;'|zxcvbnm,./|qwertzuiop|yxcvbnm|azertyuiop|qsdfghjklm|wxcvbn|" +
	"poiuytrewq|lkjhgfdsa|mnbvcxz|poiuztrewq|mnbvcxy|poiuytreza|mlkjhgfdsq|nbvcxw|" +
	"1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p|1q2w3e4r5t6y7u8i9o0p|q1w2e3r4t5y6u7i8o9p0"

func personalWords(own []string) []string {
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

// NewPassword is a password that takes the place of another, and what is kept and said of that.
type NewPassword struct {
	Hash   string
	Change CredentialChange
	Notice Notice
}

func newPassword(hash string, change CredentialChange) NewPassword {
	change.ID = NewID()
	notice := newNotice(PasswordWasChanged, change.ID, change.IdentityID, change.At)
	return NewPassword{Hash: hash, Change: change, Notice: notice}
}

// PasswordChange is a new password that its person chose while signed in.
type PasswordChange struct {
	NewPassword
	OldHash        string // the hash that the person proved to know the password of
	SessionHash    []byte // the hash of the session in which it was chosen
	NewSessionHash []byte // the hash by which that session goes on
}

// PasswordForm is the form by which a person changes the password.
type PasswordForm struct {
	Current  string
	Password string
}
