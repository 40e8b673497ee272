package web

import (
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
	"reglink/views/messages"
)

func (s *server) preferences(c *fiber.Ctx) error {
	person := by(c).Identity
	chosen, err := s.Store.Topics(c.UserContext(), person.ID)
	if err != nil {
		return err
	}
	v := views.PreferencesView{Email: person.Email, Form: app.Preferences{
		FirstName: person.FirstName, LastName: person.LastName, Phone: person.Phone, JobTitle: person.JobTitle,
		Language: person.Language,
	}}
	for _, topic := range chosen {
		v.Form.Topics = append(v.Form.Topics, string(topic))
	}
	return write(c, http.StatusOK, views.PreferencesPage(s.page(c), v))
}

func (s *server) savePreferences(c *fiber.Ctx) error {
	f, err := formOf(c)
	if err != nil {
		return err
	}
	v := views.PreferencesView{Email: by(c).Identity.Email, Form: app.Preferences{
		FirstName: f.one("first_name"), LastName: f.one("last_name"), Phone: f.one("phone"), JobTitle: f.one("job_title"),
		Language: f.one("language"), Topics: f.many("topics"),
	}}
	err = f.err()
	if err == nil {
		err = app.SavePreferences(c.UserContext(), s.Store, by(c), v.Form, tags())
	}
	if err != nil {
		return refused(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
			v.Problems = problems
			return views.PreferencesPage(s.page(c), v), views.PreferencesForm(v)
		})
	}
	s.setCookie(c, languageCookie, v.Form.Language, yearOfSeconds)
	s.toast(c, app.Say("done_saved"))
	return redirect(c, "/preferences")
}

func tags() []string {
	var all []string
	for _, l := range messages.Languages() {
		all = append(all, l.Tag)
	}
	return all
}
