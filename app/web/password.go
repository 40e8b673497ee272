package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

func (s *server) forgotPasswordForm(c *fiber.Ctx) error {
	return write(c, http.StatusOK, views.ForgotPasswordPage(s.page(c), "", nil))
}

// forgotPassword mails a link to a new password. The answer is the same whoever the address belongs to.
func (s *server) forgotPassword(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	email := f.one("email")
	err = f.err()
	if err == nil {
		err = s.confirmations.RequestReset(c.UserContext(), email)
	}
	if err != nil {
		return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
			return views.ForgotPasswordPage(s.page(c), email, problems), views.ForgotPasswordForm(email, problems)
		})
	}
	s.wakeMailer()
	stop := views.MessageView{
		Icon: "mail", Title: "forgot_sent_title", Text: "forgot_sent_text", Label: "back_to_sign_in",
		Path: "/sign-in",
	}
	return render(c, http.StatusOK, views.MessagePage(s.page(c), stop), views.ForgotPasswordSent())
}

// resetPasswordForm is the page behind a mailed link. It changes nothing: mail scanners open links too.
func (s *server) resetPasswordForm(c *fiber.Ctx) error {
	token := c.Params("token")
	found, err := s.confirmations.FindReset(c.UserContext(), token)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK,
		views.ResetPasswordPage(s.page(c), views.ResetPasswordView{Token: token, Email: found.Identity.Email}))
}

func (s *server) resetPassword(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	token, password := c.Params("token"), f.one("password")
	err = f.err()
	if err == nil {
		err = s.confirmations.Reset(c.UserContext(), token, password, s.client(c))
	}
	if err == nil {
		s.wakeMailer()
		s.setToast(c, app.Say("done_password_reset"))
		return redirect(c, "/sign-in")
	}
	found, lookErr := s.confirmations.FindReset(c.UserContext(), token)
	if lookErr != nil {
		return lookErr
	}
	return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
		v := views.ResetPasswordView{Token: token, Email: found.Identity.Email, Problems: problems}
		return views.ResetPasswordPage(s.page(c), v), views.ResetPasswordForm(v)
	})
}

// changePassword gives who is signed in another password, and this browser a session of another token.
func (s *server) changePassword(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	form := app.PasswordForm{Current: f.one("current_password"), Password: f.one("password")}
	token := ""
	err = f.err()
	if err == nil {
		token, err = s.signIns.ChangePassword(c.UserContext(), currentActor(c), form)
	}
	if err != nil {
		v, lookErr := s.preferencesView(c)
		if lookErr != nil {
			return lookErr
		}
		return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
			v.Password = problems
			return views.PreferencesPage(s.page(c), v), views.ChangePasswordForm(v.Email, problems)
		})
	}
	s.wakeMailer()
	s.setCookie(c, sessionCookie, token, 0)
	s.setToast(c, app.Say("done_password_changed"))
	return redirect(c, "/preferences")
}
