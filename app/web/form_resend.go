package web

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// resendPage gives the page of a form that could not be looked at, because its sender must wait, is signed
// out, or the portal cannot answer now: with everything that was typed, except passwords. It asks the
// database nothing, which may be what is away: a form that needs more than itself to be drawn waits in a page
// that sends it again. It is nil for what is no form. HTMX leaves the form as it is.
func (s *server) resendPage(c *fiber.Ctx, status int, why app.Message) templ.Component {
	if isSafeMethod(c) {
		return nil
	}
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
	case http.StatusUnauthorized:
		if c.Route().Path == "/sign-in/second-factor" {
			return nil // the step is over: the sign-in begins anew
		}
	default:
		return nil
	}
	f, err := parseUploadForm(c)
	if err != nil {
		return nil
	}
	if page := s.refill(c, f, app.Problems{"": why}); page != nil {
		return page
	}
	return views.FormResendPage(s.pageWithoutPath(c), status, why, unsentForm(c, f))
}

// refill gives the page of a form for people without a session, or nil for any other.
func (s *server) refill(c *fiber.Ctx, f *form, problems app.Problems) templ.Component {
	switch c.Route().Path {
	case "/sign-in", "/sign-in/passkey":
		return s.signInPage(c, views.SignInView{Email: f.one("email"), Next: f.hidden("next"), Problems: problems})
	case entitlementPath:
		return views.RegistrationPage(s.page(c),
			views.RegistrationView{Action: entitlementPath, Form: decodeRegistration(f), Problems: problems})
	case "/register/:token", "/register/:token/ask":
		r := views.RegistrationView{
			Action: registrationPath(c.Params("token")), Form: decodeRegistration(f),
			Problems: problems,
		}
		if !app.IsID(r.Form.SubmissionID) {
			r.Form.SubmissionID = app.NewSubmissionID()
		}
		return views.RegistrationPage(s.page(c), r)
	case "/sign-in/second-factor":
		return views.SignInStepPage(s.page(c), views.SignInStepView{Next: f.hidden("next"), Problems: problems})
	case "/confirm":
		return views.ResendConfirmationPage(s.page(c), f.one("email"), problems)
	case "/forgot-password":
		return views.ForgotPasswordPage(s.page(c), f.one("email"), problems)
	case "/reset-password/:token":
		return views.ResetPasswordPage(s.page(c), views.ResetPasswordView{Token: c.Params("token"), Problems: problems})
	case "/activate/:token":
		return views.ActivatePage(s.page(c),
			views.ActivationView{Token: c.Params("token"), Form: decodeActivation(c, f), Problems: problems})
	case "/setup/:token":
		return views.SetUpPage(s.page(c), views.SetUpView{Token: c.Params("token"), Form: decodeSetUp(f), Problems: problems})
	}
	return nil
}

// unsentForm leaves out what no page may hold: passwords, codes and answers of passkeys. A file that was read
// is none any more.
func unsentForm(c *fiber.Ctx, f *form) views.UnsentForm {
	secret := []string{"password", "current_password", "app_code", "passkey", "proof", "file"}
	if c.Route().Path != SSOPath { // where it is what the provider has put into the page
		secret = append(secret, "code")
	}
	kept := url.Values{}
	for name, values := range f.values {
		if !slices.Contains(secret, name) {
			kept[name] = values
		}
	}
	return views.UnsentForm{Action: c.Path(), Fields: kept}
}
