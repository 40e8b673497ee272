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

func (s *server) linkList(c *fiber.Ctx) error {
	after, err := app.ParseCursor(c.Query("after"))
	if err != nil {
		return err
	}
	v := views.LinksView{After: after, At: s.Clock.Now(), Most: s.linkHistory.Most}
	if v.Page, err = s.linkHistory.List(c.UserContext(), by(c), after); err != nil {
		return err
	}
	if isFragment(c) {
		return write(c, http.StatusOK, views.LinkList(v))
	}
	return write(c, http.StatusOK, views.LinksPage(s.page(c), v))
}

// pastLink is one link with those who came by it.
func (s *server) pastLink(c *fiber.Ctx) error {
	link, err := s.linkHistory.Link(c.UserContext(), by(c), c.Params("id"))
	if err != nil {
		return err
	}
	after, err := app.ParseCursor(c.Query("after"))
	if err != nil {
		return err
	}
	v := views.PastLinkView{Link: *link, Since: c.Query("since"), After: after, At: s.Clock.Now(), Most: s.linkHistory.Most}
	since, wrong := app.ParseSince(v.Since, v.At)
	if v.Page, err = s.linkHistory.CameBy(c.UserContext(), by(c), *link, since, after); err != nil {
		return err
	}
	if wrong != nil {
		return refused(c, wrong, func(problems app.Problems) (templ.Component, templ.Component) {
			v.Problem = problems["since"]
			return views.PastLinkPage(s.page(c), v), views.LinkMembersCard(v)
		})
	}
	if isFragment(c) {
		return write(c, http.StatusOK, views.LinkMembersCard(v))
	}
	return write(c, http.StatusOK, views.PastLinkPage(s.page(c), v))
}

// confirmSuspendNewcomers is the step before people are suspended. Where there is nobody, there is nothing to ask.
func (s *server) confirmSuspendNewcomers(c *fiber.Ctx) error {
	link, since, err := s.newcomers(c, c.Query("since"))
	if err != nil {
		return err
	}
	affected, err := s.linkHistory.Affected(c.UserContext(), by(c), *link, since)
	if err != nil {
		return err
	}
	if affected.Count == 0 {
		return redirect(c, views.PastLinkPath(link.ID))
	}
	return write(c, http.StatusOK, views.SuspendNewcomersPage(s.page(c), *link, affected))
}

func (s *server) suspendNewcomers(c *fiber.Ctx) error {
	f, err := formOf(c)
	if err != nil {
		return err
	}
	since := f.hidden("since")
	if err := f.err(); err != nil {
		return err
	}
	link, at, err := s.newcomers(c, since)
	if err != nil {
		return err
	}
	n, err := s.linkHistory.Suspend(c.UserContext(), by(c), *link, at)
	if err != nil {
		return err
	}
	s.toast(c, app.Say("done_suspended_newcomers", "Count", n))
	return redirect(c, views.PastLinkPath(link.ID))
}

// newcomers gives the link that a request names, and from when on people count who came by it.
func (s *server) newcomers(c *fiber.Ctx, since string) (*app.Link, time.Time, error) {
	link, err := s.linkHistory.Link(c.UserContext(), by(c), c.Params("id"))
	if err != nil {
		return nil, time.Time{}, err
	}
	at, err := app.ParseSince(since, s.Clock.Now())
	return link, at, err
}

// endedKey names the link that has just ended in the address of Account Details.
const endedKey = "ended"

// endedLink gives a dead link of the account by which people came. Of anything else there is nothing to review: nil.
func (s *server) endedLink(c *fiber.Ctx, linkID string) (*app.Link, error) {
	link, err := s.linkHistory.Link(c.UserContext(), by(c), linkID)
	if errors.Is(err, app.NotFound) || (err == nil && (link.Alive() || link.Used == 0)) {
		return nil, nil //nolint:nilnil // there is none, and that is no error
	}
	return link, err
}
