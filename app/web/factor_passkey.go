package web

import (
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
	return s.show(c, http.StatusOK, pageOf(v, views.NewPasskeyPage))
}

func (s *server) newPasskeyView(c *fiber.Ctx) (views.NewPasskeyView, error) {
	asked, err := s.SecondFactors.PromptNewPasskey(c.UserContext(), currentActor(c))
	if err != nil {
		return views.NewPasskeyView{}, err
	}
	proof, err := s.proofView(c)
	return views.NewPasskeyView{Challenge: asked, Proof: proof}, err
}

func (s *server) addPasskey(c *fiber.Ctx) error {
	return submit(c, decodePasskeyForm, func(typed app.PasskeyForm) error {
		done, err := s.SecondFactors.AddPasskey(c.UserContext(), currentActor(c), typed)
		return s.showFactorsChanged(c, done, err, "done_passkey_added")
	}, func(typed app.PasskeyForm, problems app.Problems) (view, error) {
		s.logClonedPasskey(c, problems)
		v, err := s.newPasskeyView(c)
		v.Name, v.Problems = typed.Name, problems
		return viewOf(v, views.NewPasskeyPage, func(v views.NewPasskeyView) templ.Component {
			return views.NewPasskeyForm(v, currentActor(c).Identity.Email)
		}), err
	})
}

func decodePasskeyForm(f *form) app.PasskeyForm {
	return app.PasskeyForm{
		Reauth: decodeFactorForm(f, "proof"), Name: f.one("name"), Passkey: decodePasskey(f, "passkey"),
	}
}

// passkeySignIn is the form of a sign-in that needs no password.
type passkeySignIn struct {
	passkey app.PasskeyResponse
	next    string
}

func decodePasskeySignIn(f *form) passkeySignIn {
	return passkeySignIn{passkey: decodePasskey(f, "passkey"), next: f.hidden("next")}
}

// signInByPasskey takes it.
func (s *server) signInByPasskey(c *fiber.Ctx) error {
	return submit(c, decodePasskeySignIn, func(typed passkeySignIn) error {
		proof := app.FactorProof{Passkey: typed.passkey, OldSession: s.cookie(c, sessionCookie)}
		token, err := s.SecondFactors.SignInByPasskey(c.UserContext(), proof, s.client(c))
		if err != nil {
			return err
		}
		s.setCookie(c, sessionCookie, token, 0)
		return redirect(c, afterSignInPath(typed.next))
	}, func(typed passkeySignIn, problems app.Problems) (view, error) {
		s.logClonedPasskey(c, problems)
		return s.signInView(c, views.SignInView{Next: typed.next, Problems: problems}), nil
	})
}

// decodePasskey reads what a form sends of a passkey in the field of that name, and the one that belongs to it.
func decodePasskey(f *form, name string) app.PasskeyResponse {
	return app.PasskeyResponse{Box: f.hidden(name + "_box"), Response: f.hidden(name)}
}

// logClonedPasskey notes that somebody may have a copy of a person's passkey.
func (s *server) logClonedPasskey(c *fiber.Ctx, problems app.Problems) {
	if problems[""].ID == "passkey_copied" {
		s.Log.WarnContext(c.UserContext(), "passkey counts backwards", "id", requestID(c))
	}
}
