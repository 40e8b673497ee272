package web

import (
	"errors"
	"net/http"
	"net/url"
	"slices"

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
	step, err := s.SecondFactors.PendingStep(c.UserContext(), s.cookie(c, signInStepCookie))
	if errors.Is(err, app.Unauthenticated) {
		return redirect(c, "/sign-in")
	}
	if err != nil {
		return err
	}
	prompt, err := s.SecondFactors.PromptStep(c.UserContext(), step)
	if err != nil {
		return err
	}
	v := views.SignInStepView{Email: step.Identity.Email, Next: c.Query("next"), Passkey: prompt}
	return s.show(c, http.StatusOK, pageOf(v, views.SignInStepPage))
}

// secondStep is the form of the second factor.
type secondStep struct {
	code    string
	passkey app.PasskeyResponse
	next    string
}

func decodeSecondStep(f *form) secondStep {
	return secondStep{code: f.one("code"), passkey: decodePasskey(f, "passkey"), next: f.hidden("next")}
}

func (s *server) signInStep(c *fiber.Ctx) error {
	return submit(c, decodeSecondStep, func(typed secondStep) error {
		proof := app.FactorProof{Code: typed.code, Passkey: typed.passkey, OldSession: s.cookie(c, sessionCookie)}
		token, err := s.SecondFactors.FinishStep(c.UserContext(), s.cookie(c, signInStepCookie), proof, s.client(c))
		if err != nil {
			return err
		}
		s.setCookie(c, signInStepCookie, "", -1)
		s.setCookie(c, sessionCookie, token, 0)
		return redirect(c, afterSignInPath(typed.next))
	}, func(typed secondStep, problems app.Problems) (view, error) {
		s.logClonedPasskey(c, problems)
		step, err := s.SecondFactors.PendingStep(c.UserContext(), s.cookie(c, signInStepCookie))
		if err != nil {
			return view{}, err
		}
		v := views.SignInStepView{Next: typed.next, Problems: problems}
		v.Passkey, err = s.SecondFactors.PromptStep(c.UserContext(), step)
		return viewOf(v, views.SignInStepPage, views.SignInStepForm), err
	})
}
