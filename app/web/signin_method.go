package web

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// chooseSignIn stores how the people of the account sign in.
func (s *server) chooseSignIn(c *fiber.Ctx) error {
	f, err := formOf(c)
	if err != nil {
		return err
	}
	v := views.SignInWayView{Method: app.SignInWay(f.one("way")), Provider: s.ssoName(), Focus: true}
	err = f.err()
	if err == nil {
		err = s.signInChoices.Choose(c.UserContext(), by(c), v.Method)
	}
	if err == nil {
		return s.done(c, securityPath, app.Say("done_sign_in_way"), views.SignInWayCard(v))
	}
	whole, lookErr := s.securityView(c)
	if lookErr != nil {
		return lookErr
	}
	whole.SignInMethod = v
	var refusal *app.Error
	if errors.As(err, &refusal) && refusal.Kind == app.Conflict {
		whole.SignInMethod.Refused = refusal.Message
		return render(c, http.StatusConflict, views.SecurityPage(s.page(c), whole), views.SignInWayCard(whole.SignInMethod))
	}
	return refused(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
		whole.SignInMethod.Problems = problems
		return views.SecurityPage(s.page(c), whole), views.SignInWayCard(whole.SignInMethod)
	})
}

// signInWay is the choice as it is stored.
func (s *server) signInWay(c *fiber.Ctx) views.SignInWayView {
	return views.SignInWayView{Method: by(c).Account.SignIn, Provider: s.ssoName()}
}
