package eula_test

import (
	"fmt"
	"strings"
	"testing"

	"reglink/app"
	"reglink/views/eula"
	"reglink/views/messages"
)

func TestText_HasTheVersionInForceInEveryLanguage(t *testing.T) {
	t.Parallel()
	english, ok := eula.Text(app.EULAVersion, "en")
	if !ok {
		t.Fatalf("version %s has no English text", app.EULAVersion)
	}
	for _, l := range messages.Languages() {
		text, ok := eula.Text(app.EULAVersion, l.Tag)
		if !ok {
			t.Errorf("version %s is not written in %s", app.EULAVersion, l.Name)
			continue
		}
		if !strings.Contains(text.Title, app.EULAVersion) || strings.HasPrefix(text.Title, "#") {
			t.Errorf("%s: the title %q does not name the version", l.Name, text.Title)
		}
		if got, want := len(text.Paragraphs), len(english.Paragraphs); got != want {
			t.Errorf("%s: %d clauses, want %d", l.Name, got, want)
		}
		for i, clause := range text.Paragraphs {
			if number := fmt.Sprintf("%d. ", i+1); !strings.HasPrefix(clause, number) || strings.Contains(clause, "\n") {
				t.Errorf("%s: clause %d is not one line that starts with %q: %.40q", l.Name, i+1, number, clause)
			}
		}
	}
}

func TestText_IsFalseForUnknownVersionsAndLanguages(t *testing.T) {
	t.Parallel()
	for _, name := range [][2]string{{"2026-03", "tlh"}, {"1999-01", "en"}, {"../eula/2026-03", "en"}, {"", ""}} {
		if text, ok := eula.Text(name[0], name[1]); ok || text.Title != "" {
			t.Errorf("Text(%q, %q) = %q", name[0], name[1], text.Title)
		}
	}
}
