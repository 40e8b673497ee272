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

// startSignInStep leads from a right password to the second factor.
func (s *server) startSignInStep(c *fiber.Ctx, token, next string) error {
	s.setCookie(c, signInStepCookie, token, int(app.StepWithin.Seconds()))
	path := "/sign-in/second-factor"
	if slices.Contains(allowedReturnPaths(), next) {
		path += "?" + url.Values{"next": {next}}.Encode()
	}
	return redirect(c, path)
}

// signInStepForm asks for the second factor. Who did not give a password a moment ago is led to where that is done.
func (s *server) signInStepForm(c *fiber.Ctx) error {
	step, err := s.factors.PendingStep(c.UserContext(), s.cookie(c, signInStepCookie))
	if errors.Is(err, app.Unauthenticated) {
		return redirect(c, "/sign-in")
	}
	if err != nil {
		return err
	}
	asked, err := s.factors.PromptStep(c.UserContext(), step)
	if err != nil {
		return err
	}
	v := views.SignInStepView{Email: step.Identity.Email, Next: c.Query("next"), Passkey: asked}
	return write(c, http.StatusOK, views.SignInStepPage(s.page(c), v))
}

func (s *server) signInStep(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	v := views.SignInStepView{Next: f.hidden("next")}
	answer := app.FactorProof{
		Code: f.one("code"), Passkey: decodePasskey(f, "passkey"),
		OldSession: s.cookie(c, sessionCookie),
	}
	token := ""
	if err = f.err(); err == nil {
		token, err = s.factors.FinishStep(c.UserContext(), s.cookie(c, signInStepCookie), answer, s.client(c))
	}
	if err != nil {
		s.logClonedPasskey(c, err)
		v.Passkey, err = s.renewStepQuestion(c, err)
		return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
			v.Problems = problems
			return views.SignInStepPage(s.page(c), v), views.SignInStepForm(v)
		})
	}
	s.wakeMailer()
	s.setCookie(c, signInStepCookie, "", -1)
	s.setCookie(c, sessionCookie, token, 0)
	return redirect(c, afterSignInPath(v.Next))
}

// renewStepQuestion gives another question to the person of the step, whose answer was refused for that
// reason; or the reason why it cannot.
func (s *server) renewStepQuestion(c *fiber.Ctx, why error) (app.PasskeyPrompt, error) {
	var problems app.Problems
	if !errors.As(why, &problems) {
		return app.PasskeyPrompt{}, why
	}
	step, err := s.factors.PendingStep(c.UserContext(), s.cookie(c, signInStepCookie))
	if err != nil {
		return app.PasskeyPrompt{}, err
	}
	asked, err := s.factors.PromptStep(c.UserContext(), step)
	if err != nil {
		return app.PasskeyPrompt{}, err
	}
	return asked, why
}
