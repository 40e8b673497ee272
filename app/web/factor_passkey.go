package web

import (
	"errors"
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// newPasskeyForm asks for a passkey. Nothing is stored: the form brings the question back, sealed.
func (s *server) newPasskeyForm(c *fiber.Ctx) error {
	v, err := s.newPasskeyView(c)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, views.NewPasskeyPage(s.page(c), v))
}

func (s *server) newPasskeyView(c *fiber.Ctx) (views.NewPasskeyView, error) {
	asked, err := s.factors.PromptNewPasskey(c.UserContext(), currentActor(c))
	if err != nil {
		return views.NewPasskeyView{}, err
	}
	proof, err := s.proofView(c)
	return views.NewPasskeyView{Challenge: asked, Proof: proof}, err
}

func (s *server) addPasskey(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	form := app.PasskeyForm{
		Reauth: decodeFactorForm(f, "proof"), Name: f.one("name"),
		Passkey: decodePasskey(f, "passkey"),
	}
	var done app.FactorResult
	if err = f.err(); err == nil {
		done, err = s.factors.AddPasskey(c.UserContext(), currentActor(c), form)
	}
	if err == nil {
		return s.writeFactorsChanged(c, done, "done_passkey_added")
	}
	s.logClonedPasskey(c, err)
	v, askErr := s.newPasskeyView(c)
	if askErr != nil {
		return askErr
	}
	return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
		v.Name, v.Problems = form.Name, problems
		return views.NewPasskeyPage(s.page(c), v), views.NewPasskeyForm(v, currentActor(c).Identity.Email)
	})
}

// signInByPasskey is the sign-in that needs no password.
func (s *server) signInByPasskey(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	v := views.SignInView{Next: f.hidden("next")}
	answer := app.FactorProof{Passkey: decodePasskey(f, "passkey"), OldSession: s.cookie(c, sessionCookie)}
	token := ""
	if err = f.err(); err == nil {
		token, err = s.factors.SignInByPasskey(c.UserContext(), answer, s.client(c))
	}
	if err != nil {
		s.logClonedPasskey(c, err)
		return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
			v.Problems = problems
			return s.signInPage(c, v), views.SignInForm(v)
		})
	}
	s.setCookie(c, sessionCookie, token, 0)
	return redirect(c, afterSignInPath(v.Next))
}

// decodePasskey reads what a form sends of a passkey in the field of that name, and the one that belongs to it.
func decodePasskey(f *form, name string) app.PasskeyResponse {
	return app.PasskeyResponse{Box: f.hidden(name + "_box"), Response: f.hidden(name)}
}

// logClonedPasskey notes that somebody may have a copy of a person's passkey.
func (s *server) logClonedPasskey(c *fiber.Ctx, err error) {
	var problems app.Problems
	if errors.As(err, &problems) && problems[""].ID == "passkey_copied" {
		s.Log.WarnContext(c.UserContext(), "passkey counts backwards", "id", requestID(c))
	}
}
