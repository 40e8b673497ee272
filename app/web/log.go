package web

import (
	"encoding/hex"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
)

// Keys of what a request carries for its line in the log.
const (
	refusalKey    = "refusal"
	newSessionKey = "session begun"
	earlyErrorKey = "not read"
)

// unrouted stands for the route of a request that no row of the table takes, and for a method that is none.
const unrouted = "none"

// routeOf returns the path of the row that a request was for, and nothing of its own path.
func routeOf(c *fiber.Ctx) string {
	if r := currentRoute(c); r != nil {
		return r.path
	}
	return unrouted
}

// methodOf gives the method of a request, which in one that could not be read is any word.
func methodOf(c *fiber.Ctx) string {
	if method := c.Method(); c.Locals(earlyErrorKey) == nil && slices.Contains(fiber.DefaultMethods, method) {
		return method
	}
	return unrouted
}

// noteRefusal keeps why a request was refused: ids of messages and names of fields, nothing that was typed.
func noteRefusal(c *fiber.Ctx, why error) { c.Locals(refusalKey, why.Error()) }

// noteSession keeps which session an answer begins, by the name that opens nothing.
func noteSession(c *fiber.Ctx, token string) {
	if hash, ok := app.HashToken(app.SessionToken, token); ok {
		c.Locals(newSessionKey, app.Session{TokenHash: hash}.ID())
	}
}

// logRequest counts a request and writes one line of it: what was asked, what became of it, from which
// address block, by whom where somebody is signed in, which session began, and why it was refused. The route
// stands for the path, whose parameters are secrets.
func (s *server) logRequest(c *fiber.Ctx, took time.Duration) {
	route, status := routeOf(c), c.Response().StatusCode()
	method := methodOf(c)
	s.Metrics.Request(route, method, status, took)
	if status == http.StatusOK && isPolledRoute(route) {
		return
	}
	line := []any{
		"id", requestID(c), "method", method, "route", route, "status", status, "ms", took.Milliseconds(), "from",
		s.addressBlock(c),
	}
	if actor := optionalActor(c); actor != nil {
		hash, _ := hex.DecodeString(actor.SessionID)
		line = append(line, "actor", actor.Identity.ID, "session", app.Session{TokenHash: hash}.ID())
	}
	if begun, ok := c.Locals(newSessionKey).(string); ok {
		line = append(line, "session_begun", begun)
	}
	if why, ok := c.Locals(refusalKey).(string); ok {
		line = append(line, "refused", why)
	}
	s.Log.Log(c.UserContext(), logLevel(status), "request", line...)
}

// logLevel is the level of a request's line. Faults have a line of their own at a higher one.
func logLevel(status int) slog.Level {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusTooManyRequests:
		return slog.LevelWarn
	}
	return slog.LevelInfo
}

// isPolledRoute tells whether a route is asked again and again, by programs or for the parts of a page.
func isPolledRoute(route string) bool {
	return route == "/healthz" || route == "/readyz" || route == "/metrics" || strings.HasPrefix(route, "/assets/")
}

func requestID(c *fiber.Ctx) string {
	id, _ := c.Locals(requestIDKey).(string)
	return id
}
