package web

import (
	"errors"
	"net/http"
	"slices"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// ssoCookie holds the attempt to sign in through the provider, sealed.
const ssoCookie = "sso"

// SSOPath is where the provider sends people back to: what is said to it, and what it must know.
const SSOPath = "/sign-in/sso/callback"

// maxSSOCodeSize is longer than any code of a provider.
const maxSSOCodeSize = 4 << 10

// ssoName is what people know the provider by; empty where there is none.
func (s *server) ssoName() string {
	if s.SSO == nil {
		return ""
	}
	return s.SSO.Name()
}

// beginSSO leads to the provider. It is a link and no form: it stores nothing, and the
// Content-Security-Policy would stop a form that leads to another site.
func (s *server) beginSSO(c *fiber.Ctx) error {
	next := c.Query("next")
	if !slices.Contains(allowedReturnPaths(), next) {
		next = ""
	}
	address, sealed, err := s.sso.Begin(c.UserContext(), next)
	if errors.Is(err, app.Unavailable) {
		s.logSSOFailure(c, err)
		setRetryAfter(c, http.StatusServiceUnavailable, app.Message{})
		v := views.SignInView{Next: next, Problems: app.Problems{"": app.Say("sso_away", "Provider", s.ssoName())}}
		return write(c, http.StatusServiceUnavailable, s.signInPage(c, v))
	}
	if err != nil {
		return err
	}
	s.setCookie(c, ssoCookie, sealed, int(app.SSOWithin.Seconds()))
	return c.Redirect(address, http.StatusSeeOther)
}

// ssoCallback is where the provider sends people back to. It is a GET by the standard, and so it changes
// nothing: its form acts.
func (s *server) ssoCallback(c *fiber.Ctx) error {
	code, state := c.Query("code"), c.Query("state")
	if code == "" || len(code) > maxSSOCodeSize {
		return s.writeSSORefusal(c, app.Refuse(app.Forbidden, "sso_declined"))
	}
	if _, err := s.sso.Open(s.cookie(c, ssoCookie), state); err != nil {
		return s.writeSSORefusal(c, err)
	}
	return write(c, http.StatusOK, views.SSOCallbackPage(s.page(c), code, state))
}

// signInBySSO ends an attempt. Its cookie is good for one, unless the provider could not be asked.
func (s *server) signInBySSO(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	code, state := f.hidden("code"), f.hidden("state")
	attempt, err := s.sso.Open(s.cookie(c, ssoCookie), state)
	if err == nil && (code == "" || len(code) > maxSSOCodeSize) {
		err = app.Refuse(app.Gone, "sso_over")
	}
	var entered app.SSOSignInResult
	if err == nil {
		entered, err = s.sso.SignIn(c.UserContext(), attempt, code, s.cookie(c, sessionCookie), s.client(c))
	}
	if !errors.Is(err, app.Unavailable) {
		s.setCookie(c, ssoCookie, "", -1)
	}
	if err != nil {
		return s.writeSSORefusal(c, err)
	}
	if entered.Activation != "" {
		return redirect(c, "/activate/"+entered.Activation)
	}
	s.setCookie(c, sessionCookie, entered.Session, 0)
	if entered.Outcome.PasswordCleared {
		s.setToast(c, app.Say("done_sso_confirmed"))
	}
	if entered.Outcome != (app.SSOOutcome{}) { // its person is mailed
		s.wakeMailer()
	}
	return redirect(c, afterSignInPath(attempt.Next))
}

// writeSSORefusal answers a sign-in through the provider that came to nothing: why, and the ways on. Faults
// go on to fail.
func (s *server) writeSSORefusal(c *fiber.Ctx, err error) error {
	var refusal *app.Error
	if !errors.As(err, &refusal) {
		return err
	}
	s.logSSOFailure(c, err)
	noteRefusal(c, refusal)
	setRetryAfter(c, httpStatuses()[refusal.Kind], refusal.Message)
	m := app.Say(refusal.Message.ID, "Provider", s.ssoName(), "Email", refusal.Message.Values["Email"])
	return write(c, httpStatuses()[refusal.Kind], views.SSORefusedPage(s.page(c), m))
}

// logSSOFailure notes why somebody did not come in; a provider that is away is for people to read. Neither
// the code nor what the provider signed is in it.
func (s *server) logSSOFailure(c *fiber.Ctx, err error) {
	if errors.Is(err, app.Unavailable) {
		s.Log.ErrorContext(c.UserContext(), "unavailable", "id", requestID(c), "route", s.routeOf(c), "err", err)
		return
	}
	s.Log.WarnContext(c.UserContext(), "single sign-on refused", "id", requestID(c), "err", err)
}
