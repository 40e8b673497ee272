package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// confirmForm is the page behind a mailed link. It changes nothing: mail scanners open links too.
func (s *server) confirmForm(c *fiber.Ctx) error {
	token := c.Params("token")
	found, err := s.confirmations.Look(c.UserContext(), app.ToConfirm, token)
	if err != nil {
		return err
	}
	if found.UsedAt != nil {
		return s.confirmed(c)
	}
	return write(c, http.StatusOK, views.ConfirmAddressPage(s.page(c), token, found.Identity.Email))
}

func (s *server) confirm(c *fiber.Ctx) error {
	if err := s.confirmations.Confirm(c.UserContext(), c.Params("token")); err != nil {
		return err
	}
	return s.confirmed(c)
}

func (s *server) confirmed(c *fiber.Ctx) error {
	return write(c, http.StatusOK, views.StopPage(s.page(c), views.Step{
		Icon: "circle-check", Title: "confirmed_title", Text: "confirmed_text", Label: "sign_in", Path: "/sign-in",
	}))
}

func (s *server) activateForm(c *fiber.Ctx) error {
	token := c.Params("token")
	found, asks, err := s.confirmations.LookToActivate(c.UserContext(), token)
	if err != nil {
		return err
	}
	if found.UsedAt != nil {
		return s.activated(c)
	}
	v := activating(token, found)
	v.NoPassword = !asks
	return write(c, http.StatusOK, views.ActivatePage(s.page(c), v))
}

func activating(token string, found *app.Confirmation) views.Activating {
	person := found.Identity
	form := app.Activation{FirstName: person.FirstName, LastName: person.LastName}
	return views.Activating{Token: token, Email: person.Email, Form: form}
}

func (s *server) activate(c *fiber.Ctx) error {
	f, err := formOf(c)
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
		return s.activated(c)
	}
	found, asks, lookErr := s.confirmations.LookToActivate(c.UserContext(), token)
	if lookErr != nil {
		return lookErr
	}
	return refused(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
		v := activating(token, found)
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

func (s *server) activated(c *fiber.Ctx) error {
	if isFragment(c) {
		return redirect(c, c.Path())
	}
	return write(c, http.StatusOK, views.StopPage(s.page(c), views.Step{
		Icon: "circle-check", Title: "activated_title", Text: "activated_text", Label: "sign_in", Path: "/sign-in",
	}))
}

func (s *server) sendAgainForm(c *fiber.Ctx) error {
	return write(c, http.StatusOK, views.SendAgainPage(s.page(c), "", nil))
}

// sendAgain mails a new confirmation or activation. The answer is the same whoever the address belongs to.
func (s *server) sendAgain(c *fiber.Ctx) error {
	f, err := formOf(c)
	if err != nil {
		return err
	}
	email := f.one("email")
	err = f.err()
	if err == nil {
		err = s.confirmations.SendAgain(c.UserContext(), email)
	}
	if err != nil {
		return refused(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
			return views.SendAgainPage(s.page(c), email, problems), views.SendAgainForm(email, problems)
		})
	}
	s.wake()
	stop := views.Step{Icon: "mail", Title: "sent_again_title", Text: "sent_again_text", Label: "back_to_sign_in", Path: "/sign-in"}
	return render(c, http.StatusOK, views.StopPage(s.page(c), stop), views.SentAgain())
}
