package web

import (
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
)

// asset serves an embedded file under its content-hashed name, for ever.
func (s *server) asset(c *fiber.Ctx) error {
	file, ok := s.Assets.Open(c.Params("name"), c.Get(fiber.HeaderAcceptEncoding))
	if !ok {
		c.Set(fiber.HeaderContentType, fiber.MIMETextPlain)
		return c.SendStatus(http.StatusNotFound)
	}
	c.Set(fiber.HeaderContentType, file.ContentType)
	c.Set(fiber.HeaderCacheControl, file.CacheControl)
	c.Vary(fiber.HeaderAcceptEncoding)
	if file.Encoding != "" {
		c.Set(fiber.HeaderContentEncoding, file.Encoding)
	}
	return c.Send(file.Body)
}

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
