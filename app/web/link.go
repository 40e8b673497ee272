package web

import (
	"context"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// newest is how many of those who registered through the link its panel shows.
const newest = 5

// panel gathers what the panel of the registration link shows.
func (s *server) panel(ctx context.Context, actor app.Actor, current app.CurrentLink) (views.LinkPanelView, error) {
	v := views.LinkPanelView{
		Account: actor.Account, Link: current.Link, State: current.State, EndsAt: current.EndsAt, At: current.At,
		Most: s.MaxLinkDays,
	}
	if current.Link == nil {
		return v, nil
	}
	if current.Token != "" {
		v.Address = s.BaseURL + linkPath(current.Token)
	}
	if current.Link.Used == 0 {
		return v, nil
	}
	came, err := s.Store.Members(ctx, actor.Account.ID, app.MemberQuery{LinkID: current.Link.ID}, newest)
	v.Registered = came
	return v, err
}

func (s *server) currentPanel(c *fiber.Ctx) (views.LinkPanelView, error) {
	current, err := s.links.Current(c.UserContext(), by(c))
	if err != nil {
		return views.LinkPanelView{}, err
	}
	v, err := s.panel(c.UserContext(), by(c), current)
	v.Focus = isFragment(c)
	return v, err
}

// account is Account Details.
func (s *server) account(c *fiber.Ctx) error {
	v, err := s.currentPanel(c)
	if err != nil {
		return err
	}
	if linkID := c.Query(endedKey); linkID != "" { // after a step without HTMX
		if v.Ended, err = s.endedLink(c, linkID); err != nil {
			return err
		}
	}
	if isFragment(c) {
		return write(c, http.StatusOK, views.LinkPanel(v))
	}
	return write(c, http.StatusOK, views.AccountPage(s.page(c), v))
}

func (s *server) confirmRegenerate(c *fiber.Ctx) error { return s.ask(c, views.RegenerateLink) }

func (s *server) confirmDisable(c *fiber.Ctx) error { return s.ask(c, views.DisableLink) }

// ask is the step before something is taken away. Where there is no link, there is nothing to ask.
func (s *server) ask(c *fiber.Ctx, step views.LinkStep) error {
	v, err := s.currentPanel(c)
	if err != nil {
		return err
	}
	if v.Link == nil {
		return redirect(c, "/account")
	}
	if isFragment(c) {
		return write(c, http.StatusOK, views.ConfirmPanel(v, step))
	}
	return write(c, http.StatusOK, views.ConfirmPage(s.page(c), v, step))
}

func (s *server) generateLink(c *fiber.Ctx) error {
	current, err := s.links.Generate(c.UserContext(), by(c))
	return s.linkDone(c, current, err, "done_generated")
}

func (s *server) regenerateLink(c *fiber.Ctx) error {
	current, err := s.links.Regenerate(c.UserContext(), by(c))
	return s.linkEnded(c, current, err, "done_regenerated")
}

func (s *server) disableLink(c *fiber.Ctx) error {
	err := s.links.Disable(c.UserContext(), by(c))
	return s.linkEnded(c, app.CurrentLink{}, err, "done_disabled")
}

// linkDone shows the panel as it is now.
func (s *server) linkDone(c *fiber.Ctx, current app.CurrentLink, err error, said string) error {
	if err != nil {
		return err
	}
	return s.panelDone(c, current, nil, said)
}

// linkEnded is linkDone for a step that may have ended a link: it offers to review those who came by it.
func (s *server) linkEnded(c *fiber.Ctx, current app.CurrentLink, err error, said string) error {
	if err != nil {
		return err
	}
	ended, err := s.linkHistory.JustEnded(c.UserContext(), by(c))
	if err != nil {
		return err
	}
	return s.panelDone(c, current, ended, said)
}

func (s *server) panelDone(c *fiber.Ctx, current app.CurrentLink, ended *app.Link, said string) error {
	v, err := s.panel(c.UserContext(), by(c), current)
	if err != nil {
		return err
	}
	v.Focus = true
	path := "/account"
	if ended != nil && ended.Used > 0 {
		v.Ended = ended
		path += "?" + endedKey + "=" + ended.ID
	}
	return s.done(c, path, app.Say(said), views.LinkPanel(v))
}

// linkCopied records that the link was copied; the page has copied it already.
func (s *server) linkCopied(c *fiber.Ctx) error {
	if err := s.links.Copied(c.UserContext(), by(c)); err != nil {
		return err
	}
	if isFragment(c) {
		return c.SendStatus(http.StatusNoContent)
	}
	return redirect(c, "/account")
}
