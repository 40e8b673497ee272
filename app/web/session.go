package web

import (
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// sessionsView gives the list of one's sessions.
func (s *server) sessionsView(c *fiber.Ctx) (views.SessionsView, error) {
	all, err := s.signIns.Sessions(c.UserContext(), currentActor(c))
	return views.SessionsView{Sessions: all, Actor: currentActor(c)}, err
}

// endSession ends one of one's own sessions. Whoever ends the present one has signed out.
func (s *server) endSession(c *fiber.Ctx) error {
	ended, err := s.signIns.EndSession(c.UserContext(), currentActor(c), c.Params("id"))
	if err != nil {
		return err
	}
	if ended.IsCurrentOf(currentActor(c)) {
		s.setCookie(c, sessionCookie, "", -1)
		return redirect(c, "/")
	}
	return s.writeSessions(c, "done_session_ended")
}

// endOtherSessions signs out everywhere else.
func (s *server) endOtherSessions(c *fiber.Ctx) error {
	if err := s.signIns.EndOtherSessions(c.UserContext(), currentActor(c)); err != nil {
		return err
	}
	return s.writeSessions(c, "done_sessions_ended")
}

// writeSessions answers with the list as it is now.
func (s *server) writeSessions(c *fiber.Ctx, said string) error {
	v, err := s.sessionsView(c)
	if err != nil {
		return err
	}
	v.Focus = true
	return s.writeDone(c, "/preferences", app.Say(said), views.SessionsCard(v))
}
