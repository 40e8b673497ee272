package web_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
)

// ambiguousLengths are header lines that say in two ways where a body ends, or in one that is not plain.
func ambiguousLengths() map[string]string {
	return map[string]string{
		"a length and chunks":         "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
		"chunks and a length":         "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
		"chunks alone":                "Transfer-Encoding: chunked\r\n",
		"chunks of another name":      "Transfer-Encoding: xchunked\r\nContent-Length: 5\r\n",
		"chunks, then none":           "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\nContent-Length: 5\r\n",
		"no chunks":                   "Transfer-Encoding: identity\r\nContent-Length: 5\r\n",
		"a space before the colon":    "Transfer-Encoding : chunked\r\nContent-Length: 5\r\n",
		"a tab before the colon":      "Transfer-Encoding\t: chunked\r\nContent-Length: 5\r\n",
		"a folded line":               "X: y\r\n Transfer-Encoding: chunked\r\nContent-Length: 5\r\n",
		"a folded value":              "Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n",
		"a vertical tab in a name":    "Transfer-Encoding\x0b: chunked\r\nContent-Length: 5\r\n",
		"a NUL in a value":            "X: \x00\r\nContent-Length: 5\r\n",
		"two lengths":                 "Content-Length: 5\r\nContent-Length: 0\r\n",
		"the same length twice":       "Content-Length: 5\r\nContent-Length: 5\r\n",
		"two lengths in a line":       "Content-Length: 5, 0\r\n",
		"a signed length":             "Content-Length: +5\r\n",
		"a negative length":           "Content-Length: -5\r\n",
		"a length in hexadecimal":     "Content-Length: 0x5\r\n",
		"an empty length":             "Content-Length: \r\n",
		"a line without a colon":      "Content-Length: 5\r\nnonsense\r\n",
		"a bare carriage return":      "X: y\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n",
		"an overlong length":          "Content-Length: 99999999999999999999999\r\n",
		"a length with a plain space": "Content-Length: 5 5\r\n",
	}
}

// A request that says in two ways where its body ends, or in one that is not plain, is refused, and what
// stands behind it on the connection is not taken for a request: a proxy in front may have read it as a part
// of the body (ASVS 4.2.1).
func TestRequestSmuggling_AmbiguousLengthIsRefused(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		l := p.listen()
		form := credentials("sue@acme.example", password).Encode()
		const head = "POST /sign-in HTTP/1.1\r\nHost: portal.example\r\nContent-Type: application/x-www-form-urlencoded\r\n"
		hidden := head + "Content-Length: " + strconv.Itoa(len(form)) + "\r\n\r\n" + form
		before := p.snapshot()
		for how, lines := range ambiguousLengths() {
			got := l.rawStatuses(head + lines + "\r\n" + "0\r\n\r\n" + hidden)
			if len(got) != 1 || got[0] < 400 || got[0] > 413 {
				p.t.Errorf("%s: answered by %v, want one refusal and an end", how, got)
			}
		}
		p.wantUnchanged("a smuggled sign-in", before)
		get := "GET /sign-in HTTP/1.1\r\nHost: portal.example\r\n" +
			"Content-Length: " + strconv.Itoa(len(hidden)) + "\r\n\r\n" + hidden
		if got := l.rawStatuses(get); len(got) != 1 || got[0] != http.StatusOK {
			p.t.Errorf("a GET with a body is answered by %v", got)
		}
		p.wantUnchanged("a sign-in in the body of a GET", before)
		twice := hidden + strings.Replace(hidden, "\r\n\r\n", "\r\nConnection: close\r\n\r\n", 1)
		if got := l.rawStatuses(twice); len(got) != 2 || got[1] != http.StatusSeeOther {
			p.t.Errorf("two sign-ins on one connection are answered by %v", got)
		}
	})
}
