package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// hostileValues are values by which somebody tries to leave the place of a value in a statement, or of a path
// in an address.
func hostileValues() []string {
	return []string{
		"' OR '1'='1", "1; DROP TABLE sessions --", `" OR 1=1 --`, "x' UNION SELECT password_hash FROM identities --", "%",
		"_", "\\", "%00", "\x00", "NULL", "-1", "0",
		"../../etc/passwd", strings.Repeat("A", 1200), strings.Repeat("A", 26) + "'", "\u202e\U0001F40E",
		"<script>alert(1)</script>", "${7*7}", "{{7*7}}", "\r\nSet-Cookie: x=y",
	}
}

// No id, no cursor and no filter of an address or a form leads anywhere but to a refusal or to nothing found,
// and nothing changes (T-55).
func TestT55_HostileIDsAndFiltersChangeNothing(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		s := newRouteFixture(p)
		before := p.snapshot()
		for _, row := range s.routes() {
			b := s.visitors["super"]
			if row.Who == "operator" {
				b = s.visitors["operator"]
			}
			for _, word := range hostileValues() {
				s.requestWith(b, row, word)
			}
		}
		p.wantUnchanged("what is no id", before)
	})
}

// A cookie, a filter or an id is no statement: the list of members is the same whatever is asked of it, or
// empty (T-55).
func TestT55_HostileFiltersFindNoMore(t *testing.T) {
	t.Parallel()
	eachDatabase(t, func(p *portal) {
		n := newOtherAccount(p)
		all := len(p.sue.get("/members").memberRowIDs())
		for _, name := range []string{"q", "link", "role", "status", "show"} {
			for _, word := range hostileValues() {
				got := p.sue.get("/members?" + url.Values{name: {word}}.Encode())
				p.wantStatus(got, http.StatusOK)
				n.wantHidden(got)
				if found := len(got.memberRowIDs()); found > all {
					p.t.Errorf("%s finds %d members of %d", got.request, found, all)
				}
			}
		}
	})
}
