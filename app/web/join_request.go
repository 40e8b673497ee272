package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// askToJoin mails the person of an address the button by which to ask for the link's account.
func (s *server) askToJoin(c *fiber.Ctx) error {
	token := c.Params("token")
	f, err := formOf(c)
	if err != nil {
		return err
	}
	r := views.Registering{Action: linkPath(token), Form: decodeRegistration(f)}
	link, err := s.registrations.Open(c.UserContext(), token)
	if err != nil {
		return s.deniedOpen(c, err, r)
	}
	r.Account, r.SSO, r.Policy = link.Account.Name, link.Account.SignIn == app.SSOOnly, link.LinkPolicy
	if !app.IsID(r.Form.SubmissionID) { // the button sends the address alone
		r.Form.SubmissionID = app.NewSubmissionID()
	}
	err = f.err()
	if err == nil {
		err = s.joinRequests.Ask(c.UserContext(), *link, r.Form.Email)
	}
	if err != nil {
		return refused(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
			r.Problems, r.Checked = problems, "email"
			return views.RegistrationPage(s.page(c), r), views.RegistrationField(r, "email")
		})
	}
	s.wake()
	if !isFragment(c) {
		return redirect(c, "/asked")
	}
	r.JoinRequested = true
	return write(c, http.StatusOK, views.RegistrationField(r, "email"))
}

func (s *server) asked(c *fiber.Ctx) error {
	return write(c, http.StatusOK, views.AskedPage(s.page(c)))
}

// joinForm is the page behind the mailed link. It changes nothing: mail scanners open links too.
func (s *server) joinForm(c *fiber.Ctx) error {
	token := c.Params("token")
	asked, err := s.joinRequests.Look(c.UserContext(), token)
	if err != nil {
		return err
	}
	if asked.Member != nil {
		return s.joined(c, asked)
	}
	return write(c, http.StatusOK, views.JoinPage(s.page(c), token, asked.Request))
}

func (s *server) join(c *fiber.Ctx) error {
	asked, err := s.joinRequests.Join(c.UserContext(), c.Params("token"), s.client(c))
	if err != nil {
		return err
	}
	s.wake()
	return s.joined(c, asked)
}

func (s *server) joined(c *fiber.Ctx, asked app.Asked) error {
	return write(c, http.StatusOK, views.JoinedPage(s.page(c), asked, s.Clock.Now()))
}
