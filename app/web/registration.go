package web

import (
	"errors"
	"net/http"
	"slices"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

func decodeRegistration(f *form) app.RegistrationForm {
	return app.RegistrationForm{
		FirstName: f.one("first_name"), LastName: f.one("last_name"), Email: f.one("email"),
		Profile: f.profile(), Password: f.one("password"),
		Topics: f.many("topics"), EULA: f.one("eula"), SubmissionID: f.hidden("submission_id"),
		EntitlementKind: app.EntitlementKind(f.one("proof")), OrderSummary: f.one("order_summary"),
		CompanyID:    f.one("company_id"),
		SerialNumber: f.one("serial_number"), AuthCode: f.one("auth_code"),
	}
}

func registrationPath(token string) string { return "/register/" + token }

// openForm is the form of the path's link, filled in with what was typed. Without a link that lets people in, it is
// the form alone.
func (s *server) openForm(c *fiber.Ctx, typed app.RegistrationForm) (views.RegistrationView, *app.Link, error) {
	token := c.Params("token")
	r := views.RegistrationView{Action: registrationPath(token), Form: typed}
	link, err := s.Registrations.OpenLink(c.UserContext(), token)
	if err == nil {
		r.Account, r.SSO, r.Policy = link.Account.Name, link.Account.SignInMethod == app.SSOOnly, link.LinkPolicy
	}
	return r, link, err
}

// registrationForm is the page behind a registration link.
func (s *server) registrationForm(c *fiber.Ctx) error {
	r, _, err := s.openForm(c, app.RegistrationForm{SubmissionID: app.NewSubmissionID()})
	if err != nil {
		return deniedError(err)
	}
	return s.show(c, http.StatusOK, pageOf(r, views.RegistrationPage))
}

// register is the submitted form of a link.
func (s *server) register(c *fiber.Ctx) error {
	return submit(c, decodeRegistration, func(typed app.RegistrationForm) error {
		err := s.Registrations.Register(c.UserContext(), c.Params("token"), typed, s.client(c))
		if err != nil {
			return s.registrationError(c, err, typed)
		}
		return redirect(c, "/registered")
	}, func(typed app.RegistrationForm, problems app.Problems) (view, error) {
		r, _, err := s.openForm(c, typed)
		if err != nil {
			return view{}, deniedFormError(c, err, r)
		}
		return registrationView(r, problems), nil
	})
}

// registrationError shows what was typed also if the link lets nobody in, or the portal cannot answer now.
func (s *server) registrationError(c *fiber.Ctx, err error, typed app.RegistrationForm) error {
	refusal, ok := errors.AsType[*app.Error](err)
	if !ok {
		return err
	}
	r, _, openErr := s.openForm(c, typed)
	switch {
	case refusal.Kind == app.NotFound:
		return deniedError(err)
	case refusal.Kind == app.Gone && openErr != nil:
		return deniedFormError(c, openErr, r)
	case refusal.Kind == app.Unavailable && openErr == nil:
		r.Problems = app.Problems{"": refusal.Message}
		return shownError{err, pageOf(r, views.RegistrationPage)}
	}
	return err
}

// registrationView is the form again with what is wrong in it.
func registrationView(r views.RegistrationView, problems app.Problems) view {
	r.Problems = problems
	if _, incomplete := problems[""]; incomplete {
		r.Form.SubmissionID = app.NewSubmissionID()
	}
	return viewOf(r, views.RegistrationPage, views.RegistrationForm)
}

// deniedError has a link that opens nothing answered by a page that says why.
func deniedError(err error) error {
	refusal, ok := errors.AsType[*app.Error](err)
	if !ok || (refusal.Kind != app.Gone && refusal.Kind != app.NotFound) {
		return err
	}
	return shownError{err, pageOf(refusal.Message, views.DeniedPage)}
}

// deniedFormError is deniedError for a form that was filled in: if its link is dead, what was typed stays on the
// screen.
func deniedFormError(c *fiber.Ctx, err error, r views.RegistrationView) error {
	refusal, ok := errors.AsType[*app.Error](err)
	if !ok || refusal.Kind != app.Gone {
		return deniedError(err)
	}
	r.Denied = refusal.Message
	return shownError{err, viewOf(r, views.RegistrationPage, func(r views.RegistrationView) templ.Component {
		retargetToAlert(c)
		return views.DeniedAlert(r.Denied)
	})}
}

// checkRegistrationField is the live check of one field of a link's form.
func (s *server) checkRegistrationField(c *fiber.Ctx) error {
	field := c.Params("field")
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	if !slices.Contains(app.RegistrationFields(), field) {
		return pageNotFound()
	}
	r, link, err := s.openForm(c, decodeRegistration(f))
	r.Checked = field
	if err != nil {
		return deniedFormError(c, err, r)
	}
	if s.mustNotReveal(c, r) {
		return s.writeFieldCheck(c, f, r, app.Message{})
	}
	problem, err := s.Registrations.Check(c.UserContext(), *link, field, r.Form)
	if err != nil {
		return err
	}
	return s.writeFieldCheck(c, f, r, problem)
}

// mustNotReveal tells whether a live check would have to ask who has a login, and may not.
func (s *server) mustNotReveal(c *fiber.Ctx, r views.RegistrationView) bool {
	return r.Checked == "email" && app.EmailPolicyProblem(r.Policy, r.Form.Tidied().Email).None() &&
		!s.allowEmailLookup(c)
}

// writeFieldCheck answers a live check with the field alone.
func (s *server) writeFieldCheck(c *fiber.Ctx, f *form, r views.RegistrationView, problem app.Message) error {
	r.Problems = app.Problems{}
	r.Problems.Add(r.Checked, f.problems[r.Checked])
	r.Problems.Add(r.Checked, problem)
	own := r.Form.Tidied()
	r.Strength = app.PasswordStrength(r.Form.Password, own.FirstName, own.LastName, own.Email, r.Account)
	return s.show(c, http.StatusOK, registrationFieldView(r))
}

// registrationFieldView is the form, and for HTMX the checked field alone.
func registrationFieldView(r views.RegistrationView) view {
	return viewOf(r, views.RegistrationPage, func(r views.RegistrationView) templ.Component {
		return views.RegistrationField(r, r.Checked)
	})
}

func (s *server) registeredPage(c *fiber.Ctx) error {
	return s.show(c, http.StatusOK, view{page: views.RegisteredPage})
}
