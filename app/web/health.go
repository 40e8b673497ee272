package web

import (
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
)

// healthz says that the process answers.
func (s *server) healthz(c *fiber.Ctx) error {
	return c.Type("txt", "utf-8").SendString("ok\n")
}

// readyz says whether the portal can be used, and if not, why in one line.
func (s *server) readyz(c *fiber.Ctx) error {
	c.Type("txt", "utf-8")
	err := s.CheckReady(c.UserContext())
	if err == nil {
		return c.SendString("ready\n")
	}
	s.Log.WarnContext(c.UserContext(), "not ready", "id", requestID(c), "err", err)
	why := app.DatabaseUnresponsive
	if known, ok := errors.AsType[app.Unready](err); ok {
		why = known
	}
	return c.Status(http.StatusServiceUnavailable).SendString("not ready: " + why.Error() + "\n")
}
