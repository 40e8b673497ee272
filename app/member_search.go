package app

import (
	"slices"
	"strings"
	"time"
	"unicode"
)

// MemberQuery says which members of an account to list, newest first.
type MemberQuery struct {
	Search string       // what each word of it is the beginning of is a word of names or address; empty: everybody
	Role   Role         // empty: every role
	Status Status       // empty: every status
	LinkID string       // only those who came by that link; empty: however they came
	Since  time.Time    // only those who came at that time or later; zero: whenever they came
	Filter MemberFilter // empty: everybody
	After  Cursor       // the last one of the page before; zero: from the newest
	At     time.Time    // the present, for Show
}

// tidied gives the query as it is asked.
func (q MemberQuery) tidied(at time.Time) MemberQuery {
	q.Search, q.At = SearchText(tidy(q.Search)), at
	return q
}

// Words are what Search looks for; none: everybody.
func (q MemberQuery) Words() []string { return queryWords(q.Search) }

// MemberFilter picks members whom somebody should look after.
type MemberFilter string

// The picks.
const (
	ExpiringMembers MemberFilter = "expiring" // active, and the membership ends within ExpiringDays
	IdleMembers     MemberFilter = "idle"     // active, a member for IdleDays, and not signed in for as long
)

// How many days ahead an end is shown, and after how many without a sign-in a member is idle.
const (
	ExpiringDays = 30
	IdleDays     = 60
)

// MemberFilters in the order in which they are offered.
func MemberFilters() []MemberFilter { return []MemberFilter{ExpiringMembers, IdleMembers} }

// Valid tells whether s is one of the picks.
func (s MemberFilter) Valid() bool { return s == ExpiringMembers || s == IdleMembers }

// maxSearchLength bounds the words that one statement has to look for, in characters.
const maxSearchLength = 200

// canMatch tells whether anybody can match: what no member can have, as a name with a NUL in it, is not asked
// for. It would find nobody, or be an error in one database and not in the other.
func (q MemberQuery) canMatch() bool {
	return lineProblem(q.Search, maxSearchLength).None() && (q.LinkID == "" || IsID(q.LinkID)) &&
		(q.Role == "" || q.Role.Valid()) && (q.Status == "" || q.Status.Valid()) && (q.Filter == "" || q.Filter.Valid()) &&
		(q.Search == "" || len(q.Words()) > 0)
}

// maxWordLength is how many characters of a word are kept and looked for.
const maxWordLength = 64

// maxQueryWords is how many of the words that somebody typed are looked for, the longest ones.
const maxQueryWords = 8

// SearchWords are what a member is found by: names and address in lower case (SearchText), split at
// everything that is neither a letter nor a digit, each word once and at most 64 characters of it. The same
// function makes the stored words and those that are looked for.
func SearchWords(text string) []string {
	words := strings.FieldsFunc(SearchText(text), isWordSeparator)
	for i, word := range words {
		words[i] = truncate(word, maxWordLength)
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// isWordSeparator keeps combining marks with their letter: in some scripts no composed letter holds them.
func isWordSeparator(r rune) bool {
	return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.IsMark(r)
}

// queryWords are the words of a search, the longest first, for they are the rarest. One that another begins
// with says nothing more, and of more than maxQueryWords the longest decide.
func queryWords(search string) []string {
	words := SearchWords(search) // sorted: whatever begins with a word stands behind it
	kept := words[:0]
	for i, word := range words {
		if i+1 == len(words) || !strings.HasPrefix(words[i+1], word) {
			kept = append(kept, word)
		}
	}
	slices.SortStableFunc(kept, func(a, b string) int { return len(b) - len(a) })
	return kept[:min(len(kept), maxQueryWords)]
}
