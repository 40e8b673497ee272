package web

import (
	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// sessionsView gives the list of one's sessions.
func (s *server) sessionsView(c *fiber.Ctx) (views.SessionsView, error) {
	all, err := s.SignIns.Sessions(c.UserContext(), currentActor(c))
	return views.SessionsView{Sessions: all, Actor: currentActor(c)}, err
}

// endSession ends one of one's own sessions. Whoever ends the present one has signed out.
func (s *server) endSession(c *fiber.Ctx) error {
	ended, err := s.SignIns.EndSession(c.UserContext(), currentActor(c), c.Params("id"))
	if err != nil {
		return err
	}
	if ended.IsCurrentOf(currentActor(c)) {
		s.setCookie(c, sessionCookie, "", -1)
		return redirect(c, "/")
	}
	return s.showSessions(c, "done_session_ended")
}

// endOtherSessions signs out everywhere else.
func (s *server) endOtherSessions(c *fiber.Ctx) error {
	if err := s.SignIns.EndOtherSessions(c.UserContext(), currentActor(c)); err != nil {
		return err
	}
	return s.showSessions(c, "done_sessions_ended")
}

// showSessions answers with the list as it is now.
func (s *server) showSessions(c *fiber.Ctx, said string) error {
	return s.showDone(c, "/preferences", app.Say(said), func() (templ.Component, error) {
		v, err := s.sessionsView(c)
		v.Focus = true
		return views.SessionsCard(v), err
	})
}
