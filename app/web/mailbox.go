package web

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"reglink/views"
	"reglink/views/email"
)

// Mailbox shows mails that were not sent; only the demo has one.
type Mailbox interface {
	// Mails gives them newest first.
	Mails() []email.Mail
}

// mailbox shows the demo's mails.
func (s *server) mailbox(c *fiber.Ctx) error {
	return s.show(c, http.StatusOK, pageOf(s.Mailbox.Mails(), views.MailboxPage))
}
