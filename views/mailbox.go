package views

import "regexp"

// textPart is a piece of a mail's text: words, or an address to follow.
type textPart struct {
	text string
	link bool
}

// urlPattern ends before what ends a sentence.
var urlPattern = regexp.MustCompile(`https?://[^\s<>"]*[^\s<>".,;:!?)]`)

// splitLinks cuts a text at its addresses.
func splitLinks(text string) []textPart {
	var parts []textPart
	from := 0
	for _, at := range urlPattern.FindAllStringIndex(text, -1) {
		parts = append(parts, textPart{text: text[from:at[0]]}, textPart{text: text[at[0]:at[1]], link: true})
		from = at[1]
	}
	return append(parts, textPart{text: text[from:]})
}
