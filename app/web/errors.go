package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/a-h/templ"
	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
	"reglink/views/messages"
)

// httpStatuses is the one place that knows what a refusal is in HTTP.
func httpStatuses() map[app.Kind]int {
	return map[app.Kind]int{
		app.BadRequest:      http.StatusBadRequest,
		app.Unauthenticated: http.StatusUnauthorized,
		app.Forbidden:       http.StatusForbidden,
		app.WrongMethod:     http.StatusForbidden,
		app.NotFound:        http.StatusNotFound,
		app.Gone:            http.StatusGone,
		app.Conflict:        http.StatusConflict,
		app.TooMany:         http.StatusTooManyRequests,
		app.Unavailable:     http.StatusServiceUnavailable,
	}
}

// retryAfterSeconds is how many seconds a client is asked to wait when the portal cannot answer just now.
const retryAfterSeconds = "5"

func pageNotFound() error { return app.Refuse(app.NotFound, "page_unknown") }

// writeErrorSafely is fail with a last resort, for an error page may be at fault itself.
func (s *server) writeErrorSafely(c *fiber.Ctx, err error) error {
	worse := recovered(func() error { return s.writeError(c, err) })
	if worse == nil {
		return nil
	}
	// err may name the path, which may hold a secret
	s.Log.ErrorContext(c.UserContext(), "fault", "id", requestID(c), "route", routeOf(c), "err", worse)
	c.Type("txt", "utf-8")
	return c.Status(http.StatusInternalServerError).SendString(plainFaultText(c))
}

// plainFaultText say as much as needs no page.
func plainFaultText(c *fiber.Ctx) string {
	said := http.StatusText(http.StatusInternalServerError)
	_ = recovered(func() error { // the words may be at fault themselves
		in := messages.From(c.UserContext())
		said = in.T("fault") + "\n" + in.T("request_id", "ID", requestID(c)) + "\n"
		return nil
	})
	return said
}

// handleEarlyError is for what fails before any middleware sees it, as a body that is too large. Nothing of
// it may be known but its headers.
func (s *server) handleEarlyError(c *fiber.Ctx, err error) error {
	c.Locals(requestIDKey, app.NewID()[:12])
	c.Locals(earlyErrorKey, true)
	failed := s.writeErrorSafely(c, err)
	s.logRequest(c, 0) // nobody began to count
	return failed
}

// writeError makes the response of an error: the only place where errors become responses. A refusal is said
// in its own words; a fault is logged with its cause and said in fixed ones.
func (s *server) writeError(c *fiber.Ctx, err error) error {
	s.setSecurityHeaders(c) // the server's own errors come here without passing around
	status, message := s.classify(c, err)
	if status == http.StatusUnauthorized && isSafeMethod(c) {
		return redirect(c, signInPath(c.Path()))
	}
	setRetryAfter(c, status, message)
	shown, own := errors.AsType[shownError](err)
	switch {
	case own && (shown.view.fragment != nil || !isFragment(c)):
		return s.show(c, status, shown.view)
	case isFragment(c):
		retargetToAlert(c)
		return write(c, status, views.ErrorAlert(message, status == http.StatusUnauthorized))
	}
	if v, ok := s.resendView(c, status, message); ok {
		return s.show(c, status, v)
	}
	if errors.Is(err, app.WrongMethod) {
		return s.show(c, status, pageOf(message, views.WrongMethodPage))
	}
	return s.show(c, status, view{page: func(p views.Page) templ.Component {
		return views.ErrorPage(withoutPath(p), status, message)
	}})
}

// shownError is an error that is answered by a view of its own: the form again with its problems, or a page that
// says more than an error page. If the view has no fragment, HTMX is told the error above the page as it is.
type shownError struct {
	error
	view view
}

// Unwrap returns the error itself.
func (e shownError) Unwrap() error { return e.error }

// alertFragment says an error above the page as it is.
func alertFragment(c *fiber.Ctx, m app.Message) func() templ.Component {
	return func() templ.Component {
		retargetToAlert(c)
		return views.ErrorAlert(m, false)
	}
}

// withoutPath is for a page whose path may hold a secret, or takes no GET: a switch of language leads to the front
// page.
func withoutPath(p views.Page) views.Page {
	p.Path = "/"
	return p
}

// setRetryAfter says when to try again, and has the page of a fault show the number of its request.
func setRetryAfter(c *fiber.Ctx, status int, message app.Message) {
	switch status {
	case http.StatusServiceUnavailable:
		c.Set(fiber.HeaderRetryAfter, retryAfterSeconds)
	case http.StatusTooManyRequests:
		c.Set(fiber.HeaderRetryAfter, fmt.Sprint(message.Values["Seconds"]))
	}
	if status >= http.StatusInternalServerError {
		c.SetUserContext(views.WithRequestID(c.UserContext(), requestID(c)))
	}
}

// retargetToAlert has HTMX put the answer above the content, whatever its request wanted to put where.
func retargetToAlert(c *fiber.Ctx) {
	c.Set("HX-Retarget", "#alert")
	c.Set("HX-Reswap", "innerHTML show:top")
	c.Set("HX-Reselect", "[role=alert]") // the password's meter selects its own part
}

// classify gives the status and the words of an error, and logs it where it is a fault.
func (s *server) classify(c *fiber.Ctx, err error) (int, app.Message) {
	if refusal, ok := errors.AsType[*app.Error](err); ok {
		if refusal.Kind == app.Unavailable {
			s.Log.ErrorContext(c.UserContext(), "unavailable", "id", requestID(c), "route", routeOf(c), "err", err)
		}
		noteRefusal(c, refusal)
		return httpStatuses()[refusal.Kind], refusal.Message
	}
	if problems, ok := errors.AsType[app.Problems](err); ok {
		noteRefusal(c, problems)
		return http.StatusUnprocessableEntity, firstProblem(problems)
	}
	if protocol, ok := errors.AsType[*fiber.Error](err); ok {
		status, message := protocolError(protocol.Code)
		noteRefusal(c, &app.Error{Kind: app.BadRequest, Message: message})
		return status, message
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		s.Log.ErrorContext(c.UserContext(), "unavailable", "id", requestID(c), "route", routeOf(c), "err", err)
		return http.StatusServiceUnavailable, app.Say("busy")
	}
	s.Log.ErrorContext(c.UserContext(), "fault", "id", requestID(c), "method", methodOf(c), "route", routeOf(c), "err",
		err)
	return http.StatusInternalServerError, app.Say("fault")
}

// protocolError gives the words for requests that the server refused before any handler saw them.
func protocolError(code int) (int, app.Message) {
	switch code {
	case http.StatusNotFound:
		return code, app.Say("page_unknown")
	case http.StatusMethodNotAllowed:
		return code, app.Say("wrong_method")
	case http.StatusRequestEntityTooLarge:
		return code, app.Say("form_too_large")
	case http.StatusRequestHeaderFieldsTooLarge:
		return code, app.Say("request_too_long")
	case http.StatusUnsupportedMediaType:
		return code, app.Say("form_only")
	}
	return http.StatusBadRequest, app.Say("form_broken")
}

// firstProblem gives one problem of a form whose page cannot show them; handlers of forms show them all.
func firstProblem(problems app.Problems) app.Message {
	for _, m := range problems {
		return m
	}
	return app.Say("form_incomplete")
}
