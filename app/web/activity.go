package web

import (
	"net/http"
	"time"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

func (s *server) activityList(c *fiber.Ctx) error {
	after, err := app.ParseCursor(c.Query("after"))
	if err != nil {
		return err
	}
	v := views.ActivityView{
		Filter: app.ActivityFilter{
			Group: app.EventGroup(c.Query("what")), From: c.Query("from"), To: c.Query("to"), PersonID: c.Query("person"),
		},
		After: after,
	}
	v.Page, err = s.Activities.List(c.UserContext(), currentActor(c), v.Filter, after)
	if err != nil {
		return err
	}
	return s.show(c, http.StatusOK, viewOf(v, views.ActivityPage, views.ActivityList))
}

// exportActivity sends all that the filter of the list finds, as a file.
func (s *server) exportActivity(c *fiber.Ctx) error {
	return submit(c, decodeActivityFilter, func(filter app.ActivityFilter) error {
		file := newCSVFile(views.ActivityCSVHeader()...)
		err := s.Activities.Export(c.UserContext(), currentActor(c), filter, func(a app.Activity) {
			file.add(views.ActivityCSVRow(c.UserContext(), a)...)
		})
		if err != nil {
			return err
		}
		return file.send(c, "activity-"+s.Clock.Now().Format(time.DateOnly)+".csv")
	}, nil)
}

func decodeActivityFilter(f *form) app.ActivityFilter {
	return app.ActivityFilter{
		Group: app.EventGroup(f.hidden("what")), From: f.hidden("from"), To: f.hidden("to"), PersonID: f.hidden("person"),
	}
}
