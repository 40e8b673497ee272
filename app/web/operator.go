package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/views"
	"reglink/views/email"
)

func (s *server) outboxList(c *fiber.Ctx) error {
	notices, err := s.Outbox.List(c.UserContext(), currentActor(c))
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, pageOf(notices, views.OutboxPage))
}

// noticePage shows a mail as it would be sent now.
func (s *server) noticePage(c *fiber.Ctx) error {
	n, due, err := s.Outbox.Read(c.UserContext(), currentActor(c), c.Params("id"))
	if err != nil {
		return err
	}
	var mail *email.Mail
	if due != nil {
		written, err := email.Compose(c.UserContext(), *due, s.BaseURL)
		if err != nil {
			return err
		}
		mail = &written
	}
	return s.show(c, http.StatusOK, view{page: func(p views.Page) templ.Component {
		return views.NoticePage(p, *n, mail)
	}})
}
