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
	return write(c, http.StatusOK, views.RegistrationPage(s.page(c), r))
}

// registerByEntitlement is that form, submitted.
func (s *server) registerByEntitlement(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	typed := decodeRegistration(f)
	err = f.err()
	if err == nil {
		err = s.registrations.RegisterEntitled(c.UserContext(), typed, s.client(c))
	}
	if err != nil {
		return s.writeRegistrationProblems(c, err, views.RegistrationView{Action: entitlementPath, Form: typed})
	}
	s.wakeMailer()
	return redirect(c, "/registered")
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
	problem, err := s.registrations.CheckEntitled(c.UserContext(), field, r.Form)
	if err != nil {
		return err
	}
	return s.writeFieldCheck(c, f, r, problem)
}
