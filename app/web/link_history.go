package web

import (
	"errors"
	"net/http"
	"time"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

func (s *server) linkHistoryList(c *fiber.Ctx) error {
	after, err := app.ParseCursor(c.Query("after"))
	if err != nil {
		return err
	}
	v := views.LinkHistoryView{After: after, At: s.Clock.Now(), MaxAge: s.MaxLinkAge}
	if v.Page, err = s.LinkHistory.List(c.UserContext(), currentActor(c), after); err != nil {
		return err
	}
	return s.show(c, http.StatusOK, viewOf(v, views.LinkHistoryPage, views.LinkHistoryList))
}

// linkHistoryDetail is one link with those who came by it.
func (s *server) linkHistoryDetail(c *fiber.Ctx) error {
	link, err := s.LinkHistory.Link(c.UserContext(), currentActor(c), c.Params("id"))
	if err != nil {
		return err
	}
	after, err := app.ParseCursor(c.Query("after"))
	if err != nil {
		return err
	}
	v := views.LinkHistoryDetailView{
		Link: *link, Since: c.Query("since"), After: after, At: s.Clock.Now(),
		MaxAge: s.MaxLinkAge,
	}
	since, wrong := app.ParseSince(v.Since, v.At)
	if v.Page, err = s.LinkHistory.MembersByLink(c.UserContext(), currentActor(c), *link, since, after); err != nil {
		return err
	}
	if wrong != nil {
		return withProblems(wrong, func(problems app.Problems) (view, error) {
			v.Problem = problems["since"]
			return viewOf(v, views.LinkHistoryDetailPage, views.LinkMembersCard), nil
		})
	}
	return s.show(c, http.StatusOK, viewOf(v, views.LinkHistoryDetailPage, views.LinkMembersCard))
}

// confirmSuspendLinkMembers is the step before people are suspended. Where there is nobody, there is nothing to ask.
func (s *server) confirmSuspendLinkMembers(c *fiber.Ctx) error {
	link, since, err := s.linkAndSince(c, c.Query("since"))
	if err != nil {
		return err
	}
	affected, err := s.LinkHistory.PreviewSuspend(c.UserContext(), currentActor(c), *link, since)
	if err != nil {
		return err
	}
	if affected.Count == 0 {
		return redirect(c, views.LinkHistoryPath(c.UserContext(), link.ID))
	}
	return s.show(c, http.StatusOK, view{page: func(p views.Page) templ.Component {
		return views.SuspendLinkMembersPage(p, *link, affected)
	}})
}

func (s *server) suspendLinkMembers(c *fiber.Ctx) error {
	return submit(c, func(f *form) string { return f.hidden("since") }, func(since string) error {
		link, at, err := s.linkAndSince(c, since)
		if err != nil {
			return err
		}
		n, err := s.LinkHistory.Suspend(c.UserContext(), currentActor(c), *link, at)
		if err != nil {
			return err
		}
		s.setToast(c, app.Say("done_suspended_newcomers", "Count", n))
		return redirect(c, views.LinkHistoryPath(c.UserContext(), link.ID))
	}, nil)
}

// linkAndSince gives the link that a request names, and from when on people count who came by it.
func (s *server) linkAndSince(c *fiber.Ctx, since string) (*app.Link, time.Time, error) {
	link, err := s.LinkHistory.Link(c.UserContext(), currentActor(c), c.Params("id"))
	if err != nil {
		return nil, time.Time{}, err
	}
	at, err := app.ParseSince(since, s.Clock.Now())
	return link, at, err
}

// endedLinkParam names the link that has just ended in the address of Account Details.
const endedLinkParam = "ended"

// endedLink gives a dead link of the account by which people came. Of anything else there is nothing to review: nil.
func (s *server) endedLink(c *fiber.Ctx, linkID string) (*app.Link, error) {
	link, err := s.LinkHistory.Link(c.UserContext(), currentActor(c), linkID)
	if errors.Is(err, app.NotFound) || (err == nil && (link.Alive() || link.Used == 0)) {
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	return link, err
}
