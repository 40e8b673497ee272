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
	v := views.LinkHistoryView{After: after, At: s.Clock.Now(), MaxAge: s.linkHistory.MaxLinkAge}
	if v.Page, err = s.linkHistory.List(c.UserContext(), currentActor(c), after); err != nil {
		return err
	}
	if isFragment(c) {
		return write(c, http.StatusOK, views.LinkHistoryList(v))
	}
	return write(c, http.StatusOK, views.LinkHistoryPage(s.page(c), v))
}

// linkHistoryDetail is one link with those who came by it.
func (s *server) linkHistoryDetail(c *fiber.Ctx) error {
	link, err := s.linkHistory.Link(c.UserContext(), currentActor(c), c.Params("id"))
	if err != nil {
		return err
	}
	after, err := app.ParseCursor(c.Query("after"))
	if err != nil {
		return err
	}
	v := views.LinkHistoryDetailView{
		Link: *link, Since: c.Query("since"), After: after, At: s.Clock.Now(),
		MaxAge: s.linkHistory.MaxLinkAge,
	}
	since, wrong := app.ParseSince(v.Since, v.At)
	if v.Page, err = s.linkHistory.MembersByLink(c.UserContext(), currentActor(c), *link, since, after); err != nil {
		return err
	}
	if wrong != nil {
		return writeProblems(c, wrong, func(problems app.Problems) (templ.Component, templ.Component) {
			v.Problem = problems["since"]
			return views.LinkHistoryDetailPage(s.page(c), v), views.LinkMembersCard(v)
		})
	}
	if isFragment(c) {
		return write(c, http.StatusOK, views.LinkMembersCard(v))
	}
	return write(c, http.StatusOK, views.LinkHistoryDetailPage(s.page(c), v))
}

// confirmSuspendLinkMembers is the step before people are suspended. Where there is nobody, there is nothing to ask.
func (s *server) confirmSuspendLinkMembers(c *fiber.Ctx) error {
	link, since, err := s.linkAndSince(c, c.Query("since"))
	if err != nil {
		return err
	}
	affected, err := s.linkHistory.PreviewSuspend(c.UserContext(), currentActor(c), *link, since)
	if err != nil {
		return err
	}
	if affected.Count == 0 {
		return redirect(c, views.LinkHistoryPath(c.UserContext(), link.ID))
	}
	return write(c, http.StatusOK, views.SuspendLinkMembersPage(s.page(c), *link, affected))
}

func (s *server) suspendLinkMembers(c *fiber.Ctx) error {
	f, err := parseForm(c)
	if err != nil {
		return err
	}
	since := f.hidden("since")
	if err := f.err(); err != nil {
		return err
	}
	link, at, err := s.linkAndSince(c, since)
	if err != nil {
		return err
	}
	n, err := s.linkHistory.Suspend(c.UserContext(), currentActor(c), *link, at)
	if err != nil {
		return err
	}
	s.setToast(c, app.Say("done_suspended_newcomers", "Count", n))
	return redirect(c, views.LinkHistoryPath(c.UserContext(), link.ID))
}

// linkAndSince gives the link that a request names, and from when on people count who came by it.
func (s *server) linkAndSince(c *fiber.Ctx, since string) (*app.Link, time.Time, error) {
	link, err := s.linkHistory.Link(c.UserContext(), currentActor(c), c.Params("id"))
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
	link, err := s.linkHistory.Link(c.UserContext(), currentActor(c), linkID)
	if errors.Is(err, app.NotFound) || (err == nil && (link.Alive() || link.Used == 0)) {
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	return link, err
}
