package web

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
	"reglink/views/email"
)

// maxOutboxNotices is how many notices an operator sees at once.
const maxOutboxNotices = 200

func (s *server) outboxList(c *fiber.Ctx) error {
	notices, err := s.Store.Notices(c.UserContext(), maxOutboxNotices)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, views.OutboxPage(s.page(c), notices))
}

// noticePage shows a mail as it would be sent now, so that an operator can hand it over where no mail server is.
func (s *server) noticePage(c *fiber.Ctx) error {
	if !app.IsID(c.Params("id")) {
		return pageNotFound()
	}
	n, err := s.Store.Notice(c.UserContext(), c.Params("id"))
	if err != nil {
		return err
	}
	due, holds, err := s.outbox.Prepare(c.UserContext(), *n)
	if err != nil {
		return err
	}
	var mail *email.Mail
	if holds {
		written, err := email.Compose(c.UserContext(), due, s.BaseURL)
		if err != nil {
			return err
		}
		mail = &written
	}
	return write(c, http.StatusOK, views.NoticePage(s.page(c), *n, mail))
}
