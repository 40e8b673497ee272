package web

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"reglink/views"
)

// securityPath is where a Super User decides how the people of the account sign in.
const securityPath = "/account/security"

// securityRoutes are what an account decides about how its people sign in.
func (s *server) securityRoutes() []route {
	rows := []route{{get, "/account/security", superUser, free, s.security}}
	if s.SSO != nil {
		rows = append(rows, route{post, "/account/security/sign-in", superUser, free, s.chooseSignIn})
	}
	return rows
}

func (s *server) security(c *fiber.Ctx) error {
	return write(c, http.StatusOK, views.SecurityPage(s.page(c), s.signInWay(c)))
}
