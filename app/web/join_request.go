package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// requestToJoin mails the person of an address the button by which to ask for the link's account.
func (s *server) requestToJoin(c *fiber.Ctx) error {
	return submit(c, decodeRegistration, func(typed app.RegistrationForm) error {
		r, link, err := s.openForm(c, typed)
		if err != nil {
			return deniedFormError(c, err, r)
		}
		if err := s.JoinRequests.Send(c.UserContext(), *link, typed.Email); err != nil {
			return err
		}
		r.JoinRequested = true
		return s.showDone(c, "/asked", app.Message{},
			func() (templ.Component, error) { return joinRequestView(r, nil).fragment(), nil })
	}, func(typed app.RegistrationForm, problems app.Problems) (view, error) {
		r, _, err := s.openForm(c, typed)
		if err != nil {
			return view{}, deniedFormError(c, err, r)
		}
		return joinRequestView(r, problems), nil
	})
}

// joinRequestView is the form of the link with the button in the field of the address.
func joinRequestView(r views.RegistrationView, problems app.Problems) view {
	r.Problems, r.Checked = problems, "email"
	if !app.IsID(r.Form.SubmissionID) { // the button sends the address alone
		r.Form.SubmissionID = app.NewSubmissionID()
	}
	return registrationFieldView(r)
}

func (s *server) joinRequestedPage(c *fiber.Ctx) error {
	return s.show(c, http.StatusOK, view{page: views.JoinRequestedPage})
}

// joinForm is the page behind the mailed link. It changes nothing: mail scanners open links too.
func (s *server) joinForm(c *fiber.Ctx) error {
	token := c.Params("token")
	asked, err := s.JoinRequests.Find(c.UserContext(), token)
	if err != nil {
		return err
	}
	if asked.Member != nil {
		return s.joinedPage(c, asked)
	}
	return s.show(c, http.StatusOK, view{page: func(p views.Page) templ.Component {
		return views.ConfirmJoinRequestPage(p, token, asked.Request)
	}})
}

func (s *server) join(c *fiber.Ctx) error {
	asked, err := s.JoinRequests.Join(c.UserContext(), c.Params("token"), s.client(c))
	if err != nil {
		return err
	}
	return s.joinedPage(c, asked)
}

func (s *server) joinedPage(c *fiber.Ctx, asked app.JoinRequestView) error {
	return s.show(c, http.StatusOK, view{page: func(p views.Page) templ.Component {
		return views.JoinedPage(p, asked, s.Clock.Now())
	}})
}
