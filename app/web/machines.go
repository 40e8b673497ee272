package web

import (
	"net/http"

	"github.com/gofiber/fiber/v2"
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

// ready says whether the database answers too.
func (s *server) ready(c *fiber.Ctx) error {
	c.Type("txt", "utf-8")
	if err := s.Ready(c.UserContext()); err != nil {
		s.Log.WarnContext(c.UserContext(), "not ready", "err", err)
		return c.Status(http.StatusServiceUnavailable).SendString("the database does not answer\n")
	}
	return c.SendString("ready\n")
}
