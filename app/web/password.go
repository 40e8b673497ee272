package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

func (s *server) forgotForm(c *fiber.Ctx) error {
	return write(c, http.StatusOK, views.ForgotPage(s.page(c), "", nil))
}

// forgot mails a link to a new password. The answer is the same whoever the address belongs to.
func (s *server) forgot(c *fiber.Ctx) error {
	f, err := formOf(c)
	if err != nil {
		return err
	}
	email := f.one("email")
	err = f.err()
	if err == nil {
		err = s.confirmations.Forgot(c.UserContext(), email)
	}
	if err != nil {
		return refused(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
			return views.ForgotPage(s.page(c), email, problems), views.ForgotForm(email, problems)
		})
	}
	s.wake()
	stop := views.Step{Icon: "mail", Title: "forgot_sent_title", Text: "forgot_sent_text", Label: "back_to_sign_in", Path: "/sign-in"}
	return render(c, http.StatusOK, views.StopPage(s.page(c), stop), views.ForgotSent())
}

// resetForm is the page behind a mailed link. It changes nothing: mail scanners open links too.
func (s *server) resetForm(c *fiber.Ctx) error {
	token := c.Params("token")
	found, err := s.confirmations.LookReset(c.UserContext(), token)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, views.ResetPage(s.page(c), views.Resetting{Token: token, Email: found.Identity.Email}))
}

func (s *server) reset(c *fiber.Ctx) error {
	f, err := formOf(c)
	if err != nil {
		return err
	}
	token, password := c.Params("token"), f.one("password")
	err = f.err()
	if err == nil {
		err = s.confirmations.Reset(c.UserContext(), token, password, s.client(c))
	}
	if err == nil {
		s.wake()
		s.toast(c, app.Say("done_password_reset"))
		return redirect(c, "/sign-in")
	}
	found, lookErr := s.confirmations.LookReset(c.UserContext(), token)
	if lookErr != nil {
		return lookErr
	}
	return refused(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
		v := views.Resetting{Token: token, Email: found.Identity.Email, Problems: problems}
		return views.ResetPage(s.page(c), v), views.ResetForm(v)
	})
}

// changePassword gives who is signed in another password, and this browser a session of another token.
func (s *server) changePassword(c *fiber.Ctx) error {
	f, err := formOf(c)
	if err != nil {
		return err
	}
	form := app.PasswordForm{Current: f.one("current_password"), Password: f.one("password")}
	token := ""
	err = f.err()
	if err == nil {
		token, err = s.signIns.ChangePassword(c.UserContext(), by(c), form)
	}
	if err != nil {
		v, lookErr := s.chosen(c)
		if lookErr != nil {
			return lookErr
		}
		return refused(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
			v.Password = problems
			return views.PreferencesPage(s.page(c), v), views.PasswordForm(v.Email, problems)
		})
	}
	s.wake()
	s.setCookie(c, sessionCookie, token, 0)
	s.toast(c, app.Say("done_password_changed"))
	return redirect(c, "/preferences")
}
