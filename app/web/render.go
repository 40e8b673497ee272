package web

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"path"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// isFragment tells whether HTMX asks for a part of the page. A page restored from history is asked for whole.
func isFragment(c *fiber.Ctx) bool {
	return c.Get("HX-Request") == "true" && c.Get("HX-History-Restore-Request") != "true"
}

// render answers a browser with the page and HTMX with the fragment inside it.
func render(c *fiber.Ctx, status int, page, fragment templ.Component) error {
	if isFragment(c) {
		return write(c, status, fragment)
	}
	return write(c, status, page)
}

// write renders into a buffer first: a component that fails half-way must not leave half a page (style, F3).
// It renders also when the request's time is over: whoever waited in vain is owed the page that says so, with
// what they typed.
func write(c *fiber.Ctx, status int, component templ.Component) error {
	var buffer bytes.Buffer
	if err := component.Render(context.WithoutCancel(c.UserContext()), &buffer); err != nil {
		return err
	}
	c.Vary("HX-Request", "HX-History-Restore-Request", fiber.HeaderAcceptLanguage, fiber.HeaderCookie)
	c.Type("html", "utf-8")
	return c.Status(status).Send(buffer.Bytes())
}

// redirect leads on after something was done: HTMX by its header, a browser by 303, so that a reload repeats nothing.
func redirect(c *fiber.Ctx, path string) error {
	if isFragment(c) {
		c.Set("HX-Redirect", path)
		return c.SendStatus(http.StatusOK)
	}
	return c.Redirect(path, http.StatusSeeOther)
}

// writeDone answers a POST that acted: HTMX gets the fragment and the message beside it, a browser is led to
// the page, which shows the message.
func (s *server) writeDone(c *fiber.Ctx, path string, m app.Message, fragment templ.Component) error {
	if isFragment(c) {
		return write(c, http.StatusOK, templ.Join(fragment, views.ToastSwap(m)))
	}
	s.setToast(c, m)
	return redirect(c, path)
}

// writeProblems answers a form with its problems: status 422, and everything that was typed. Other errors go
// on to fail.
func writeProblems(c *fiber.Ctx, err error, form func(app.Problems) (page, fragment templ.Component)) error {
	var problems app.Problems
	if !errors.As(err, &problems) {
		return err
	}
	noteRefusal(c, problems)
	page, fragment := form(problems)
	return render(c, http.StatusUnprocessableEntity, page, fragment)
}

// pagePath is where the page that answers a request can be read again: its own path, or the nearest one above
// it that takes GET, as for a form that was refused.
func (s *server) pagePath(c *fiber.Ctx) string {
	route, at := c.Route().Path, c.Path()
	for at != "/" && !s.getRoutes[route] {
		route, at = path.Dir(route), path.Dir(at)
	}
	return at
}

// page gives what every page needs around its content.
func (s *server) page(c *fiber.Ctx) views.Page {
	p := views.Page{
		Actor: optionalActor(c), Path: s.pagePath(c), Theme: s.theme(c), Toast: s.takeToast(c),
		SSO: s.ssoName(), Demo: s.Mailbox != nil, Assets: s.Assets,
	}
	if p.Actor == nil {
		return p
	}
	var err error
	if p.Memberships, err = s.signIns.Memberships(c.UserContext(), *p.Actor); err != nil {
		// The page is worth more than its account selector, which is back with the next one.
		s.Log.WarnContext(c.UserContext(), "accounts not listed", "id", requestID(c), "err", err)
	}
	if p.Pending, err = s.approvals.Count(c.UserContext(), *p.Actor); err != nil {
		s.Log.WarnContext(c.UserContext(), "pending memberships not counted", "id", requestID(c), "err", err)
	}
	return p
}
