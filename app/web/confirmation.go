package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// confirmEmailForm is the page behind a mailed link. It changes nothing: mail scanners open links too.
func (s *server) confirmEmailForm(c *fiber.Ctx) error {
	token := c.Params("token")
	found, err := s.confirmations.Find(c.UserContext(), app.ToConfirm, token)
	if err != nil {
		return err
	}
	if found.UsedAt != nil {
		return s.emailConfirmedPage(c)
	}
	return write(c, http.StatusOK, views.ConfirmEmailPage(s.page(c), token, found.Identity.Email))
}

func (s *server) confirmEmail(c *fiber.Ctx) error {
	if err := s.confirmations.Confirm(c.UserContext(), c.Params("token")); err != nil {
		return err
	}
	return s.emailConfirmedPage(c)
}

func (s *server) emailConfirmedPage(c *fiber.Ctx) error {
	return write(c, http.StatusOK, views.MessagePage(s.page(c), views.MessageView{
		Icon: "circle-check", Title: "confirmed_title", Text: "confirmed_text", Label: "sign_in", Path: "/sign-in",
	}))
}

func (s *server) activateForm(c *fiber.Ctx) error {
	token := c.Params("token")
	found, asks, err := s.confirmations.FindActivation(c.UserContext(), token)
	if err != nil {
		return err
	}
	if found.UsedAt != nil {
		return s.activatedPage(c)
	}
	v := activationView(token, found)
	v.NoPassword = !asks
	return write(c, http.StatusOK, views.ActivatePage(s.page(c), v))
}

func activationView(token string, found *app.Confirmation) views.ActivationView {
	person := found.Identity
	form := app.Activation{FirstName: person.FirstName, LastName: person.LastName}
	return views.ActivationView{Token: token, Email: person.Email, Form: form}
}

func (s *server) activate(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	token := c.Params("token")
	input := decodeActivation(c, f)
	err = f.err()
	if err == nil {
		err = s.confirmations.Activate(c.UserContext(), token, input)
	}
	if err == nil {
		return s.activatedPage(c)
	}
	found, asks, lookErr := s.confirmations.FindActivation(c.UserContext(), token)
	if lookErr != nil {
		return lookErr
	}
	return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
		v := activationView(token, found)
		v.Form, v.Problems, v.NoPassword = input, problems, !asks
		return views.ActivatePage(s.page(c), v), views.ActivateForm(v)
	})
}

func decodeActivation(c *fiber.Ctx, f *form) app.Activation {
	return app.Activation{
		FirstName: f.one("first_name"), LastName: f.one("last_name"),
		Password: f.one("password"), EULA: f.one("eula"), Language: language(c),
	}
}

func (s *server) activatedPage(c *fiber.Ctx) error {
	if isFragment(c) {
		return redirect(c, c.Path())
	}
	return write(c, http.StatusOK, views.MessagePage(s.page(c), views.MessageView{
		Icon: "circle-check", Title: "activated_title", Text: "activated_text", Label: "sign_in", Path: "/sign-in",
	}))
}

func (s *server) resendConfirmationForm(c *fiber.Ctx) error {
	return write(c, http.StatusOK, views.ResendConfirmationPage(s.page(c), "", nil))
}

// resendConfirmation mails a new confirmation or activation. The answer is the same whoever the address belongs to.
func (s *server) resendConfirmation(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	email := f.one("email")
	err = f.err()
	if err == nil {
		err = s.confirmations.Resend(c.UserContext(), email)
	}
	if err != nil {
		return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
			return views.ResendConfirmationPage(s.page(c), email, problems), views.ResendConfirmationForm(email, problems)
		})
	}
	s.wakeMailer()
	stop := views.MessageView{
		Icon: "mail", Title: "sent_again_title", Text: "sent_again_text", Label: "back_to_sign_in",
		Path: "/sign-in",
	}
	return render(c, http.StatusOK, views.MessagePage(s.page(c), stop), views.ConfirmationResent())
}
