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
	token := c.Params("token")
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	r := views.RegistrationView{Action: registrationPath(token), Form: decodeRegistration(f)}
	link, err := s.registrations.OpenLink(c.UserContext(), token)
	if err != nil {
		return s.writeDeniedForm(c, err, r)
	}
	r.Account, r.SSO, r.Policy = link.Account.Name, link.Account.SignInMethod == app.SSOOnly, link.LinkPolicy
	if !app.IsID(r.Form.SubmissionID) { // the button sends the address alone
		r.Form.SubmissionID = app.NewSubmissionID()
	}
	err = f.err()
	if err == nil {
		err = s.joinRequests.Send(c.UserContext(), *link, r.Form.Email)
	}
	if err != nil {
		return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
			r.Problems, r.Checked = problems, "email"
			return views.RegistrationPage(s.page(c), r), views.RegistrationField(r, "email")
		})
	}
	s.wakeMailer()
	if !isFragment(c) {
		return redirect(c, "/asked")
	}
	r.JoinRequested = true
	return write(c, http.StatusOK, views.RegistrationField(r, "email"))
}

func (s *server) joinRequestedPage(c *fiber.Ctx) error {
	return write(c, http.StatusOK, views.JoinRequestedPage(s.page(c)))
}

// joinForm is the page behind the mailed link. It changes nothing: mail scanners open links too.
func (s *server) joinForm(c *fiber.Ctx) error {
	token := c.Params("token")
	asked, err := s.joinRequests.Find(c.UserContext(), token)
	if err != nil {
		return err
	}
	if asked.Member != nil {
		return s.joinedPage(c, asked)
	}
	return write(c, http.StatusOK, views.ConfirmJoinRequestPage(s.page(c), token, asked.Request))
}

func (s *server) join(c *fiber.Ctx) error {
	asked, err := s.joinRequests.Join(c.UserContext(), c.Params("token"), s.client(c))
	if err != nil {
		return err
	}
	s.wakeMailer()
	return s.joinedPage(c, asked)
}

func (s *server) joinedPage(c *fiber.Ctx, asked app.JoinRequestView) error {
	return write(c, http.StatusOK, views.JoinedPage(s.page(c), asked, s.Clock.Now()))
}
