package web

import (
	"errors"
	"mime"
	"net/http"
	"net/url"
	"strings"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
)

// form is what a form sent, from the body alone. Fields that nobody asks for are not looked at.
type form struct {
	values   url.Values
	problems app.Problems
}

// parseForm reads the body of a form: the one decoder of live checks and submitted forms. Anything but a
// urlencoded form is refused, and so is a query string, which Fiber's own FormValue would let win over the
// body (T-22).
func parseForm(c *fiber.Ctx) (*form, error) {
	kind, _, err := mime.ParseMediaType(c.Get(fiber.HeaderContentType))
	if err != nil || kind != fiber.MIMEApplicationForm {
		return nil, fiber.NewError(http.StatusUnsupportedMediaType)
	}
	if len(c.Context().URI().QueryString()) > 0 {
		return nil, app.Refuse(app.BadRequest, "form_query")
	}
	// as it came: Fiber's own Body unpacks what claims to be packed, to any size
	values, err := url.ParseQuery(string(c.Request().Body()))
	if err != nil {
		return nil, app.Refuse(app.BadRequest, "form_broken")
	}
	return &form{values: values, problems: app.Problems{}}, nil
}

// submit takes a form, the one way in which forms are taken: it decodes what was sent, has it accepted by what asks
// the rule and answers, and draws the form again with its problems. What the decoder finds wrong, no rule sees.
// Without redraw, problems are shown as any error is.
func submit[F any](
	c *fiber.Ctx, decode func(*form) F, accept func(F) error, redraw func(F, app.Problems) (view, error),
) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	return submitParsed(f, decode, accept, redraw)
}

// submitParsed is submit for a form that was read in another way.
func submitParsed[F any](
	f *form, decode func(*form) F, accept func(F) error, redraw func(F, app.Problems) (view, error),
) error {
	typed := decode(f)
	err := f.err()
	if err == nil {
		err = accept(typed)
	}
	if redraw == nil {
		return err
	}
	return withProblems(err, func(problems app.Problems) (view, error) { return redraw(typed, problems) })
}

// withProblems has the problems of a form shown in the view that draws it again. Other errors stay as they are.
func withProblems(err error, redraw func(app.Problems) (view, error)) error {
	problems, refused := errors.AsType[app.Problems](err)
	if !refused {
		return err
	}
	again, lookErr := redraw(problems)
	if lookErr != nil {
		return lookErr
	}
	return shownError{problems, again}
}

// one gives a field that has one value. Two are a problem of the field, never a choice between them.
func (f *form) one(name string) string {
	values := f.values[name]
	if len(values) > 1 {
		f.problems.Add(name, app.Say("one_value"))
	}
	if len(values) != 1 {
		return ""
	}
	return strings.ToValidUTF8(values[0], "\x00") // invalid bytes are refused like control characters, beside the field
}

// hidden is one for a field that nobody types: a problem of it is the whole form's.
func (f *form) hidden(name string) string {
	if len(f.values[name]) > 1 {
		f.problems.Add("", app.Say("form_incomplete"))
		return ""
	}
	return f.one(name)
}

// profile gives the lines that a person may leave empty.
func (f *form) profile() app.Profile {
	var p app.Profile
	for _, line := range p.Lines() {
		*line.Text = f.one(line.Name)
	}
	return p
}

// many gives every value of a field.
func (f *form) many(name string) []string { return f.values[name] }

// err is what the decoder itself found: two values where one belongs. No rule is asked then, for it would see
// only one of them.
func (f *form) err() error { return f.problems.Err() }

// file gives the content of a file as it is: what is wrong with it, the domain says.
func (f *form) file(name string) string {
	values := f.values[name]
	if len(values) > 1 {
		f.problems.Add(name, app.Say("one_value"))
	}
	if len(values) != 1 {
		return ""
	}
	return values[0]
}
