// Package eula holds the end-user licence agreement in every version that was ever in force, in each language.
//
// A text is never changed once somebody may have accepted it: a new text is a new version (app.EULAVersion)
// and a new file beside the old ones, named after version and language.
package eula

import (
	"embed"
	"strings"
)

//go:embed *.md
var texts embed.FS

// Document is an agreement as it is shown.
type Document struct {
	Title      string   // with the version
	Paragraphs []string // numbered clauses, plain text
}

// Text gives a version in a language, or false where that version was never written in it.
func Text(version, language string) (Document, bool) {
	data, err := texts.ReadFile(version + "." + language + ".md")
	if err != nil {
		return Document{}, false
	}
	parts := strings.Split(strings.TrimSpace(string(data)), "\n\n")
	return Document{Title: strings.TrimPrefix(parts[0], "# "), Paragraphs: parts[1:]}, true
}
