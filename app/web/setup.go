package web

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// setUpForm is the page behind the one-time address that an empty installation prints.
func (s *server) setUpForm(c *fiber.Ctx) error {
	token := c.Params("token")
	if err := s.SetUps.CheckToken(c.UserContext(), token); err != nil {
		return err
	}
	return s.show(c, http.StatusOK, pageOf(views.SetUpView{Token: token}, views.SetUpPage))
}

func (s *server) setUp(c *fiber.Ctx) error {
	token := c.Params("token")
	return submit(c, decodeSetUp, func(typed app.SetUp) error {
		if err := s.SetUps.SetUp(c.UserContext(), token, typed, s.client(c)); err != nil {
			return err
		}
		s.setToast(c, app.Say("done_set_up"))
		return redirect(c, "/sign-in")
	}, func(typed app.SetUp, problems app.Problems) (view, error) {
		v := views.SetUpView{Token: token, Form: typed, Problems: problems}
		return viewOf(v, views.SetUpPage, views.SetUpForm), nil
	})
}

func decodeSetUp(f *form) app.SetUp {
	return app.SetUp{
		Account:   app.NewAccount{Name: f.one("account_name"), CompanyID: f.one("company_id")},
		FirstName: f.one("first_name"), LastName: f.one("last_name"), Email: f.one("email"), Password: f.one("password"),
	}
}
