package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// setUpForm is the page behind the one-time address that an empty installation prints.
func (s *server) setUpForm(c *fiber.Ctx) error {
	token := c.Params("token")
	if err := s.setUps.CheckToken(c.UserContext(), token); err != nil {
		return err
	}
	return write(c, http.StatusOK, views.SetUpPage(s.page(c), views.SetUpView{Token: token}))
}

func (s *server) setUp(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	v := views.SetUpView{Token: c.Params("token"), Form: decodeSetUp(f)}
	err = f.err()
	if err == nil {
		err = s.setUps.SetUp(c.UserContext(), v.Token, v.Form, s.client(c))
	}
	if err != nil {
		return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
			v.Problems = problems
			return views.SetUpPage(s.page(c), v), views.SetUpForm(v)
		})
	}
	s.setToast(c, app.Say("done_set_up"))
	return redirect(c, "/sign-in")
}

func decodeSetUp(f *form) app.SetUp {
	return app.SetUp{
		Account:   app.NewAccount{Name: f.one("account_name"), CompanyID: f.one("company_id")},
		FirstName: f.one("first_name"), LastName: f.one("last_name"), Email: f.one("email"), Password: f.one("password"),
	}
}
