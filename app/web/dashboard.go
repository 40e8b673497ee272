package web

import (
	"net/http"

	"github.com/gofiber/fiber/v2"

	"reglink/views"
)

// maxRecentActivities is how many the dashboard shows.
const maxRecentActivities = 8

// maxExpiringMembers is how many of those whose membership ends soon it names.
const maxExpiringMembers = 5

func (s *server) dashboard(c *fiber.Ctx) error {
	actor := currentActor(c)
	if err := actor.WrongMethodError(); err != nil {
		return err
	}
	if !actor.Member() {
		return s.show(c, http.StatusOK, view{page: views.NoAccountPage})
	}
	v, err := s.dashboardView(c)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, pageOf(v, views.DashboardPage))
}

func (s *server) dashboardView(c *fiber.Ctx) (views.DashboardView, error) {
	v := views.DashboardView{}
	var err error
	if v.Overview, err = s.Dashboards.Overview(c.UserContext(), currentActor(c)); err != nil ||
		!currentActor(c).SuperUser() {
		return v, err
	}
	current, err := s.Links.Current(c.UserContext(), currentActor(c))
	if err != nil {
		return v, err
	}
	v.Panel = views.LinkPanelView{Link: current.Link, State: current.State, EndsAt: current.EndsAt, At: current.At}
	if v.Attention, err = s.Dashboards.Attention(c.UserContext(), currentActor(c), maxExpiringMembers); err != nil {
		return v, err
	}
	v.Recent, err = s.Dashboards.Recent(c.UserContext(), currentActor(c), maxRecentActivities)
	return v, err
}
