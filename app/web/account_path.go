package web

import (
	"github.com/gofiber/fiber/v2"

	"reglink/views"
)

// accountPath is views.AccountPath for the account of a request.
func accountPath(c *fiber.Ctx, below string) string { return views.AccountPath(c.UserContext(), below) }
