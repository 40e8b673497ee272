package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

func (s *server) secondFactorPage(c *fiber.Ctx) error {
	own, err := s.SecondFactors.Overview(c.UserContext(), currentActor(c))
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, pageOf(own, views.SecondFactorPage))
}

// newCodeAppForm offers a secret. Nothing is stored: the form brings it back, sealed.
func (s *server) newCodeAppForm(c *fiber.Ctx) error {
	offered, err := s.SecondFactors.BeginAppSetup(c.UserContext(), currentActor(c))
	if err != nil {
		return err
	}
	v, err := s.newCodeAppView(c, offered)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, pageOf(v, views.CodeAppSetupPage))
}

func (s *server) newCodeAppView(c *fiber.Ctx, offered app.CodeAppSetup) (views.CodeAppSetupView, error) {
	v, err := views.NewCodeAppSetupView(offered, currentActor(c).Identity.Email)
	if err == nil {
		v.Proof, err = s.proofView(c)
	}
	return v, err
}

// proofView is what the form of another factor asks for.
func (s *server) proofView(c *fiber.Ctx) (views.FactorProofView, error) {
	asked, err := s.SecondFactors.PromptActor(c.UserContext(), currentActor(c))
	return views.FactorProofView{Wanted: currentActor(c).Identity.Factors > 0, Passkey: asked}, err
}

func (s *server) addCodeApp(c *fiber.Ctx) error {
	return submit(c, decodeAppForm, func(typed app.AuthenticatorAppForm) error {
		done, err := s.SecondFactors.AddApp(c.UserContext(), currentActor(c), typed)
		return s.showFactorsChanged(c, done, err, "done_app_added")
	}, func(typed app.AuthenticatorAppForm, problems app.Problems) (view, error) {
		s.logClonedPasskey(c, problems)
		offered, err := s.SecondFactors.ResumeAppSetup(currentActor(c), typed.Box)
		if err != nil {
			return view{}, err
		}
		v, err := s.newCodeAppView(c, offered)
		v.Problems = problems
		return viewOf(v, views.CodeAppSetupPage, views.CodeAppSetupForm), err
	})
}

func decodeAppForm(f *form) app.AuthenticatorAppForm {
	return app.AuthenticatorAppForm{
		Reauth: decodeFactorForm(f, "passkey"), Box: f.hidden("app"), Code: f.one("app_code"),
	}
}

// showFactorsChanged gives the browser the session's new token, and shows recovery codes if there are new ones.
func (s *server) showFactorsChanged(c *fiber.Ctx, done app.FactorResult, err error, said string) error {
	if err != nil {
		return err
	}
	if done.Token != "" {
		s.setCookie(c, sessionCookie, done.Token, 0)
	}
	if len(done.RecoveryCodes) == 0 {
		s.setToast(c, app.Say(said))
		return redirect(c, views.SecondFactorPath)
	}
	optionalActor(c).Assurance = app.WithTwoFactors // the page is already that of the session as it goes on
	return s.show(c, http.StatusOK, view{page: func(p views.Page) templ.Component {
		m := app.Say(said)
		p.Toast = &m
		return views.RecoveryCodesPage(p, done.RecoveryCodes)
	}})
}

func (s *server) renewRecoveryCodesForm(c *fiber.Ctx) error {
	return s.confirmFactorPage(c, views.RenewCodesAction())
}

func (s *server) renewRecoveryCodes(c *fiber.Ctx) error {
	return s.submitFactorForm(c, views.RenewCodesAction(), func(proof app.ReauthForm) error {
		done, err := s.SecondFactors.RenewRecoveryCodes(c.UserContext(), currentActor(c), proof)
		return s.showFactorsChanged(c, done, err, "done_codes_renewed")
	})
}

func (s *server) confirmRemoveFactor(c *fiber.Ctx) error {
	factor, err := s.SecondFactors.FactorByID(c.UserContext(), currentActor(c), c.Params("id"))
	if err != nil {
		return err
	}
	return s.confirmFactorPage(c, views.RemoveFactorAction(*factor))
}

func (s *server) removeFactor(c *fiber.Ctx) error {
	factor, err := s.SecondFactors.FactorByID(c.UserContext(), currentActor(c), c.Params("id"))
	if err != nil {
		return err
	}
	return s.submitFactorForm(c, views.RemoveFactorAction(*factor), func(proof app.ReauthForm) error {
		done, err := s.SecondFactors.Remove(c.UserContext(), currentActor(c), factor.ID, proof)
		return s.showFactorsChanged(c, done, err, "done_factor_removed")
	})
}

// confirmFactorPage is the step before something of the second factor is changed.
func (s *server) confirmFactorPage(c *fiber.Ctx, step views.FactorAction) error {
	v, err := s.confirmFactorView(c, step)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, v)
}

// submitFactorForm takes the form of that step.
func (s *server) submitFactorForm(c *fiber.Ctx, step views.FactorAction, accept func(app.ReauthForm) error) error {
	decode := func(f *form) app.ReauthForm { return decodeFactorForm(f, "passkey") }
	return submit(c, decode, accept, func(_ app.ReauthForm, problems app.Problems) (view, error) {
		s.logClonedPasskey(c, problems)
		step.Problems = problems
		return s.confirmFactorView(c, step)
	})
}

func (s *server) confirmFactorView(c *fiber.Ctx, step views.FactorAction) (view, error) {
	var err error
	step.Passkey, err = s.SecondFactors.PromptActor(c.UserContext(), currentActor(c))
	return viewOf(step, views.ConfirmFactorPage, func(step views.FactorAction) templ.Component {
		return views.ConfirmFactorForm(currentActor(c).Identity.Email, step)
	}), err
}

// decodeFactorForm reads password and second factor; the answer of a passkey is in the field of that name.
func decodeFactorForm(f *form, passkey string) app.ReauthForm {
	return app.ReauthForm{Password: f.one("current_password"), Code: f.one("code"), Passkey: decodePasskey(f, passkey)}
}
