package web

import (
	"context"
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// confirmEmailForm is the page behind a mailed link. It changes nothing: mail scanners open links too.
func (s *server) confirmEmailForm(c *fiber.Ctx) error {
	token := c.Params("token")
	found, err := s.Confirmations.Find(c.UserContext(), app.ToConfirm, token)
	if err != nil {
		return err
	}
	if found.UsedAt != nil {
		return s.emailConfirmedPage(c)
	}
	return s.show(c, http.StatusOK, view{page: func(p views.Page) templ.Component {
		return views.ConfirmEmailPage(p, token, found.Identity.Email)
	}})
}

func (s *server) confirmEmail(c *fiber.Ctx) error {
	if err := s.Confirmations.Confirm(c.UserContext(), c.Params("token")); err != nil {
		return err
	}
	return s.emailConfirmedPage(c)
}

func (s *server) emailConfirmedPage(c *fiber.Ctx) error {
	return s.show(c, http.StatusOK, pageOf(views.MessageView{
		Icon: "circle-check", Title: "confirmed_title", Text: "confirmed_text", Label: "sign_in", Path: "/sign-in",
	}, views.MessagePage))
}

func (s *server) activateForm(c *fiber.Ctx) error {
	token := c.Params("token")
	v, used, err := s.activationView(c, token)
	if err != nil {
		return err
	}
	if used {
		return s.activatedPage(c)
	}
	return s.show(c, http.StatusOK, pageOf(v, views.ActivatePage))
}

// activationView gathers what the page shows. It also reports whether the token was used.
func (s *server) activationView(c *fiber.Ctx, token string) (views.ActivationView, bool, error) {
	found, asks, err := s.Confirmations.FindActivation(c.UserContext(), token)
	if err != nil {
		return views.ActivationView{}, false, err
	}
	person := found.Identity
	form := app.Activation{FirstName: person.FirstName, LastName: person.LastName}
	v := views.ActivationView{Token: token, Email: person.Email, Form: form, NoPassword: !asks}
	return v, found.UsedAt != nil, nil
}

func (s *server) activate(c *fiber.Ctx) error {
	token := c.Params("token")
	decode := func(f *form) app.Activation { return decodeActivation(c, f) }
	return submit(c, decode, func(typed app.Activation) error {
		if err := s.Confirmations.Activate(c.UserContext(), token, typed); err != nil {
			return err
		}
		return s.activatedPage(c)
	}, func(typed app.Activation, problems app.Problems) (view, error) {
		v, _, err := s.activationView(c, token)
		v.Form, v.Problems = typed, problems
		return viewOf(v, views.ActivatePage, views.ActivateForm), err
	})
}

func decodeActivation(c *fiber.Ctx, f *form) app.Activation {
	return app.Activation{
		FirstName: f.one("first_name"), LastName: f.one("last_name"),
		Password: f.one("password"), EULA: f.one("eula"), Language: language(c),
	}
}

func (s *server) activatedPage(c *fiber.Ctx) error {
	return s.showPage(c, c.Path(), pageOf(views.MessageView{
		Icon: "circle-check", Title: "activated_title", Text: "activated_text", Label: "sign_in", Path: "/sign-in",
	}, views.MessagePage))
}

func (s *server) resendConfirmationForm(c *fiber.Ctx) error {
	return s.show(c, http.StatusOK, resendConfirmationView("", nil))
}

func resendConfirmationView(email string, problems app.Problems) view {
	return view{
		page:     func(p views.Page) templ.Component { return views.ResendConfirmationPage(p, email, problems) },
		fragment: func() templ.Component { return views.ResendConfirmationForm(email, problems) },
	}
}

// resendConfirmation mails a new confirmation or activation. The answer is the same whoever the address belongs to.
func (s *server) resendConfirmation(c *fiber.Ctx) error {
	return s.mailTo(c, s.Confirmations.Resend, resendConfirmationView, sentView(
		"sent_again_title", "sent_again_text", views.ConfirmationResent))
}

// mailTo takes a form that has something mailed to the address in it.
func (s *server) mailTo(
	c *fiber.Ctx, send func(context.Context, string) error, redraw func(string, app.Problems) view, sent view,
) error {
	return submit(c, func(f *form) string { return f.one("email") }, func(email string) error {
		if err := send(c.UserContext(), email); err != nil {
			return err
		}
		return s.show(c, http.StatusOK, sent)
	}, func(email string, problems app.Problems) (view, error) { return redraw(email, problems), nil })
}

// sentView says that a mail was sent, to HTMX in the place of the form.
func sentView(title, text string, fragment func() templ.Component) view {
	v := pageOf(views.MessageView{
		Icon: "mail", Title: title, Text: text, Label: "back_to_sign_in", Path: "/sign-in",
	}, views.MessagePage)
	v.fragment = fragment
	return v
}
