package web

import (
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// sessions gives the list of one's sessions.
func (s *server) sessions(c *fiber.Ctx) (views.SessionsView, error) {
	all, err := s.signIns.Sessions(c.UserContext(), by(c))
	return views.SessionsView{Sessions: all, Actor: by(c)}, err
}

// endSession ends one of one's own sessions. Whoever ends the present one has signed out.
func (s *server) endSession(c *fiber.Ctx) error {
	ended, err := s.signIns.EndSession(c.UserContext(), by(c), c.Params("id"))
	if err != nil {
		return err
	}
	if ended.Carries(by(c)) {
		s.setCookie(c, sessionCookie, "", -1)
		return redirect(c, "/")
	}
	return s.sessionsLeft(c, "done_session_ended")
}

// endOtherSessions signs out everywhere else.
func (s *server) endOtherSessions(c *fiber.Ctx) error {
	if err := s.signIns.EndOtherSessions(c.UserContext(), by(c)); err != nil {
		return err
	}
	return s.sessionsLeft(c, "done_sessions_ended")
}

// sessionsLeft answers with the list as it is now.
func (s *server) sessionsLeft(c *fiber.Ctx, said string) error {
	v, err := s.sessions(c)
	if err != nil {
		return err
	}
	v.Focus = true
	return s.done(c, "/preferences", app.Say(said), views.SessionsCard(v))
}
