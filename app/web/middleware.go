package web

import (
	"context"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/gofiber/fiber/v2"
	"github.com/gofiber/fiber/v2/middleware/adaptor"

	"reglink/app"
)

// contentSecurityPolicy is the Content-Security-Policy of every answer: nothing inline, nothing from
// elsewhere, no frame around it. What a browser refuses by it, it reports.
const contentSecurityPolicy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src " +
	"'self'; connect-src 'self'; " +
	"form-action 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'; report-uri /csp-report"

// middleware is about every request: its id, its deadline, its headers, forms from other sites, faults, and
// its line in the log.
func (s *server) middleware(c *fiber.Ctx) error {
	start := time.Now()
	c.Locals(requestIDKey, app.NewID()[:12])
	ctx, cancel := context.WithTimeout(context.Background(), handlerTimeout)
	defer cancel()
	c.SetUserContext(ctx)
	s.setLanguage(c, "")
	s.setSecurityHeaders(c)
	err := recovered(func() error {
		if err := rejectAmbiguousLength(c); err != nil {
			return err
		}
		if err := s.rejectCrossSite(c); err != nil {
			return err
		}
		return c.Next()
	})
	if err != nil {
		err = s.writeErrorSafely(c, err)
	}
	s.logRequest(c, time.Since(start))
	return err
}

// recovered turns a panic into an error: one person's fault is not everybody's.
func recovered(do func() error) error {
	var err error
	func() {
		defer func() {
			if r := recover(); r != nil {
				err = fmt.Errorf("panic: %v\n%s", r, debug.Stack())
			}
		}()
		err = do()
	}()
	return err
}

// setSecurityHeaders are set before anything else, so that errors have them too.
func (s *server) setSecurityHeaders(c *fiber.Ctx) {
	c.Set(fiber.HeaderContentSecurityPolicy, contentSecurityPolicy)
	c.Set(fiber.HeaderXFrameOptions, "DENY") // for browsers that do not know frame-ancestors
	c.Set(fiber.HeaderXContentTypeOptions, "nosniff")
	c.Set(fiber.HeaderReferrerPolicy, "same-origin")
	c.Set("Cross-Origin-Resource-Policy", "same-origin")
	c.Set(fiber.HeaderCacheControl, "no-store")
	if s.secure {
		c.Set("Cross-Origin-Opener-Policy", "same-origin") // browsers heed and allow it with https only
		c.Set(fiber.HeaderStrictTransportSecurity, "max-age=63072000; includeSubDomains")
	}
}

// isSafeMethod tells whether the request may change nothing: GET, or HEAD, which is GET without the body.
func isSafeMethod(c *fiber.Ctx) bool {
	return c.Method() == fiber.MethodGet || c.Method() == fiber.MethodHead
}

// rejectCrossSite refuses forms that another site sent.
func (s *server) rejectCrossSite(c *fiber.Ctx) error {
	if isSafeMethod(c) {
		return nil
	}
	request, err := adaptor.ConvertRequest(c, false)
	if err != nil {
		return app.Refuse(app.BadRequest, "form_broken")
	}
	if s.crossOrigin.Check(request) != nil {
		return app.Refuse(app.Forbidden, "cross_site")
	}
	return nil
}
