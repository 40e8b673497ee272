package web

import (
	"context"
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

func (s *server) secondFactors() app.SecondFactors {
	rules := app.SecondFactors{
		Store: s.Store, SignIns: s.signIns, Apps: s.CodeApps, Passkeys: s.Passkeys, Sealer: s.Sealer, Clock: s.Clock,
		Uncounted: func(ctx context.Context, err error) {
			s.Log.WarnContext(ctx, "limit not counted", "limit", string(app.CodeLimit), "err", err)
		},
	}
	if s.Limits {
		rules.Limits = &s.limits
	}
	return rules
}

func (s *server) secondFactor(c *fiber.Ctx) error {
	own, err := s.factors.Look(c.UserContext(), by(c))
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, views.SecondFactorPage(s.page(c), own))
}

// newAppForm offers a secret. Nothing is stored: the form brings it back, sealed.
func (s *server) newAppForm(c *fiber.Ctx) error {
	offered, err := s.factors.OfferApp(c.UserContext(), by(c))
	if err != nil {
		return err
	}
	v, err := s.newAppView(c, offered)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, views.NewAppPage(s.page(c), v))
}

func (s *server) newAppView(c *fiber.Ctx, offered app.NewApp) (views.NewAppView, error) {
	v, err := views.NewNewAppView(offered, by(c).Identity.Email)
	if err == nil {
		v.Proof, err = s.proof(c)
	}
	return v, err
}

// proof is what the form of another factor asks for.
func (s *server) proof(c *fiber.Ctx) (views.FactorProofView, error) {
	asked, err := s.factors.AskActor(c.UserContext(), by(c))
	return views.FactorProofView{Wanted: by(c).Identity.Factors > 0, Passkey: asked}, err
}

func (s *server) addApp(c *fiber.Ctx) error {
	f, err := formOf(c)
	if err != nil {
		return err
	}
	form := app.CodeAppForm{Proof: proven(f, "passkey"), Box: f.hidden("app"), Code: f.one("app_code")}
	var done app.Changed
	if err = f.err(); err == nil {
		done, err = s.factors.AddApp(c.UserContext(), by(c), form)
	}
	if err == nil {
		return s.factorsChanged(c, done, "done_app_added")
	}
	s.logCopy(c, err)
	offered, offerErr := s.factors.OfferedApp(by(c), form.Box)
	if offerErr != nil {
		return offerErr
	}
	v, viewErr := s.newAppView(c, offered)
	if viewErr != nil {
		return viewErr
	}
	return refused(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
		v.Problems = problems
		return views.NewAppPage(s.page(c), v), views.NewAppForm(v)
	})
}

// factorsChanged gives the browser the session's new token, and shows recovery codes where there are new ones.
func (s *server) factorsChanged(c *fiber.Ctx, done app.Changed, said string) error {
	s.wake()
	if done.Token != "" {
		s.setCookie(c, sessionCookie, done.Token, 0)
	}
	if len(done.Codes) == 0 {
		s.toast(c, app.Say(said))
		return redirect(c, views.SecondFactorPath)
	}
	actorOf(c).Proven = app.WithTwoFactors // the page is already that of the session as it goes on
	page := s.page(c)
	m := app.Say(said)
	page.Toast = &m
	return write(c, http.StatusOK, views.CodesPage(page, done.Codes))
}

func (s *server) renewCodesForm(c *fiber.Ctx) error {
	return s.askForFactor(c, views.RenewStep())
}

func (s *server) renewCodes(c *fiber.Ctx) error {
	form, err := factorFormOf(c)
	var done app.Changed
	if err == nil {
		done, err = s.factors.RenewCodes(c.UserContext(), by(c), form)
	}
	if err == nil {
		return s.factorsChanged(c, done, "done_codes_renewed")
	}
	return s.factorRefused(c, err, views.RenewStep())
}

func (s *server) confirmRemoveFactor(c *fiber.Ctx) error {
	factor, err := s.factors.Own(c.UserContext(), by(c), c.Params("id"))
	if err != nil {
		return err
	}
	return s.askForFactor(c, views.RemoveStep(*factor))
}

func (s *server) removeFactor(c *fiber.Ctx) error {
	factor, err := s.factors.Own(c.UserContext(), by(c), c.Params("id"))
	if err != nil {
		return err
	}
	form, err := factorFormOf(c)
	var done app.Changed
	if err == nil {
		done, err = s.factors.Remove(c.UserContext(), by(c), factor.ID, form)
	}
	if err == nil {
		return s.factorsChanged(c, done, "done_factor_removed")
	}
	return s.factorRefused(c, err, views.RemoveStep(*factor))
}

// askForFactor is the step before something of the second factor is changed.
func (s *server) askForFactor(c *fiber.Ctx, step views.FactorStep) error {
	var err error
	if step.Passkey, err = s.factors.AskActor(c.UserContext(), by(c)); err != nil {
		return err
	}
	page := s.page(c)
	return render(c, http.StatusOK, views.FactorStepPage(page, step), views.FactorStepForm(page.Actor.Identity.Email, step))
}

func (s *server) factorRefused(c *fiber.Ctx, err error, step views.FactorStep) error {
	s.logCopy(c, err)
	var askErr error
	if step.Passkey, askErr = s.factors.AskActor(c.UserContext(), by(c)); askErr != nil {
		return askErr
	}
	return refused(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
		step.Problems = problems
		return views.FactorStepPage(s.page(c), step), views.FactorStepForm(by(c).Identity.Email, step)
	})
}

func factorFormOf(c *fiber.Ctx) (app.FactorForm, error) {
	f, err := formOf(c)
	if err != nil {
		return app.FactorForm{}, err
	}
	form := proven(f, "passkey")
	return form, f.err()
}

// proven reads password and second factor; the answer of a passkey is in the field of that name.
func proven(f *form, passkey string) app.FactorForm {
	return app.FactorForm{Password: f.one("current_password"), Code: f.one("code"), Passkey: passkeyOf(f, passkey)}
}
