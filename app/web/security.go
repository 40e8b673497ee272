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

// securityPath is where a Super User decides how the people of the account sign in; below the account.
const securityPath = "/security"

// securityView gathers what the page shows.
func (s *server) securityView(c *fiber.Ctx) (views.SecurityView, error) {
	safeguards, err := s.Security.SecondFactorStatus(c.UserContext(), currentActor(c))
	return views.SecurityView{
		SignInMethod: s.signInMethodView(c), Safeguards: safeguards, CanRequire: currentActor(c).CanProvideSecondFactor(),
		Focus: isFragment(c),
	}, err
}

func (s *server) securityPage(c *fiber.Ctx) error {
	v, err := s.securityView(c)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, pageOf(v, views.SecurityPage))
}

func (s *server) requireSecondFactor(c *fiber.Ctx) error {
	return submit(c, func(f *form) []string { return f.many("required") }, func(choice []string) error {
		required := slices.Equal(choice, []string{"yes"})
		if !required && !slices.Equal(choice, []string{"no"}) {
			return app.Refuse(app.BadRequest, "choice_unknown")
		}
		err := s.Security.RequireSecondFactor(c.UserContext(), currentActor(c), required)
		switch {
		case errors.Is(err, app.Conflict):
			return s.factorMissingError(c, err)
		case err != nil:
			return err
		}
		said := "done_factor_required"
		if !required {
			said = "done_factor_optional"
		}
		return s.showDone(c, securityPath, app.Say(said), func() (templ.Component, error) {
			v, err := s.securityView(c)
			v.Safeguards.Required = required
			return views.RequiredFactorCard(v), err
		})
	}, nil)
}

// factorMissingError says beside the choice that its Super User must have a second factor first.
func (s *server) factorMissingError(c *fiber.Ctx, err error) error {
	v, lookErr := s.securityView(c)
	if lookErr != nil {
		return lookErr
	}
	v.FactorMissing = true
	return shownError{err, viewOf(v, views.SecurityPage, views.RequiredFactorCard)}
}
