package web

import (
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
)

// healthy says that the process answers.
func (s *server) healthy(c *fiber.Ctx) error {
	return c.Type("txt", "utf-8").SendString("ok\n")
}

// ready says whether the portal can be used, and if not, why in one line.
func (s *server) ready(c *fiber.Ctx) error {
	c.Type("txt", "utf-8")
	err := s.Ready(c.UserContext())
	if err == nil {
		return c.SendString("ready\n")
	}
	s.Log.WarnContext(c.UserContext(), "not ready", "id", requestID(c), "err", err)
	why := app.DatabaseSilent
	if known, ok := errors.AsType[app.Unready](err); ok {
		why = known
	}
	return c.Status(http.StatusServiceUnavailable).SendString("not ready: " + why.Error() + "\n")
}
