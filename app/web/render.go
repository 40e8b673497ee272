package web

import (
	"bytes"
	"context"
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

// view is what a handler shows: a page, and the fragment inside it. Only what is asked for is built.
type view struct {
	page     func(views.Page) templ.Component
	fragment func() templ.Component // nil: HTMX gets the page, too
}

// viewOf is the view of a value.
func viewOf[V any](v V, page func(views.Page, V) templ.Component, fragment func(V) templ.Component) view {
	shown := pageOf(v, page)
	shown.fragment = func() templ.Component { return fragment(v) }
	return shown
}

// pageOf is the view of a value that has no fragment.
func pageOf[V any](v V, page func(views.Page, V) templ.Component) view {
	return view{page: func(p views.Page) templ.Component { return page(p, v) }}
}

// show answers a browser with the page and HTMX with the fragment.
func (s *server) show(c *fiber.Ctx, status int, v view) error {
	if v.fragment != nil && isFragment(c) {
		return write(c, status, v.fragment())
	}
	return write(c, status, v.page(s.page(c)))
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

// showPage answers a form with a page of its own, to which HTMX is led.
func (s *server) showPage(c *fiber.Ctx, path string, v view) error {
	if isFragment(c) {
		return redirect(c, path)
	}
	return s.show(c, http.StatusOK, v)
}

// showDone answers a POST that acted: a browser is led to the page, which shows the message, and HTMX gets the
// fragment as it is now with the message. Both may be missing.
func (s *server) showDone(c *fiber.Ctx, path string, m app.Message, fragment func() (templ.Component, error)) error {
	if !isFragment(c) {
		if !m.None() {
			s.setToast(c, m)
		}
		return redirect(c, path)
	}
	if fragment == nil {
		return c.SendStatus(http.StatusNoContent)
	}
	shown, err := fragment()
	if err != nil {
		return err
	}
	if !m.None() {
		shown = templ.Join(shown, views.ToastSwap(m))
	}
	return write(c, http.StatusOK, shown)
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
	if p.Memberships, err = s.SignIns.Memberships(c.UserContext(), *p.Actor); err != nil {
		// The page is worth more than its account selector, which is back with the next one.
		s.Log.WarnContext(c.UserContext(), "accounts not listed", "id", requestID(c), "err", err)
	}
	if p.Pending, err = s.Approvals.Count(c.UserContext(), *p.Actor); err != nil {
		s.Log.WarnContext(c.UserContext(), "pending memberships not counted", "id", requestID(c), "err", err)
	}
	return p
}
