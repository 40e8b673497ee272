package web

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"reglink/views"
)

// recentActivities is how many the dashboard shows.
const recentActivities = 8

// namedMembers is how many of those whose membership ends soon it names.
const namedMembers = 5

func (s *server) dashboard(c *fiber.Ctx) error {
	actor := by(c)
	if err := actor.Barrier(); err != nil {
		return err
	}
	if !actor.Member() {
		return write(c, http.StatusOK, views.NoAccountPage(s.page(c)))
	}
	v, err := s.glance(c)
	if err != nil {
		return err
	}
	return write(c, http.StatusOK, views.DashboardPage(s.page(c), v))
}

func (s *server) glance(c *fiber.Ctx) (views.DashboardView, error) {
	v := views.DashboardView{}
	var err error
	if v.Overview, err = s.dashboards.Overview(c.UserContext(), by(c)); err != nil || !by(c).SuperUser() {
		return v, err
	}
	current, err := s.links.Current(c.UserContext(), by(c))
	if err != nil {
		return v, err
	}
	v.Panel = views.LinkPanelView{Link: current.Link, State: current.State, EndsAt: current.EndsAt, At: current.At}
	if v.Attention, err = s.dashboards.Attention(c.UserContext(), by(c), namedMembers); err != nil {
		return v, err
	}
	v.Recent, err = s.dashboards.Recent(c.UserContext(), by(c), recentActivities)
	return v, err
}
