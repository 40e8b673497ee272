package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

func (s *server) forgotPasswordForm(c *fiber.Ctx) error {
	return s.show(c, http.StatusOK, forgotPasswordView("", nil))
}

func forgotPasswordView(email string, problems app.Problems) view {
	return view{
		page:     func(p views.Page) templ.Component { return views.ForgotPasswordPage(p, email, problems) },
		fragment: func() templ.Component { return views.ForgotPasswordForm(email, problems) },
	}
}

// forgotPassword mails a link to a new password. The answer is the same whoever the address belongs to.
func (s *server) forgotPassword(c *fiber.Ctx) error {
	return s.mailTo(c, s.Confirmations.RequestReset, forgotPasswordView, sentView(
		"forgot_sent_title", "forgot_sent_text", views.ForgotPasswordSent))
}

// resetPasswordForm is the page behind a mailed link. It changes nothing: mail scanners open links too.
func (s *server) resetPasswordForm(c *fiber.Ctx) error {
	v, err := s.resetPasswordView(c)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, pageOf(v, views.ResetPasswordPage))
}

func (s *server) resetPasswordView(c *fiber.Ctx) (views.ResetPasswordView, error) {
	found, err := s.Confirmations.FindReset(c.UserContext(), c.Params("token"))
	if err != nil {
		return views.ResetPasswordView{}, err
	}
	return views.ResetPasswordView{Token: c.Params("token"), Email: found.Identity.Email}, nil
}

func (s *server) resetPassword(c *fiber.Ctx) error {
	return submit(c, func(f *form) string { return f.one("password") }, func(password string) error {
		if err := s.Confirmations.Reset(c.UserContext(), c.Params("token"), password, s.client(c)); err != nil {
			return err
		}
		s.setToast(c, app.Say("done_password_reset"))
		return redirect(c, "/sign-in")
	}, func(_ string, problems app.Problems) (view, error) {
		v, err := s.resetPasswordView(c)
		v.Problems = problems
		return viewOf(v, views.ResetPasswordPage, views.ResetPasswordForm), err
	})
}

// changePassword gives who is signed in another password, and this browser a session of another token.
func (s *server) changePassword(c *fiber.Ctx) error {
	return submit(c, decodePasswordForm, func(typed app.PasswordForm) error {
		token, err := s.SignIns.ChangePassword(c.UserContext(), currentActor(c), typed)
		if err != nil {
			return err
		}
		s.setCookie(c, sessionCookie, token, 0)
		s.setToast(c, app.Say("done_password_changed"))
		return redirect(c, "/preferences")
	}, func(_ app.PasswordForm, problems app.Problems) (view, error) {
		v, err := s.preferencesView(c)
		v.Password = problems
		return viewOf(v, views.PreferencesPage, func(v views.PreferencesView) templ.Component {
			return views.ChangePasswordForm(v.Email, v.Password)
		}), err
	})
}

func decodePasswordForm(f *form) app.PasswordForm {
	return app.PasswordForm{Current: f.one("current_password"), Password: f.one("password")}
}
