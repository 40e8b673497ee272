package web

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"reglink/views"
)

const helpPath = "/help/registration-link"

func (s *server) help(c *fiber.Ctx) error {
	return s.show(c, http.StatusOK, pageOf(s.BaseURL+helpPath, views.HelpPage))
}
