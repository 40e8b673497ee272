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

// refusedForm is a form that could not be looked at, because its sender must wait, is signed out, or the portal
// cannot answer now.
type refusedForm struct {
	*form
	status int
	why    app.Message
}

// reason is why, as the problem of the form as a whole.
func (f refusedForm) reason() app.Problems { return app.Problems{"": f.why} }

// redraw is the column of the route table that says how a row's refused form is drawn again: with everything that
// was typed, except passwords. It asks the database nothing, which may be what is away. A form that needs more than
// itself to be drawn has no redraw: it waits in a page that sends it again.
type redraw func(*fiber.Ctx, refusedForm) view

// resendView is the view of a refused form, and false for anything else.
func (s *server) resendView(c *fiber.Ctx, status int, why app.Message) (view, bool) {
	row := currentRoute(c)
	if row == nil || !row.canResend(status) {
		return view{}, false
	}
	f, err := parseUploadForm(c)
	if err != nil {
		return view{}, false
	}
	refused := refusedForm{f, status, why}
	if row.redraw == nil {
		return unsentView(c, refused, append(secretFields(), "code")), true
	}
	return row.redraw(c, refused), true
}

// canResend reports whether sending a form of the row again may help. Signing in helps only where the row asks for it.
func (r *route) canResend(status int) bool {
	switch status {
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return r.method == post
	case http.StatusUnauthorized:
		return r.method == post && r.who.needsSignIn()
	}
	return false
}

func (s *server) redrawSignIn(c *fiber.Ctx, f refusedForm) view {
	return s.signInView(c, views.SignInView{Email: f.one("email"), Next: f.hidden("next"), Problems: f.reason()})
}

func redrawSignInStep(_ *fiber.Ctx, f refusedForm) view {
	return pageOf(views.SignInStepView{Next: f.hidden("next"), Problems: f.reason()}, views.SignInStepPage)
}

// redrawSSO keeps the code, which is not a person's: the provider has put it into the page.
func redrawSSO(c *fiber.Ctx, f refusedForm) view { return unsentView(c, f, secretFields()) }

func redrawEntitlement(_ *fiber.Ctx, f refusedForm) view {
	r := views.RegistrationView{Action: entitlementPath, Form: decodeRegistration(f.form), Problems: f.reason()}
	return pageOf(r, views.RegistrationPage)
}

func redrawRegistration(c *fiber.Ctx, f refusedForm) view {
	r := views.RegistrationView{
		Action: registrationPath(c.Params("token")), Form: decodeRegistration(f.form), Problems: f.reason(),
	}
	if !app.IsID(r.Form.SubmissionID) { // the button that asks to be added sends the address alone
		r.Form.SubmissionID = app.NewSubmissionID()
	}
	return pageOf(r, views.RegistrationPage)
}

func redrawResendConfirmation(_ *fiber.Ctx, f refusedForm) view {
	return resendConfirmationView(f.one("email"), f.reason())
}

func redrawForgotPassword(_ *fiber.Ctx, f refusedForm) view {
	return forgotPasswordView(f.one("email"), f.reason())
}

func redrawResetPassword(c *fiber.Ctx, f refusedForm) view {
	return pageOf(views.ResetPasswordView{Token: c.Params("token"), Problems: f.reason()}, views.ResetPasswordPage)
}

func redrawActivation(c *fiber.Ctx, f refusedForm) view {
	v := views.ActivationView{Token: c.Params("token"), Form: decodeActivation(c, f.form), Problems: f.reason()}
	return pageOf(v, views.ActivatePage)
}

func redrawSetUp(c *fiber.Ctx, f refusedForm) view {
	v := views.SetUpView{Token: c.Params("token"), Form: decodeSetUp(f.form), Problems: f.reason()}
	return pageOf(v, views.SetUpPage)
}

// secretFields are what no page may hold: passwords, codes and answers of passkeys. A file that was read is lost.
func secretFields() []string {
	return []string{"password", "current_password", "app_code", "passkey", "proof", "file"}
}

// unsentView is the page in which a form waits, without the fields that are left out.
func unsentView(c *fiber.Ctx, f refusedForm, without []string) view {
	kept := url.Values{}
	for name, values := range f.values {
		if !slices.Contains(without, name) {
			kept[name] = values
		}
	}
	unsent := views.UnsentForm{Action: c.Path(), Fields: kept}
	return view{page: func(p views.Page) templ.Component {
		return views.FormResendPage(withoutPath(p), f.status, f.why, unsent)
	}}
}
