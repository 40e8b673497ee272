package web

import (
	"net/http"
	"slices"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

const entitledPath = "/register"

// entitledForm is the form for people without a link.
func (s *server) entitledForm(c *fiber.Ctx) error {
	r := views.Registering{
		Action: entitledPath,
		Form:   app.RegistrationForm{SubmissionID: app.NewSubmissionID(), Proof: app.OrderSummary},
	}
	return write(c, http.StatusOK, views.RegistrationPage(s.page(c), r))
}

// registerEntitled is that form, submitted.
func (s *server) registerEntitled(c *fiber.Ctx) error {
	f, err := formOf(c)
	if err != nil {
		return err
	}
	typed := decodeRegistration(f)
	err = f.err()
	if err == nil {
		err = s.registrations.RegisterEntitled(c.UserContext(), typed, s.client(c))
	}
	if err != nil {
		return s.refuseRegistration(c, err, views.Registering{Action: entitledPath, Form: typed})
	}
	s.wake()
	return redirect(c, "/registered")
}

// checkEntitled is the live check of one of its fields.
func (s *server) checkEntitled(c *fiber.Ctx) error {
	field := c.Params("field")
	f, err := formOf(c)
	if err != nil {
		return err
	}
	if !slices.Contains(app.Fields(), field) {
		return app404()
	}
	r := views.Registering{Action: entitledPath, Form: decodeRegistration(f), Checked: field}
	if s.untold(c, r) {
		return s.checked(c, f, r, app.Message{})
	}
	problem, err := s.registrations.CheckEntitled(c.UserContext(), field, r.Form)
	if err != nil {
		return err
	}
	return s.checked(c, f, r, problem)
}
