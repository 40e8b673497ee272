package app

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// InvitationForm is the form of Send invitations.
type InvitationForm struct {
	Addresses string // as they were typed or pasted
	File      string // the content of an uploaded list; empty: none was
	Language  string // of the mails
}

// addresses gives the addresses of a form, each once, and its problems, where languages are the tags that the
// catalogues know.
func (f InvitationForm) addresses(languages []string) ([]Address, Problems) {
	problems := Problems{}
	typed, uploaded := ReadAddresses(f.Addresses), AddressList{}
	if text, ok := utf8Text(f.File); ok {
		uploaded = ReadAddresses(text)
	} else {
		problems.Add("file", Say("file_not_text"))
	}
	problems.Add("addresses", badAddressesProblem(typed))
	problems.Add("file", badAddressesProblem(uploaded))
	all := mergeAddresses(typed.Good, uploaded.Good)
	if len(all) > MaxInvitations {
		field := "addresses"
		if len(uploaded.Good) > len(typed.Good) {
			field = "file"
		}
		problems.Add(field, Say("addresses_too_many", "Number", len(all), "Max", MaxInvitations))
	}
	if len(all) == 0 && len(problems) == 0 {
		problems.Add("addresses", Say("addresses_required"))
	}
	if !slices.Contains(languages, f.Language) {
		problems.Add("language", Say("language_unknown"))
	}
	return all, problems
}

func badAddressesProblem(list AddressList) Message {
	if len(list.Bad) == 0 {
		return Message{}
	}
	return Say("addresses_bad", "Count", len(list.Bad))
}

// mergeAddresses gives the addresses of two lists, each once.
func mergeAddresses(first, second []Address) []Address {
	known := make(map[string]bool, len(first))
	for _, a := range first {
		known[a.Key] = true
	}
	all := slices.Clone(first)
	for _, a := range second {
		if !known[a.Key] {
			all = append(all, a)
		}
	}
	return all
}

// BadAddresses gives what is wrong with the addresses that were typed, and with those of the file, so that a
// form can show it.
func (f InvitationForm) BadAddresses() ([]BadAddress, []BadAddress) {
	typed := ReadAddresses(f.Addresses).Bad
	var uploaded []BadAddress
	if text, ok := utf8Text(f.File); ok {
		uploaded = ReadAddresses(text).Bad
	}
	return typed, uploaded
}

// Address is an email address that somebody wants to be mailed, with the form by which it is compared.
type Address struct {
	Email string // as it was typed
	Key   string // EmailKey of it
}

// BadAddress is a piece of a list that is no address: where it stands, what it says, shortened, and what is
// wrong with it.
type BadAddress struct {
	Line    int // from 1
	Text    string
	Problem Message
}

// AddressList is what ReadAddresses found, in the order of the text. Good names each address once.
type AddressList struct {
	Good []Address
	Bad  []BadAddress
}

// ReadAddresses finds the addresses in what people paste: one a line, a line of many, what a mail program
// copies (Name <address>), or a CSV file with other columns. In each line the cells with an @ are the
// addresses; a first line without one names the columns and is skipped. What has an @ and is no address is
// bad, and so is a line without any.
func ReadAddresses(text string) AddressList {
	r := addressReader{seen: map[string]bool{}}
	lines := strings.Split(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text), "\n")
	begun := false
	for i, line := range lines {
		if strings.TrimSpace(line) == "" {
			continue
		}
		header := !begun && strings.Contains(text, "@") && isHeaderLine(line)
		begun = true
		if !header {
			r.read(i+1, line)
		}
	}
	return r.AddressList
}

// dottedName is what a forgotten @ leaves: nia.acme.example is a mistake and no name of a column.
var dottedName = regexp.MustCompile(`\pL\.\pL`)

func isHeaderLine(line string) bool {
	return !strings.Contains(line, "@") && !dottedName.MatchString(line) &&
		!hasControl(strings.ReplaceAll(line, "\t", " "))
}

// addressReader gathers a list, each address once.
type addressReader struct {
	AddressList

	seen map[string]bool
}

func (r *addressReader) read(number int, line string) {
	if !strings.Contains(line, "@") {
		r.bad(number, line, Say("address_missing"))
		return
	}
	for _, cell := range splitCells(line) {
		for _, word := range addressCandidates(cell) {
			r.add(number, word)
		}
	}
}

func (r *addressReader) add(number int, word string) {
	key, problem := EmailKey(word)
	if !problem.None() {
		r.bad(number, word, problem)
		return
	}
	if !r.seen[key] {
		r.seen[key] = true
		r.Good = append(r.Good, Address{Email: word, Key: key})
	}
}

func (r *addressReader) bad(number int, text string, why Message) {
	r.Bad = append(r.Bad,
		BadAddress{Line: number, Text: shorten(strings.Map(visibleRune, strings.TrimSpace(text)), 80), Problem: why})
}

// visibleRune gives a character, or something to look at for one that cannot be seen or would turn the text around it.
func visibleRune(r rune) rune {
	if hasControl(string(r)) {
		return unicode.ReplacementChar
	}
	return r
}

// splitCells cuts a line at commas, semicolons and tabs outside of quotes. Where a quote is not closed,
// quotes mean nothing.
func splitCells(line string) []string {
	meant := strings.Count(line, `"`)%2 == 0
	var all []string
	from, quoted := 0, false
	for i, c := range []byte(line) {
		switch {
		case c == '"' && meant:
			quoted = !quoted
		case !quoted && (c == ',' || c == ';' || c == '\t'):
			all = append(all, line[from:i])
			from = i + 1
		}
	}
	return append(all, line[from:])
}

var bracketedAddress = regexp.MustCompile(`<([^<>]*@[^<>]*)>`)

// addressCandidates are the pieces of a cell that are meant as addresses: what stands in angle brackets,
// otherwise each word with an @.
func addressCandidates(cell string) []string {
	var all []string
	for _, found := range bracketedAddress.FindAllStringSubmatch(cell, -1) {
		all = append(all, unwrapAddress(found[1]))
	}
	if len(all) > 0 {
		return all
	}
	for word := range strings.FieldsFuncSeq(cell, isAddressSeparator) {
		if strings.Contains(word, "@") {
			all = append(all, unwrapAddress(word))
		}
	}
	return all
}

// isAddressSeparator tells what stands between addresses inside of a quoted cell.
func isAddressSeparator(r rune) bool { return unicode.IsSpace(r) || r == ',' || r == ';' }

// unwrapAddress takes from an address what programs put around it when it is copied.
func unwrapAddress(word string) string {
	word = strings.Trim(tidyEmail(word), `"`)
	if len(word) > 2 && word[0] == '\'' && word[len(word)-1] == '\'' {
		word = word[1 : len(word)-1]
	}
	if scheme := "mailto:"; len(word) > len(scheme) && strings.EqualFold(word[:len(scheme)], scheme) {
		word = word[len(scheme):]
	}
	return tidyEmail(word)
}

// utf8Text gives the text of an uploaded list, without the mark that some programs begin UTF-8 with, and
// false for anything but UTF-8 text: in another encoding an address could be read for another one.
func utf8Text(content string) (string, bool) {
	text := strings.TrimPrefix(content, "\uFEFF")
	return text, utf8.ValidString(text) && !strings.ContainsRune(text, 0)
}
