package web

import (
	"net/http"
	"slices"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

const entitlementPath = "/register"

// entitlementForm is the form for people without a link.
func (s *server) entitlementForm(c *fiber.Ctx) error {
	r := views.RegistrationView{
		Action: entitlementPath,
		Form:   app.RegistrationForm{SubmissionID: app.NewSubmissionID(), EntitlementKind: app.OrderSummary},
	}
	return s.show(c, http.StatusOK, pageOf(r, views.RegistrationPage))
}

// registerByEntitlement is that form, submitted.
func (s *server) registerByEntitlement(c *fiber.Ctx) error {
	return submit(c, decodeRegistration, func(typed app.RegistrationForm) error {
		if err := s.Registrations.RegisterEntitled(c.UserContext(), typed, s.client(c)); err != nil {
			return err
		}
		return redirect(c, "/registered")
	}, func(typed app.RegistrationForm, problems app.Problems) (view, error) {
		return registrationView(views.RegistrationView{Action: entitlementPath, Form: typed}, problems), nil
	})
}

// checkEntitlementField is the live check of one of its fields.
func (s *server) checkEntitlementField(c *fiber.Ctx) error {
	field := c.Params("field")
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	if !slices.Contains(app.RegistrationFields(), field) {
		return pageNotFound()
	}
	r := views.RegistrationView{Action: entitlementPath, Form: decodeRegistration(f), Checked: field}
	if s.mustNotReveal(c, r) {
		return s.writeFieldCheck(c, f, r, app.Message{})
	}
	problem, err := s.Registrations.CheckEntitled(c.UserContext(), field, r.Form)
	if err != nil {
		return err
	}
	return s.writeFieldCheck(c, f, r, problem)
}
