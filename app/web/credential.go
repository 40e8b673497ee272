package web

import (
	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

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
