package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// startStep leads from a right password to the second factor.
func (s *server) startStep(c *fiber.Ctx, token, next string) error {
	s.setCookie(c, stepCookie, token, int(app.StepWithin.Seconds()))
	path := "/sign-in/second-factor"
	if slices.Contains(returns(), next) {
		path += "?" + url.Values{"next": {next}}.Encode()
	}
	return redirect(c, path)
}

// signInStepForm asks for the second factor. Who did not give a password a moment ago is led to where that is done.
func (s *server) signInStepForm(c *fiber.Ctx) error {
	step, err := s.factors.Waiting(c.UserContext(), s.cookie(c, stepCookie))
	if errors.Is(err, app.Unauthenticated) {
		return redirect(c, "/sign-in")
	}
	if err != nil {
		return err
	}
	asked, err := s.factors.AskStep(c.UserContext(), step)
	if err != nil {
		return err
	}
	v := views.StepView{Email: step.Identity.Email, Next: c.Query("next"), Passkey: asked}
	return write(c, http.StatusOK, views.SignInStepPage(s.page(c), v))
}

func (s *server) signInStep(c *fiber.Ctx) error {
	f, err := formOf(c)
	if err != nil {
		return err
	}
	v := views.StepView{Next: f.hidden("next")}
	answer := app.Answer{Code: f.one("code"), Passkey: passkeyOf(f, "passkey"), OldSession: s.cookie(c, sessionCookie)}
	token := ""
	if err = f.err(); err == nil {
		token, err = s.factors.SignIn(c.UserContext(), s.cookie(c, stepCookie), answer, s.client(c))
	}
	if err != nil {
		s.logCopy(c, err)
		v.Passkey, err = s.askAgain(c, err)
		return refused(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
			v.Problems = problems
			return views.SignInStepPage(s.page(c), v), views.SignInStepForm(v)
		})
	}
	s.wake()
	s.setCookie(c, stepCookie, "", -1)
	s.setCookie(c, sessionCookie, token, 0)
	return redirect(c, landing(v.Next))
}

// askAgain gives another question to the person of the step, whose answer was refused for that reason; or the reason why it cannot.
func (s *server) askAgain(c *fiber.Ctx, why error) (app.PasskeyQuestion, error) {
	var problems app.Problems
	if !errors.As(why, &problems) {
		return app.PasskeyQuestion{}, why
	}
	step, err := s.factors.Waiting(c.UserContext(), s.cookie(c, stepCookie))
	if err != nil {
		return app.PasskeyQuestion{}, err
	}
	asked, err := s.factors.AskStep(c.UserContext(), step)
	if err != nil {
		return app.PasskeyQuestion{}, err
	}
	return asked, why
}
