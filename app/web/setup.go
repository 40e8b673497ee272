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
	if err := s.setUps.Look(c.UserContext(), token); err != nil {
		return err
	}
	return write(c, http.StatusOK, views.SetUpPage(s.page(c), views.SettingUp{Token: token}))
}

func (s *server) setUp(c *fiber.Ctx) error {
	f, err := formOf(c)
	if err != nil {
		return err
	}
	v := views.SettingUp{Token: c.Params("token"), Form: decodeSetUp(f)}
	err = f.err()
	if err == nil {
		err = s.setUps.SetUp(c.UserContext(), v.Token, v.Form, s.client(c))
	}
	if err != nil {
		return refused(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
			v.Problems = problems
			return views.SetUpPage(s.page(c), v), views.SetUpForm(v)
		})
	}
	s.toast(c, app.Say("done_set_up"))
	return redirect(c, "/sign-in")
}

func decodeSetUp(f *form) app.SetUp {
	return app.SetUp{
		Account:   app.NewAccount{Name: f.one("account_name"), CompanyID: f.one("company_id")},
		FirstName: f.one("first_name"), LastName: f.one("last_name"), Email: f.one("email"), Password: f.one("password"),
	}
}
