package web

import (
	"bytes"
	"encoding/csv"
	"net/http"
	"strings"

	"github.com/gofiber/fiber/v2"
)

// sheet is a CSV file to download: RFC 4180, in UTF-8 with the mark by which spreadsheets know it.
type sheet struct {
	buffer bytes.Buffer
	csv    *csv.Writer
}

func newSheet(columns ...string) *sheet {
	s := &sheet{}
	s.buffer.WriteString("\uFEFF")
	s.csv = csv.NewWriter(&s.buffer)
	s.csv.UseCRLF = true
	s.add(columns...)
	return s
}

func (s *sheet) add(cells ...string) {
	row := make([]string, len(cells))
	for i, cell := range cells {
		row[i] = inert(cell)
	}
	_ = s.csv.Write(row) // a buffer takes everything
}

// inert gives a cell that no spreadsheet takes for a formula: people choose their own names (OWASP, CSV Injection). A formula also
// begins behind white space and, in East Asian editions, with the wide forms of the signs.
func inert(cell string) string {
	first := strings.TrimLeft(cell, " \t\r\n\u00a0\u3000")
	if strings.HasPrefix(cell, "\t") || strings.HasPrefix(cell, "\r") || strings.HasPrefix(cell, "\n") ||
		(first != "" && strings.ContainsRune("=+-@|%＝＋－＠", []rune(first)[0])) {
		return "'" + cell
	}
	return cell
}

// send answers with the file under that name.
func (s *sheet) send(c *fiber.Ctx, name string) error {
	s.csv.Flush()
	c.Set(fiber.HeaderContentDisposition, `attachment; filename="`+name+`"`)
	c.Set(fiber.HeaderContentType, "text/csv; charset=utf-8")
	return c.Status(http.StatusOK).Send(s.buffer.Bytes())
}
