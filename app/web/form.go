package web

import (
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
