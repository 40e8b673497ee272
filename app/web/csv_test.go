package web_test

import (
	"encoding/csv"
	"strings"
	"testing"
	"unicode"

	"reglink/app/web"
)

// isFormula tells whether a spreadsheet may take a cell for a formula, or for two cells of which one is a
// formula: editions that separate by semicolons or tabs read the file too. White space and what nobody sees
// before a sign is not looked at.
func isFormula(cell string) bool {
	for part := range strings.FieldsFuncSeq(cell, func(r rune) bool { return strings.ContainsRune(";\t\r\n", r) }) {
		part = strings.TrimLeftFunc(part, func(r rune) bool {
			return unicode.IsSpace(r) || unicode.Is(unicode.C, r)
		})
		if part != "" && strings.ContainsRune("=+-@|%\uFF1D\uFF0B\uFF0D\uFF20", []rune(part)[0]) {
			return true
		}
	}
	return cell != "" && strings.ContainsRune("\t\r\n\x00", rune(cell[0]))
}

// FuzzCSVCell: whatever somebody is called arrives as one cell that is text, and with every letter (T-33).
func FuzzCSVCell(f *testing.F) {
	for _, seed := range []string{
		"", "Nia", "=1+1", " =1", "\t=1", "\x00=1", "\u200b=1", "\ufeff-2", "a;=1", "a\t+1", "a\n=1", "a\r\n@x", `a","=1`,
		`"`, `""=1`, "'=1", "\u3000\uFF1D1", "-",
		"\xff=1", "a,b\n", "Zo\u00eb", "\u202e=1",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cell string) {
		file := web.CSVFile([]string{"before", cell, "behind"})
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(file, "\uFEFF"))).ReadAll()
		if err != nil || len(rows) != 2 || len(rows[1]) != 3 || rows[1][0] != "before" || rows[1][2] != "behind" {
			t.Fatalf("%q makes the rows %q: %v", cell, rows, err)
		}
		got := rows[1][1]
		if isFormula(got) {
			t.Errorf("%q is in the file as %q", cell, got)
		}
		plain := strings.NewReplacer("\r", "", "'", "")
		if plain.Replace(got) != plain.Replace(cell) {
			t.Errorf("%q is in the file as %q", cell, got)
		}
		if !isFormula(cell) && got != strings.ReplaceAll(cell, "\r", "") {
			t.Errorf("%q is harmless and yet in the file as %q", cell, got)
		}
	})
}
