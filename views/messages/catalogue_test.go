package messages

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/feature/plural"
	"golang.org/x/text/language"
)

// messagesOf reads the catalogues of one language, by id. An id that stands in two of them is in nobody's hand.
func messagesOf(t *testing.T, tag string) map[string]*i18n.Message {
	t.Helper()
	names, err := files.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	byID := map[string]*i18n.Message{}
	for _, name := range names {
		if tagOf(name.Name()) != tag {
			continue
		}
		for _, m := range messagesIn(t, name.Name()) {
			if byID[m.ID] != nil {
				t.Errorf("%s: %s stands in another catalogue too", name.Name(), m.ID)
			}
			byID[m.ID] = m
		}
	}
	return byID
}

func messagesIn(t *testing.T, name string) []*i18n.Message {
	t.Helper()
	data, err := files.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	all, err := i18n.ParseMessageBytes(data, toml.Unmarshal)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return all
}

// pluralTexts of a message, by the name of its plural form; empty ones are left out.
func pluralTexts(m *i18n.Message) map[string]string {
	all := map[string]string{"zero": m.Zero, "one": m.One, "two": m.Two, "few": m.Few, "many": m.Many, "other": m.Other}
	maps.DeleteFunc(all, func(_, text string) bool { return text == "" })
	return all
}

var placeholder = regexp.MustCompile(`{{\.([A-Z][A-Za-z]*)}}`)

// placeholderNames that a message names, in order and each once.
func placeholderNames(m *i18n.Message) []string {
	var names []string
	for _, text := range pluralTexts(m) {
		for _, found := range placeholder.FindAllStringSubmatch(text, -1) {
			names = append(names, found[1])
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestCatalogues_HaveTheSameIDsAndValuesInEveryLanguage(t *testing.T) {
	t.Parallel()
	english := messagesOf(t, fallbackTag)
	for _, other := range Languages() {
		theirs := messagesOf(t, other.Tag)
		for id, m := range english {
			if theirs[id] == nil {
				t.Errorf("%s.toml lacks %s", other.Tag, id)
				continue
			}
			if got, want := placeholderNames(theirs[id]), placeholderNames(m); !slices.Equal(got, want) {
				t.Errorf("%s.toml: %s names the values %q, in English %q", other.Tag, id, got, want)
			}
		}
		for id := range theirs {
			if english[id] == nil {
				t.Errorf("%s.toml has %s, which English lacks", other.Tag, id)
			}
		}
	}
}

// pluralForms are the forms that whole numbers need in a language.
func pluralForms(tag string) []string {
	names := map[plural.Form]string{
		plural.Zero: "zero", plural.One: "one", plural.Two: "two", plural.Few: "few", plural.Many: "many",
		plural.Other: "other",
	}
	needed := map[string]bool{"other": true}
	for n := range 200 {
		needed[names[plural.Cardinal.MatchPlural(language.MustParse(tag), n, 0, 0, 0, 0)]] = true
	}
	return slices.Sorted(maps.Keys(needed))
}

func TestCatalogues_HaveEveryPluralForm(t *testing.T) {
	t.Parallel()
	english := messagesOf(t, fallbackTag)
	for _, l := range Languages() {
		want := pluralForms(l.Tag)
		for id, m := range messagesOf(t, l.Tag) {
			got := slices.Sorted(maps.Keys(pluralTexts(m)))
			isPlural := len(got) > 1 || english[id] != nil && len(pluralTexts(english[id])) > 1
			if isPlural && (!slices.Equal(got, want) || !slices.Contains(placeholderNames(m), "Count")) {
				t.Errorf("%s.toml: %s has the forms %q and the values %q; a plural needs %q and Count", l.Tag, id, got,
					placeholderNames(m), want)
			}
		}
	}
}

var idPattern = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)

func TestCatalogues_AreWellFormed(t *testing.T) {
	t.Parallel()
	for _, l := range Languages() {
		for id, m := range messagesOf(t, l.Tag) {
			if !idPattern.MatchString(id) {
				t.Errorf("%s.toml: %q is not an id in snake_case (was a [table] opened above it?)", l.Tag, id)
			}
			all := strings.Join(slices.Collect(maps.Values(pluralTexts(m))), " ")
			if all == "" || strings.ContainsAny(placeholder.ReplaceAllString(all, ""), "{}") {
				t.Errorf("%s.toml: %s must be words, with values like {{.Name}} only: %q", l.Tag, id, all)
			}
		}
	}
}
