package views

import (
	"slices"
	"testing"
)

func TestSplitLinks_EndsAnAddressBeforePunctuation(t *testing.T) {
	t.Parallel()
	const link = "https://support.example/register/rl1_a-B_"
	for text, want := range map[string][]textPart{
		"":                      {{text: ""}},
		"No address.":           {{text: "No address."}},
		link:                    {{text: ""}, {text: link, link: true}, {text: ""}},
		"Open " + link + ". Or": {{text: "Open "}, {text: link, link: true}, {text: ". Or"}},
		"(" + link + ")\n":      {{text: "("}, {text: link, link: true}, {text: ")\n"}},
		link + "?a=b, " + link: {
			{text: ""}, {text: link + "?a=b", link: true}, {text: ", "}, {text: link, link: true}, {text: ""},
		},
	} {
		if got := splitLinks(text); !slices.Equal(got, want) {
			t.Errorf("%q: got %v, want %v", text, got, want)
		}
	}
}
