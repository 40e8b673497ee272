package web

import (
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// securityPath is where a Super User decides how the people of the account sign in; below the account.
const securityPath = "/security"

// securityView gathers what the page shows.
func (s *server) securityView(c *fiber.Ctx) (views.SecurityView, error) {
	safeguards, err := s.security.SecondFactorStatus(c.UserContext(), currentActor(c))
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
	return write(c, http.StatusOK, views.SecurityPage(s.page(c), v))
}

func (s *server) requireSecondFactor(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	choice := f.one("required")
	if f.err() != nil || (choice != "yes" && choice != "no") {
		return app.Refuse(app.BadRequest, "choice_unknown")
	}
	err = s.security.RequireSecondFactor(c.UserContext(), currentActor(c), choice == "yes")
	if err != nil && !errors.Is(err, app.Conflict) {
		return err
	}
	v, lookErr := s.securityView(c)
	if lookErr != nil {
		return lookErr
	}
	if err != nil {
		v.FactorMissing = true
		return render(c, http.StatusConflict, views.SecurityPage(s.page(c), v), views.RequiredFactorCard(v))
	}
	said := "done_factor_required"
	v.Safeguards.Required = choice == "yes"
	if !v.Safeguards.Required {
		said = "done_factor_optional"
	}
	return s.writeDone(c, accountPath(c, securityPath), app.Say(said), views.RequiredFactorCard(v))
}
