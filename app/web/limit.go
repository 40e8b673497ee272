package web

import (
	"errors"
	"net/http"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
)

// limit is the column of the route table that says how often a client may ask.
type limit = app.Limit

const (
	free          limit = "" // not limited here
	signIns             = app.SignInLimit
	registrations       = app.RegistrationLimit
	checks              = app.CheckLimit
	opens               = app.OpenLimit
	addresses           = app.AddressLimit
	mails               = app.MailLimit
	reports             = app.ReportLimit
)

// limiters makes a middleware of each limit, or none where the installation switched them off.
func (s *server) limiters() map[limit]fiber.Handler {
	handlers := map[limit]fiber.Handler{}
	if !s.Limits {
		return handlers
	}
	for _, name := range []limit{signIns, registrations, checks, opens, mails, reports} {
		handlers[name] = s.limited(name)
	}
	return handlers
}

// limited lets a request past its limit, or refuses it before its handler sees it. Counts that cannot be kept are logged and stop
// nobody.
func (s *server) limited(name limit) fiber.Handler {
	return func(c *fiber.Ctx) error {
		pass, err := s.limits.Admit(c.UserContext(), s.attempt(c, name))
		if errors.Is(err, app.TooMany) {
			return err
		}
		s.uncounted(c, err)
		err = c.Next()
		s.uncounted(c, s.limits.Settle(c.UserContext(), pass, outcome(c, err)))
		return err
	}
}

func (s *server) uncounted(c *fiber.Ctx, err error) {
	if err != nil {
		s.Log.WarnContext(c.UserContext(), "limit not counted", "id", requestID(c), "route", s.routeOf(c), "err", err)
	}
}

// mayAsk tells whether a live check may ask who has a login. Whoever has asked as often as forms may be sent learns it from the form alone
// for a while, and is told nothing while typing: neither that an address is taken nor that it is free (T-24).
func (s *server) mayAsk(c *fiber.Ctx) bool {
	if !s.Limits {
		return true
	}
	_, err := s.limits.Admit(c.UserContext(), s.attempt(c, addresses))
	if errors.Is(err, app.TooMany) {
		return false
	}
	s.uncounted(c, err)
	return true
}

// attempt is what the limits know of a request. The email is read by the decoder that the handler uses, too.
func (s *server) attempt(c *fiber.Ctx, name limit) app.Attempt {
	a := app.Attempt{Limit: name, Block: s.block(c), Token: c.Params("token"), Reading: isReading(c)}
	if name != signIns && name != mails {
		return a
	}
	if actor := actorOf(c); actor != nil {
		a.Email = actor.Identity.Email // who is signed in is asked for the own password
		return a
	}
	if f, err := formOf(c); err == nil {
		a.Email = f.one("email")
	}
	return a
}

// outcome is what the limits learn of the answer. An outage, of ours or of the provider, is nobody's wrong guess.
func outcome(c *fiber.Ctx, err error) app.Outcome {
	status := c.Response().StatusCode()
	switch {
	case errors.Is(err, app.NotFound), err == nil && status == http.StatusNotFound:
		return app.Unknown
	case errors.Is(err, app.Unavailable), err == nil && (status < http.StatusBadRequest || status == http.StatusServiceUnavailable):
		return app.Harmless
	}
	return app.Refused
}
