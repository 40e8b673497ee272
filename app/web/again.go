package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// again gives the page of a form that could not be looked at, because its sender must wait or the portal cannot answer now: with
// everything that was typed, except passwords. It asks the database nothing, which may be what is away. It is nil for whatever
// loses nothing: HTMX leaves the form as it is, and elsewhere nobody typed.
func (s *server) again(c *fiber.Ctx, status int, why app.Message) templ.Component {
	if status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable || isReading(c) {
		return nil
	}
	f, err := formOf(c)
	if err != nil {
		return nil
	}
	problems := app.Problems{"": why}
	switch c.Route().Path {
	case "/sign-in", "/sign-in/passkey":
		return s.signInPage(c, views.SigningIn{Email: f.one("email"), Next: f.hidden("next"), Problems: problems})
	case entitledPath:
		return views.RegistrationPage(s.page(c), views.Registering{Action: entitledPath, Form: decodeRegistration(f), Problems: problems})
	case "/register/:token", "/register/:token/ask":
		r := views.Registering{Action: linkPath(c.Params("token")), Form: decodeRegistration(f), Problems: problems}
		if !app.IsID(r.Form.SubmissionID) {
			r.Form.SubmissionID = app.NewSubmissionID()
		}
		return views.RegistrationPage(s.page(c), r)
	case "/sign-in/second-factor":
		return views.SignInStepPage(s.page(c), views.StepView{Next: f.hidden("next"), Problems: problems})
	case "/confirm":
		return views.SendAgainPage(s.page(c), f.one("email"), problems)
	case "/forgot-password":
		return views.ForgotPage(s.page(c), f.one("email"), problems)
	case "/reset-password/:token":
		return views.ResetPage(s.page(c), views.Resetting{Token: c.Params("token"), Problems: problems})
	case "/activate/:token":
		return views.ActivatePage(s.page(c), views.Activating{Token: c.Params("token"), Form: decodeActivation(c, f), Problems: problems})
	case "/setup/:token":
		return views.SetUpPage(s.page(c), views.SettingUp{Token: c.Params("token"), Form: decodeSetUp(f), Problems: problems})
	}
	return nil
}
