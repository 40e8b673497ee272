package web

import (
	"errors"

	"github.com/gofiber/fiber/v2"

	"reglink/app"
	"reglink/views"
)

// Keys of what a request carries from admit to its handler.
const (
	actorKey     = "actor"
	routeKey     = "route"
	requestIDKey = "request"
)

// authorize lets in whom the row names and finds out who they are. It is the coarse half of access: the rules
// of the domain ask again.
func (s *server) authorize(r route) fiber.Handler {
	return func(c *fiber.Ctx) error {
		c.Locals(routeKey, &r)
		if r.who == machine || r.who == anyone {
			return c.Next()
		}
		actor, err := s.SignIns.Actor(c.UserContext(), s.cookie(c, sessionCookie))
		if r.who == visitor && errors.Is(err, app.Unauthenticated) {
			return c.Next()
		}
		if err != nil {
			return err
		}
		s.setLanguage(c, actor.Identity.Language)
		actor.Address = s.clientIP(c)
		c.Locals(actorKey, &actor)
		c.SetUserContext(views.WithAccount(c.UserContext(), actor.Account.ID))
		if r.who == superUser && actor.NeedsSecondFactor() && isSafeMethod(c) {
			return redirect(c, views.SecondFactorPath)
		}
		if err := checkAccess(r.who, actor); err != nil {
			return err
		}
		return c.Next()
	}
}

func checkAccess(w who, actor app.Actor) error {
	if err := actor.WrongMethodError(); err != nil && (w == member || w == superUser) {
		return err
	}
	switch w {
	case member:
		if !actor.Member() {
			return app.Refuse(app.Forbidden, "members_only")
		}
	case superUser:
		if actor.NeedsSecondFactor() {
			return app.Refuse(app.Forbidden, "second_factor_required")
		}
		if !actor.SuperUser() {
			return app.Refuse(app.Forbidden, "super_users_only")
		}
	case operator:
		if !actor.Identity.Operator {
			return pageNotFound()
		}
	}
	return nil
}

// currentRoute returns the row that took the request, or nil: no row did, or none has seen it yet.
func currentRoute(c *fiber.Ctx) *route {
	r, _ := c.Locals(routeKey).(*route)
	return r
}

// optionalActor gives who is signed in, or nil.
func optionalActor(c *fiber.Ctx) *app.Actor {
	actor, _ := c.Locals(actorKey).(*app.Actor)
	return actor
}

// currentActor is optionalActor for routes that only signed-in people reach.
func currentActor(c *fiber.Ctx) app.Actor { return *optionalActor(c) }

// client is what is known of who sends a form without being signed in.
func (s *server) client(c *fiber.Ctx) app.Client {
	return app.Client{Language: language(c), Address: s.clientIP(c), UserAgent: c.Get(fiber.HeaderUserAgent)}
}
