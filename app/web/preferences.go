package web

import (
	"net/http"

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
	return s.show(c, http.StatusOK, pageOf(v, views.PreferencesPage))
}

// preferencesView is a person's own page as it is stored.
func (s *server) preferencesView(c *fiber.Ctx) (views.PreferencesView, error) {
	v := views.PreferencesView{Email: currentActor(c).Identity.Email}
	var err error
	if v.Form, err = s.Profiles.Own(c.UserContext(), currentActor(c)); err != nil {
		return v, err
	}
	v.Sessions, err = s.sessionsView(c)
	return v, err
}

func (s *server) savePreferences(c *fiber.Ctx) error {
	return submit(c, decodePreferences, func(typed app.Preferences) error {
		if err := s.Profiles.Save(c.UserContext(), currentActor(c), typed, languageTags()); err != nil {
			return err
		}
		s.setCookie(c, languageCookie, typed.Language, yearInSeconds)
		s.setToast(c, app.Say("done_saved"))
		return redirect(c, "/preferences")
	}, func(typed app.Preferences, problems app.Problems) (view, error) {
		v := views.PreferencesView{Email: currentActor(c).Identity.Email, Form: typed, Problems: problems}
		var err error
		v.Sessions, err = s.sessionsView(c)
		return viewOf(v, views.PreferencesPage, views.PreferencesForm), err
	})
}

func decodePreferences(f *form) app.Preferences {
	return app.Preferences{
		FirstName: f.one("first_name"), LastName: f.one("last_name"), Profile: f.profile(),
		Language: f.one("language"), Topics: f.many("topics"),
	}
}

func languageTags() []string {
	var all []string
	for _, l := range messages.Languages() {
		all = append(all, l.Tag)
	}
	return all
}
