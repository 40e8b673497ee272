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
	unlimited      limit = "" // not limited here
	passwordChecks       = app.PasswordCheckLimit
	passwordForms        = app.PasswordFormLimit
	liveChecks           = app.FieldCheckLimit
	tokenLookups         = app.TokenLookupLimit
	emailLookups         = app.EmailLookupLimit
	mailRequests         = app.MailLimit
	cspReports           = app.ReportLimit
)

// limiters makes a middleware of each limit, or none where the installation switched them off.
func (s *server) limiters() map[limit]fiber.Handler {
	handlers := map[limit]fiber.Handler{}
	if s.Limits == nil {
		return handlers
	}
	for _, name := range []limit{passwordChecks, passwordForms, liveChecks, tokenLookups, mailRequests, cspReports} {
		handlers[name] = s.limiter(name)
	}
	return handlers
}

// limiter lets a request past its limit, or refuses it before its handler sees it. Counts that cannot be kept
// are logged and stop nobody.
func (s *server) limiter(name limit) fiber.Handler {
	return func(c *fiber.Ctx) error {
		pass, err := s.Limits.Admit(c.UserContext(), s.attempt(c, name))
		if errors.Is(err, app.TooMany) {
			return err
		}
		s.logUncounted(c, err)
		err = c.Next()
		s.logUncounted(c, s.Limits.Settle(c.UserContext(), pass, outcome(c, err)))
		return err
	}
}

func (s *server) logUncounted(c *fiber.Ctx, err error) {
	if err != nil {
		s.Log.WarnContext(c.UserContext(), "limit not counted", "id", requestID(c), "route", routeOf(c), "err", err)
	}
}

// allowEmailLookup tells whether a live check may ask who has a login. Whoever has asked as often as forms
// may be sent learns it from the form alone for a while, and is told nothing while typing: neither that an
// address is taken nor that it is free (T-24).
func (s *server) allowEmailLookup(c *fiber.Ctx) bool {
	if s.Limits == nil {
		return true
	}
	_, err := s.Limits.Admit(c.UserContext(), s.attempt(c, emailLookups))
	if errors.Is(err, app.TooMany) {
		return false
	}
	s.logUncounted(c, err)
	return true
}

// attempt is what the limits know of a request. The email is read by the decoder that the handler uses, too.
func (s *server) attempt(c *fiber.Ctx, name limit) app.LimitAttempt {
	a := app.LimitAttempt{Limit: name, Block: s.addressBlock(c), Token: c.Params("token"), ReadOnly: isSafeMethod(c)}
	if name != passwordChecks && name != mailRequests {
		return a
	}
	if actor := optionalActor(c); actor != nil {
		a.Email = actor.Identity.Email // who is signed in is asked for the own password
		return a
	}
	if f, err := parseForm(c); err == nil {
		a.Email = f.one("email")
	}
	return a
}

// outcome is what the limits learn of the answer. An outage, of ours or of the provider, is nobody's wrong guess.
func outcome(c *fiber.Ctx, err error) app.LimitOutcome {
	status := c.Response().StatusCode()
	switch {
	case errors.Is(err, app.NotFound), err == nil && status == http.StatusNotFound:
		return app.AttemptUnknownToken
	case errors.Is(err, app.Unavailable), err == nil && (status < http.StatusBadRequest ||
		status == http.StatusServiceUnavailable):
		return app.AttemptHarmless
	}
	return app.AttemptFailed
}
