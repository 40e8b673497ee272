package web

import (
	"bytes"
	"strings"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
)

// rejectAmbiguousLength refuses a request that leaves open where its body ends, and ends the connection, so
// that nothing behind it is taken for another request. fasthttp takes every Transfer-Encoding for chunked,
// overrules Content-Length by it and takes the last of two lengths; a proxy that decides otherwise would let
// one person's body begin another's request (RFC 9112, 6.3 and 11.2). Forms have a length, so nothing else is
// taken.
func rejectAmbiguousLength(c *fiber.Ctx) error {
	if hasUnambiguousLength(c.Request().Header.RawHeaders()) {
		return nil
	}
	c.Context().SetConnectionClose()
	return app.Refuse(app.BadRequest, "form_broken")
}

// hasUnambiguousLength tells whether the lines of a header are plain "name: value", with one Content-Length
// at most and no Transfer-Encoding.
func hasUnambiguousLength(header []byte) bool {
	lengths := 0
	for line := range bytes.Lines(header) {
		line = bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))
		if len(line) == 0 {
			continue // the end of the header
		}
		name, value, ok := strings.Cut(string(line), ":")
		if !ok || !isHeaderName(name) || strings.ContainsAny(value, "\r\x00") {
			return false
		}
		switch strings.ToLower(name) {
		case "transfer-encoding":
			return false
		case "content-length":
			lengths++
			value = strings.Trim(value, " \t")
			if lengths > 1 || value == "" || strings.Trim(value, "0123456789") != "" {
				return false
			}
		}
	}
	return true
}

// isHeaderName tells whether a header has that name in the spelling of RFC 9110, 5.6.2: no space before the
// colon, no folded line.
func isHeaderName(name string) bool {
	const marks = "!#$%&'*+-.^_`|~"
	plain := func(r rune) rune {
		if ('a' <= r && r <= 'z') || ('A' <= r && r <= 'Z') || ('0' <= r && r <= '9') || strings.ContainsRune(marks, r) {
			return -1
		}
		return r
	}
	return name != "" && strings.Map(plain, name) == ""
}
