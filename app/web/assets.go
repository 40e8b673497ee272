package web

import (
	"net/http"

	"github.com/gofiber/fiber/v2"
)

// serveAsset serves an embedded file under its content-hashed name, for ever.
func (s *server) serveAsset(c *fiber.Ctx) error {
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
