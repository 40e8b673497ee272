package web

import (
	"context"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// maxNewestMembers is how many of those who registered through the link its panel shows.
const maxNewestMembers = 5

// linkPanelView gathers what the panel of the registration link shows.
func (s *server) linkPanelView(ctx context.Context, actor app.Actor, current app.CurrentLink) (views.LinkPanelView,
	error,
) {
	v := views.LinkPanelView{
		Account: actor.Account, Link: current.Link, State: current.State, EndsAt: current.EndsAt, At: current.At,
		MaxAge: s.MaxLinkDays,
	}
	if current.Link == nil {
		return v, nil
	}
	if current.Token != "" {
		v.Address = s.BaseURL + registrationPath(current.Token)
	}
	if current.Link.Used == 0 {
		return v, nil
	}
	came, err := s.Store.Members(ctx, actor.Account.ID, app.MemberQuery{LinkID: current.Link.ID}, maxNewestMembers)
	v.Registered = came
	return v, err
}

func (s *server) currentLinkPanelView(c *fiber.Ctx) (views.LinkPanelView, error) {
	current, err := s.links.Current(c.UserContext(), currentActor(c))
	if err != nil {
		return views.LinkPanelView{}, err
	}
	v, err := s.linkPanelView(c.UserContext(), currentActor(c), current)
	v.Focus = isFragment(c)
	return v, err
}

// account is Account Details.
func (s *server) account(c *fiber.Ctx) error {
	v, err := s.currentLinkPanelView(c)
	if err != nil {
		return err
	}
	if linkID := c.Query(endedLinkParam); linkID != "" { // after a step without HTMX
		if v.Ended, err = s.endedLink(c, linkID); err != nil {
			return err
		}
	}
	if isFragment(c) {
		return write(c, http.StatusOK, views.LinkPanel(v))
	}
	return write(c, http.StatusOK, views.AccountPage(s.page(c), v))
}

func (s *server) confirmRegenerate(c *fiber.Ctx) error {
	return s.confirmLinkPage(c, views.RegenerateLink)
}

func (s *server) confirmDisable(c *fiber.Ctx) error { return s.confirmLinkPage(c, views.DisableLink) }

// confirmLinkPage is the step before something is taken away. Where there is no link, there is nothing to ask.
func (s *server) confirmLinkPage(c *fiber.Ctx, step views.LinkAction) error {
	v, err := s.currentLinkPanelView(c)
	if err != nil {
		return err
	}
	if v.Link == nil {
		return redirect(c, accountPath(c, "/details"))
	}
	if isFragment(c) {
		return write(c, http.StatusOK, views.ConfirmLinkPanel(v, step))
	}
	return write(c, http.StatusOK, views.ConfirmLinkPage(s.page(c), v, step))
}

func (s *server) generateLink(c *fiber.Ctx) error {
	current, err := s.links.Generate(c.UserContext(), currentActor(c))
	return s.writeLinkDone(c, current, err, "done_generated")
}

func (s *server) regenerateLink(c *fiber.Ctx) error {
	current, err := s.links.Regenerate(c.UserContext(), currentActor(c))
	return s.writeLinkDone(c, current, err, "done_regenerated")
}

func (s *server) disableLink(c *fiber.Ctx) error {
	current, err := s.links.Disable(c.UserContext(), currentActor(c))
	return s.writeLinkDone(c, current, err, "done_disabled")
}

// writeLinkDone shows the panel as it is now. If a link has just ended, it offers to review those who came by it.
func (s *server) writeLinkDone(c *fiber.Ctx, current app.CurrentLink, err error, said string) error {
	if err != nil {
		return err
	}
	v, err := s.linkPanelView(c.UserContext(), currentActor(c), current)
	if err != nil {
		return err
	}
	v.Focus = true
	path := accountPath(c, "/details")
	if ended := current.Ended; ended != nil && ended.Used > 0 {
		v.Ended = ended
		path += "?" + endedLinkParam + "=" + ended.ID
	}
	return s.writeDone(c, path, app.Say(said), views.LinkPanel(v))
}

// linkCopied records that the link was copied; the page has copied it already.
func (s *server) linkCopied(c *fiber.Ctx) error {
	if err := s.links.RecordCopy(c.UserContext(), currentActor(c)); err != nil {
		return err
	}
	if isFragment(c) {
		return c.SendStatus(http.StatusNoContent)
	}
	return redirect(c, accountPath(c, "/details"))
}
