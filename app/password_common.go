package app

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"io"
	"slices"
	"strings"
	"sync"
	"unicode"
)

// commonPasswordsGzip is the list of the passwords that people choose most often, one a line, in the order of
// their bytes: those with at least four characters of @zxcvbn-ts/language-common 4.1.3 (MIT, see
// common.LICENSE), which counted them in published leaks.
//
//go:embed common.txt.gz
var commonPasswordsGzip []byte

var commonPasswords = sync.OnceValue(readCommonPasswords)

func readCommonPasswords() []string {
	file, err := gzip.NewReader(bytes.NewReader(commonPasswordsGzip))
	if err != nil {
		panic(err) // it is part of the program
	}
	text, err := io.ReadAll(file)
	if err != nil {
		panic(err)
	}
	return strings.Split(strings.TrimSpace(string(text)), "\n")
}

func inCommonPasswords(word string) bool {
	_, known := slices.BinarySearch(commonPasswords(), word)
	return known
}

// isCommonPassword tells whether a password is a common one, or one or two of them made long: by digits and
// signs around them, by letters that digits stand for, by being typed again (ASVS 6.2.4). Hardly any common
// password has fifteen characters; these are what people make of them where so many are asked for.
func isCommonPassword(password string) bool {
	s := strings.ToLower(password)
	for _, form := range []string{s, undoLeet(s)} {
		if inCommonPasswords(form) || isOneOrTwoCommon(strings.TrimFunc(form, notLetter)) || isFewCommonWords(form) {
			return true
		}
	}
	// What surrounds a word is taken off before its signs are read as letters, on either side: $uper2024, 2024love!
	right, left := strings.TrimRightFunc(s, notLetter), strings.TrimLeftFunc(s, notLetter)
	return isOneOrTwoCommon(undoLeet(right)) || isOneOrTwoCommon(undoLeet(left)) ||
		isOneOrTwoCommon(undoLeet(strings.TrimFunc(s, notLetter)))
}

func notLetter(r rune) bool { return !unicode.IsLetter(r) }

// undoLeet writes letters for the digits and signs that often stand for them.
func undoLeet(s string) string {
	return strings.NewReplacer("0", "o", "1", "i", "3", "e", "4", "a", "5", "s", "7", "t", "@", "a", "$", "s", "!",
		"i").Replace(s)
}

// isOneOrTwoCommon tells whether the text is one common password, or two of them without anything between.
func isOneOrTwoCommon(core string) bool {
	if inCommonPasswords(core) {
		return true
	}
	for i := 4; i <= len(core)-4; i++ {
		if inCommonPasswords(core[:i]) && inCommonPasswords(core[i:]) {
			return true
		}
	}
	return false
}

// isFewCommonWords tells whether all words of the text are common, and at most two of them differ.
func isFewCommonWords(text string) bool {
	words := strings.FieldsFunc(text, notLetter)
	slices.Sort(words)
	words = slices.Compact(words)
	return len(words) > 0 && len(words) <= 2 &&
		!slices.ContainsFunc(words, func(w string) bool { return !inCommonPasswords(w) })
}
