package web

import (
	"context"
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

func (s *server) newSecondFactors() app.SecondFactors {
	rules := app.SecondFactors{
		Store: s.Store, SignIns: s.signIns, Apps: s.CodeApps, Passkeys: s.Passkeys, Sealer: s.Sealer, Clock: s.Clock,
		OnUncounted: func(ctx context.Context, err error) {
			s.Log.WarnContext(ctx, "limit not counted", "limit", string(app.FactorCodeLimit), "err", err)
		},
	}
	if s.EnforceLimits {
		rules.Limits = &s.limits
	}
	return rules
}

func (s *server) secondFactorPage(c *fiber.Ctx) error {
	own, err := s.factors.Overview(c.UserContext(), currentActor(c))
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, views.SecondFactorPage(s.page(c), own))
}

// newCodeAppForm offers a secret. Nothing is stored: the form brings it back, sealed.
func (s *server) newCodeAppForm(c *fiber.Ctx) error {
	offered, err := s.factors.BeginAppSetup(c.UserContext(), currentActor(c))
	if err != nil {
		return err
	}
	v, err := s.newCodeAppView(c, offered)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, views.CodeAppSetupPage(s.page(c), v))
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
	asked, err := s.factors.PromptActor(c.UserContext(), currentActor(c))
	return views.FactorProofView{Wanted: currentActor(c).Identity.Factors > 0, Passkey: asked}, err
}

func (s *server) addCodeApp(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	form := app.AuthenticatorAppForm{Reauth: decodeFactorForm(f, "passkey"), Box: f.hidden("app"), Code: f.one("app_code")}
	var done app.FactorResult
	if err = f.err(); err == nil {
		done, err = s.factors.AddApp(c.UserContext(), currentActor(c), form)
	}
	if err == nil {
		return s.writeFactorsChanged(c, done, "done_app_added")
	}
	s.logClonedPasskey(c, err)
	offered, offerErr := s.factors.ResumeAppSetup(currentActor(c), form.Box)
	if offerErr != nil {
		return offerErr
	}
	v, viewErr := s.newCodeAppView(c, offered)
	if viewErr != nil {
		return viewErr
	}
	return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
		v.Problems = problems
		return views.CodeAppSetupPage(s.page(c), v), views.CodeAppSetupForm(v)
	})
}

// writeFactorsChanged gives the browser the session's new token, and shows recovery codes where there are new ones.
func (s *server) writeFactorsChanged(c *fiber.Ctx, done app.FactorResult, said string) error {
	s.wakeMailer()
	if done.Token != "" {
		s.setCookie(c, sessionCookie, done.Token, 0)
	}
	if len(done.RecoveryCodes) == 0 {
		s.setToast(c, app.Say(said))
		return redirect(c, views.SecondFactorPath)
	}
	optionalActor(c).Assurance = app.WithTwoFactors // the page is already that of the session as it goes on
	page := s.page(c)
	m := app.Say(said)
	page.Toast = &m
	return write(c, http.StatusOK, views.RecoveryCodesPage(page, done.RecoveryCodes))
}

func (s *server) renewRecoveryCodesForm(c *fiber.Ctx) error {
	return s.confirmFactorPage(c, views.RenewCodesAction())
}

func (s *server) renewRecoveryCodes(c *fiber.Ctx) error {
	form, err := parseFactorForm(c)
	var done app.FactorResult
	if err == nil {
		done, err = s.factors.RenewRecoveryCodes(c.UserContext(), currentActor(c), form)
	}
	if err == nil {
		return s.writeFactorsChanged(c, done, "done_codes_renewed")
	}
	return s.writeFactorProblems(c, err, views.RenewCodesAction())
}

func (s *server) confirmRemoveFactor(c *fiber.Ctx) error {
	factor, err := s.factors.FactorByID(c.UserContext(), currentActor(c), c.Params("id"))
	if err != nil {
		return err
	}
	return s.confirmFactorPage(c, views.RemoveFactorAction(*factor))
}

func (s *server) removeFactor(c *fiber.Ctx) error {
	factor, err := s.factors.FactorByID(c.UserContext(), currentActor(c), c.Params("id"))
	if err != nil {
		return err
	}
	form, err := parseFactorForm(c)
	var done app.FactorResult
	if err == nil {
		done, err = s.factors.Remove(c.UserContext(), currentActor(c), factor.ID, form)
	}
	if err == nil {
		return s.writeFactorsChanged(c, done, "done_factor_removed")
	}
	return s.writeFactorProblems(c, err, views.RemoveFactorAction(*factor))
}

// confirmFactorPage is the step before something of the second factor is changed.
func (s *server) confirmFactorPage(c *fiber.Ctx, step views.FactorAction) error {
	var err error
	if step.Passkey, err = s.factors.PromptActor(c.UserContext(), currentActor(c)); err != nil {
		return err
	}
	page := s.page(c)
	return render(c, http.StatusOK, views.ConfirmFactorPage(page, step),
		views.ConfirmFactorForm(page.Actor.Identity.Email, step))
}

func (s *server) writeFactorProblems(c *fiber.Ctx, err error, step views.FactorAction) error {
	s.logClonedPasskey(c, err)
	var askErr error
	if step.Passkey, askErr = s.factors.PromptActor(c.UserContext(), currentActor(c)); askErr != nil {
		return askErr
	}
	return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
		step.Problems = problems
		return views.ConfirmFactorPage(s.page(c), step), views.ConfirmFactorForm(currentActor(c).Identity.Email, step)
	})
}

func parseFactorForm(c *fiber.Ctx) (app.ReauthForm, error) {
	f, err := parseForm(c)
	if err != nil {
		return app.ReauthForm{}, err
	}
	form := decodeFactorForm(f, "passkey")
	return form, f.err()
}

// decodeFactorForm reads password and second factor; the answer of a passkey is in the field of that name.
func decodeFactorForm(f *form, passkey string) app.ReauthForm {
	return app.ReauthForm{Password: f.one("current_password"), Code: f.one("code"), Passkey: decodePasskey(f, passkey)}
}
