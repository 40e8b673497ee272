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
	v, err := s.preferencesView(c)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, views.PreferencesPage(s.page(c), v))
}

// preferencesView is a person's own page as it is stored.
func (s *server) preferencesView(c *fiber.Ctx) (views.PreferencesView, error) {
	person := currentActor(c).Identity
	v := views.PreferencesView{Email: person.Email, Form: app.Preferences{
		FirstName: person.FirstName, LastName: person.LastName, Profile: person.Profile, Language: person.Language,
	}}
	topics, err := s.Store.Topics(c.UserContext(), person.ID)
	if err != nil {
		return v, err
	}
	for _, topic := range topics {
		v.Form.Topics = append(v.Form.Topics, string(topic))
	}
	v.Sessions, err = s.sessionsView(c)
	return v, err
}

func (s *server) savePreferences(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	v := views.PreferencesView{Email: currentActor(c).Identity.Email, Form: app.Preferences{
		FirstName: f.one("first_name"), LastName: f.one("last_name"), Profile: f.profile(),
		Language: f.one("language"), Topics: f.many("topics"),
	}}
	err = f.err()
	if err == nil {
		err = app.SavePreferences(c.UserContext(), s.Store, currentActor(c), v.Form, languageTags())
	}
	if err != nil {
		var lookErr error
		if v.Sessions, lookErr = s.sessionsView(c); lookErr != nil {
			return lookErr
		}
		return writeProblems(c, err, func(problems app.Problems) (templ.Component, templ.Component) {
			v.Problems = problems
			return views.PreferencesPage(s.page(c), v), views.PreferencesForm(v)
		})
	}
	s.setCookie(c, languageCookie, v.Form.Language, yearInSeconds)
	s.setToast(c, app.Say("done_saved"))
	return redirect(c, "/preferences")
}

func languageTags() []string {
	var all []string
	for _, l := range messages.Languages() {
		all = append(all, l.Tag)
	}
	return all
}
