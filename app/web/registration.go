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

// registrationForm is the page behind a registration link.
func (s *server) registrationForm(c *fiber.Ctx) error {
	token := c.Params("token")
	link, err := s.registrations.OpenLink(c.UserContext(), token)
	if err != nil {
		return s.writeDenied(c, err)
	}
	r := views.RegistrationView{
		Action: registrationPath(token), Account: link.Account.Name, SSO: link.Account.SignInMethod == app.SSOOnly,
		Policy: link.LinkPolicy,
		Form:   app.RegistrationForm{SubmissionID: app.NewSubmissionID()},
	}
	return write(c, http.StatusOK, views.RegistrationPage(s.page(c), r))
}

// register is the submitted form of a link.
func (s *server) register(c *fiber.Ctx) error {
	token := c.Params("token")
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	typed := decodeRegistration(f)
	r := views.RegistrationView{Action: registrationPath(token), Form: typed}
	err = f.err()
	if err == nil {
		err = s.registrations.Register(c.UserContext(), token, typed, s.client(c))
	}
	if err == nil {
		s.wakeMailer()
		return redirect(c, "/registered")
	}
	if link, openErr := s.registrations.OpenLink(c.UserContext(), token); openErr == nil {
		r.Account, r.SSO, r.Policy = link.Account.Name, link.Account.SignInMethod == app.SSOOnly, link.LinkPolicy
	} else if errors.Is(err, app.Gone) || isProblems(err) {
		return s.writeDeniedForm(c, openErr, r)
	}
	if errors.Is(err, app.NotFound) {
		return s.writeDenied(c, err)
	}
	return s.writeRegistrationProblems(c, err, r)
}

// writeRegistrationProblems gives the form back with what is wrong in it, also where the portal cannot answer
// just now: HTMX leaves the form as it is, a browser would lose it.
func (s *server) writeRegistrationProblems(c *fiber.Ctx, err error, r views.RegistrationView) error {
	if errors.Is(err, app.Unavailable) && !isFragment(c) {
		status, message := s.classify(c, err)
		setRetryAfter(c, status, message)
		r.Problems = app.Problems{"": message}
		return write(c, status, views.RegistrationPage(s.page(c), r))
	}
	return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
		r.Problems = problems
		if _, incomplete := problems[""]; incomplete {
			r.Form.SubmissionID = app.NewSubmissionID()
		}
		return views.RegistrationPage(s.page(c), r), views.RegistrationForm(r)
	})
}

// writeDenied answers whoever opens a link that opens nothing.
func (s *server) writeDenied(c *fiber.Ctx, err error) error {
	var refusal *app.Error
	if !errors.As(err, &refusal) || (refusal.Kind != app.Gone && refusal.Kind != app.NotFound) || isFragment(c) {
		return err
	}
	noteRefusal(c, refusal)
	return write(c, httpStatuses()[refusal.Kind], views.DeniedPage(s.page(c), refusal.Message))
}

// writeDeniedForm answers a form whose link lets nobody in any more: what was typed stays on the screen.
func (s *server) writeDeniedForm(c *fiber.Ctx, err error, r views.RegistrationView) error {
	var refusal *app.Error
	if !errors.As(err, &refusal) || refusal.Kind != app.Gone {
		return s.writeDenied(c, err)
	}
	noteRefusal(c, refusal)
	if isFragment(c) {
		retargetToAlert(c)
		return write(c, http.StatusGone, views.DeniedAlert(refusal.Message))
	}
	r.Denied = refusal.Message
	return write(c, http.StatusGone, views.RegistrationPage(s.page(c), r))
}

// checkRegistrationField is the live check of one field of a link's form.
func (s *server) checkRegistrationField(c *fiber.Ctx) error {
	token, field := c.Params("token"), c.Params("field")
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	if !slices.Contains(app.RegistrationFields(), field) {
		return pageNotFound()
	}
	r := views.RegistrationView{Action: registrationPath(token), Form: decodeRegistration(f), Checked: field}
	link, err := s.registrations.OpenLink(c.UserContext(), token)
	if err != nil {
		return s.writeDeniedForm(c, err, r)
	}
	r.Account, r.SSO, r.Policy = link.Account.Name, link.Account.SignInMethod == app.SSOOnly, link.LinkPolicy
	if s.mustNotReveal(c, r) {
		return s.writeFieldCheck(c, f, r, app.Message{})
	}
	problem, err := s.registrations.Check(c.UserContext(), *link, field, r.Form)
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
	return render(c, http.StatusOK, views.RegistrationPage(s.page(c), r), views.RegistrationField(r, r.Checked))
}

func (s *server) registeredPage(c *fiber.Ctx) error {
	return write(c, http.StatusOK, views.RegisteredPage(s.page(c)))
}
