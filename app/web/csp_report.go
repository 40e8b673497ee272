package web

import (
	"cmp"
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
)

// maxCSPReportSize is more than browsers send. Anybody can send one, so it is no more than a hint.
const maxCSPReportSize = 8 << 10

// cspReport writes a line of a report into the log: which directive, and by which site. The page's own
// address is left out, for it may hold a link's token, and so are the paths of others and the sample of a
// script.
func (s *server) cspReport(c *fiber.Ctx) error {
	var report struct {
		Body struct {
			Effective string `json:"effective-directive"`
			Violated  string `json:"violated-directive"` // of older browsers
			Blocked   string `json:"blocked-uri"`
		} `json:"csp-report"`
	}
	body := c.Request().Body()
	if len(body) > maxCSPReportSize || json.Unmarshal(body, &report) != nil {
		return app.Refuse(app.BadRequest, "form_broken")
	}
	directive, _, _ := strings.Cut(cmp.Or(report.Body.Effective, report.Body.Violated), " ")
	s.Log.WarnContext(c.UserContext(), "blocked by the content security policy", "id", requestID(c),
		"directive", knownDirective(directive), "blocked", blockedSource(report.Body.Blocked))
	return c.SendStatus(http.StatusNoContent)
}

// knownDirective gives a directive that there is, so that nobody writes into the log what they like.
func knownDirective(name string) string {
	known := []string{
		"default-src", "script-src", "script-src-elem", "script-src-attr", "style-src", "style-src-elem", "style-src-attr",
		"img-src", "font-src",
		"connect-src", "form-action", "base-uri", "frame-ancestors", "frame-src", "child-src", "worker-src", "manifest-src",
		"media-src", "object-src",
	}
	if slices.Contains(known, name) {
		return name
	}
	return "unknown"
}

// blockedSource gives whose the blocked thing was: a host, a scheme, or one of the words that browsers have
// for what has no address.
func blockedSource(blocked string) string {
	if slices.Contains([]string{"inline", "eval", "wasm-eval", "data", "blob", "trusted-types-sink"}, blocked) {
		return blocked
	}
	u, err := url.Parse(blocked)
	if err != nil || u.Host == "" || len(u.Host) > 100 ||
		strings.Trim(u.Host, "abcdefghijklmnopqrstuvwxyz0123456789-.:") != "" {
		return "unknown"
	}
	return u.Host
}
