package web

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strings"
	"unicode"

	"github.com/gofiber/fiber/v2"
)

// csvFile is a CSV file to download: RFC 4180, in UTF-8 with the mark by which spreadsheets know it.
type csvFile struct {
	buffer bytes.Buffer
	writer *csv.Writer
}

func newCSVFile(columns ...string) *csvFile {
	s := &csvFile{}
	s.buffer.WriteString("\uFEFF")
	s.writer = csv.NewWriter(&s.buffer)
	s.writer.UseCRLF = true
	s.add(columns...)
	return s
}

func (s *csvFile) add(cells ...string) {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = escapeFormulas(cell)
	}
	_ = s.writer.Write(row) // a buffer takes everything
}

// escapeFormulas gives a cell that no spreadsheet takes for a formula: people choose their own names (OWASP,
// CSV Injection). Other editions take more for the end of a cell, for many separate by semicolons, so each
// part is looked at.
func escapeFormulas(cell string) string {
	const ends = ";\t\r\n"
	var b strings.Builder
	if cell != "" && strings.ContainsRune("\t\r\n\x00", rune(cell[0])) {
		b.WriteByte('\'')
	}
	for {
		end := strings.IndexAny(cell, ends)
		if end < 0 {
			b.WriteString(escapeFormulaPart(cell))
			return b.String()
		}
		b.WriteString(escapeFormulaPart(cell[:end]))
		b.WriteByte(cell[end])
		cell = cell[end+1:]
	}
}

// escapeFormulaPart puts a quote before what begins like a formula, also behind what nobody sees, and in East
// Asian editions with the wide forms of the signs.
func escapeFormulaPart(part string) string {
	first := strings.TrimLeftFunc(part, func(r rune) bool { return unicode.IsSpace(r) || unicode.Is(unicode.C, r) })
	if first != "" && strings.ContainsRune("=+-@|%＝＋－＠", []rune(first)[0]) {
		return "'" + part
	}
	return part
}

// send answers with the file under that name.
func (s *csvFile) send(c *fiber.Ctx, name string) error {
	s.writer.Flush()
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	return c.Status(http.StatusOK).Send(s.buffer.Bytes())
}
