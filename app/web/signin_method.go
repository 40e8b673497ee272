package web

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// saveSignInMethod stores how the people of the account sign in.
func (s *server) saveSignInMethod(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	v := views.SignInMethodView{Method: app.SignInMethod(f.one("way")), Provider: s.ssoName(), Focus: true}
	err = f.err()
	if err == nil {
		err = s.signInMethods.Choose(c.UserContext(), currentActor(c), v.Method)
	}
	if err == nil {
		return s.writeDone(c, accountPath(c, securityPath), app.Say("done_sign_in_way"), views.SignInMethodCard(v))
	}
	whole, lookErr := s.securityView(c)
	if lookErr != nil {
		return lookErr
	}
	whole.SignInMethod = v
	var refusal *app.Error
	if errors.As(err, &refusal) && refusal.Kind == app.Conflict {
		whole.SignInMethod.Refused = refusal.Message
		return render(c, http.StatusConflict, views.SecurityPage(s.page(c), whole),
			views.SignInMethodCard(whole.SignInMethod))
	}
	return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
		whole.SignInMethod.Problems = problems
		return views.SecurityPage(s.page(c), whole), views.SignInMethodCard(whole.SignInMethod)
	})
}

// signInMethodView is the choice as it is stored.
func (s *server) signInMethodView(c *fiber.Ctx) views.SignInMethodView {
	return views.SignInMethodView{Method: currentActor(c).Account.SignInMethod, Provider: s.ssoName()}
}
