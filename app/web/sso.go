package web

import (
	"errors"
	"net/http"
	"slices"

	"github.com/a-h/templ"
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
	if s.SSOSignIns.Provider == nil {
		return ""
	}
	return s.SSOSignIns.Provider.Name()
}

// beginSSO leads to the provider. It is a link and no form: it stores nothing, and the
// Content-Security-Policy would stop a form that leads to another site.
func (s *server) beginSSO(c *fiber.Ctx) error {
	next := c.Query("next")
	if !slices.Contains(allowedReturnPaths(), next) {
		next = ""
	}
	address, sealed, err := s.SSOSignIns.Begin(c.UserContext(), next)
	if errors.Is(err, app.Unavailable) {
		away := app.Say("sso_away", "Provider", s.ssoName())
		v := s.signInView(c, views.SignInView{Next: next, Problems: app.Problems{"": away}})
		v.fragment = alertFragment(c, away)
		return shownError{err, v}
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
		return s.ssoError(c, app.Refuse(app.Forbidden, "sso_declined"))
	}
	if _, err := s.SSOSignIns.Open(s.cookie(c, ssoCookie), state); err != nil {
		return s.ssoError(c, err)
	}
	return s.show(c, http.StatusOK, view{page: func(p views.Page) templ.Component {
		return views.SSOCallbackPage(p, code, state)
	}})
}

// signInBySSO ends an attempt. Its cookie is good for one, unless the provider could not be asked.
func (s *server) signInBySSO(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	code, state := f.hidden("code"), f.hidden("state")
	attempt, err := s.SSOSignIns.Open(s.cookie(c, ssoCookie), state)
	if err == nil && (code == "" || len(code) > maxSSOCodeSize) {
		err = app.Refuse(app.Gone, "sso_over")
	}
	var entered app.SSOSignInResult
	if err == nil {
		entered, err = s.SSOSignIns.SignIn(c.UserContext(), attempt, code, s.cookie(c, sessionCookie), s.client(c))
	}
	if !errors.Is(err, app.Unavailable) {
		s.setCookie(c, ssoCookie, "", -1)
	}
	if err != nil {
		return s.ssoError(c, err)
	}
	if entered.Activation != "" {
		return redirect(c, "/activate/"+entered.Activation)
	}
	s.setCookie(c, sessionCookie, entered.Session, 0)
	if entered.Outcome.PasswordCleared {
		s.setToast(c, app.Say("done_sso_confirmed"))
	}
	return redirect(c, afterSignInPath(attempt.Next))
}

// ssoError has a sign-in through the provider that came to nothing answered by a page that says why, and the ways
// on. The log has why, too: neither the code nor what the provider signed is in it.
func (s *server) ssoError(c *fiber.Ctx, err error) error {
	refusal, ok := errors.AsType[*app.Error](err)
	if !ok {
		return err
	}
	if refusal.Kind != app.Unavailable {
		s.Log.WarnContext(c.UserContext(), "single sign-on refused", "id", requestID(c), "err", err)
	}
	m := app.Say(refusal.Message.ID, "Provider", s.ssoName(), "Email", refusal.Message.Values["Email"])
	v := pageOf(m, views.SSORefusedPage)
	v.fragment = alertFragment(c, m)
	return shownError{err, v}
}
