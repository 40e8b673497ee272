package web

import (
	"context"
	"net/http"

	"github.com/a-h/templ"
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
		MaxAge: s.MaxLinkAge,
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
	var err error
	v.Registered, err = s.LinkHistory.Newest(ctx, actor, *current.Link, maxNewestMembers)
	return v, err
}

func (s *server) currentLinkPanelView(c *fiber.Ctx) (views.LinkPanelView, error) {
	current, err := s.Links.Current(c.UserContext(), currentActor(c))
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
	return s.show(c, http.StatusOK, viewOf(v, views.AccountPage, views.LinkPanel))
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
	return s.show(c, http.StatusOK, view{
		page:     func(p views.Page) templ.Component { return views.ConfirmLinkPage(p, v, step) },
		fragment: func() templ.Component { return views.ConfirmLinkPanel(v, step) },
	})
}

func (s *server) generateLink(c *fiber.Ctx) error {
	current, err := s.Links.Generate(c.UserContext(), currentActor(c))
	return s.showLinkDone(c, current, err, "done_generated")
}

func (s *server) regenerateLink(c *fiber.Ctx) error {
	current, err := s.Links.Regenerate(c.UserContext(), currentActor(c))
	return s.showLinkDone(c, current, err, "done_regenerated")
}

func (s *server) disableLink(c *fiber.Ctx) error {
	current, err := s.Links.Disable(c.UserContext(), currentActor(c))
	return s.showLinkDone(c, current, err, "done_disabled")
}

// showLinkDone shows the panel as it is now. If a link has just ended, it offers to review those who came by it.
func (s *server) showLinkDone(c *fiber.Ctx, current app.CurrentLink, err error, said string) error {
	if err != nil {
		return err
	}
	path, ended := accountPath(c, "/details"), current.Ended
	if ended != nil && ended.Used == 0 {
		ended = nil
	}
	if ended != nil {
		path += "?" + endedLinkParam + "=" + ended.ID
	}
	return s.showDone(c, path, app.Say(said), func() (templ.Component, error) {
		v, err := s.linkPanelView(c.UserContext(), currentActor(c), current)
		v.Ended, v.Focus = ended, true
		return views.LinkPanel(v), err
	})
}

// linkCopied records that the link was copied; the page has copied it already.
func (s *server) linkCopied(c *fiber.Ctx) error {
	if err := s.Links.RecordCopy(c.UserContext(), currentActor(c)); err != nil {
		return err
	}
	return s.showDone(c, accountPath(c, "/details"), app.Message{}, nil)
}
