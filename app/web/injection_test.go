package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// hostileWords are values by which somebody tries to leave the place of a value in a statement, or of a path in an address.
func hostileWords() []string {
	return []string{
		"' OR '1'='1", "1; DROP TABLE sessions --", `" OR 1=1 --`, "x' UNION SELECT password_hash FROM identities --", "%", "_", "\\", "%00", "\x00", "NULL", "-1", "0",
		"../../etc/passwd", strings.Repeat("A", 1200), strings.Repeat("A", 26) + "'", "\u202e\U0001F40E", "<script>alert(1)</script>", "${7*7}", "{{7*7}}", "\r\nSet-Cookie: x=y",
	}
}

// No id, no cursor and no filter of an address or a form leads anywhere but to a refusal or to nothing found, and nothing changes (T-55).
func TestT55HostileIDsAndFilters(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		s := newScene(p)
		before := p.stored()
		for _, row := range s.rows() {
			b := s.visitors["super"]
			if row.Who == "operator" {
				b = s.visitors["operator"]
			}
			for _, word := range hostileWords() {
				s.asksFor(b, row, word)
			}
		}
		p.unchanged("what is no id", before)
	})
}

// A cookie, a filter or an id is no statement: the list of members is the same whatever is asked of it, or empty (T-55).
func TestT55FiltersFindNoMore(t *testing.T) {
	t.Parallel()
	eachPortal(t, func(p *portal) {
		n := newNeighbours(p)
		all := len(p.sue.get("/members").members())
		for _, name := range []string{"q", "link", "role", "status", "show"} {
			for _, word := range hostileWords() {
				got := p.sue.get("/members?" + url.Values{name: {word}}.Encode())
				p.want(got, http.StatusOK)
				n.hidden(got)
				if found := len(got.members()); found > all {
					p.t.Errorf("%s finds %d members of %d", got.asked, found, all)
				}
			}
		}
	})
}
