package web

import (
	"errors"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// saveSignInMethod stores how the people of the account sign in.
func (s *server) saveSignInMethod(c *fiber.Ctx) error {
	decode := func(f *form) views.SignInMethodView {
		return views.SignInMethodView{Method: app.SignInMethod(f.one("way")), Provider: s.ssoName(), Focus: true}
	}
	return submit(c, decode, func(v views.SignInMethodView) error {
		err := s.SignInMethods.Choose(c.UserContext(), currentActor(c), v.Method)
		if refusal, ok := errors.AsType[*app.Error](err); ok && refusal.Kind == app.Conflict {
			v.Refused = refusal.Message
			again, lookErr := s.signInMethodAgain(c, v)
			if lookErr != nil {
				return lookErr
			}
			return shownError{err, again}
		}
		if err != nil {
			return err
		}
		return s.showDone(c, accountPath(c, securityPath), app.Say("done_sign_in_way"),
			func() (templ.Component, error) { return views.SignInMethodCard(v), nil })
	}, func(v views.SignInMethodView, problems app.Problems) (view, error) {
		v.Problems = problems
		return s.signInMethodAgain(c, v)
	})
}

// signInMethodAgain is the page with the choice as it was refused.
func (s *server) signInMethodAgain(c *fiber.Ctx, v views.SignInMethodView) (view, error) {
	whole, err := s.securityView(c)
	whole.SignInMethod = v
	return viewOf(whole, views.SecurityPage, func(whole views.SecurityView) templ.Component {
		return views.SignInMethodCard(whole.SignInMethod)
	}), err
}

// signInMethodView is the choice as it is stored.
func (s *server) signInMethodView(c *fiber.Ctx) views.SignInMethodView {
	return views.SignInMethodView{Method: currentActor(c).Account.SignInMethod, Provider: s.ssoName()}
}
