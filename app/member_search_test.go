package app_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"reglink/app"
)

func TestWords_AreDistinctLowerCaseAndShort(t *testing.T) {
	t.Parallel()
	for text, want := range map[string][]string{
		"":                               nil,
		" \t'%_\\-.@ ":                   nil,
		"Zoë O'Neill zoe@acme.example":   {"acme", "example", "neill", "o", "zoe", "zoë"},
		"Zoe\u0308":                      {"zoë"},
		"ann ANN Ann":                    {"ann"},
		"李 伟":                            {"伟", "李"},
		"हिन्दी":                         {"हिन्दी"},
		"٣x ４y":                          {"٣x", "４y"},
		"a\x00b\xffc":                    {"a", "b", "c"},
		"ÅSTRÖM Straße":                  {"straße", "åström"},
		strings.Repeat("é", 65):          {strings.Repeat("é", 64)},
		strings.Repeat("\U00010400", 70): {strings.Repeat("\U00010428", 64)},
	} {
		got := app.SearchWords(text)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
		for _, word := range got {
			if !utf8.ValidString(word) || utf8.RuneCountInString(word) > 64 {
				t.Errorf("%q: %q cannot be kept", text, word)
			}
		}
	}
}

// TestMemberQuery_LooksForFewDistinctWords: what is looked for finds nobody whom the same words, typed
// otherwise, would not, and asks for nothing twice.
func TestMemberQuery_LooksForFewDistinctWords(t *testing.T) {
	t.Parallel()
	var many strings.Builder
	for i := range 30 {
		fmt.Fprintf(&many, "%02dx%s ", i, strings.Repeat("y", i))
	}
	tests := []struct {
		search string
		want   []string
	}{
		{"", nil},
		{"%", nil},
		{"an anna", []string{"anna"}},
		{"anna an", []string{"anna"}},
		{"anna nn", []string{"anna", "nn"}},
		{"a ab abc b abcd", []string{"abcd", "b"}},
		{"nia@acme.example", []string{"example", "acme", "nia"}},
		{strings.Repeat("z", 70), []string{strings.Repeat("z", 64)}},
	}
	for _, test := range tests {
		if got := (app.MemberQuery{Search: test.search}).Words(); !slices.Equal(got, test.want) {
			t.Errorf("%q: got %q, want %q", test.search, got, test.want)
		}
	}
	got := app.MemberQuery{Search: many.String()}.Words()
	if len(got) != 8 || !strings.HasPrefix(got[0], "29x") || !strings.HasPrefix(got[7], "22x") {
		t.Errorf("of thirty words, these are looked for: %q", got)
	}
}
